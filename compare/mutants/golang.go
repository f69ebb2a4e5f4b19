package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
)

// A checker knows the types of the packages that the ports import.
type checker struct {
	exports map[string]string // import path -> the compiler's file about it
}

// newChecker asks the go tool.
func newChecker(root string) (*checker, error) {
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", "{{if .Export}}{{.ImportPath}}={{.Export}}{{end}}", "./go/...")
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr, cmd.Env = root, &stderr, goEnv()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, stderr.Bytes())
	}
	k := &checker{map[string]string{}}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		k.exports[path] = file
	}
	return k, nil
}

// check parses and checks a port.
func (k *checker) check(text string) (*token.FileSet, *ast.File, *types.Info, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "main.go", text, 0)
	if err != nil {
		return nil, nil, nil, err
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(k.exports[path]) }
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", open)}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	_, err = config.Check("main", fset, []*ast.File{file}, info)
	return fset, file, info, err
}

// readGo reads a port.
func (k *checker) readGo(program, path, text string) (*source, error) {
	fset, file, info, err := k.check(text)
	if err != nil {
		return nil, err
	}
	s := &source{side: "go", program: program, path: path, text: text}
	where := func(n ast.Node) span { return span{fset.Position(n.Pos()).Offset, fset.Position(n.End()).Offset} }
	named := func(p types.Type) string {
		return types.TypeString(p, func(p *types.Package) string {
			if p.Name() == "main" {
				return ""
			}
			return p.Name()
		})
	}
	var stack []ast.Node
	places := map[ast.Stmt]int{} // of the statements in lists
	list := func(stmts []ast.Stmt) {
		for i, st := range stmts {
			p := stmt{span: where(st), next: -1}
			p.head = head(st, where)
			places[st] = len(s.stmts)
			if i > 0 {
				s.stmts[places[stmts[i-1]]].next = len(s.stmts)
			}
			s.stmts = append(s.stmts, p)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.ImportSpec:
			stack = stack[:len(stack)-1]
			return false
		case *ast.FuncDecl:
			s.functions = append(s.functions, where(n))
		case *ast.BlockStmt:
			list(n.List)
		case *ast.IfStmt:
			s.conds = append(s.conds, where(n.Cond))
		case *ast.BasicLit:
			switch n.Kind {
			case token.INT:
				s.numbers = append(s.numbers, where(n))
			case token.STRING:
				s.strings = append(s.strings, where(n))
			}
		case *ast.SelectorExpr:
			if instead[n.Sel.Name] != nil {
				s.flags = append(s.flags, where(n))
			}
		case *ast.CallExpr:
			if c, ok := goCall(n, info, where, named, s); ok {
				for i := len(stack) - 1; i >= 0; i-- {
					if st, ok := stack[i].(ast.Stmt); ok {
						if at, ok := places[st]; ok {
							c.stmt = at
							_, whole := st.(*ast.ExprStmt)
							if whole && st.(*ast.ExprStmt).X == n {
								c.zero = ""
							}
							s.calls = append(s.calls, c)
							break
						}
					}
				}
			}
		}
		return true
	})
	return s, nil
}

// head is where the first part of a statement ends.
func head(st ast.Stmt, where func(ast.Node) span) int {
	switch st := st.(type) {
	case *ast.IfStmt:
		return where(st.Body).from
	case *ast.ForStmt:
		return where(st.Body).from
	case *ast.RangeStmt:
		return where(st.Body).from
	}
	return where(st).to
}

// goCall is a call of a function that has a name; conversions and what the language itself has are
// none.
func goCall(n *ast.CallExpr, info *types.Info, where func(ast.Node) span, named func(types.Type) string, s *source) (c call, ok bool) {
	tv := info.Types[n.Fun]
	switch n.Fun.(type) {
	case *ast.Ident, *ast.SelectorExpr:
	default:
		return c, false
	}
	sig, isFunc := tv.Type.(*types.Signature)
	if tv.IsType() || tv.IsBuiltin() || !isFunc {
		return c, false
	}
	c = call{span: where(n), name: s.at(where(n.Fun))}
	for _, a := range n.Args {
		c.args = append(c.args, where(a))
	}
	var results []string
	for v := range sig.Results().Variables() {
		results = append(results, "_ "+named(v.Type()))
	}
	c.zero = "func() (" + strings.Join(results, ", ") + ") { " + s.unused(c) + "; return }()"
	return c, true
}
