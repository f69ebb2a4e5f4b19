package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var root, _ = filepath.Abs("../..")

// The same fault in both languages, by operator: what the line becomes.
var examples = []struct{ operator, c, g, inC, inGo string }{
	{"drop", `close(fds[0]);`, `unix.Close(fds[0])`, `;`, `_ = fds[0]`},
	{"drop", `if (close(fds[0]) == -1) f();`, `if unix.Close(fds[0]) != nil { f() }`, `if (0 == -1) f();`,
		`if func() (_ error) { _ = fds[0]; return }() != nil { f() }`},
	{"swap", `f(); sleep(1);`, `f(); unix.Close(1)`, `sleep(1); f();`, `unix.Close(1); f()`},
	{"size", `read(fds[0], buf, BUF_SIZE);`, `unix.Read(fds[0], buf[:bufSize])`, `read(fds[0], buf, BUF_SIZE - 1);`, `unix.Read(fds[0], buf[:bufSize-1])`},
	{"flag", `shutdown(fds[0], SHUT_WR);`, `unix.Shutdown(fds[0], unix.SHUT_WR)`, `shutdown(fds[0], SHUT_RDWR);`, `unix.Shutdown(fds[0], unix.SHUT_RDWR)`},
	{"descriptor", `close(fds[0]); close(fds[1]);`, `unix.Close(fds[0]); unix.Close(fds[1])`, `close(fds[1]); close(fds[1]);`, `unix.Close(fds[1]); unix.Close(fds[1])`},
	{"constant", `listen(fds[0], 5);`, `unix.Listen(fds[0], 5)`, `listen(fds[0], 6);`, `unix.Listen(fds[0], 6)`},
	{"constant", `puts("no more");`, `fmt.Println("no more")`, `puts("no mor");`, `fmt.Println("no mor")`},
	{"exit code", `exit(1);`, `os.Exit(1)`, `exit(2);`, `os.Exit(2)`},
	{"order", `dup2(fds[0], fds[1]);`, `unix.Dup2(fds[0], fds[1])`, `dup2(fds[1], fds[0]);`, `unix.Dup2(fds[1], fds[0])`},
	{"duplicate", `close(fds[0]);`, `unix.Close(fds[0])`, `{ close(fds[0]); close(fds[0]); }`, `unix.Close(fds[0]); unix.Close(fds[0])`},
	{"ignore", `if (close(fds[0]) == -1) f();`, `if unix.Close(fds[0]) != nil { f() }`, `if ((close(fds[0]) == -1) && 0) f();`,
		`if (unix.Close(fds[0]) != nil) && false { f() }`},
}

// TestOperators holds what the operators make of a line in both languages against what they should;
// none of them moves a line.
func TestOperators(t *testing.T) {
	types, err := newChecker(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range examples {
		c := readC("p", "p.c", "int main(void)\n{\n\t"+x.c+"\n}\n")
		g, err := types.readGo("p", "main.go", "package main\nimport (\n\"fmt\"\n\"os\"\n\"golang.org/x/sys/unix\"\n)\nconst bufSize = 30\nvar _ = os.Exit\nvar _ = fmt.Sprint\nvar fds [2]int\nvar buf [31]byte\n"+
			"func f() {}\nfunc main() {\n\tf()\n\t_ = unix.Close\n\t_ = buf\n\t"+x.g+"\n}\n")
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range []*source{c, g} {
			want, found := []string{x.inC, x.inGo}[i], []string{}
			for _, m := range s.mutants() {
				if _, is := m.changed(); m.operator == x.operator && len(is) > 0 {
					found = append(found, is[0])
				}
				if strings.Count(m.mutated(), "\n") != strings.Count(s.text, "\n") {
					t.Errorf("a line has moved: %s", m)
				}
			}
			if !slices.Contains(found, want) {
				t.Errorf("%s: no %s\n%s", x.operator, want, strings.Join(found, "\n"))
			}
		}
	}
}

// TestSample judges a few of the mutants: none survives unproved, and all are named at their line.
func TestSample(t *testing.T) {
	var out bytes.Buffer
	o := options{program: "pipe1", every: 24, jobs: 2}
	ok, err := o.run(context.Background(), root, &out, io.Discard)
	if err != nil || !ok {
		t.Errorf("%v\n%s", err, out.String())
	}
	if !strings.Contains(out.String(), "(100.0 %)") {
		t.Errorf("nothing was killed\n%s", out.String())
	}
}

// TestProofs: an entry names a program and operator that there are, and says why; one that matches
// nothing is not passed over.
func TestProofs(t *testing.T) {
	write := func(text string) string {
		name := filepath.Join(t.TempDir(), "equivalent.txt")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	list, err := readProofs(write("# about\n\nc/pipe? constant, size\n- a\n+ b\n+ c\nnobody looks\nat it\n"))
	if err != nil || len(list) != 2 || list[0].why != "nobody looks at it" || !slices.Equal(list[1].is, []string{"c"}) {
		t.Errorf("%v %v", list, err)
	}
	for _, wrong := range []string{"c/pipe1 nothing\n- a\n+ b\nwhy\n", "c/pipe1 drop\nwhy\n", "c/pipe1 drop\n- a\n+ b\n"} {
		if _, err := readProofs(write(wrong)); err == nil {
			t.Errorf("no error in %q", wrong)
		}
	}
	s := readC("pipe1", "pipe1.c", "int main(void)\n{\n\ta(1);\n}\n")
	var v *judgement
	for _, m := range s.mutants() {
		if _, is := m.changed(); m.operator == "constant" && is[0] == "a(2);" {
			v = &judgement{mutant: m, fate: survived}
		}
	}
	for text, want := range map[string]bool{
		"c/pipe1 constant\n- a(1);\n+ a(2);\nwhy\n":                              true,
		"c/pipe1 constant\n- a(1);\n+ a(3);\nwhy\n":                              false,
		"c/pipe2 constant\n- a(1);\n+ a(2);\nwhy\n":                              false,
		"c/pipe1 drop\n- a(1);\n+ a(2);\nwhy\n":                                  false,
		"c/pipe1 constant\n- a(1);\n+ a(2);\nwhy\n\nc/pipe1 drop\n- a\n+ b\nx\n": false, // the second one is not needed
	} {
		proofs, err := readProofs(write(text))
		if err != nil {
			t.Fatal(err)
		}
		one := *v
		prove([]*judgement{&one}, proofs)
		if got := report(io.Discard, []*judgement{&one}, proofs); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestProofsFit: each proof is about a mutant that is made.
func TestProofsFit(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := readProofs("equivalent.txt")
	if err != nil {
		t.Fatal(err)
	}
	j, err := newJury(context.Background(), root)
	if err != nil {
		t.Fatal(err)
	}
	sources, err := j.sources()
	if err != nil {
		t.Fatal(err)
	}
	var all []*mutant
	for _, s := range sources {
		all = append(all, s.mutants()...)
	}
	for _, p := range proofs {
		if !slices.ContainsFunc(all, p.of) {
			t.Errorf("%s: %s %s: no such mutant is made", p.at, p.program, p.operator)
		}
	}
}

// TestVariables: what a fault in a line leads to is looked for by the names of variables.
func TestVariables(t *testing.T) {
	golang := &source{side: "go", text: "import (\n\t\"os\"\n\t\"golang.org/x/sys/unix\"\n)\n"}
	for _, test := range []struct {
		s          *source
		line       string
		names, set []string
	}{
		{golang, `	act := make(chan os.Signal, 1)`, []string{"act"}, []string{"act"}},
		{golang, `	if _, err := unix.Write(sock, buf[:n]); err != nil { // a comment`, []string{"err", "sock", "buf", "n", "err"}, []string{"err"}},
		{golang, `	buf, ok := stdin.fgets(bufSize)`, []string{"buf", "ok", "stdin", "bufSize"}, []string{"buf", "ok"}},
		{golang, `	printf("text n", n)`, []string{"n"}, nil},
		{golang, `	var buf [bufSize + 1]byte`, []string{"buf", "bufSize"}, []string{"buf", "bufSize"}},
		{&source{side: "c"}, `	serv_addr.sin_port = htons(atoi(argv[1]));`, []string{"serv_addr", "argv"}, []string{"serv_addr"}},
		{&source{side: "c"}, `	if (x == y)`, []string{"x", "y"}, nil},
	} {
		if got := test.s.variables(test.line); !slices.Equal(got, test.names) {
			t.Errorf("%s: %q, want %q", test.line, got, test.names)
		}
		if got := test.s.sets(test.line); !slices.Equal(got, test.set) {
			t.Errorf("%s: sets %q, want %q", test.line, got, test.set)
		}
	}
}

// TestLeads follows faults from lines without calls to those in which they can show.
func TestLeads(t *testing.T) {
	text := `package main

const (
	size = 30
	most = 4
)

var out buffer

func get(size int) (string, bool) {
	for n := range most {
		c := in(n)
		if c == 0 {
			return "", false
		}
	}
	return out.text(), true
}

func double(n int) int {
	return 2 * n
}

func main() {
	line, ok := get(size)
	if !ok {
		stop(1)
	}
	write(line)
	n := double(7)
	m := n
	write(m)
	other()
}
`
	s := &source{side: "go", text: text}
	for _, name := range []string{"get", "double", "main"} {
		from := strings.Index(text, "func "+name)
		s.functions = append(s.functions, span{from, from + strings.Index(text[from:], "\n}") + 2})
	}
	add := func(name, from string) {
		at := strings.Index(text, from)
		s.calls = append(s.calls, call{span: span{at, at + len(from)}, name: name})
	}
	add("get", "get(size)\n")
	add("double", "double(7)")
	make := map[string]bool{"c := in(n)": true, "stop(1)": true, "write(line)": true, "write(m)": true, "other()": true}
	lines := strings.Split(text, "\n")
	calls := func(n int) bool { return make[strings.TrimSpace(lines[n-1])] }
	for from, want := range map[string]string{
		"return out":  "}|line, ok := get(size)|if !ok {|write(line)",
		"return 2":    "func double(n int) int {|}|n := double(7)|m := n|write(m)",
		"m := n":      "n := double(7)|m := n|write(m)",
		"	most = 4":   "	most = 4|for n := range most {|c := in(n)",
		"c := in(n)":  "",
		"write(line)": "",
	} {
		at := strings.Index(text, from)
		got := map[string]bool{}
		s.leads(span{at, at + len(from)}, calls, func(from, to int) {
			for n := from; n <= to; n++ {
				got[strings.TrimSpace(lines[n-1])] = true
			}
		})
		for _, line := range strings.Split(want, "|") {
			if want != "" && !got[strings.TrimSpace(line)] {
				t.Errorf("%q does not lead to %q: %v", from, line, got)
			}
		}
		if got["other()"] || want == "" && len(got) > 0 {
			t.Errorf("%q leads too far: %v", from, got)
		}
	}
}
