package script

import "github.com/yuin/gopher-lua/ast"

// maxDepth bounds the nesting of what is looked at.
const maxDepth = 2000

// A tour goes over a syntax tree, outermost first, each node in the order of its parts.
// It ends where it is nested too deeply.
type tour struct {
	visit func(node any)
	deep  bool
}

// walk calls visit for every statement and expression below the statements.
func walk(chunk []ast.Stmt, visit func(any)) error {
	t := &tour{visit: visit}
	t.stmts(0, chunk)
	if t.deep {
		return errDeep
	}
	return nil
}

// enters visits a node, unless it is too deep.
func (t *tour) enters(depth int, node any) bool {
	if t.deep = t.deep || depth > maxDepth; !t.deep {
		t.visit(node)
	}
	return !t.deep
}

func (t *tour) stmts(depth int, list []ast.Stmt) {
	for _, s := range list {
		if s == nil || !t.enters(depth, s) {
			continue
		}
		below := depth + 1
		switch s := s.(type) {
		case *ast.AssignStmt:
			t.exprs(below, s.Lhs)
			t.exprs(below, s.Rhs)
		case *ast.LocalAssignStmt:
			t.exprs(below, s.Exprs)
		case *ast.FuncCallStmt:
			t.expr(below, s.Expr)
		case *ast.DoBlockStmt:
			t.stmts(below, s.Stmts)
		case *ast.WhileStmt:
			t.expr(below, s.Condition)
			t.stmts(below, s.Stmts)
		case *ast.RepeatStmt:
			t.expr(below, s.Condition)
			t.stmts(below, s.Stmts)
		case *ast.IfStmt:
			t.expr(below, s.Condition)
			t.stmts(below, s.Then)
			t.stmts(below, s.Else)
		case *ast.NumberForStmt:
			t.expr(below, s.Init)
			t.expr(below, s.Limit)
			t.expr(below, s.Step)
			t.stmts(below, s.Stmts)
		case *ast.GenericForStmt:
			t.exprs(below, s.Exprs)
			t.stmts(below, s.Stmts)
		case *ast.FuncDefStmt:
			if n := s.Name; n != nil && t.enters(below, n) {
				t.expr(below+1, n.Func)
				t.expr(below+1, n.Receiver)
			}
			if s.Func != nil {
				t.expr(below, s.Func)
			}
		case *ast.ReturnStmt:
			t.exprs(below, s.Exprs)
		}
	}
}

func (t *tour) exprs(depth int, list []ast.Expr) {
	for _, e := range list {
		t.expr(depth, e)
	}
}

func (t *tour) expr(depth int, e ast.Expr) {
	if e == nil || !t.enters(depth, e) {
		return
	}
	below := depth + 1
	switch e := e.(type) {
	case *ast.AttrGetExpr:
		t.expr(below, e.Object)
		t.expr(below, e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if t.enters(below, f) {
				t.expr(below+1, f.Key)
				t.expr(below+1, f.Value)
			}
		}
	case *ast.FuncCallExpr:
		t.expr(below, e.Func)
		t.expr(below, e.Receiver)
		t.exprs(below, e.Args)
	case *ast.LogicalOpExpr:
		t.expr(below, e.Lhs)
		t.expr(below, e.Rhs)
	case *ast.RelationalOpExpr:
		t.expr(below, e.Lhs)
		t.expr(below, e.Rhs)
	case *ast.StringConcatOpExpr:
		t.expr(below, e.Lhs)
		t.expr(below, e.Rhs)
	case *ast.ArithmeticOpExpr:
		t.expr(below, e.Lhs)
		t.expr(below, e.Rhs)
	case *ast.UnaryMinusOpExpr:
		t.expr(below, e.Expr)
	case *ast.UnaryNotOpExpr:
		t.expr(below, e.Expr)
	case *ast.UnaryLenOpExpr:
		t.expr(below, e.Expr)
	case *ast.FunctionExpr:
		if e.ParList == nil || t.enters(below, e.ParList) {
			t.stmts(below, e.Stmts)
		}
	}
}
