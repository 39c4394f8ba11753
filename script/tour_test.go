package script

import (
	"reflect"
	"slices"
	"testing"

	"github.com/yuin/gopher-lua/ast"
)

// syntax has every kind of statement and expression, with something to be found in each
// part of it.
const syntax = `
local a, b = f1(), "s"
t.x, y = f2(), f3()
f4(f5(), f6())
o:m(f7(), ...)
do f8() end
while f9() do f10() break end
repeat f11() until f12()
if f13() then f14() elseif f15() then f16() else f17() end
for i = f18(), f19(), f20() do f21() end
for k, v in f22(), f23() do f24() end
function g.h(p) f25() end
function g.q:r(p, ...) f26() end
local function l(p) f27() end
local u = {f28(), [f29()] = f30(), n = f31(), function(z) return f32() end}
local w = f33() and f34() or not f35()
local z = f36() < f37() or #f38() == -f39()
local c = f40() .. f41() + f42() * f43()
local d = {true, false, nil, 1, 2.5}
return f44(), function() return (f45()) end
`

// reflected is every node below v, outermost first, found by reflection: what a tour
// must not miss, whatever the syntax tree of another version of the parser holds.
func reflected(v reflect.Value, visit func(any)) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			reflected(v.Elem(), visit)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			visit(v.Interface())
			reflected(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			reflected(v.Index(i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				reflected(v.Field(i), visit)
			}
		}
	}
}

// A tour comes by every node, in the order of the fields.
func TestTour(t *testing.T) {
	chunk, err := parseLua([]byte(syntax))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []any
	reflected(reflect.ValueOf(chunk), func(n any) { want = append(want, n) })
	if err := walk(chunk, func(n any) { got = append(got, n) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d nodes, want %d", len(got), len(want))
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("the first that differs is a %T, want a %T", got[i], want[i])
			}
		}
	}
	calls := 0
	for _, n := range got {
		if _, ok := n.(*ast.FuncCallExpr); ok {
			calls++
		}
	}
	if calls != 46 { // f1 to f45, and o:m
		t.Errorf("%d calls", calls)
	}
}
