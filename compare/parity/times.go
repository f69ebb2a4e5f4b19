package parity

import (
	"cmp"
	"slices"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/rules"
	"paritykit/compare/trace"
)

// wait marks the calls that only one side makes, and that a rule lets pass: they do nothing but
// wait, and what follows comes at the same time on both sides.
func wait(list []*rules.Rule, pairs []Pair) {
	for i := 0; i < len(pairs); i++ {
		begin := i
		for i < len(pairs) && (!pairs[i].both() || pairs[i].sleepsOtherwise()) {
			i++
		}
		gap := pairs[begin:i]
		if len(gap) == 0 {
			continue
		}
		var next [2]*rules.Form
		if i < len(pairs) { // nothing follows what a thread does last, or if the process was killed
			next = pairs[i].forms
		}
		var forms [2][]*rules.Form
		for side := range forms {
			for _, p := range gap {
				if p.forms[side] != nil {
					forms[side] = append(forms[side], p.forms[side])
				}
			}
		}
		passes := map[*rules.Form]string{} // by which rule
		for side := range forms {
			spare, by := rules.Passed(list, forms[side], forms[1-side], next)
			for _, f := range spare {
				passes[f] = by
			}
		}
		for k := range gap {
			c, g := gap[k].forms[0], gap[k].forms[1]
			if (c == nil || passes[c] != "") && (g == nil || passes[g] != "") {
				gap[k].Glyph, gap[k].Rules = "~", []string{passes[cmp.Or(c, g)]}
			}
		}
	}
}

// sleepsOtherwise reports whether the pair is of two waits that are not of the same length, one of
// which is a goroutine's: they are one wait if what follows comes at the same time.
func (p *Pair) sleepsOtherwise() bool {
	return p.Glyph == "!" && (p.forms[0].Call == abi.Sleep || p.forms[1].Call == abi.Sleep)
}

// mark says of each call before which time has passed when it was made.
func mark(pairs []Pair) {
	var last [2]time.Duration
	for _, p := range pairs {
		for side, f := range p.forms {
			if f == nil || f.Event.At == trace.Unsure {
				continue
			}
			if at := f.Event.At; at != last[side] {
				p.Sides[side].At, last[side] = at.String(), at
			}
		}
	}
}

// both reports whether both sides have the call.
func (p *Pair) both() bool { return p.forms[0] != nil && p.forms[1] != nil }

// anotherTime is the kind of a difference in when a call was made.
const anotherTime = "time"

// times finds the first call that both sides make, but not at the same time. What comes later
// follows from it.
func (r *Result) times() {
	var first *Difference
	var begin time.Duration
	for i := range r.Processes {
		p := &r.Processes[i]
		k := slices.IndexFunc(p.Pairs, func(pair Pair) bool {
			if !pair.both() {
				return false
			}
			a, b, known := rules.Times(pair.forms[0], pair.forms[1])
			return known && rules.Apart(a, b)
		})
		if k < 0 {
			continue
		}
		pair := &p.Pairs[k]
		a, b, _ := rules.Times(pair.forms[0], pair.forms[1])
		if first == nil || min(a, b) < begin {
			begin = min(a, b)
			first = &Difference{Process: p.Name, Kind: anotherTime, Sides: pair.Sides, Call: k + 1,
				Fields: []string{a.String(), b.String()}, rank: rank{beyond, 0}}
		}
	}
	if first != nil {
		r.add(*first)
	}
}
