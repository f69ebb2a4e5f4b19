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
	"slices"
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

// A goReader collects what a port consists of while it walks through its syntax tree.
type goReader struct {
	*source
	fset   *token.FileSet
	info   *types.Info
	stack  []ast.Node       // from the file down to the present node
	places map[ast.Stmt]int // of the statements in lists
}

// readGo reads a port.
func (k *checker) readGo(program, path, text string) (*source, error) {
	fset, file, info, err := k.check(text)
	if err != nil {
		return nil, err
	}
	r := &goReader{&source{side: "go", program: program, path: path, text: text}, fset, info, nil,
		map[ast.Stmt]int{}}
	ast.Inspect(file, r.visit)
	return r.source, nil
}

// where is the place of a node in the text.
func (r *goReader) where(n ast.Node) span {
	return span{r.fset.Position(n.Pos()).Offset, r.fset.Position(n.End()).Offset}
}

// visit takes in one node, as ast.Inspect has it.
func (r *goReader) visit(n ast.Node) bool {
	switch n := n.(type) {
	case nil:
		r.stack = r.stack[:len(r.stack)-1]
		return true
	case *ast.ImportSpec:
		return false
	case *ast.FuncDecl:
		r.functions = append(r.functions, r.where(n))
	case *ast.BlockStmt:
		r.list(n.List)
	case *ast.IfStmt:
		r.conds = append(r.conds, r.where(n.Cond))
	case *ast.BasicLit:
		switch n.Kind {
		case token.INT:
			r.numbers = append(r.numbers, r.where(n))
		case token.STRING:
			r.strings = append(r.strings, r.where(n))
		}
	case *ast.SelectorExpr:
		if instead[n.Sel.Name] != nil {
			r.flags = append(r.flags, r.where(n))
		}
	case *ast.CallExpr:
		if c, ok := r.call(n); ok {
			r.place(n, c)
		}
	}
	r.stack = append(r.stack, n)
	return true
}

// list takes in the statements of a block.
func (r *goReader) list(stmts []ast.Stmt) {
	for i, st := range stmts {
		if i > 0 {
			r.stmts[r.places[stmts[i-1]]].next = len(r.stmts)
		}
		r.places[st] = len(r.stmts)
		r.stmts = append(r.stmts, stmt{span: r.where(st), head: head(st, r.where), next: -1})
	}
}

// place adds a call to the innermost statement of a list around it.
func (r *goReader) place(n *ast.CallExpr, c call) {
	for _, around := range slices.Backward(r.stack) {
		st, _ := around.(ast.Stmt)
		at, ok := r.places[st]
		if !ok {
			continue
		}
		c.stmt = at
		if whole, ok := st.(*ast.ExprStmt); ok && whole.X == n {
			c.zero = ""
		}
		r.calls = append(r.calls, c)
		return
	}
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

// call is a call of a function that has a name; conversions and what the language itself has are
// none.
func (r *goReader) call(n *ast.CallExpr) (c call, ok bool) {
	tv := r.info.Types[n.Fun]
	switch n.Fun.(type) {
	case *ast.Ident, *ast.SelectorExpr:
	default:
		return c, false
	}
	sig, isFunc := tv.Type.(*types.Signature)
	if tv.IsType() || tv.IsBuiltin() || !isFunc {
		return c, false
	}
	c = call{span: r.where(n), name: r.at(r.where(n.Fun))}
	for _, a := range n.Args {
		c.args = append(c.args, r.where(a))
	}
	var results []string
	for v := range sig.Results().Variables() {
		results = append(results, "_ "+typeName(v.Type()))
	}
	c.zero = "func() (" + strings.Join(results, ", ") + ") { " + r.unused(c) + "; return }()"
	return c, true
}

// typeName is a type as the port would write it.
func typeName(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Name() == "main" {
			return ""
		}
		return p.Name()
	})
}
