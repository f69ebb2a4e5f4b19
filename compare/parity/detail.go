package parity

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"paritykit/compare/canon"
)

// This file adds to a result what nothing is concluded from, but what a reader wants to see of a
// call: the line and the step that it belongs to, when it happened among all calls of its side, and
// what it waited for.

// detail fills in the calls of a result, and what is known of each side as a whole.
func (r *Result) detail(outs [2]*outcome) {
	n := 0
	for p := range r.Processes {
		n += len(r.Processes[p].Pairs)
	}
	shown, block := make([]*call, 0, n), make([]call, 0, n)
	for i, out := range outs {
		shown, block = shown[:0], block[:0]
		for p := range r.Processes {
			process := &r.Processes[p]
			if own := out.run.Process(process.Name); own != nil {
				process.Ends[i] = ending(own)
			}
			for k := range process.Pairs {
				pair := &process.Pairs[k]
				if f := pair.forms[i]; f != nil {
					ref := pair.Sides[i]
					ref.find(f.Op, out.sources)
					block = append(block, call{ref: ref, form: f, process: p, name: process.Name})
					shown = append(shown, &block[len(block)-1])
				}
			}
		}
		when(shown)
		for _, s := range out.sources.list {
			side := &r.Sides[i]
			side.Sources = append(side.Sources, *s)
		}
	}
	r.rank()
	r.see(outs)
}

// rank puts the differences in order once more, now that it's known who waited for whom: what a
// process was sent comes after the call that sent it, although both may return at the same moment.
func (r *Result) rank() {
	var byCall []*Difference
	for i := range r.Differences {
		byCall = append(byCall, &r.Differences[i])
	}
	slices.SortStableFunc(byCall, func(a, b *Difference) int { return cmp.Compare(a.Call, b.Call) })
	earliest := map[string]int{} // no call is the cause of one that its process makes before it
	for _, d := range byCall {
		if d.Call == 0 || d.Kind == "order" || d.Kind == anotherTime {
			continue
		}
		d.rank.at = math.MaxInt
		for _, ref := range d.Sides {
			if ref != nil {
				d.rank.at = min(d.rank.at, ref.Seq)
			}
		}
		if d.rank.class == asked {
			d.rank.at = max(d.rank.at, earliest[d.Process])
			earliest[d.Process] = d.rank.at
		}
	}
	slices.SortStableFunc(r.Differences, func(a, b Difference) int { return a.rank.compare(b.rank) })
}

// find finds out which line a call belongs to.
func (w *Where) find(op *canon.Op, s *sources) {
	if w.known {
		return // another call of the same line
	}
	w.Place, w.known = placeOf(op.Site), true
	w.Step, w.Via = s.step(op)
}

// Home is the line under whose step a call stands: its own or, if that is in a helper, the one that
// called for it.
func (w *Where) Home() Place {
	if n := len(w.Via); n > 0 {
		return w.Via[n-1]
	}
	return w.Place
}

// Seen is what somebody saw: on a terminal, on a standard error, in a file that was left. What is
// the same on both sides stands as it is; otherwise process ids and ports in it have their names.
type Seen struct {
	What string `json:"what"` // "terminal", "stderr" or "file"
	Who  string `json:"who"`  // the program, the process, the file's name
	// Quoted as Go strings are, with every byte that is no printable ASCII as an escape; "" if
	// there is none.
	Sides [2]string `json:"sides"`
}

// see notes what was seen on both sides.
func (r *Result) see(outs [2]*outcome) {
	add := func(what, who string, c, g []byte) {
		if len(c) == 0 && len(g) == 0 {
			return
		}
		if !bytes.Equal(c, g) {
			c, g = outs[0].run.Text(c), outs[1].run.Text(g)
		}
		r.Seen = append(r.Seen, Seen{what, who, [2]string{canon.Quote(c), canon.Quote(g)}})
	}
	for i := range min(len(outs[0].terminals), len(outs[1].terminals)) {
		add("terminal", outs[0].terminals[i].Object, outs[0].terminals[i].Data, outs[1].terminals[i].Data)
	}
	for _, name := range processNames(outs[0].run, outs[1].run) {
		var data [2][]byte
		for i, out := range outs {
			if p := out.run.Process(name); p != nil {
				data[i] = stream(p, "stderr").Data
			}
		}
		add("stderr", name, data[0], data[1])
	}
	for _, name := range fileNames(outs[0].files, outs[1].files) {
		seen := Seen{What: "file", Who: name}
		for i, text := range [2]*string{&seen.Sides[0], &seen.Sides[1]} {
			if f, there := outs[i].files[name]; there {
				*text = f.String()
			}
		}
		r.Seen = append(r.Seen, seen)
	}
}
