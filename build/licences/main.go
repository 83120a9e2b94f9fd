// Command licences writes docs/dependencies.md: what synthsync depends on, why, and under which licence. It reads go.mod,
// the code, and the licence texts in the module cache; it asks no network.
//
//	go run ./build/licences              writes the page
//	go run ./build/licences -texts FILE  writes the licence texts of what the command contains, for a release's archives
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// pagePath is the page, from the root of the repository.
const pagePath = "docs/dependencies.md"

func main() {
	textsTo := flag.String("texts", "", "write the licence texts to this `file`, and no page")
	flag.Parse()
	if err := run(".", *textsTo); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(root, textsTo string) error {
	modules, err := collect(root)
	if err != nil {
		return err
	}
	if textsTo != "" {
		goRoot, err := goCommand(root, systems[0], "env", "GOROOT")
		if err != nil {
			return err
		}
		all, err := texts(modules, strings.TrimSpace(string(goRoot)))
		if err != nil {
			return err
		}
		return write(textsTo, all)
	}
	path := filepath.Join(root, pagePath)
	before, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("read the page before: %w", err)
	}
	now, err := page(modules, string(before))
	if err != nil {
		return err
	}
	return write(path, now)
}

func write(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // a page for everybody
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
