package functions_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// template is as much of template.yaml as these tests look at. !Ref X and !GetAtt X.Y stand in it as the texts ${X} and
// ${X.Y}, as !Sub writes them.
type template struct {
	Parameters map[string]struct{ Default any }
	Resources  map[string]struct {
		Type       string
		Properties map[string]any
	}
}

var (
	shortForm = regexp.MustCompile(`!(Ref|GetAtt) ([A-Za-z0-9:.]+)`)
	plainForm = regexp.MustCompile(`^<([A-Za-z0-9_.]+)>$`)
)

func readTemplate(t testing.TB) template {
	t.Helper()
	text, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// By way of a text that needs no quotes, not even within braces.
	text = shortForm.ReplaceAllFunc(text, func(tag []byte) []byte {
		_, name, _ := strings.Cut(string(tag), " ")
		return []byte("<" + strings.ReplaceAll(name, "::", "__") + ">")
	})
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(longForm(tree))
	if err != nil {
		t.Fatal(err)
	}
	var out template
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func longForm(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = longForm(e)
		}
	case []any:
		for i, e := range v {
			v[i] = longForm(e)
		}
	case string:
		if m := plainForm.FindStringSubmatch(v); m != nil {
			return "${" + strings.ReplaceAll(m[1], "__", "::") + "}"
		}
	}
	return value
}

// resolve puts in the parameters' defaults and the stack's name. Resources stay as they are.
func (t template) resolve(value any) any {
	text, isText := value.(string)
	if !isText {
		return value
	}
	for name, p := range t.Parameters {
		if text == "${"+name+"}" {
			return p.Default
		}
	}
	return strings.ReplaceAll(text, "${AWS::StackName}", stackName)
}
