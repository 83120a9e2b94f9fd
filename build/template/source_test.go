package template_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const module = "github.com/synthsync/synthsync/"

// source is what the program says about itself.
type source struct {
	functions map[string]*program // by folder below functions/
	durations map[string]time.Duration
}

// program is one function's program: what its main can reach.
type program struct {
	settings map[string]bool // names of the settings it reads; true: it does not start without
	actions  map[string]bool // what its role must allow it by what it calls, such as "dynamodb:PutItem"
}

// loadSource reads the functions' source, once: nobody changes what it returns.
func loadSource(t testing.TB) *source {
	t.Helper()
	s, err := readSource()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// readSource type-checks only this module's packages; what others export is unknown, and so are the values they return,
// but not who of ours calls whom.
var readSource = sync.OnceValues(func() (*source, error) {
	l := &loader{fset: token.NewFileSet(), packages: map[string]*loaded{}}
	mains, _ := filepath.Glob("functions/*/main.go")
	if len(mains) == 0 {
		return nil, errors.New("no functions/*/main.go")
	}
	s := &source{functions: map[string]*program{}, durations: map[string]time.Duration{}}
	for _, file := range mains {
		folder := filepath.Base(filepath.Dir(file))
		if _, err := l.Import(module + "functions/" + folder); err != nil {
			return nil, err
		}
		p, err := l.program(module + "functions/" + folder)
		if err != nil {
			return nil, fmt.Errorf("functions/%s: %w", folder, err)
		}
		s.functions[folder] = p
	}
	for name, of := range map[string]string{
		"fetch.lease": "functions/fetch-configurations.leaseFor",
		"usage.lives": "functions/sync-usage.workerLives",
	} {
		d, err := l.duration(of)
		if err != nil {
			return nil, err
		}
		s.durations[name] = d
	}
	return s, nil
})

// loader type-checks packages of this module, each once.
type loader struct {
	fset     *token.FileSet
	packages map[string]*loaded
}

type loaded struct {
	types *types.Package
	files []*ast.File
	info  *types.Info
	funcs map[*types.Func]*ast.FuncDecl
}

// Import makes loader a types.Importer: ours from source, others empty.
func (l *loader) Import(name string) (*types.Package, error) {
	if p, ok := l.packages[name]; ok {
		return p.types, nil
	}
	p := &loaded{funcs: map[*types.Func]*ast.FuncDecl{}}
	l.packages[name] = p
	dir, ours := strings.CutPrefix(name, module)
	if !ours {
		base := path.Base(name)
		if strings.HasPrefix(base, "v") && len(base) == 2 {
			base = path.Base(path.Dir(name))
		}
		p.types = types.NewPackage(name, strings.TrimPrefix(base, "go-"))
		p.types.MarkComplete()
		return p.types, nil
	}
	entries, err := os.ReadDir(filepath.FromSlash(dir))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(l.fset, filepath.Join(filepath.FromSlash(dir), e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, file)
	}
	p.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	config := types.Config{Importer: l, Error: func(error) {}} // what other packages export is undefined here
	p.types, _ = config.Check(name, l.fset, p.files, p.info)
	for _, file := range p.files {
		for _, d := range file.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok {
				if f, ok := p.info.Defs[fd.Name].(*types.Func); ok {
					p.funcs[f] = fd
				}
			}
		}
	}
	return p.types, nil
}

// closure is a package and all of ours that it imports.
func (l *loader) closure(name string) map[string]*loaded {
	out := map[string]*loaded{}
	var add func(p *types.Package)
	add = func(p *types.Package) {
		if out[p.Path()] != nil || !strings.HasPrefix(p.Path(), module) {
			return
		}
		out[p.Path()] = l.packages[p.Path()]
		for _, i := range p.Imports() {
			add(i)
		}
	}
	add(l.packages[name].types)
	return out
}

// duration is a constant such as "functions/sync-usage.workerLives", written as figures and time's units.
func (l *loader) duration(of string) (time.Duration, error) {
	pkg, name, _ := strings.Cut(of, ".")
	for _, file := range l.packages[module+pkg].files {
		for _, decl := range file.Decls {
			general, ok := decl.(*ast.GenDecl)
			if !ok || general.Tok != token.CONST {
				continue
			}
			for _, spec := range general.Specs {
				for i, n := range spec.(*ast.ValueSpec).Names {
					if n.Name == name {
						return durationOf(spec.(*ast.ValueSpec).Values[i])
					}
				}
			}
		}
	}
	return 0, fmt.Errorf("no constant %s", of)
}

func durationOf(e ast.Expr) (time.Duration, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		n, err := strconv.ParseInt(e.Value, 10, 64)
		return time.Duration(n), err
	case *ast.SelectorExpr:
		unit := map[string]time.Duration{"Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}[e.Sel.Name]
		if unit > 0 {
			return unit, nil
		}
	case *ast.BinaryExpr:
		x, errX := durationOf(e.X)
		y, errY := durationOf(e.Y)
		if e.Op == token.MUL {
			return x * y, errors.Join(errX, errY)
		}
	}
	return 0, fmt.Errorf("a duration that these tests cannot work out: %T", e)
}
