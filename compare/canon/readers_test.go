package canon

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestNobodyReadsText looks through the tool's sources for code that takes a written op apart: a
// function of package strings, bytes, strconv or regexp that is given what String made, or the text
// of a call. Ops and values are compared as what they are.
func TestNobodyReadsText(t *testing.T) {
	readers := map[string]bool{"strings": true, "bytes": true, "regexp": true, "strconv": true}
	allowed := map[string]bool{"Join": true, "Repeat": true, "NewReader": true, "Compare": true}
	n := 0
	err := filepath.WalkDir("..", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() && e.Name() == "testdata" {
			return skip(err)
		}
		if e.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, file, nil, 0)
		if err != nil {
			return err
		}
		n++
		ast.Inspect(tree, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := f.X.(*ast.Ident)
			if !ok || !readers[pkg.Name] || allowed[f.Sel.Name] {
				return true
			}
			for _, arg := range call.Args {
				if written(arg) {
					t.Errorf("%s: %s.%s reads a text that was made to be shown", files.Position(call.Pos()), pkg.Name, f.Sel.Name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || n < 50 {
		t.Fatalf("%d files: %v", n, err)
	}
}

func written(arg ast.Expr) (found bool) {
	ast.Inspect(arg, func(node ast.Node) bool {
		s, ok := node.(*ast.SelectorExpr)
		found = found || ok && (s.Sel.Name == "String" || s.Sel.Name == "Op" || s.Sel.Name == "Beside")
		return !found
	})
	return found
}

// skip passes over a directory.
func skip(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}
