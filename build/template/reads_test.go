package template_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"maps"
	"slices"
)

// readSettings finds the settings that are read: calls of settings.Reader's methods, other than of its own.
func (r *reach) readSettings(out *program) error {
	for v := range r.visited {
		p := r.bodies[v.f]
		if p == nil || v.f.Pkg().Path() == module+"shared/settings" || p.funcs[v.f].Body == nil {
			continue
		}
		var unknown error
		ast.Inspect(p.funcs[v.f].Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			f, ok := p.info.Uses[sel.Sel].(*types.Func)
			if !ok || f.Signature().Recv() == nil || f.Name() == "Problem" || !is(f.Signature().Recv().Type(), "shared/settings", "Reader") {
				return true
			}
			names := r.texts(p, v.f, call.Args[0])
			if len(names) == 0 {
				unknown = fmt.Errorf("%s reads a setting whose name these tests cannot find out", v.f.FullName())
			}
			for _, name := range names {
				out.settings[name] = out.settings[name] || f.Name() == "Required"
			}
			return true
		})
		if unknown != nil {
			return unknown
		}
	}
	return nil
}

// texts are the values a text can have: a constant, or a constant behind a parameter of the function around it, whose
// values its callers give.
func (r *reach) texts(p *loaded, around *types.Func, e ast.Expr) []string {
	if v := p.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return []string{constant.StringVal(v)}
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		var out []string
		for _, x := range r.texts(p, around, e.X) {
			for _, y := range r.texts(p, around, e.Y) {
				out = append(out, x+y)
			}
		}
		return out
	case *ast.Ident:
		parameters := around.Signature().Params()
		for i := range parameters.Len() {
			if p.info.Uses[e] == parameters.At(i) {
				return slices.Sorted(maps.Keys(r.given[parameters.At(i)]))
			}
		}
	}
	return nil
}
