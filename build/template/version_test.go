package template_test

import (
	"os"
	"regexp"
	"testing"
)

func TestTemplate_SemanticVersionIsTheNewestOfTheChangelog(t *testing.T) {
	newest := first(t, "CHANGELOG.md", `(?m)^## v?(\d+\.\d+\.\d+\S*)`)
	if published := first(t, "template.yaml", `(?m)^    SemanticVersion: ["']?([^\s"']+)`); published != newest {
		t.Errorf("template.yaml publishes version %s, the newest of CHANGELOG.md is %s", published, newest)
	}
}

// The maintainer's page must name the release tool's version that CI checks with.
func TestReleasing_NamesTheToolThatIsChecked(t *testing.T) {
	const tool = `github\.com/goreleaser/goreleaser/v2@(v[\d.]+\d)`
	if said, checked := first(t, "docs/releasing.md", tool), first(t, ".ci/run", tool); said != checked {
		t.Errorf("docs/releasing.md says goreleaser %s, .ci/run checks with %s", said, checked)
	}
}

// first is the first group of the first match in a file.
func first(t *testing.T, file, pattern string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(pattern).FindSubmatch(text)
	if found == nil {
		t.Fatalf("%s: nothing matches %s", file, pattern)
	}
	return string(found[1])
}
