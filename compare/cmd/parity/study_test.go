package main

import (
	"encoding/json"
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

// TestSteps: of every call of the programs here, the C line and the Go line that the study view links carry the same step. Calls in a
// part of main that stands before its first step carry none, on both sides; those of a client from elsewhere have no line.
func TestSteps(t *testing.T) {
	makeBuild(t)
	cases, err := allCases()
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	linked, programs := 0, map[string]bool{}
	for _, r := range cases {
		texts := map[string]parity.Source{}
		for _, s := range slices.Concat(r.C.Sources, r.Go.Sources) {
			texts[s.File] = s
		}
		for _, p := range r.Processes {
			for i, pair := range p.Pairs {
				if pair.C == nil || pair.Go == nil || pair.C.Line == 0 && pair.Go.Line == 0 {
					continue
				}
				at := []any{r.Name, p.Name, i, pair.C.Op, pair.C.Site, pair.C.Step, pair.Go.Site, pair.Go.Step}
				if pair.C.Step != pair.Go.Step || pair.C.Line == 0 || pair.Go.Line == 0 {
					t.Error("different steps:", at)
				}
				// What the view goes by is the text: the nearest step above the line, if no function ends in between.
				for _, ref := range []*parity.Ref{pair.C, pair.Go} {
					if got := above(texts[ref.Home().File], ref.Home().Line); got != ref.Step {
						t.Errorf("%v: above line %d stands %q, not %q", at, ref.Home().Line, got, ref.Step)
					}
				}
				// Each program tells how it's used before it does anything.
				if pair.C.Step == "" && !strings.HasPrefix(r.Name, "usage-") {
					t.Error("no step:", at)
				}
				linked++
				programs[pair.C.Home().File] = true
			}
		}
	}
	if len(programs) != 6 || linked < 500 {
		t.Errorf("%d calls of %d programs are linked, want hundreds of 6", linked, len(programs))
	}
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
