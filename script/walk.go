package script

import (
	"errors"
	"reflect"
	"strings"

	"github.com/yuin/gopher-lua/ast"

	"github.com/redsleuth/redsleuth/command"
)

// maxDepth bounds the nesting of what is looked at.
const maxDepth = 2000

var errDeep = errors.New("nested too deeply")

// walker goes over the syntax tree.
type walker struct {
	a     *Analysis
	alias map[string]string // names bound to redis.call and the like
}

// chunk visits every expression below the statements.
func (w *walker) chunk(chunk []ast.Stmt) error {
	return walk(reflect.ValueOf(chunk), 0, w.visit)
}

// aliases finds local call = redis.call.
func (w *walker) aliases(chunk []ast.Stmt) {
	w.alias = map[string]string{}
	bind := func(name string, e ast.Expr) {
		if f := apiName(e); f != "" {
			w.alias[name] = f
		}
	}
	// Too deep a tree is told by the visit that follows.
	_ = walk(reflect.ValueOf(chunk), 0, func(n any) {
		switch s := n.(type) {
		case *ast.LocalAssignStmt:
			for i := range min(len(s.Names), len(s.Exprs)) {
				bind(s.Names[i], s.Exprs[i])
			}
		case *ast.AssignStmt:
			for i := range min(len(s.Lhs), len(s.Rhs)) {
				if id, ok := s.Lhs[i].(*ast.IdentExpr); ok {
					bind(id.Value, s.Rhs[i])
				}
			}
		}
	})
}

// walk calls visit for every node below v, outermost first.
func walk(v reflect.Value, depth int, visit func(any)) error {
	if depth > maxDepth {
		return errDeep
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return walk(v.Elem(), depth, visit)
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		visit(v.Interface())
		return walk(v.Elem(), depth+1, visit)
	case reflect.Slice:
		for i := range v.Len() {
			if err := walk(v.Index(i), depth, visit); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue
			}
			if err := walk(v.Field(i), depth, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walker) visit(n any) {
	call, ok := n.(*ast.FuncCallExpr)
	if !ok {
		return
	}
	switch w.callee(call) {
	case "call", "pcall":
		w.call(call.Args)
	case "register_function":
		w.register(call.Args)
	case "replicate_commands", "set_repl":
		w.a.danger(Replication)
	}
	if f, ok := call.Func.(*ast.AttrGetExpr); ok && isIdent(f.Object, "math") {
		if key := text(f.Key); key == "random" || key == "randomseed" {
			w.a.danger(Random)
		}
	}
	if f, ok := call.Func.(*ast.AttrGetExpr); ok && isIdent(f.Object, "os") && text(f.Key) == "clock" {
		w.a.danger(Time)
	}
}

// callee is the function of the redis (or server) object that is called, ""
// for another one.
func (w *walker) callee(call *ast.FuncCallExpr) string {
	if call.Method != "" && (isIdent(call.Receiver, "redis") || isIdent(call.Receiver, "server")) {
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
	if !ok || !isIdent(f.Object, "redis") && !isIdent(f.Object, "server") {
		return ""
	}
	return text(f.Key)
}

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
			// A library's functions get the keys as an argument.
			if !isIdent(e.Object, "KEYS") && (w.a.Library == nil || !isIdent(e.Object, "keys")) {
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
