// Package ports holds nothing but tests: each C program and its Go port can be read side by side,
// and echo_test.go runs the echo trio.
//
// What that means. A step is a comment that has a line of its own, says who does what ("// child:
// ask the question") and stands right above the code that does it. Both files have the same steps,
// each once, those of one process in the same order; the last is above C's return 0 and above Go's
// fork.Main, to which the exit of every process is charged. The headers say the same in the same
// words, but for what differs. Constants have the same name and value, and the words that come out
// are the same.
package ports

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// A program is one source file, reduced to what the other language has to have too.
type program struct {
	file      string
	header    []string // paragraphs
	steps     []step
	constants map[string]string // by Go's name
	messages  []string          // strings with words in them, without the newline or NUL at the end
}

type step struct {
	who, what string
	line      int    // from 1
	code      string // the line below
}

func (s step) String() string { return s.who + ": " + s.what }

var stepComment = regexp.MustCompile(`^\s*// (parent|child|both|server|client|writer|reader|storer|handler): (.*)$`)

func steps(text string) (steps []step) {
	lines := append(strings.Split(text, "\n"), "")
	for i, line := range lines {
		if m := stepComment.FindStringSubmatch(line); m != nil {
			steps = append(steps, step{m[1], m[2], i + 1, strings.TrimSpace(lines[i+1])})
		}
	}
	return steps
}

func paragraphs(comment string) (paragraphs []string) {
	for _, p := range strings.Split(strings.TrimSpace(comment), "\n\n") {
		paragraphs = append(paragraphs, strings.Join(strings.Fields(p), " "))
	}
	return paragraphs
}

// addMessage adds a string if a reader would call it a message: one with a word of three letters,
// which leaves out formats ("%s\n"), modes ("wt") and commands ("q\n").
func (p *program) addMessage(s string) {
	if regexp.MustCompile(`\pL{3}`).MatchString(s) {
		p.messages = append(p.messages, strings.TrimRight(s, "\x00\n"))
	}
}

var (
	cHeader   = regexp.MustCompile(`(?s)^/\*\n(.*?)\*/\n`)
	cLeader   = regexp.MustCompile(`(?m)^ \* ?`)
	cConstant = regexp.MustCompile(`(?m)^#define\s+(\w+)\s+(.+)$|^\s*(?:enum \{ ?)?([A-Z]\w*) = ([^,\s}]+)`)
	// A comment, an include or a string: whichever begins first, so that none is looked for inside
	// another.
	cToken = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*|#include[^\n]*|"(?:[^"\\]|\\.)*"`)
)

func parseC(file, text string) (*program, error) {
	p := &program{file: file, steps: steps(text), constants: make(map[string]string)}
	if m := cHeader.FindStringSubmatch(text); m != nil {
		p.header = paragraphs(cLeader.ReplaceAllString(m[1], ""))
	}
	for _, m := range cConstant.FindAllStringSubmatch(text, -1) {
		p.constants[goName(m[1]+m[3])] = m[2] + m[4]
	}
	for _, tok := range cToken.FindAllString(text, -1) {
		if tok[0] != '"' {
			continue
		}
		s, err := strconv.Unquote(tok)
		if err != nil {
			return nil, fmt.Errorf("%s: string %s: %w", file, tok, err)
		}
		p.addMessage(s)
	}
	return p, nil
}

// goName turns BUF_SIZE and serv_sock into bufSize and servSock.
func goName(c string) string {
	words := strings.Split(strings.ToLower(c), "_")
	for i, w := range words[1:] {
		words[i+1] = string(unicode.ToUpper(rune(w[0]))) + w[1:]
	}
	return strings.Join(words, "")
}

func parseGo(file, text string) (*program, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	p := &program{file: file, header: paragraphs(f.Doc.Text()), steps: steps(text), constants: make(map[string]string)}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if i < len(n.Values) {
					if v, ok := n.Values[i].(*ast.BasicLit); ok {
						p.constants[name.Name] = v.Value
					}
				}
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				s, _ := strconv.Unquote(n.Value) // the parser has seen that it can be
				p.addMessage(s)
			}
		}
		return true
	})
	return p, nil
}

// compare says what keeps a reader from finding the one in the other.
func compare(name string, c, g *program) (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, p := range []*program{c, g} {
		problems = append(problems, p.headerProblems(name)...)
		problems = append(problems, p.stepProblems()...)
	}
	if n := min(len(c.header), len(g.header), 3); n == 3 {
		if diff := cmp.Diff(c.header[1:n], g.header[1:n]); diff != "" {
			add("headers differ, %s (-) and %s (+):\n%s", c.file, g.file, diff)
		}
		if !strings.EqualFold(c.header[0], g.header[0]) {
			add("headers differ: %q in %s, %q in %s", c.header[0], c.file, g.header[0], g.file)
		}
	}
	if diff := cmp.Diff(byProcess(c.steps), byProcess(g.steps)); diff != "" {
		add("steps differ, %s (-) and %s (+):\n%s", c.file, g.file, diff)
	}
	if n := len(c.steps); n > 0 && c.steps[n-1].code != "return 0;" {
		add("%s:%d: the last step is not above return 0", c.file, c.steps[n-1].line)
	}
	if n := len(g.steps); n > 0 && !strings.HasPrefix(g.steps[n-1].code, "fork.Main(") {
		add("%s:%d: the last step is not above fork.Main", g.file, g.steps[n-1].line)
	}
	for name, value := range c.constants {
		if g.constants[name] != value {
			add("constant %s is %q in %s, %q in %s", name, value, c.file, g.constants[name], g.file)
		}
	}
	if diff := cmp.Diff(sortedSet(c.messages), sortedSet(g.messages)); diff != "" {
		add("messages differ, %s (-) and %s (+):\n%s", c.file, g.file, diff)
	}
	return problems
}

// headerProblems wants four paragraphs: a sentence, usage, what to notice, what differs.
func (p *program) headerProblems(name string) (problems []string) {
	starts := []string{name + ": ", "Usage: " + name, "Notice: ", "Differs: "}
	if len(p.header) != len(starts) {
		return []string{fmt.Sprintf("%s: the header has %d paragraphs, want %d: %q", p.file, len(p.header), len(starts), starts)}
	}
	for i, start := range starts {
		text := p.header[i]
		if len(text) <= len(start) && i != 1 || !strings.HasPrefix(strings.ToLower(text), strings.ToLower(start)) {
			problems = append(problems, fmt.Sprintf("%s: paragraph %d of the header does not begin %q", p.file, i+1, start))
		}
	}
	if strings.Count(p.header[0]+" ", ". ") != 1 {
		problems = append(problems, fmt.Sprintf("%s: the header does not begin with one sentence: %q", p.file, p.header[0]))
	}
	return problems
}

func (p *program) stepProblems() (problems []string) {
	if len(p.steps) == 0 {
		problems = append(problems, p.file+": no steps")
	}
	first := make(map[string]int)
	for _, s := range p.steps {
		if before, ok := first[s.String()]; ok {
			problems = append(problems, fmt.Sprintf("%s:%d: step %q is at line %d already", p.file, s.line, s, before))
		}
		first[s.String()] = s.line
		if s.code == "" || strings.HasPrefix(s.code, "//") || strings.HasPrefix(s.code, "}") {
			problems = append(problems, fmt.Sprintf("%s:%d: step %q has no code below it", p.file, s.line, s))
		}
	}
	return problems
}

func byProcess(steps []step) map[string][]string {
	m := make(map[string][]string)
	for _, s := range steps {
		m[s.who] = append(m[s.who], s.what)
	}
	return m
}

func sortedSet(s []string) []string { return slices.Compact(slices.Sorted(slices.Values(s))) }

func compareTexts(name, cText, goText string) (problems []string, err error) {
	c, err := parseC("c/"+name+".c", cText)
	if err != nil {
		return nil, err
	}
	g, err := parseGo("go/"+name+"/main.go", goText)
	if err != nil {
		return nil, err
	}
	return compare(name, c, g), nil
}

func TestPorts(t *testing.T) {
	var names []string
	for _, glob := range []string{"../c/*.c", "*/main.go"} {
		files, err := filepath.Glob(glob)
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s (%v)", glob, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, ".c") {
				names = append(names, strings.TrimSuffix(filepath.Base(file), ".c"))
			} else {
				names = append(names, filepath.Dir(file))
			}
		}
	}
	for _, name := range sortedSet(names) {
		t.Run(name, func(t *testing.T) {
			cText, err := os.ReadFile(filepath.Join("../c", name+".c"))
			if err != nil {
				t.Fatalf("a port without its C program: %v", err)
			}
			goText, err := os.ReadFile(filepath.Join(name, "main.go"))
			if err != nil {
				t.Fatalf("a C program without its port: %v", err)
			}
			problems, err := compareTexts(name, string(cText), string(goText))
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range problems {
				t.Error(problem)
			}
		})
	}
}

// The go tool refuses a package that has C files beside Go files and does not use cgo.
func TestNoGoFilesInC(t *testing.T) {
	if files, _ := filepath.Glob("../c/*.go"); files != nil {
		t.Errorf("Go files in c: %q", files)
	}
}

const (
	cSample = `/*
 * sample: a child says hello.
 *
 * Usage: sample
 *
 * Notice: nothing
 * much.
 *
 * Differs: stdio.
 */
#include <stdio.h>

#define BUF_SIZE 30
#define MAX_CLNT 5

int main(void)
{
	// parent: fork
	if (fork() == 0) {
		// child: say it
		puts("hello"); // "quoted" here
	} else {
		// parent: say more
		printf("%s %d words\n", "wt", 3);
		// parent: wait
		wait(NULL);
	}
	// both: exit
	return 0;
}
`
	goSample = `// Sample: a child says hello.
//
// Usage: sample
//
// Notice: nothing much.
//
// Differs: fmt.
package main

import "fmt"

const bufSize, maxClnt = 30, 5

func child() {
	// child: say it
	fmt.Println("hello\x00")
}

func parent() {
	// parent: fork
	fork.Start(child)
	// parent: say more
	fmt.Printf("%s %d words\n", "rw", 3)
	// parent: wait
	unix.Wait4(-1, nil, 0, nil)
}

func main() {
	// both: exit
	fork.Main(parent, child)
}
`
)

func TestCompareFinds(t *testing.T) {
	for _, test := range []struct {
		name     string
		old, new string // replaced in both, where it occurs
		want     string // in a problem; empty: there is none
	}{
		{"nothing", "", "", ""},
		{"other order of two processes", "\t// parent: fork\n\tfork.Start(child)\n", "\tfork.Start(child)\n\t// parent: fork\n\tfork.Start(child)\n", ""},
		{"missing step in C", "\t\t// parent: wait\n\t\twait", "\t\twait", `steps differ`},
		{"missing step in Go", "\t// parent: wait\n\tunix", "\tunix", `steps differ`},
		{"other words", "// parent: wait\n\tunix", "// parent: wait.\n\tunix", `steps differ`},
		{"other process", "// parent: wait\n\tunix", "// child: wait\n\tunix", `steps differ`},
		{"other order in one process", "// parent: say more\n\tfmt.Printf(\"%s %d words\\n\", \"rw\", 3)\n\t// parent: wait\n", "// parent: wait\n\tfmt.Printf(\"%s %d words\\n\", \"rw\", 3)\n\t// parent: say more\n", `steps differ`},
		{"not a line of its own", "\t// parent: wait\n\tunix", "\tnil() // parent: wait\n\tunix", `steps differ`},
		{"twice", "// parent: wait\n", "// parent: say more\n", `step "parent: say more" is at line`},
		{"above nothing", "// parent: wait\n\tunix", "// parent: wait\n\n\tunix", `go/sample/main.go:24: step "parent: wait" has no code below it`},
		{"exit in another place in C", "\t// both: exit\n\treturn 0", "\t// both: exit\n\texit(0);\n\treturn 0", `c/sample.c:28: the last step is not above return 0`},
		{"exit in another place in Go", "\t// both: exit\n\tfork", "\t// both: exit\n\tf()\n\tfork", `the last step is not above fork.Main`},
		{"no header in C", "/*\n * sample", "/* sample", `c/sample.c: the header has 0 paragraphs`},
		{"no header in Go", "Differs: fmt.\n", "Differs: fmt.\n\n", `go/sample/main.go: the header has 1 paragraphs`},
		{"missing part", "//\n// Differs: fmt.\n", "", `go/sample/main.go: the header has 3 paragraphs`},
		{"empty part", "Differs: fmt.", "Differs:", `go/sample/main.go: paragraph 4 of the header does not begin "Differs: "`},
		{"two sentences", "child says hello.", "child says hello. It ends.", `the header does not begin with one sentence`},
		{"other sentence", "Sample: a child", "Sample: the child", `headers differ`},
		{"other notice", "Notice: nothing much", "Notice: much", `headers differ`},
		{"constant missing", "bufSize, maxClnt = 30, 5", "bufSize = 30", `constant maxClnt is "5" in c/sample.c, "" in`},
		{"constant of another value", "bufSize, maxClnt = 30, 5", "bufSize, maxClnt = 31, 5", `constant bufSize is "30" in c/sample.c, "31" in`},
		{"enum", "#define BUF_SIZE 30", "enum { BUF_SIZE = 31 };", `constant bufSize is "31" in c/sample.c, "30" in`},
		{"message missing", `puts("hello");`, ``, `messages differ`},
		{"message too many", `fork.Start(child)`, `fmt.Println("started")`, `messages differ`},
		{"other message", `"%s %d words\n", "rw"`, `"%s %d word\n", "rw"`, `messages differ`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, g := strings.ReplaceAll(cSample, test.old, test.new), strings.ReplaceAll(goSample, test.old, test.new)
			if test.old == "" {
				c, g = cSample, goSample
			} else if c == cSample && g == goSample {
				t.Fatal("nothing replaced")
			}
			problems, err := compareTexts("sample", c, g)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == "" && problems != nil || test.want != "" && !strings.Contains(strings.Join(problems, "\n"), test.want) {
				t.Errorf("problems %q, want %q", problems, test.want)
			}
		})
	}
}
