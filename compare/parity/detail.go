package parity

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"

	"paritykit/compare/canon"
	"paritykit/compare/rules"
	"paritykit/compare/trace"
)

// This file adds to a result what nothing is concluded from, but what a reader wants to see of a call: the line and the step that it
// belongs to, when it happened among all calls of its side, and what it waited for.

// detail fills in the calls of a result, and what is known of each side as a whole.
func (r *Result) detail(outs [2]*outcome) {
	for i, out := range outs {
		var shown []*happened
		for p := range r.Processes {
			process := &r.Processes[p]
			if own := out.run.Process(process.Name); own != nil {
				*[]*string{&process.CEnd, &process.GoEnd}[i] = ending(own)
			}
			for k := range process.Pairs {
				pair := &process.Pairs[k]
				if f := pair.forms[i]; f != nil {
					ref := []*Ref{pair.C, pair.Go}[i]
					ref.where(f.Op, out.sources)
					shown = append(shown, &happened{ref, f, process.Name})
				}
			}
		}
		out.when(shown)
		for _, s := range out.sources.list {
			side := []*Side{&r.C, &r.Go}[i]
			side.Sources = append(side.Sources, *s)
		}
	}
	r.see(outs)
}

// where says which line a call belongs to.
func (ref *Ref) where(op *canon.Op, s *sources) {
	ref.Place = place(op.Site)
	ref.Step, ref.Via = s.step(op)
}

// Home is the line under whose step a call stands: its own or, if that is in a helper, the one that called for it.
func (ref *Ref) Home() Place {
	if n := len(ref.Via); n > 0 {
		return ref.Via[n-1]
	}
	return ref.Place
}

// happened is a call that is shown, with what happened.
type happened struct {
	ref     *Ref
	form    *rules.Form
	process string
}

// last is the op with which a call was done.
func (h *happened) last() *canon.Op { return cmp.Or(h.form.Last, h.form.Op) }

// when puts the calls of a side into the one order in which they took effect, and says who waited for whom.
func (out *outcome) when(calls []*happened) {
	effects := make([]int, 0, len(calls)) // positions, ascending
	for _, h := range calls {
		effects = append(effects, effect(h.last()))
	}
	slices.Sort(effects)
	slices.SortFunc(calls, func(a, b *happened) int { return out.order[a.last()] - out.order[b.last()] })
	own := map[string]int{} // the last call of each process
	for i, h := range calls {
		h.ref.Seq = i + 1
		switch op := h.form.Op; {
		case op.Event.Kind != trace.Call:
			h.ref.Began = h.ref.Seq - 1
		case sleeping[op.Call]:
			// It is held for a reason of ours, until no other process moves: it began when its process came there.
			h.ref.Began = own[h.process]
		case op.Event.Begun == 0:
			h.ref.Began = h.ref.Seq - 1
		default:
			began, _ := slices.BinarySearch(effects, op.Event.Begun)
			h.ref.Began = min(began, h.ref.Seq-1)
		}
		own[h.process] = h.ref.Seq
	}
	causes(calls)
}

var sleeping = map[string]bool{"nanosleep": true, "clock_nanosleep": true}

// causes finds for each call the one of another process without which it could not have been: the fork that made its process, the end
// of the child that it reaped, and for a call that waited the last one meanwhile that has to do with the same object.
func causes(calls []*happened) {
	forks, ends, begun := map[string]int{}, map[string]int{}, map[string]bool{}
	for i, h := range calls {
		op := h.last()
		if !begun[h.process] {
			begun[h.process] = true
			h.ref.After = forks[h.process]
		}
		switch {
		case op.Call == "fork" || op.Call == "vfork":
			forks[op.Result] = h.ref.Seq
		case op.Call == "exit":
			ends[h.process] = h.ref.Seq
		case op.Event.Kind == trace.Signal:
			h.ref.After = ends[op.Arg("from")]
		case strings.HasPrefix(op.Call, "wait"):
			h.ref.After = cmp.Or(ends[op.Result], h.ref.After)
		case effect(op) < math.MaxInt:
			if cause := waited(calls[:i], h); cause != nil {
				h.ref.After = cause.ref.Seq
			}
		}
	}
}

// waited is the call that a call waited for, nil if it did not wait or if nobody knows.
func waited(before []*happened, h *happened) *happened {
	objects := channels(h)
	var end *happened
	for _, other := range slices.Backward(before) {
		if other.ref.Seq <= h.ref.Began || len(objects) == 0 {
			break
		}
		if other.process == h.process {
			continue
		}
		for _, o := range channels(other) {
			if slices.Contains(objects, o) && !slices.Contains(lookers, other.last().Call) {
				return other
			}
		}
		if end == nil && other.last().Call == "exit" {
			end = other
		}
	}
	// An end of a file that nobody closed: who had it last has ended.
	if end != nil && h.last().Event.Result == 0 {
		return end
	}
	return nil
}

// lookers are calls that change nothing for whoever has the other end.
var lookers = []string{"read", "readv", "recvfrom", "recvmsg", "accept", "accept4", "poll", "fstat"}

// channels are what a call has to do with that others may have the other end of: "server:pipe1" of a pipe and of both its ends,
// "alice:sock1" of a socket and of the connection that others have accepted from it.
func channels(h *happened) (list []string) {
	common := h.form.Common
	names := []string{common.Result}
	if len(common.Args) > 0 {
		names = append(names, common.Args[0].Value)
	}
	for _, name := range names {
		name = strings.TrimSuffix(strings.TrimSuffix(name, ".r"), ".w")
		if inner, ok := strings.CutPrefix(name, "conn("); ok {
			name = strings.TrimSuffix(inner, ")")
		}
		if _, kind, _ := strings.Cut(":"+name, ":"); strings.Contains(kind, "pipe") || strings.Contains(kind, "sock") {
			list = append(list, name)
		}
	}
	return list
}

// effect is the position at which an op took effect. That is when a call returned and not when it was entered: a process may have
// waited in a read since long before the write that it was for. What never returned comes last.
func effect(op *canon.Op) int {
	switch e := op.Event; {
	case e.Left > 0:
		return e.Left
	case e.Kind == trace.Signal:
		return e.Entered
	case op.Call == "exit" && e.Begun > 0:
		return e.Begun
	default:
		return math.MaxInt
	}
}

// callOrder numbers the ops of a run in the order in which they took effect. What one call brings about happens at the same time: the
// read that a write ends may be seen to return before or after the write, as the kernel pleases. So the run is cut where a call is
// let happen, and what took effect between two cuts stands there with the call that was let happen first.
func callOrder(run *canon.Run) map[*canon.Op]int {
	type at struct {
		op                  *canon.Op
		turn, process, when int
		own                 bool
	}
	var all []at
	var cuts []int
	for i, p := range run.Processes {
		for _, op := range p.Ops {
			all = append(all, at{op: op, process: i, when: effect(op)})
			if op.Event.Begun > 0 {
				cuts = append(cuts, op.Event.Begun)
			}
		}
	}
	slices.Sort(cuts)
	for i := range all {
		a := &all[i]
		a.turn, _ = slices.BinarySearch(cuts, a.when+1)
		if a.when == math.MaxInt {
			a.turn = math.MaxInt
		}
		a.own = a.turn > 0 && a.turn <= len(cuts) && cuts[a.turn-1] == a.op.Event.Begun
	}
	slices.SortStableFunc(all, func(a, b at) int {
		first := 0
		if a.own != b.own && a.turn == b.turn {
			first = map[bool]int{true: -1, false: 1}[a.own]
		}
		return cmp.Or(cmp.Compare(a.turn, b.turn), first, cmp.Compare(a.process, b.process), cmp.Compare(a.when, b.when))
	})
	order := make(map[*canon.Op]int, len(all))
	for i, a := range all {
		order[a.op] = i
	}
	return order
}

// Seen is what somebody saw: on a terminal, on a standard error, in a file that was left. What is the same on both sides stands as it
// is; otherwise process ids and ports in it have their names.
type Seen struct {
	What string `json:"what"` // "terminal", "stderr" or "file"
	Who  string `json:"who"`  // the program, the process, the file's name
	C    string `json:"c"`    // quoted as Go strings are, with every byte that is no printable ASCII as an escape; "" if there is none
	Go   string `json:"go"`
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
		r.Seen = append(r.Seen, Seen{what, who, canon.Quote(c), canon.Quote(g)})
	}
	for i := range min(len(outs[0].terminals), len(outs[1].terminals)) {
		add("terminal", outs[0].terminals[i].Object, outs[0].terminals[i].Data, outs[1].terminals[i].Data)
	}
	for _, name := range processNames(outs[0].run, outs[1].run) {
		var data [2][]byte
		for i, out := range outs {
			if p := out.run.Process(name); p != nil {
				data[i] = stream(p, "stderr")
			}
		}
		add("stderr", name, data[0], data[1])
	}
	for _, name := range fileNames(outs[0].files, outs[1].files) {
		r.Seen = append(r.Seen, Seen{"file", name, outs[0].files[name], outs[1].files[name]})
	}
}
