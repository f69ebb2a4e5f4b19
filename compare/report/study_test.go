package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"paritykit/compare/parity"
)

const (
	cText = `// a program
static void fail(void)
{
	write(2, "no", 2);
}

int main(void)
{
	int fds[2];

	// parent: make the pipe
	pipe(fds);
	// child: write
	write(fds[1], "x", 1);
	// both: exit
	return 0;
}
`
	goText = `package main

func run() {
	var fds [2]int

	// parent: make the pipe
	unix.Pipe(fds[:])
}

func main() {
	// both: exit
	fork.Main(run, child)
}

func child(fd int) {
	// child: write
	unix.Write(fd, x)
}

func atoi() {
}
`
)

// studied is a result with sources.
func studied() *parity.Result {
	at := func(op, site, step string, line, seq, after int) *parity.Ref {
		file, _, _ := strings.Cut(site, ":")
		call, _, _ := strings.Cut(op, "(")
		r := parity.NewCall(call, op, parity.Where{Site: site, Place: parity.Place{File: file, Line: line}, Step: step})
		r.Seq, r.Began, r.After = seq, seq-1, after
		return r
	}
	r := &parity.Result{
		Name: "tiny", About: "A tiny one.", Verdict: parity.Equivalent, Matched: 3,
		Rules: []parity.Use{{Name: "reexec", Why: "Go cannot fork", Uses: 1}},
		Sides: [2]parity.Side{
			{Label: "C", Ops: 3, Noise: 2, Kinds: []parity.Noise{{Kind: "loader", Calls: 2, By: map[string]int{"mmap": 2}, In: map[string]int{"P": 2}}}},
			{Label: "Go", Ops: 3},
		},
		Processes: []parity.Process{
			{Name: "P", Ends: [2]string{"exit 0", "exit 0"}, Pairs: []parity.Pair{
				{Glyph: "=", Sides: [2]*parity.Ref{at("pipe(pipe1)", "c/tiny.c:12", "parent: make the pipe", 12, 1, 0), at("pipe(pipe1)", "go/tiny/main.go:7", "parent: make the pipe", 7, 1, 0)}},
				{Glyph: "~", Rules: []string{"reexec"}, Sides: [2]*parity.Ref{at("exit(0)", "c/tiny.c:17", "both: exit", 17, 3, 0), at("exit(0)", "go/tiny/main.go:12", "both: exit", 12, 3, 0)}},
			}},
			{Name: "P.1", Ends: [2]string{"exit 0", "exit 0"}, Pairs: []parity.Pair{
				{Glyph: "=", Sides: [2]*parity.Ref{at(`write(pipe1.w, "x")`, "c/tiny.c:14", "child: write", 14, 2, 1), at(`write(pipe1.w, "x")`, "go/tiny/main.go:17", "child: write", 17, 2, 1)}},
			}},
		},
		Seen: []parity.Seen{{What: "terminal", Who: "P", Sides: [2]string{`"a\n"`, `"a\n"`}}},
	}
	source := func(file, text string) parity.Source {
		s := parity.Source{File: file, Text: text, Steps: []parity.Step{}}
		for i, line := range strings.Split(text, "\n") {
			if step, ok := strings.CutPrefix(strings.TrimSpace(line), "// "); ok && strings.Contains(step, ": ") {
				s.Steps = append(s.Steps, parity.Step{Line: i + 1, Step: step})
			}
		}
		return s
	}
	r.Sides[0].Sources = []parity.Source{source("c/tiny.c", cText)}
	r.Sides[1].Sources = []parity.Source{source("go/tiny/main.go", goText)}
	return r
}

// TestRows: parts with the same step stand beside each other, in C's order; what has no twin stands
// alone; no line is lost or doubled.
func TestRows(t *testing.T) {
	r := studied()
	s := newStudy(r)
	if len(s.pairings) != 1 {
		t.Fatalf("%d pairings", len(s.pairings))
	}
	var got []string
	for _, band := range s.pairings[0].bands {
		line := band.step
		for _, p := range band.parts {
			if p == nil {
				line += " | -"
			} else {
				line += fmt.Sprintf(" | %d-%d", p.first, p.last)
			}
		}
		for _, c := range band.calls {
			line += fmt.Sprintf(" %s%s%v×%d", c.Glyph, c.Call, c.Lines, c.n)
		}
		got = append(got, line)
	}
	want := []string{
		" | 1-5 | -",
		" | 6-10 | 1-5",
		"parent: make the pipe | 11-12 | 6-8 =pipe[12 7]×1",
		" | - | 14-15",
		"child: write | 13-14 | 16-18 =write[14 17]×1",
		" | - | 9-10",
		"both: exit | 15-17 | 11-13 ~exit[17 12]×1",
		" | - | 19-21",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for i, l := range s.listings {
		seen := 0
		for _, band := range s.pairings[0].bands {
			if p := band.parts[i]; p != nil {
				seen += p.last - p.first + 1
			}
		}
		if seen != len(l[0].lines) {
			t.Errorf("side %d: %d of %d lines", i, seen, len(l[0].lines))
		}
	}
}

// TestShow holds the terminal view against goldens, one for each width: two columns, one column, in
// colour.
func TestShow(t *testing.T) {
	for name, c := range map[string]struct {
		text   Text
		width  int
		result *parity.Result
	}{
		"show":           {Text{}, 80, studied()},
		"show-narrow":    {Text{}, 40, studied()},
		"show-color":     {Text{Color: true}, 80, studied()},
		"show-functions": {Text{}, 80, different()},
	} {
		var b bytes.Buffer
		c.text.Show(&b, c.result, c.width)
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
		for line := range strings.Lines(b.String()) {
			if n := strings.Count(line, "\x1b["); n%2 != 0 {
				t.Errorf("%s: colour goes on beyond the line: %q", name, line)
			}
			if name != "show-functions" && !c.text.Color && columns(strings.TrimSuffix(line, "\n")) > c.width && !strings.HasPrefix(line, "tiny  ") {
				t.Errorf("%s: wider than %d: %q", name, c.width, line)
			}
		}
	}
}

// TestWrap: nothing is lost, and no line is too wide.
func TestWrap(t *testing.T) {
	for _, text := range []string{"", "short", "\tif (x) {", strings.Repeat("word ", 20), strings.Repeat("x", 50), "a\tb\tc", "ein längerer Text … mit Zeichen"} {
		var back string
		for _, line := range wrap([]token{{"", text[:len(text)/2]}, {"b", text[len(text)/2:]}}, 10) {
			if s := plainText(line); columns(s) > 10 {
				t.Errorf("%q is too wide", s)
			}
			back += plainText(line)
		}
		if want := expand(text, 0); strings.ToValidUTF8(text[:len(text)/2], "") == text[:len(text)/2] && back != want {
			t.Errorf("%q became %q", want, back)
		}
	}
}

// TestScanner: the tokens of a line are the line.
func TestScanner(t *testing.T) {
	for _, c := range []struct {
		file, text string
		want       string // kind:text of all but plain ones
	}{
		{"a.c", `#include <x.h>`, "b:#include"},
		{"a.c", `int x = 3; // int`, "b:int u:3 i:// int"},
		{"a.c", "/* a\nb */ return \"\\\"/*\";", "i:/* a i:b */ b:return u:\"\\\"/*\""},
		{"a.go", "x := `a\nb` + 'c' // d", "u:`a u:b` u:'c' i:// d"},
		{"a.go", "func ünïcode() \x1b\xff", "b:func"},
		{"a.txt", "int 3", ""},
	} {
		s := newScanner(c.file)
		var got []string
		for line := range strings.SplitSeq(c.text, "\n") {
			var whole string
			for _, tok := range s.scan(line) {
				whole += tok.Text
				if tok.Kind != "" {
					got = append(got, tok.Kind+":"+tok.Text)
				}
			}
			if whole != tabs(line) {
				t.Errorf("%q became %q", line, whole)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// TestHTMLFromJSON: the JSON document has all that the page is made of.
func TestHTMLFromJSON(t *testing.T) {
	results := []*parity.Result{studied(), failed(), unstable()}
	results[2].Differences, results[2].Name = results[2].Differences[1:], "flaky" // without what no JSON can carry
	var doc, direct, again bytes.Buffer
	if err := JSON(&doc, results); err != nil {
		t.Fatal(err)
	}
	var read struct{ Cases []*parity.Result }
	if err := json.Unmarshal(doc.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&direct, results); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&again, read.Cases); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(direct.Bytes(), again.Bytes()) {
		t.Error("the page differs when it is made from the JSON document")
	}
	// Every line and every call has an id, each once, and no link leads nowhere.
	ids, page := map[string]bool{}, direct.String()
	for _, part := range strings.Split(page, ` id="`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		if ids[id] {
			t.Errorf("id %s twice", id)
		}
		ids[id] = true
	}
	for _, id := range []string{"tiny", "c/tiny.c:1", "c/tiny.c:17", "go/tiny/main.go:20", "tiny/P/1", "tiny/P.1/1", "source:1:step3", "man:write", "rule:reexec",
		"pipe2"} {
		if !ids[id] {
			t.Errorf("no id %s", id)
		}
	}
	for _, part := range strings.Split(page, `href="#`)[1:] {
		if id, _, _ := strings.Cut(part, `"`); !ids[id] {
			t.Errorf("a link to %q, which is not there", id)
		}
	}
}

// TestHTMLParts: the calls of the system's programs are data as long as they are alike, what only
// follows from another difference is folded, schedules are named, and bytes stay text.
func TestHTMLParts(t *testing.T) {
	r, at := studied(), 3
	r.Processes[1].Other = true
	r.Explored = []parity.Explored{{What: "<outcomes>", Outcomes: 1, Schedules: [2]int{17, 19}}}
	r.Differences = []parity.Difference{
		{Process: "P", Kind: "exit", Follows: true, Sides: [2]*parity.Ref{ref("exit 0", ""), ref("exit 1", "")}},
		{Process: "P", Kind: "terminal", Sides: [2]*parity.Ref{ref(`"a"`, ""), ref(`"b"`, "")}, Offset: &at,
			Lines: []parity.Line{{Is: "-", Text: `"<script>\u202e"`}}},
	}
	html := func() string {
		var b bytes.Buffer
		if err := HTML(&b, []*parity.Result{r}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	page := html()
	for _, want := range []string{
		`class="l-"`, `&lt;script&gt;\u202e`, "from byte 3 on", "1 only because a side could not go on",
		"&lt;outcomes&gt;", "<td>17<td>19", "the same on both sides: 1 call<", `write(pipe1.w, \"x\")`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if strings.Contains(page, `id="tiny/P.1/1"`) {
		t.Error("a call of the system's program is an element")
	}
	r.Processes[1].Pairs[0].Glyph = "!"
	if !strings.Contains(html(), `id="tiny/P.1/1"`) {
		t.Error("a call of the system's program that differs is no element")
	}
}

// TestManual: a call is documented in section 2, a signal in 7, and what is no call nowhere.
func TestManual(t *testing.T) {
	for call, want := range map[string]string{
		"read": "read(2)", "rt_sigaction": "sigaction(2)", "exit": "_exit(2)", "SIGCHLD": "signal(7)", "": "", "<b>": "", "SIG<": "",
	} {
		if got, _ := manual(call); got != want {
			t.Errorf("%s is documented in %q, want %q", call, got, want)
		}
	}
}

// TestJUnit: a case each, with what the text report says first; the document is well-formed
// whatever programs say.
func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := JUnit(&b, []*parity.Result{equivalent(), different(), failed()}); err != nil {
		t.Fatal(err)
	}
	type problem struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	var doc struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Cases    []struct {
			Name    string   `xml:"name,attr"`
			Failure *problem `xml:"failure"`
			Error   *problem `xml:"error"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatalf("%v\n%s", err, b.Bytes())
	}
	if doc.Tests != 3 || doc.Failures != 1 || doc.Errors != 1 || len(doc.Cases) != 3 {
		t.Fatalf("%+v", doc)
	}
	var text bytes.Buffer
	Text{}.differences(&text, different())
	switch c := doc.Cases; {
	case c[0].Failure != nil || c[0].Error != nil:
		t.Errorf("%+v", c[0])
	case c[1].Failure == nil || c[1].Failure.Text != text.String() || c[1].Name != `evil\u001b[2J`:
		t.Errorf("%+v, want\n%s", c[1].Failure, text.String())
	case c[2].Error == nil || c[2].Error.Message != failed().Error || !strings.Contains(c[2].Error.Text, "P waits in read"):
		t.Errorf("%+v", c[2])
	}
}

// TestTraceEvents: a slice for each call of each side, and an arrow to each that waited.
func TestTraceEvents(t *testing.T) {
	var b bytes.Buffer
	if err := TraceEvents(&b, []*parity.Result{studied(), different()}); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		TraceEvents []struct {
			Name, Ph     string
			TS, Dur      float64
			PID, TID, ID int
			Args         map[string]any
		}
	}
	if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	count, slices := map[string]int{}, map[[2]int][]([2]float64){}
	for _, e := range doc.TraceEvents {
		count[e.Ph]++
		if e.Ph == "X" {
			slices[[2]int{e.PID, e.TID}] = append(slices[[2]int{e.PID, e.TID}], [2]float64{e.TS, e.TS + e.Dur})
			if e.Dur <= 0 || e.Args["site"] == "" {
				t.Errorf("%+v", e)
			}
		}
	}
	for thread, list := range slices {
		for i := 1; i < len(list); i++ {
			if list[i][0] < list[i-1][1] {
				t.Errorf("slices of %v overlap: %v", thread, list)
			}
		}
	}
	if count["X"] != 6 || count["s"] != 2 || count["f"] != 2 || count["M"] != 4+2*len(different().Processes)+2*2 {
		t.Errorf("%v", count)
	}
}
