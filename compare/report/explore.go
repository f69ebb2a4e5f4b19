package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"paritykit/compare/parity"
)

// Exploration writes what can come of a case: a header with how much was looked at, then the
// outcomes, those of one side alone first, each with a schedule that leads there. again is the
// command that runs a schedule once more.
func (t Text) Exploration(w io.Writer, x *parity.Exploration, again func(witness string) string) {
	line := fmt.Sprintf("%s  %s", bold(t.Color, safe(x.Name)), t.paint(x.Verdict, string(x.Verdict)))
	if x.Error == "" {
		line += fmt.Sprintf("   outcomes %d in %s, %d in %s", len(x.Sides[0].Outcomes), x.Labels()[0], len(x.Sides[1].Outcomes), x.Labels()[1])
	}
	fmt.Fprintln(w, line)
	if x.Error != "" {
		fmt.Fprintf(w, "  error: %s\n", safe(x.Error))
	}
	for i := range x.Sides {
		fmt.Fprintf(w, "  %-3s %s\n", x.Labels()[i], covered(&x.Sides[i]))
	}
	for i := range x.Sides {
		s := &x.Sides[i]
		for k := range s.Outcomes {
			if o := &s.Outcomes[k]; !o.Both {
				t.outcome(w, []string{"-", "+"}[i], "only in "+x.Labels()[i], o, nil, "", again)
			}
		}
	}
	for k := range x.Sides[0].Outcomes {
		if o := &x.Sides[0].Outcomes[k]; o.Both {
			t.outcome(w, "=", "in both", o, x.Twin(o), x.Labels()[1], again)
		}
	}
	fmt.Fprintln(w)
}

// covered says how much of a side was looked at.
func covered(s *parity.ExploredSide) string {
	line := fmt.Sprintf("%d schedules", s.Schedules)
	if s.Schedules != s.Classes {
		line += fmt.Sprintf(" of %d classes", s.Classes)
	}
	if s.Abandoned > 0 {
		line += fmt.Sprintf(", %d more given up", s.Abandoned)
	}
	switch {
	case s.Exhaustive && s.Memory:
		return line + ": these are all, but for the order in which shared memory is used, and its locks are taken"
	case s.Exhaustive:
		return line + ": these are all"
	}
	return line + ": not all"
}

// outcome shows one outcome, and a schedule of each side that has it.
func (t Text) outcome(w io.Writer, glyph, where string, o, twin *parity.Outcome, other string, again func(string) string) {
	what := "outcome " + where
	if o.Deadlock {
		what = "deadlock " + where
	}
	fmt.Fprintf(w, "  %s %s\n", t.glyph(glyph), what)
	for line := range strings.Lines(o.Terminal) {
		fmt.Fprintf(w, "      | %s\n", safe(strings.TrimSuffix(line, "\n")))
	}
	for _, p := range o.Processes {
		fmt.Fprintf(w, "      %s\n", safe(p))
	}
	for _, f := range o.Files {
		fmt.Fprintf(w, "      file %s\n", safe(f))
	}
	if o.Script != "" {
		fmt.Fprintf(w, "      script stops at: %s\n", safe(o.Script))
	}
	fmt.Fprintf(w, "      %s\n", safe(again(o.Witness)))
	if twin != nil && twin.Witness != o.Witness {
		fmt.Fprintf(w, "      %s (%s)\n", safe(again(twin.Witness)), other)
	}
}

// ExploreJSON writes explorations as one document.
func ExploreJSON(w io.Writer, list []*parity.Exploration) error {
	explore := make([]parity.Exploration, len(list))
	for i, x := range list {
		explore[i] = *x
		for side := range x.Sides {
			explore[i].Sides[side].Outcomes = notNil(x.Sides[side].Outcomes)
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(struct {
		Schema  string               `json:"schema"`
		Explore []parity.Exploration `json:"explore"`
	}{Schema, explore})
}
