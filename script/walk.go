package script

import (
	"errors"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"github.com/redsleuth/redsleuth/command"
)

var errDeep = errors.New("nested too deeply")

// walker goes over the syntax tree.
type walker struct {
	a     *Analysis
	alias map[string]string // names bound to redis.call and the like
	// keyed are the names under which the functions of a library get the keys.
	keyed map[string]bool
	// settled are expressions whose part is understood: what they stand in
	// was visited before them.
	settled map[ast.Expr]bool
}

// chunk visits every expression below the statements.
func (w *walker) chunk(chunk []ast.Stmt) error {
	return walk(chunk, w.visit)
}

// names finds local call = redis.call, and the parameters of a library's
// functions.
func (w *walker) names(chunk []ast.Stmt) {
	w.alias, w.keyed, w.settled = map[string]string{}, map[string]bool{}, map[ast.Expr]bool{}
	bind := func(name string, e ast.Expr) {
		if f := apiName(e); f != "" {
			w.alias[name] = f
			w.settled[e] = true
		}
	}
	// Too deep a tree is told by the visit that follows.
	_ = walk(chunk, func(n any) {
		switch s := n.(type) {
		case *ast.LocalAssignStmt:
			for i := range min(len(s.Names), len(s.Exprs)) {
				bind(s.Names[i], s.Exprs[i])
			}
		case *ast.AssignStmt:
			for i := range min(len(s.Lhs), len(s.Rhs)) {
				if id, ok := s.Lhs[i].(*ast.IdentExpr); ok {
					bind(id.Value, s.Rhs[i])
					w.settled[id] = true
				}
			}
		case *ast.FunctionExpr:
			if w.a.Library != nil && s.ParList != nil && len(s.ParList.Names) > 0 {
				w.keyed[s.ParList.Names[0]] = true
			}
		}
	})
}

func (w *walker) visit(n any) {
	switch e := n.(type) {
	case *ast.FuncCallExpr:
		w.settled[e.Func], w.settled[e.Receiver] = true, true
		w.calls(e)
	case *ast.AttrGetExpr:
		// redis.call that is neither called nor given a name: passed on, or
		// put into a table. What it is called with then is not seen.
		if f := apiName(e); !w.settled[e] && (f == "call" || f == "pcall") {
			w.a.danger(ComputedCommand)
		}
		w.settled[e.Object] = text(e.Key) != ""
	case *ast.IdentExpr:
		// So with the whole object, or a name that redis.call was given.
		f := w.alias[e.Value]
		if !w.settled[e] && (isServer(e) || f == "call" || f == "pcall") {
			w.a.danger(ComputedCommand)
		}
	}
}

// calls looks at a call of whatever function.
func (w *walker) calls(call *ast.FuncCallExpr) {
	switch w.callee(call) {
	case "call", "pcall":
		w.call(call.Args)
	case "register_function":
		w.register(call.Args)
	case "replicate_commands", "set_repl":
		w.a.danger(Replication)
	}
	switch f := call.Func.(type) {
	case *ast.AttrGetExpr:
		switch key := text(f.Key); {
		case isIdent(f.Object, "math") && (key == "random" || key == "randomseed"):
			w.a.danger(Random)
		case isIdent(f.Object, "os") && key == "clock":
			w.a.danger(Time)
		}
	case *ast.IdentExpr:
		// Code out of a string.
		if f.Value == "loadstring" || f.Value == "load" {
			w.a.danger(ComputedCommand)
		}
	}
}

// callee is the function of the redis (or server) object that is called, ""
// for another one.
func (w *walker) callee(call *ast.FuncCallExpr) string {
	if call.Method != "" && isServer(call.Receiver) {
		return call.Method
	}
	if id, ok := call.Func.(*ast.IdentExpr); ok {
		return w.alias[id.Value]
	}
	return apiName(call.Func)
}

// apiName is f of the expression redis.f or server.f.
func apiName(e ast.Expr) string {
	f, ok := e.(*ast.AttrGetExpr)
	if !ok || !isServer(f.Object) {
		return ""
	}
	return text(f.Key)
}

// isServer reports whether e is the object that scripts reach the server by.
func isServer(e ast.Expr) bool { return isIdent(e, "redis") || isIdent(e, "server") }

func isIdent(e ast.Expr, name string) bool {
	id, ok := e.(*ast.IdentExpr)
	return ok && id.Value == name
}

// text is the value of a constant string; "" for anything else.
func text(e ast.Expr) string {
	s, ok := e.(*ast.StringExpr)
	if !ok {
		return ""
	}
	return s.Value
}

// call looks at redis.call(...).
func (w *walker) call(args []ast.Expr) {
	if len(args) == 0 {
		return
	}
	name := strings.ToUpper(text(args[0]))
	if name == "" {
		w.a.danger(ComputedCommand)
		return
	}
	w.a.Commands = append(w.a.Commands, name)
	if command.Writes([]byte(name)) {
		w.a.Writes = append(w.a.Writes, name)
	}
	switch name {
	case "TIME":
		w.a.danger(Time)
	case "RANDOMKEY", "SRANDMEMBER", "SPOP", "HRANDFIELD", "ZRANDMEMBER":
		w.a.danger(Random)
	case "KEYS", "SMEMBERS", "HGETALL", "HKEYS", "HVALS", "SINTER", "SUNION", "SDIFF", "SCAN", "SSCAN", "HSCAN", "ZSCAN":
		w.a.danger(Unordered)
	case "EVAL", "EVALSHA", "FCALL":
		w.a.danger(NestedScript)
		if len(args) > 1 && name == "EVALSHA" && text(args[1]) != "" {
			w.a.Calls = append(w.a.Calls, strings.ToLower(text(args[1])))
		}
	}
	w.keys(args)
}

// keys judges where the keys of a call come from.
func (w *walker) keys(args []ast.Expr) {
	line := make([][]byte, len(args))
	for i, e := range args {
		switch e := e.(type) {
		case *ast.StringExpr:
			line[i] = []byte(e.Value)
		case *ast.NumberExpr:
			line[i] = []byte(e.Value)
		}
	}
	keys, known := command.Find(nil, line)
	if !known {
		return
	}
	for _, k := range keys {
		switch e := args[k.Index].(type) {
		case *ast.StringExpr:
			w.a.danger(UndeclaredKey)
			w.a.Keys = append(w.a.Keys, e.Value)
		case *ast.AttrGetExpr:
			id, ok := e.Object.(*ast.IdentExpr)
			if !ok || id.Value != "KEYS" && !w.keyed[id.Value] {
				w.a.danger(ComputedKey)
			}
		default:
			w.a.danger(ComputedKey)
		}
	}
}

// register looks at redis.register_function(name, f) and at its form with one
// table.
func (w *walker) register(args []ast.Expr) {
	if w.a.Library == nil {
		return
	}
	var f Function
	switch {
	case len(args) == 1:
		table, ok := args[0].(*ast.TableExpr)
		if !ok {
			break
		}
		for _, field := range table.Fields {
			switch text(field.Key) {
			case "function_name":
				f.Name = text(field.Value)
			case "flags":
				if list, ok := field.Value.(*ast.TableExpr); ok {
					for _, flag := range list.Fields {
						f.Flags = append(f.Flags, text(flag.Value))
					}
				}
			}
		}
	case len(args) >= 2:
		f.Name = text(args[0])
	}
	if f.Name == "" {
		w.a.Library.Certain = false
		return
	}
	w.a.Library.Functions = append(w.a.Library.Functions, f)
}
