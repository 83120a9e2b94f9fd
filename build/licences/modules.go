package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// module is one that go.mod requires.
type module struct {
	path     string
	dir      string   // in the module cache; empty when it was never downloaded to this machine
	licences []string // SPDX identifiers; none when dir is empty
	enters   []string // our packages whose code imports it
	tests    []string // our packages of which only tests do
	ships    []string // what is shipped with it inside: functions by name, and "command"
}

func (m *module) direct() bool { return len(m.enters)+len(m.tests) > 0 }

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath                         string
	Name                               string
	Imports, TestImports, XTestImports []string
	Module                             *struct {
		Path string
		Main bool
	}
}

// systems are those that the command is released for; the functions run on the first.
var systems = []string{"linux", "windows", "darwin"}

// collect reads what the repository at root requires, by the go command, from the module cache alone.
func collect(root string) ([]*module, error) {
	modules, err := required(root)
	if err != nil {
		return nil, err
	}
	own, err := ownPackages(root)
	if err != nil {
		return nil, err
	}
	for _, p := range own {
		for _, m := range modules {
			switch {
			case m.holdsAny(p.Imports, modules):
				m.enters = append(m.enters, p.ImportPath)
			case m.holdsAny(slices.Concat(p.TestImports, p.XTestImports), modules):
				m.tests = append(m.tests, p.ImportPath)
			}
		}
		function, isFunction := strings.CutPrefix(p.ImportPath, "functions/")
		switch {
		case p.Name == "main" && isFunction:
			err = ship(root, function, "./"+p.ImportPath, systems[:1], modules)
		case p.ImportPath == "cmd/synthsync":
			err = ship(root, "command", "./"+p.ImportPath, systems, modules)
		}
		if err != nil {
			return nil, err
		}
	}
	return modules, nil
}

// ownPackages lists our packages by their folders, with what they import on any of the systems.
func ownPackages(root string) ([]pkg, error) {
	byPath := map[string]pkg{}
	for _, system := range systems {
		found, err := list(root, system, "./...")
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			p.ImportPath = strings.TrimPrefix(p.ImportPath, p.Module.Path+"/")
			before := byPath[p.ImportPath]
			p.Imports = append(p.Imports, before.Imports...)
			p.TestImports = append(p.TestImports, before.TestImports...)
			p.XTestImports = append(p.XTestImports, before.XTestImports...)
			byPath[p.ImportPath] = p
		}
	}
	return slices.SortedFunc(maps.Values(byPath), func(a, b pkg) int { return strings.Compare(a.ImportPath, b.ImportPath) }), nil
}

// ship notes which modules are inside an executable on any of the systems.
func ship(root, what, pkgPath string, on []string, modules []*module) error {
	for _, system := range on {
		deps, err := list(root, system, "-deps", "-tags", "lambda.norpc", pkgPath)
		if err != nil {
			return err
		}
		for _, d := range deps {
			for _, m := range modules {
				if d.Module != nil && d.Module.Path == m.path && !slices.Contains(m.ships, what) {
					m.ships = append(m.ships, what)
				}
			}
		}
	}
	return nil
}

// holdsAny tells whether one of the imports is a package of this module, and not of one nested in it.
func (m *module) holdsAny(imports []string, all []*module) bool {
	within := func(path string, m *module) bool { return path == m.path || strings.HasPrefix(path, m.path+"/") }
	return slices.ContainsFunc(imports, func(path string) bool {
		return within(path, m) && !slices.ContainsFunc(all, func(other *module) bool {
			return len(other.path) > len(m.path) && within(path, other)
		})
	})
}

// required lists the modules that go.mod names, with their licences as far as they were downloaded.
func required(root string) ([]*module, error) {
	out, err := goCommand(root, "linux", "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	var file struct {
		Require []struct{ Path string }
	}
	if err := json.Unmarshal(out, &file); err != nil {
		return nil, fmt.Errorf("read go.mod: %w", err)
	}
	args := []string{"list", "-m", "-e", "-json=Path,Dir"} // -e: a module that was never downloaded has no Dir
	for _, r := range file.Require {
		args = append(args, r.Path)
	}
	if out, err = goCommand(root, "linux", args...); err != nil {
		return nil, err
	}
	var modules []*module
	err = each(out, func(d struct{ Path, Dir string }) error {
		m := &module{path: d.Path, dir: d.Dir}
		modules = append(modules, m)
		if m.dir == "" {
			return nil
		}
		var err error
		if m.licences, err = licenceOf(m.dir); err != nil {
			return fmt.Errorf("module %s: %w", m.path, err)
		}
		return nil
	})
	slices.SortFunc(modules, func(a, b *module) int { return strings.Compare(a.path, b.path) })
	return modules, err
}

func list(root, system string, args ...string) ([]pkg, error) {
	out, err := goCommand(root, system, append([]string{"list", "-json=ImportPath,Name,Imports,TestImports,XTestImports,Module"}, args...)...)
	if err != nil {
		return nil, err
	}
	var packages []pkg
	err = each(out, func(p pkg) error { packages = append(packages, p); return nil })
	return packages, err
}

// each decodes the JSON objects that the go command prints one after the other.
func each[T any](out []byte, f func(T) error) error {
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var v T
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read what go list printed: %w", err)
		}
		if err := f(v); err != nil {
			return err
		}
	}
}

// goCommand runs the go command for a system, whichever one this is, without the network.
func goCommand(root, system string, args ...string) ([]byte, error) {
	command := exec.Command("go", args...)
	command.Dir = root
	command.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0", "GOPROXY=off", "GOFLAGS=-mod=readonly -buildvcs=false")
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, stderr.String())
	}
	return out, nil
}
