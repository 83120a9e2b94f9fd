package lambdatest

import (
	"os"
	"strings"
	"testing"
)

// What these tests build must be what is shipped.
func TestFlags_AreThoseOfTheMakefile(t *testing.T) {
	text, err := os.ReadFile("../../build/bootstrap.mk")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(strings.ReplaceAll(string(text), "\\\n", " "), "\nINLINE := ")
	list, _, _ = strings.Cut(list, "\n")
	if got := strings.Fields(list); !found || strings.Join(got, " ") != strings.Join(inlined, " ") {
		t.Errorf("bootstrap.mk has %q\nhere are %q", got, inlined)
	}
	for _, flag := range []string{
		"\nGCFLAGS := -gcflags=all=-l $(INLINE:%=-gcflags=%=)\n", "\n\tgo build -trimpath -tags lambda.norpc -ldflags \"-s -w -funcalign=$(FUNCALIGN)\" $(GCFLAGS) ",
		"\nFUNCALIGN := $(if $(filter amd64,$(GOARCH)),8,16)\n",
	} {
		if !strings.Contains(string(text), flag) {
			t.Errorf("bootstrap.mk lacks %q", flag)
		}
	}
}
