// Package template_test holds the tests of template.yaml: rules over every stack that its parameters can make, with
// settings and rights compared with what the functions' source reads and calls; and mutants, which show that each rule
// catches what it is for.
package template_test

import (
	"fmt"
	"os"
	"testing"
)

// The tests name files as they stand from the root of the repository.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
