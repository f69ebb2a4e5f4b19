package parity

import (
	"cmp"
	"math"
	"slices"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/rules"
	"paritykit/compare/trace"
)

// This file puts the calls of a side into one order, and says who waited for whom.
//
// It is not simply the order in which they returned. What one call brings about may be seen a
// little before or after it, as the kernel pleases: the read that a write ends, or the end of a
// connection that goes through the network's own queues. So a call that waited stands right behind
// the one that ended its wait, which is told by what both have to do with; and one that had nothing
// to wait for stands where it was let happen. Both are the same in every run that took the same
// course.

// call is a call that is shown, with what happened.
type call struct {
	ref     *Ref
	form    *rules.Form
	process int // its place among the processes
	name    string

	cause *call   // of another process, without which it could not have come to its end; nil if there is none or nobody knows
	waits bool    // until cause
	then  []*call // those that waited for it
	at    int     // position in the run
}

// last is the op with which a call was done.
func (c *call) last() *canon.Op { return cmp.Or(c.form.Last, c.form.Op) }

// begun is when a call was let happen.
func (c *call) begun() int {
	if e := c.form.Op.Event; e.Kind == trace.Call {
		return cmp.Or(e.Begun, math.MaxInt) // never
	} else {
		return e.Entered
	}
}

// returned is when it returned; the maximum if it did not.
func (c *call) returned() int {
	switch e := c.last().Event; {
	case e.Kind != trace.Call:
		return e.Entered
	case e.Left > 0:
		return e.Left
	case c.exits():
		return c.begun()
	}
	return math.MaxInt
}

// sig is what package abi knows of the call.
func (c *call) sig() *abi.Call { return c.last().Sig() }

func (c *call) exits() bool   { return c.sig().Ends == abi.EndsProcess }
func (c *call) takes() bool   { return c.sig().Uses(abi.Takes) }
func (c *call) puts() bool    { return c.sig().Uses(abi.Puts) }
func (c *call) closes() bool  { return c.sig().Uses(abi.Closes) && c.sig().Makes == abi.Nothing }
func (c *call) shuts() bool   { return c.sig().Uses(abi.Shuts) }
func (c *call) accepts() bool { return c.sig().Makes == abi.Connection }
func (c *call) begins() bool  { return c.sig().Changes&abi.Link != 0 }

// when fills in Seq, Began and After of all calls of a side.
func when(calls []*call) {
	sortStable(calls, func(a, b *call) int { return cmp.Compare(a.begun(), b.begun()) })
	causes(calls)
	base := make([]*call, 0, len(calls)) // all but those that waited for another one
	for _, c := range calls {
		switch {
		case c.waits:
			c.cause.then = append(c.cause.then, c)
			continue
		case c.returned() == math.MaxInt || len(c.objects()) == 0 && !c.last().Forks():
			c.at = c.returned() // what it waited for, if it did, is not among these calls
		default:
			c.at = c.begun()
		}
		base = append(base, c)
	}
	sortStable(base, func(a, b *call) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.process, b.process))
	})
	seq, starts := 0, make([]int, len(base)) // how many calls stand before each of base
	var put func(c *call)
	put = func(c *call) {
		seq++
		c.ref.Seq = seq
		slices.SortStableFunc(c.then, func(a, b *call) int { return cmp.Compare(a.process, b.process) })
		for _, next := range c.then {
			put(next)
		}
	}
	for i, c := range base {
		starts[i] = seq
		put(c)
	}
	own := map[int]int{} // the last call of each process
	for _, c := range calls {
		c.ref.Began = c.ref.Seq - 1
		switch e := c.form.Op.Event; {
		case e.Kind != trace.Call || e.Begun == 0 || c.at == c.begun():
		case c.sig().Waits == abi.ForTime:
			// It is held for a reason of ours, until no other process moves: it began
			// when its process came there.
			c.ref.Began = own[c.process]
		default:
			if i, _ := slices.BinarySearchFunc(base, c.begun(), func(b *call, at int) int { return cmp.Compare(b.at, at) }); i < len(base) {
				c.ref.Began = min(starts[i], c.ref.Began)
			}
		}
		own[c.process] = c.ref.Seq
		if c.cause != nil {
			c.ref.After = c.cause.ref.Seq
		}
	}
}

// sortStable is slices.SortStableFunc for what is mostly in order already: the calls of one process
// are.
func sortStable[E any](list []E, compare func(a, b E) int) {
	if !slices.IsSortedFunc(list, compare) {
		slices.SortStableFunc(list, compare)
	}
}

// causes finds for each call the one of another process without which it could not have been: the
// fork that made its process, the end of the child that it reaped or that a signal tells of, and
// for one that waited what ended its wait.
func causes(calls []*call) {
	forks, ends, seen := map[string]*call{}, map[string]*call{}, map[int]bool{}
	for _, c := range calls {
		switch {
		case c.last().Forks():
			forks[c.last().Result.Name()] = c
		case c.exits():
			ends[c.name] = c
		}
	}
	for i, c := range calls {
		op := c.last()
		switch {
		case !seen[c.process]:
			c.cause = forks[c.name]
		case op.Event.Kind == trace.Signal:
			c.cause = ends[op.Arg("from").Name()]
			c.waits = c.cause != nil
		case c.sig().Waits == abi.ForChild:
			c.cause = ends[op.Result.Name()]
			c.waits = c.cause != nil && c.cause.begun() > c.begun()
		case c.returned() < math.MaxInt:
			c.cause = woken(calls[i+1:], c)
			c.waits = c.cause != nil
		}
		seen[c.process] = true
	}
}

// woken finds the call among later ones that ended the wait of c, nil if it did not wait or if
// nobody knows.
func woken(later []*call, c *call) (by *call) {
	objects := c.objects()
	if len(objects) == 0 || c.closes() || c.shuts() || c.exits() {
		return nil
	}
	empty := c.last().Event.Result == 0 && c.takes()
	enough := c.enough()
	var closed, gone *call
	for _, o := range later {
		switch {
		case o.begun() > c.returned():
			return cmp.Or(closed, gone)
		case o.process == c.process:
		case empty && o.exits():
			gone = o // of a pipe that nobody closed, who had it last
		case !o.touches(objects):
		case !empty:
			if enough(o) {
				return o
			}
		case o.shuts():
			return o
		case o.closes():
			closed = o // only the last one ends it
		}
	}
	return cmp.Or(closed, gone)
}

// enough reports of a call at the other end whether the first such one ends the wait of c.
func (c *call) enough() func(*call) bool {
	switch {
	case c.takes():
		return (*call).puts
	case c.puts():
		return (*call).takes // which makes room
	case c.accepts():
		return (*call).begins
	}
	return func(o *call) bool { return o.puts() || o.begins() || o.shuts() || o.closes() } // a poll
}

// touches reports whether a call has to do with the other end of one of these objects.
func (c *call) touches(objects []canon.Value) bool {
	return slices.ContainsFunc(c.objects(), func(o canon.Value) bool { return slices.ContainsFunc(objects, o.Meets) })
}

// objects are the pipes' ends and the sockets that a call is about: one, or several in the list of
// a poll.
func (c *call) objects() (list []canon.Value) {
	op := c.form.Common
	if len(op.Args) == 0 || c.sig().Makes == abi.Pipe || c.sig().Makes == abi.Pair || c.sig().Makes == abi.Descriptor {
		return nil
	}
	if c.accepts() {
		return []canon.Value{op.Result}
	}
	about := op.Args[0].Value
	if about.Is(canon.Object) && !about.HasPeer() {
		return nil // as of most: a terminal, a file
	}
	for v := range about.All {
		if v.HasPeer() {
			list = append(list, v)
		}
	}
	return list
}
