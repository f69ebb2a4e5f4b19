package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"paritykit/compare/parity"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata")

// ref is what a side has: a call, if it reads like one.
func ref(text, site string) *parity.Ref {
	at := parity.Where{Site: site}
	if call, _, ok := strings.Cut(text, "("); ok {
		return parity.NewCall(call, text, at)
	}
	return parity.NewRef(text, at)
}

// equivalent is a result as most are.
func equivalent() *parity.Result {
	return &parity.Result{
		Name: "pipe1", About: "one way", Verdict: parity.Equivalent, Matched: 3,
		Sides: [2]parity.Side{
			{Label: "C", Ops: 3, Noise: 41, Kinds: []parity.Noise{{Kind: "loader", Calls: 30}, {Kind: "malloc", Calls: 11}}},
			{Label: "Go", Ops: 3, Noise: 287, Kinds: []parity.Noise{{Kind: "Go runtime", Calls: 287}}},
		},
		Rules: []parity.Use{{Name: "pipe2", Why: "the same with no flags", Uses: 2}, {Name: "reexec", Why: "Go cannot fork", Uses: 1}},
		Processes: []parity.Process{
			{Name: "P", Pairs: []parity.Pair{
				{Glyph: "~", Sides: [2]*parity.Ref{ref("pipe(pipe1)", "c/pipe1.c:14"), ref("pipe(pipe1)", "go/pipe1/main.go:21")}, Rules: []string{"pipe2"}},
				{Glyph: "~", Sides: [2]*parity.Ref{ref("fork() = P.1", "c/pipe1.c:15"), ref("fork() = P.1", "go/pipe1/main.go:22")}, Rules: []string{"reexec"}},
			}},
			{Name: "P.1", Pairs: []parity.Pair{
				{Glyph: "=", Sides: [2]*parity.Ref{ref(`write(pipe1.w, "`+strings.Repeat("long ", 30)+`") = 3`, "c/pipe1.c:18"), ref("write(…)", "go/pipe1/main.go:33")}},
			}},
		},
	}
}

// different is a result with differences of all kinds, from a hostile program.
func different() *parity.Result {
	r := equivalent()
	r.Name, r.Verdict, r.Rules = "evil\x1b[2J", parity.Different, nil
	r.Processes[0].Pairs = append(r.Processes[0].Pairs,
		parity.Pair{Glyph: "-", Sides: [2]*parity.Ref{ref("close(pipe1.r)", "c/x.c:1"), nil}},
		parity.Pair{Glyph: "!", Sides: [2]*parity.Ref{ref(`write(tty, "a\x1b")`, "c/x.c:2"), ref(`write(tty, "b")`, "go/x/main.go:3")}})
	r.Differences = []parity.Difference{
		{Process: "P", Kind: "call", Sides: [2]*parity.Ref{ref(`write(tty, "a\x1b")`, "c/x.c:2"), ref("write(tty, \"\u202eb\")", "go/x\x07/main.go:3")}, Fields: []string{"buf"}, Call: 1},
		{Process: "P", Kind: "missing", Sides: [2]*parity.Ref{ref("close(pipe1.r)", "c/x.c:1"), nil}},
		{Process: "P", Kind: "extra", Sides: [2]*parity.Ref{nil, ref("close(pipe1.w)", "go/x/main.go:9")}},
		{Process: "P", Kind: "output", Sides: [2]*parity.Ref{ref(`"a"`, ""), ref(`"b"`, "")}, Fields: []string{"tty"}},
		{Process: "P", Kind: "terminal", Sides: [2]*parity.Ref{ref(`"a"`, ""), ref(`"b"`, "")}},
		{Process: "P.1", Kind: "exit", Sides: [2]*parity.Ref{ref("exit 0", ""), ref("exit 1", "")}},
		{Process: "P.2", Kind: "process", Sides: [2]*parity.Ref{nil, ref("process P.2", "")}},
		{Kind: "file", Sides: [2]*parity.Ref{ref(`"x"`, ""), nil}, Fields: []string{"echo\x1bmsg.txt"}},
	}
	return r
}

func failed() *parity.Result {
	return &parity.Result{Name: "pipe2", Verdict: parity.Error, Error: "go: time limit reached (10s)", Sides: parity.Labelled([2]string{"C", "Go"}),
		Waiting: []string{"P waits in read(pipe1.r, 30) = ? at go/pipe2/main.go:60"}}
}

func unstable() *parity.Result {
	r := different()
	r.Name, r.Verdict, r.Unstable, r.Error = "flaky", parity.Error, "go", "go: unstable: its run 1 and its run 2 differ, so nothing can be concluded"
	r.Differences = r.Differences[:1]
	return r
}

func again(r *parity.Result) string { return "parity run -v " + r.Name }

// TestText holds reports against goldens, one file each.
func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		text   Text
		result *parity.Result
	}{
		"equivalent":         {Text{Again: again}, equivalent()},
		"equivalent-verbose": {Text{Again: again, Verbose: true}, equivalent()},
		"equivalent-color":   {Text{Again: again, Color: true}, equivalent()},
		"different":          {Text{Again: again}, different()},
		"different-verbose":  {Text{Again: again, Verbose: true}, different()},
		"error":              {Text{Again: again}, failed()},
		"unstable":           {Text{Again: again}, unstable()},
	} {
		var b bytes.Buffer
		c.text.Result(&b, c.result)
		c.text.Summary(&b, []*parity.Result{c.result})
		golden := filepath.Join("testdata", name+".txt")
		if *update {
			os.WriteFile(golden, b.Bytes(), 0o644)
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, b.Bytes(), want)
		}
		for _, r := range b.String() {
			if r != '\n' && (r < ' ' && !c.text.Color || r == 0x7f || r == 0x202e) {
				t.Errorf("%s: %q reached the terminal", name, r)
			}
		}
	}
}

// TestConclusion: the last line says the worst.
func TestConclusion(t *testing.T) {
	same := &parity.Result{Verdict: parity.Same}
	for _, c := range []struct {
		results []*parity.Result
		want    string
	}{
		{nil, "parity: no cases"},
		{[]*parity.Result{same, equivalent()}, "parity: the same behaviour on both sides: 1 equivalent, 1 same"},
		{[]*parity.Result{same, different()}, "parity: NOT the same: 1 different, 1 same"},
		{[]*parity.Result{different(), failed(), same}, "parity: could not tell: 1 error, 1 different, 1 same"},
	} {
		if got := Conclusion(c.results); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestJSON: lists are never null, and invalid UTF-8 does not break the document.
func TestJSON(t *testing.T) {
	var b bytes.Buffer
	bad := different()
	bad.Error = "\xff"
	if err := JSON(&b, []*parity.Result{failed(), bad}); err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b.Bytes()) || strings.Contains(b.String(), "null,\n") && strings.Contains(b.String(), `"rules": null`) {
		t.Errorf("%s", b.Bytes())
	}
	for _, list := range []string{"cases", "rules", "known", "differences", "processes", "kinds", "calls"} {
		if strings.Contains(b.String(), `"`+list+`": null`) {
			t.Errorf("%s is null", list)
		}
	}
}

func TestSafe(t *testing.T) {
	for in, want := range map[string]string{
		"plain … text": "plain … text",
		"\x1b[31m":     `\u001b[31m`,
		"a\xffb":       `a\xffb`,
		"\u202e\u0000": `\u202e\u0000`,
		"tab\tline\n":  `tab\u0009line\u000a`,
	} {
		if got := safe(in); got != want {
			t.Errorf("safe(%q) = %s, want %s", in, got, want)
		}
	}
}
