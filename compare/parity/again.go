package parity

import (
	"context"
	"slices"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
)

// Each run of two commands finds what the one before it left in the working directory, and in the
// system: the first run may find something else than all later ones. Then a further run can decide.

// cleansUp reports whether the first two runs of a side differ in nothing but that the second one
// finds something to remove: a program that begins by removing what an earlier run of it may have
// left. (One that makes a directory, which the second time is there, goes another way then, of
// which nothing can be concluded for the first.)
func cleansUp(outs []*outcome) bool {
	if len(outs) < 2 || outs[0].err != nil || outs[1].err != nil || !outs[0].removes() {
		return false
	}
	own := &Result{self: true}
	compare(own, outs[0], outs[1], false)
	for _, d := range own.Differences {
		if d.Kind != "call" || !d.Sides[0].removes() || !d.Sides[1].removes() || len(d.Fields) != 1 || d.Fields[0] != "result" {
			return false
		}
	}
	return len(own.Differences) > 0
}

// removes reports whether a run has a call that removes a file.
func (out *outcome) removes() bool {
	return slices.ContainsFunc(out.run.Processes, func(p *canon.Process) bool {
		return slices.ContainsFunc(p.Ops, func(op *canon.Op) bool { return op.Sig().Uses(abi.Removes) })
	})
}

// later returns the runs of two commands from the second one on, with one more of each, if a side
// differs from itself only because its first run found something else, and the later runs show that
// the sides differ. (That they are the same the later runs can't show: what a side does that finds
// nothing is not seen of both.) It takes back then that a side is unstable.
func (o *Options) later(ctx context.Context, r *Result, sides [2]side, outs [2][]*outcome) (later [2][]*outcome, found bool) {
	if r.Unstable == "" || sides[0].script != nil || o.In != "" || o.Recorded != nil {
		return later, false
	}
	for i := range sides {
		if len(outs[i]) < 2 || !onlyAnswers(outs[i][0], outs[i][1]) {
			return later, false
		}
	}
	own := &Result{Compared: r.Compared, Sides: r.Sides}
	for i := range sides {
		once := o.run(ctx, sides[i], true)
		if once.err != nil {
			return later, false
		}
		later[i] = append(slices.Clone(outs[i][1:]), once)
		o.selfCheck(ctx, own, sides[i].key, true, later[i])
	}
	if own.Verdict != "" {
		return later, false
	}
	if compare(own, later[0][0], later[1][0], false); len(own.Differences) == 0 {
		return later, false
	}
	key := r.Unstable
	r.Verdict, r.Unstable, r.Error, r.Cause = "", "", "", Cause{}
	r.Differences, r.Processes, r.Seen = nil, nil, nil
	r.NotLooked = append(r.NotLooked, "the first run of "+r.called(key)+", which found something else than the later ones")
	return later, true
}

// onlyAnswers reports whether two runs of a side ask for the same, and differ at most in what they
// were answered.
func onlyAnswers(a, b *outcome) bool {
	own := &Result{self: true}
	compare(own, a, b, false)
	return !slices.ContainsFunc(own.Differences, func(d Difference) bool {
		return d.Kind != "call" || slices.ContainsFunc(d.Fields, func(f string) bool { return !returned(d.Sides[0].op, d.Sides[1].op, f) })
	})
}
