package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const head = `# Dependencies

What synthsync is made of beside its own code, under which licence, and why. Made by ` + "`go run ./build/licences`" + ` from
go.mod, the code and the module cache. A test fails when this page is out of date, when a direct dependency has no reason
or a module no licence that is known, and when a licence is not one of %s
and no reason is given for it.

The versions are in go.mod. The archives of a release carry all licence texts as THIRD-PARTY-LICENCES.txt.

## Direct

*Inside* says what is shipped with it: a function's executable (by the function's name; *functions* for all three), the
*command*, or nothing (*tests*).

| module | licence | what for | enters in | inside |
| --- | --- | --- | --- | --- |
`

const indirect = `
## Indirect

What the direct ones need; *inside* as above, where *nothing* is a module that go.mod has to name and no shipped code uses.

| module | licence | inside |
| --- | --- | --- |
`

// page writes docs/dependencies.md. A module that was never downloaded to this machine keeps the licence of the page
// before; that one was read where it was.
func page(modules []*module, before string) (string, error) {
	known := licencesOn(before)
	var direct, others strings.Builder
	for _, m := range modules {
		licence := strings.Join(m.licences, " and ")
		if licence == "" {
			licence = known[m.path]
		}
		if licence == "" {
			return "", fmt.Errorf("module %s: no licence found; if it is not in the module cache: go mod download %s", m.path, m.path)
		}
		shown, err := m.judge(licence)
		if err != nil {
			return "", err
		}
		if !m.direct() {
			fmt.Fprintf(&others, "| %s | %s | %s |\n", m.path, shown, m.inside("nothing"))
			continue
		}
		reason := reasons[m.path]
		if reason == "" {
			return "", fmt.Errorf("module %s: what is it for? Say it in build/licences/reasons.go", m.path)
		}
		fmt.Fprintf(&direct, "| %s | %s | %s | %s | %s |\n", m.path, shown, reason, m.where(), m.inside("tests"))
	}
	return fmt.Sprintf(head, strings.Join(allowed, ", ")) + direct.String() + indirect + others.String(), nil
}

// judge is the licence as the page shows it, or an error for one that is not allowed.
func (m *module) judge(licence string) (string, error) {
	if p, ok := permitted[m.path]; ok && p.licence == licence {
		return licence + ": " + p.reason, nil
	}
	for id := range strings.SplitSeq(licence, " and ") {
		if !slices.Contains(allowed, id) {
			return "", fmt.Errorf("module %s: licence %s is not one of %s; a person has to decide (build/licences/licence.go)",
				m.path, id, strings.Join(allowed, ", "))
		}
	}
	return licence, nil
}

// where lists our packages that import the module; those whose tests do only if no other does.
func (m *module) where() string {
	if len(m.enters) > 0 {
		return strings.Join(m.enters, ", ")
	}
	return "tests of " + strings.Join(m.tests, ", ")
}

// inside lists what is shipped with the module.
func (m *module) inside(none string) string {
	functions := slices.DeleteFunc(slices.Clone(m.ships), func(what string) bool { return what == "command" })
	if len(functions) == 3 {
		functions = []string{"functions"}
	}
	if len(functions) < len(m.ships) && slices.Contains(m.ships, "command") {
		functions = append(functions, "command")
	}
	if len(functions) == 0 {
		return none
	}
	return strings.Join(functions, ", ")
}

// licencesOn reads the licences off a page, by module.
func licencesOn(page string) map[string]string {
	found := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\S+\.\S+/\S+|\S+\.\S+) \| ([^|]+?) \|`).FindAllStringSubmatch(page, -1) {
		found[row[1]], _, _ = strings.Cut(row[2], ": ")
	}
	return found
}

// texts joins the licence texts of everything that is shipped, as its licences ask for.
func texts(modules []*module, goRoot string) (string, error) {
	var all strings.Builder
	all.WriteString("synthsync contains the following software, each under the licence given with it.\n")
	for _, m := range append([]*module{{path: "Go's standard library", dir: goRoot, ships: []string{"command"}}}, modules...) {
		if !slices.Contains(m.ships, "command") {
			continue
		}
		files, err := notices(m.dir)
		if err != nil {
			return "", fmt.Errorf("module %s: %w", m.path, err)
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			fmt.Fprintf(&all, "\n%s\n%s: %s\n\n%s\n", strings.Repeat("=", 100), m.path, name, strings.TrimSpace(files[name]))
		}
	}
	return all.String(), nil
}
