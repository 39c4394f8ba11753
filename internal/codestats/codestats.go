// Package codestats measures the tree's own Go source, so that a test can hold
// it to bounds and scripts/measure can print it: the size of its structs, its
// functions and its lines, and how much of it is tests.
//
// Generated files ("Code generated … DO NOT EDIT.") and testdata count nowhere. A
// line has as many columns as characters, a tab being one. A function is as long
// as from its func to its closing brace.
package codestats

import (
	"bytes"
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Columns is what a line should not exceed.
const Columns = 100

// A Package is what was measured of one folder.
type Package struct {
	Dir       string // with slashes, from the root
	Code      int    // lines of code outside tests
	Test      int    // lines of tests
	Long      int    // lines of Code over Columns
	Functions []int  // lengths in lines, ascending, outside tests
	Structs   []Struct
	Examples  int // functions that go doc shows as examples
}

// A Struct is a struct type with at least one method: one that does something.
type Struct struct {
	Name            string // package folder and type, "replay.follower"
	Fields, Methods int
}

// LongShare is the share of lines over Columns, of 1.
func (p *Package) LongShare() float64 { return float64(p.Long) / float64(max(p.Code, 1)) }

// P90 is the length that nine of ten functions do not exceed; 0 without any.
func (p *Package) P90() int { return percentile(p.Functions, 90) }

// TestShare is the lines of test for a line of code.
func (p *Package) TestShare() float64 { return float64(p.Test) / float64(max(p.Code, 1)) }

func percentile(sorted []int, percent int) int {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)-1)*percent/100]
}

// Measure reads every Go file below root, and returns the packages by name.
func Measure(root string) ([]*Package, error) {
	all := map[string]*Package{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (name == "testdata" || strings.HasPrefix(name, ".")):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		if all[dir] == nil {
			all[dir] = &Package{Dir: dir}
		}
		return all[dir].add(path)
	})
	if err != nil {
		return nil, err
	}
	byDir := func(a, b *Package) int { return cmp.Compare(a.Dir, b.Dir) }
	packages := slices.SortedFunc(maps.Values(all), byDir)
	for _, p := range packages {
		slices.Sort(p.Functions)
		p.Structs = slices.DeleteFunc(p.Structs, Struct.idle)
	}
	return packages, nil
}

// idle reports whether the type is no struct, or one without methods.
func (s Struct) idle() bool { return s.Fields == 0 || s.Methods == 0 }

// add measures one file.
func (p *Package) add(path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if ast.IsGenerated(file) {
		return nil
	}
	lines := bytes.Count(source, []byte("\n"))
	if strings.HasSuffix(path, "_test.go") {
		p.Test += lines
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Example") {
				p.Examples++
			}
		}
		return nil
	}
	p.Code += lines
	for line := range bytes.Lines(source) {
		if utf8.RuneCount(bytes.TrimRight(line, "\n")) > Columns {
			p.Long++
		}
	}
	for _, d := range file.Decls {
		p.declaration(files, d)
	}
	return nil
}

func (p *Package) declaration(files *token.FileSet, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		from, to := files.Position(d.Pos()), files.Position(d.End())
		p.Functions = append(p.Functions, to.Line-from.Line+1)
		if d.Recv != nil && len(d.Recv.List) == 1 {
			p.structNamed(receiver(d.Recv.List[0].Type)).Methods++
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			t, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			if s, ok := t.Type.(*ast.StructType); ok {
				for _, field := range s.Fields.List {
					// An embedded one has no name.
					p.structNamed(t.Name.Name).Fields += max(len(field.Names), 1)
				}
			}
		}
	}
}

// structNamed finds the type's counts; a type that turns out to be no struct
// keeps no fields, and Measure drops it.
func (p *Package) structNamed(name string) *Struct {
	full := p.Dir + "." + name
	for i := range p.Structs {
		if p.Structs[i].Name == full {
			return &p.Structs[i]
		}
	}
	p.Structs = append(p.Structs, Struct{Name: full})
	return &p.Structs[len(p.Structs)-1]
}

// receiver is the name of a method's type, whether pointer or generic.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	}
	return ""
}
