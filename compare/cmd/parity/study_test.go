package main

import (
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"paritykit/compare/parity"
)

// allCases is the JSON report of all cases, from one run.
var allCases = sync.OnceValues(func() (cases []*parity.Result, err error) {
	stdout, _, _ := tryParity("run", "-json", "-count", "1", "-timeout", "60s")
	var doc struct{ Cases []*parity.Result }
	err = json.Unmarshal([]byte(stdout), &doc)
	return doc.Cases, err
})

// TestSteps: of every call of the programs here, the C line and the Go line that the study view
// links carry the same step. Calls in a part of main that stands before its first step carry none,
// on both sides; those of a client from elsewhere have no line.
func TestSteps(t *testing.T) {
	makeBuild(t)
	cases, err := allCases()
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	linked, programs := 0, map[string]bool{}
	for _, r := range cases {
		texts := map[string]parity.Source{}
		for _, s := range slices.Concat(r.Sides[0].Sources, r.Sides[1].Sources) {
			texts[s.File] = s
		}
		for _, p := range r.Processes {
			for i, pair := range p.Pairs {
				if pair.Sides[0] == nil || pair.Sides[1] == nil || pair.Sides[0].Line == 0 && pair.Sides[1].Line == 0 {
					continue
				}
				at := []any{r.Name, p.Name, i, pair.Sides[0].Text(), pair.Sides[0].Site, pair.Sides[0].Step, pair.Sides[1].Site, pair.Sides[1].Step}
				if pair.Sides[0].Step != pair.Sides[1].Step || pair.Sides[0].Line == 0 || pair.Sides[1].Line == 0 {
					t.Error("different steps:", at)
				}
				// What the view goes by is the text: the nearest step above the
				// line, if no function ends in between.
				for _, ref := range pair.Sides {
					if got := above(texts[ref.Home().File], ref.Home().Line); got != ref.Step {
						t.Errorf("%v: above line %d stands %q, not %q", at, ref.Home().Line, got, ref.Step)
					}
				}
				// Each program tells how it's used before it does anything.
				if pair.Sides[0].Step == "" && !strings.HasPrefix(r.Name, "usage-") {
					t.Error("no step:", at)
				}
				linked++
				programs[pair.Sides[0].Home().File] = true
			}
		}
	}
	sources, _ := filepath.Glob(filepath.Join(root, "c", "*.c"))
	if len(programs) != len(sources) || linked < 500 {
		t.Errorf("%d calls of %d programs are linked, want hundreds of %d", linked, len(programs), len(sources))
	}
}

// TestOrder: in the one order of a side's calls those of each process stand as the process made
// them, and what a call came after is what it needs: a read a write or an end, an accept a connect,
// a wait and a signal an exit.
func TestOrder(t *testing.T) {
	makeBuild(t)
	cases, err := allCases()
	if err != nil {
		t.Fatal(err)
	}
	needs := map[string]string{"read": "write close shutdown exit", "accept": "connect", "wait4": "exit", "SIGCHLD": "exit", "poll": "write close shutdown connect"}
	seen := map[string]int{}
	type at struct {
		*parity.Ref
		process string
	}
	name := func(r *parity.Ref) string { call, _, _ := strings.Cut(r.Text(), "("); return call }
	for _, r := range cases {
		for i := range 2 {
			bySeq := map[int]at{}
			for _, p := range r.Processes {
				for k := range p.Pairs {
					if ref := p.Pairs[k].Sides[i]; ref != nil {
						bySeq[ref.Seq] = at{ref, p.Name}
					}
				}
			}
			for _, p := range r.Processes {
				last := 0
				for k := range p.Pairs {
					ref := p.Pairs[k].Sides[i]
					if ref == nil {
						continue
					}
					where := []any{r.Name, i, p.Name, ref.Text(), ref.Seq, ref.Began, ref.After}
					if ref.Seq < last && !strings.Contains(ref.Text(), "SIG") && !strings.Contains(ref.Step, "handler") {
						t.Error("stands before what its process did first:", where)
					}
					if !strings.HasSuffix(ref.Text(), "= ?") { // it stands where it was made, behind all others
						last = ref.Seq
					}
					if ref.Began >= ref.Seq || bySeq[ref.Seq].Ref != ref || ref.After >= ref.Seq {
						t.Error("not in its place:", where)
					}
					if ref.After == 0 {
						continue
					}
					cause, need := bySeq[ref.After], needs[name(ref)]
					switch {
					case k == 0 && name(cause.Ref) == "fork":
						seen["fork"]++
					case cause.process == p.Name || need == "" || !strings.Contains(need, name(cause.Ref)):
						t.Error("after", cause.Text(), "of", cause.process, ":", where)
					default:
						seen[name(ref)]++
					}
				}
			}
			merged := slices.ContainsFunc(r.Rules, func(u parity.Use) bool { return slices.Contains([]string{"raise", "pending", "eintr"}, u.Name) })
			if i == 1 && (len(bySeq) > r.Sides[1].Ops || len(bySeq) < r.Sides[1].Ops && !merged) {
				t.Errorf("%s: %d places for %d calls", r.Name, len(bySeq), r.Sides[1].Ops)
			}
		}
	}
	for _, call := range []string{"fork", "read", "accept", "wait4", "SIGCHLD"} {
		if seen[call] == 0 {
			t.Errorf("nobody waited in %s", call)
		}
	}
	t.Log(seen)
}

// above is the step that a reader finds above a line.
func above(s parity.Source, line int) string {
	lines := strings.Split(s.Text, "\n")
	if line > len(lines) {
		return "no such line"
	}
	for i := line - 1; i >= 0; i-- {
		if text, ok := strings.CutPrefix(strings.TrimSpace(lines[i]), "// "); ok && strings.Contains(text, ": ") {
			return text
		}
		if i < line-1 && strings.HasPrefix(lines[i], "}") {
			break
		}
	}
	return ""
}

// stripped is a copy of a C program without symbols and debug information.
func stripped(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("strip", "-o", path, filepath.Join(root, "build/c", name)).CombinedOutput(); err != nil {
		t.Fatalf("strip: %v\n%s", err, out)
	}
	return path
}

// TestStudyWithoutSource: show and the page also serve where there is no source, on both sides or
// on one.
func TestStudyWithoutSource(t *testing.T) {
	makeBuild(t)
	bare := stripped(t, "pipe1")
	for _, c := range []struct {
		args []string
		want []string // in the text of both
	}{
		{[]string{"--", "/bin/echo", "a", "--", "/bin/echo", "b"}, []string{"no line information: functions", "echo+0x", `write(tty, "a\n")`, `write(tty, "b\n")`}},
		{[]string{"-bin", "c/pipe1=" + bare, "pipe1"}, []string{"no line information: functions", "pipe1+0x", "go/pipe1/main.go", "parent: make the pipe", "pipe(pipe1)"}},
	} {
		page := filepath.Join(t.TempDir(), "page.html")
		shown, stderr, code := tryParity(append([]string{"show", "-count", "1", "-width", "100", "-html", page}, c.args...)...)
		if code == 2 {
			t.Fatalf("%q: %s", c.args, stderr)
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(shown, want) {
				t.Errorf("show %q has no %q:\n%s", c.args, want, shown)
			}
			if !strings.Contains(html.UnescapeString(string(text)), want) {
				t.Errorf("the page of %q has no %q", c.args, want)
			}
		}
	}
}

// TestShowErrors: what cannot be shown is said in one line.
func TestShowErrors(t *testing.T) {
	makeBuild(t)
	for args, want := range map[string]string{
		"show":                        "show wants a case",
		"show nosuch":                 `no case "nosuch"`,
		"show -- /bin/true":           `no case "/bin/true"`,
		"show -- /bin/true --":        "show wants two commands",
		"show -width -1 pipe1":        "-width must be above zero",
		"run -html /no/such/x pipe1":  "/no/such/x",
		"run -junit /no/such/x pipe1": "/no/such/x",
	} {
		_, stderr, code := tryParity(strings.Fields(args)...)
		if code != 2 || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit %d, %q", args, code, stderr)
		}
	}
}

// TestCost: both sides say what they took, in the text, in the document, on the page.
func TestCost(t *testing.T) {
	makeBuild(t)
	page := filepath.Join(t.TempDir(), "page.html")
	stdout, _, code := tryParity("run", "-count", "1", "-json", "-cost", "-html", page, "pipe1")
	var doc struct{ Cases []*parity.Result }
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || code != 0 {
		t.Fatalf("exit %d, %v", code, err)
	}
	c, g := doc.Cases[0].Sides[0].Cost, doc.Cases[0].Sides[1].Cost
	if c == nil || g == nil || c.Processes != 2 || g.Processes != 2 || c.Threads != 2 || g.Threads <= 2 || c.CPU <= 0 || g.CPU <= c.CPU ||
		c.Peak < 500 || g.Peak <= c.Peak || g.Peaks <= g.Peak {
		t.Errorf("%+v %+v", c, g)
	}
	text, _ := os.ReadFile(page)
	plain, _, _ := tryParity("run", "-count", "1", "-cost", "pipe1")
	for _, s := range []string{string(text), plain} {
		if !strings.Contains(s, "peak memory of the largest process") {
			t.Error("no table of costs")
		}
	}
}
