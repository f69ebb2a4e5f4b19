package abi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// verbs are names of calls that are verbs of case files, kinds of difference or parts of messages,
// too, in these places.
var (
	verbs  = []string{"close", "exit", "kill", "time"}
	places = []string{"casefile", "cmd/parity", "parity", "report", "sched/script.go"}
)

// otherwise are other texts that happen to be the name of a call and mean something else, by the
// package or the file in which they do; nil are all.
var otherwise = map[string][]string{
	"attrib":  nil,              // functions of the C libraries, and what calls these make for themselves
	"mutants": nil,              // functions of the C libraries
	"trace":   {"stat", "time"}, // a file of /proc, and a limit
}

// TestElsewhere: what a call does is said here. Another package that asks for a call's name knows
// something of it that a new call of the same kind would lack. (Rules are about calls that they
// name; their reasons stand with them.)
func TestElsewhere(t *testing.T) {
	used := map[string]bool{}
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel("..", path)
		if d.IsDir() && (d.Name() == "testdata" || name == "abi" || name == "rules") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if _, ok := n.(*ast.ImportSpec); ok {
				return false
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if _, is := ByName(text); err != nil || !is {
				return true
			}
			for _, place := range []string{name, filepath.Dir(name)} {
				if slices.Contains(places, place) && slices.Contains(verbs, text) {
					return true
				}
				words, known := otherwise[place]
				if known && (words == nil || slices.Contains(words, text)) {
					used[place+" "+text], used[place] = true, true
					return true
				}
			}
			t.Errorf("%s: %q is the name of a call: what it does is said in package abi",
				fset.Position(lit.Pos()), text)
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for place, words := range otherwise {
		if words == nil && !used[place] {
			t.Errorf("%s has no such text any more", place)
		}
		for _, word := range words {
			if !used[place+" "+word] {
				t.Errorf("%s has %q no more", place, word)
			}
		}
	}
}
