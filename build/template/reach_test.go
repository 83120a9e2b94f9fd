package template_test

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// reach is what a program's main can come to call. A function that is mentioned counts as called; a method of an
// interface counts as the methods of that name, and so does a method of a value whose type another module knows.
type reach struct {
	closure map[string]*loaded
	methods map[string][]*types.Func // ours, not of interfaces, by name
	bodies  map[*types.Func]*loaded
	visited map[visit]bool
	given   map[*types.Var]map[string]bool // constant texts that callers give to a parameter
	calls   map[string]bool                // operations of AWS's SDK, such as "sqs:SendMessage"
}

// visit is a function on the way. Ledger methods may be given a lease, whose check in the ledger is a right of its own;
// called with nil for it, they do not check.
type visit struct {
	f       *types.Func
	noLease bool
}

// program finds out what a function's main reads and calls.
func (l *loader) program(name string) (*program, error) {
	r := &reach{
		closure: l.closure(name), methods: map[string][]*types.Func{}, bodies: map[*types.Func]*loaded{},
		visited: map[visit]bool{}, given: map[*types.Var]map[string]bool{}, calls: map[string]bool{},
	}
	for _, p := range r.closure {
		for f := range p.funcs {
			r.bodies[f] = p
			if f.Signature().Recv() != nil {
				r.methods[f.Name()] = append(r.methods[f.Name()], f)
			}
		}
	}
	for path, p := range r.closure {
		for f := range p.funcs {
			if f.Name() == "init" || path == name && f.Name() == "main" {
				r.visit(visit{f: f})
			}
		}
	}
	p := &program{settings: map[string]bool{}, actions: r.calls}
	if !r.visited[visit{f: r.main(name)}] {
		return nil, fmt.Errorf("no func main")
	}
	return p, r.readSettings(p)
}

func (r *reach) main(name string) *types.Func {
	for f := range r.closure[name].funcs {
		if f.Name() == "main" {
			return f
		}
	}
	return nil
}

func (r *reach) visit(v visit) {
	if v.f = v.f.Origin(); r.visited[v] {
		return
	}
	r.visited[v] = true
	if recv := v.f.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
		for _, m := range r.methods[v.f.Name()] {
			if m.Signature().Params().Len() == v.f.Signature().Params().Len() {
				r.visit(visit{m, v.noLease})
			}
		}
		return
	}
	p := r.bodies[v.f]
	if p == nil || p.funcs[v.f].Body == nil {
		return
	}
	lease := leaseOf(v.f)
	var look func(ast.Node) bool
	look = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			if v.noLease && isNotNil(p, n.Cond, lease) {
				if n.Else != nil {
					ast.Inspect(n.Else, look)
				}
				return false
			}
		case *ast.CallExpr:
			r.call(p, n, v.noLease, lease)
		case *ast.CompositeLit:
			r.literal(p, n)
		case *ast.Ident:
			if f, ok := p.info.Uses[n].(*types.Func); ok && leaseOf(f) == nil {
				r.visit(visit{f: f})
			}
		case *ast.SelectorExpr:
			if p.info.Uses[n.Sel] == nil {
				for _, m := range r.methods[n.Sel.Name] {
					r.visit(visit{f: m})
				}
			}
		}
		return true
	}
	ast.Inspect(p.funcs[v.f].Body, look)
}

// call notes what a call gives away: the texts of its arguments, whether it hands a lease on, how many documents it reads.
func (r *reach) call(p *loaded, call *ast.CallExpr, noLease bool, own *types.Var) {
	var id *ast.Ident
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		id = fun.Sel
	default:
		return
	}
	f, ok := p.info.Uses[id].(*types.Func)
	if !ok {
		return
	}
	parameters := f.Origin().Signature().Params()
	for i := range min(parameters.Len(), len(call.Args)) {
		parameter := parameters.At(i)
		if v := p.info.Types[call.Args[i]].Value; v != nil && v.Kind() == constant.String {
			if r.given[parameter] == nil {
				r.given[parameter] = map[string]bool{}
			}
			r.given[parameter][constant.StringVal(v)] = true
		}
		if parameter == leaseOf(f) {
			arg, _ := call.Args[i].(*ast.Ident)
			isNil := arg != nil && (arg.Name == "nil" || noLease && own != nil && p.info.Uses[arg] == own)
			r.visit(visit{f, isNil})
		}
	}
	if f.Name() == "Get" && is(f.Signature().Recv().Type(), "shared/ledger", "Store") {
		r.calls["dynamodb:GetItem"] = true
		if len(call.Args) > 2 || call.Ellipsis.IsValid() {
			r.calls["dynamodb:BatchGetItem"] = true
		}
	}
}

// literal notes a request that is made here.
func (r *reach) literal(p *loaded, lit *ast.CompositeLit) {
	if sel, ok := lit.Type.(*ast.SelectorExpr); ok {
		if x, ok := sel.X.(*ast.Ident); ok {
			if pkg, ok := p.info.Uses[x].(*types.PkgName); ok {
				service, aws := strings.CutPrefix(pkg.Imported().Path(), "github.com/aws/aws-sdk-go-v2/service/")
				operation, request := strings.CutSuffix(sel.Sel.Name, "Input")
				// Store.Get serves one key and many; which it is, its callers know.
				if aws && request && operation != "GetItem" && operation != "BatchGetItem" && operation != "TransactWriteItems" {
					r.calls[service+":"+operation] = true
				}
			}
		}
	}
	// A transaction needs the right to each thing it does.
	if is(p.info.Types[lit].Type, "shared/ledger", "Write") {
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				switch key, _ := kv.Key.(*ast.Ident); {
				case key != nil && key.Name == "Check":
					r.calls["dynamodb:ConditionCheckItem"] = true
				case key != nil && key.Name == "Delete":
					r.calls["dynamodb:DeleteItem"] = true
				}
			}
		}
	}
}

// leaseOf is the parameter of a function that takes a lease.
func leaseOf(f *types.Func) *types.Var {
	parameters := f.Origin().Signature().Params()
	for i := range parameters.Len() {
		if is(parameters.At(i).Type(), "shared/ledger", "Lease") {
			return parameters.At(i)
		}
	}
	return nil
}

// is says that a type, or what it points to, is one of ours.
func is(t types.Type, pkg, name string) bool {
	if pointer, ok := t.(*types.Pointer); ok {
		t = pointer.Elem()
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == module+pkg
}

// isNotNil says that a condition is "v != nil".
func isNotNil(p *loaded, condition ast.Expr, v *types.Var) bool {
	b, ok := condition.(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ || v == nil {
		return false
	}
	x, okX := b.X.(*ast.Ident)
	y, okY := b.Y.(*ast.Ident)
	return okX && okY && y.Name == "nil" && p.info.Uses[x] == v
}

// sorted are the members of a set, in order.
func sorted[V any](set map[string]V) []string { return slices.Sorted(maps.Keys(set)) }
