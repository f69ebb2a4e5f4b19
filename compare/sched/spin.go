package sched

import (
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// spin lets time pass for programs that wait for it without saying so, and so never stand still. A
// program may read the clock until it shows some time; it may ask again and again for something
// that is to happen; or it may compute until a signal comes. Time goes on by itself there, in steps
// that are the same in every run: where a program waits for a moment it finds it exactly.
type spin struct {
	began    time.Time // of the run, by our own clock
	asked    map[*trace.Process]*asked
	calls    map[*trace.Process]int // that each process has made
	computes map[*trace.Process]*computing
}

// asked is how often a process has asked in vain.
type asked struct {
	readings int // of the clock since it was told to ask for it
	others   int // by its runtime in a row
	calls    [4]*trace.Event
	last     *trace.Event
	now      time.Duration // when that was
	repeats  int
	steps    int
	row      int // calls since the clock moved last, but for the steps below
}

// computing is how much CPU time a process had taken when it was last seen to do something: what
// its runtime does for itself is nothing.
type computing struct {
	calls  int
	since  time.Duration
	took   time.Duration // from then on, when it was last looked at
	passed time.Duration // of that time has passed on the clock, or was lost because others moved

	clock time.Duration // of the run, when it was last looked at
	from  time.Duration // CPU time that it had taken when the clock was moved last, but for what follows from that
}

// patience is how many calls in vain, or readings of the clock, are no sign that a program waits.
const patience = 100

// step is how far time goes on at once: a little at first, and further when that does not do.
func (a *asked) step() time.Duration {
	d := time.Millisecond
	for n := a.steps; n >= 1000 && d < time.Second; n -= 1000 {
		d *= 10
	}
	return d
}

// A program that does something until its time is over never waits, and asks nobody. After many
// calls time goes on with them, as on a slow machine: 10 µs a call. On a slower one what only
// guards against a program that hangs would end one that works.
const (
	manyCalls = 10_000
	often     = 100
	perOften  = time.Millisecond
)

// busy lets time go on for a program that makes call after call, if anybody waits for time. (Of the
// timers of Go's runtime nobody knows as long as none of its threads waits.) How many calls it can
// make until then depends on the program: when it does something is not compared any more.
func (p *Policy) busy(s *trace.Supervisor, t *trace.Thread, a *asked) {
	if a.now != s.Now() {
		a.row = 0
	}
	if a.row++; a.row <= manyCalls || a.row%often != 0 {
		return
	}
	main := s.Main(t.Proc)
	if (main != nil && main.Go || len(p.time.next(s)) > 0) && p.pass(s, t, nil, perOften) {
		s.Loosen()
	}
}

func (n *spin) of(p *trace.Process) *asked {
	if n.asked == nil {
		n.asked = map[*trace.Process]*asked{}
	}
	if n.asked[p] == nil {
		n.asked[p] = &asked{}
	}
	return n.asked[p]
}

// pass lets time go on for a thread, or a process, that never stands still, at most to the next
// thing that time does, and lets it do that. But first all others come to where they wait, and make
// the calls that they can make: all but those that compute as well.
func (p *Policy) pass(s *trace.Supervisor, t *trace.Thread, of *trace.Process,
	d time.Duration) (passed bool) {
	busy := p.time.spin.beside(of)
	if s.Others(t, busy) || p.sysmons.wait(s, p.live, p.kept(), func(o *trace.Process) bool {
		return t != nil && o == t.Proc || busy(o)
	}) {
		return false
	}
	if ready := p.turns.ready(s); len(ready) > 0 {
		p.let(s, ready[0])
		return false
	}
	to := s.Now() + d
	if list := p.time.next(s); len(list) > 0 && list[0].until <= to {
		list[0].do()
	} else {
		s.Advance(to)
	}
	p.time.timers.notice(s)
	return true
}

// called looks at a call of a program's: whether it's one of a few that are made again and again,
// and all in vain. What moves something is not in vain.
func (p *Policy) called(s *trace.Supervisor, t *trace.Thread, e *trace.Event) {
	if p.time.real || s.Clock() == nil {
		return
	}
	s.Ask(t.Proc, false)
	a := p.time.spin.of(t.Proc)
	was := a.last
	a.last, a.readings = e, 0
	known := -1
	for i, c := range a.calls {
		if c != nil && c.Nr == e.Nr && c.Args == e.Args && c.Stack == e.Stack {
			known = i
		}
	}
	if known < 0 || was == nil || !vain(was) || a.now != s.Now() {
		if known < 0 {
			copy(a.calls[1:], a.calls[:])
			a.calls[0] = e
		}
		a.repeats, a.steps = 0, 0
	} else if a.repeats++; a.repeats > patience*len(a.calls) {
		if p.pass(s, t, nil, a.step()) {
			a.steps++
		}
	}
	p.busy(s, t, a)
	a.now = s.Now()
}

// vain reports whether a call found nothing of what it asked for.
func vain(e *trace.Event) bool {
	call := abi.Lookup(e.Nr)
	return e.Result < 0 || e.Result == 0 && (call.Waits != abi.ForNothing || call.Sends)
}

// read is what a process sees that reads the clock, if it is one that asks.
func (p *Policy) read(s *trace.Supervisor, t *trace.Thread, e *trace.Event) time.Duration {
	if p.live == nil {
		return s.Now()
	}
	a, origin := p.time.spin.of(t.Proc), p.live.Origin(e)
	switch {
	case !t.Proc.Asks():
		return s.Now() // made without the vDSO
	case origin.Background:
		// Go's sysmon lets a goroutine give way when it has had the CPU for a while.
		return s.Now() + time.Since(p.time.spin.began)
	case !origin.Clock && origin.Noise != "":
		if a.others++; a.others > patience {
			a.others = 0
			s.Ask(t.Proc, false)
		}
		return s.Now()
	}
	a.others = 0
	// Not at each one: who has found the moment may read the clock once more. Other threads of the
	// process come first, but not for ever: they may do the same.
	var beside *trace.Process
	if a.readings++; a.readings > patience*100 {
		beside = t.Proc
	}
	if a.readings > patience*10 && a.readings%4 == 0 && p.pass(s, t, beside, a.step()) {
		a.steps++
	}
	return s.Now()
}

// computing reports whether a process has computed for so long that others do not wait for it.
func (n *spin) computing(p *trace.Process) bool {
	c := n.computes[p]
	return c != nil && c.took > muchTime
}

// beside reports of a process whether it is one, or one of those that compute.
func (n *spin) beside(p *trace.Process) func(*trace.Process) bool {
	return func(o *trace.Process) bool { return o == p || n.computing(o) }
}

// muchTime is how long a process may compute before the clock goes on with it: three times what
// makes Go's sysmon look.
const muchTime = 3 * long

// compute is called while something moves without a stop. What has computed for some time asks for
// the time from then on; and for what has computed for long, and as long as it is until something
// comes, it comes. (What is due now does not come before: that others begin to run while one still
// does must not depend on how fast the machine is.)
//
// A runtime may have timers for which no thread of it waits, since they all compute: for a Go
// program that has computed for long the clock goes on with it, whether somebody waits or not. It
// never goes further at once than the runtime needs to find out that it has: what was computed
// while others moved, or nobody looked, is not made up for.
func (p *Policy) compute(s *trace.Supervisor) {
	v := &p.time
	if v.real || s.Clock() == nil {
		return
	}
	for _, proc := range s.Trace().Processes {
		if proc.Ended {
			delete(v.spin.computes, proc)
			continue
		}
		used, c := cpuTime(proc.PID), v.spin.computes[proc]
		if c == nil {
			c = &computing{}
			v.spin.computes[proc] = c
		}
		if c.calls != v.spin.calls[proc] {
			p.work(s, proc, c, used) // what makes no call computes, see below
			c.calls, c.since, c.took, c.passed = v.spin.calls[proc], used, 0, 0
			continue
		}
		c.took = used - c.since
		if c.took >= muchWork {
			p.overtake(s, proc)
		}
		if c.took >= long {
			s.Ask(proc, true)
		}
		main := s.Main(proc)
		if d := c.took - muchTime - c.passed; main != nil && main.Go {
			if d > 0 && p.pass(s, nil, proc, min(d, long)) {
				c.passed += d
				s.Loosen()
			}
		} else if list := v.next(s); v.spin.computing(proc) && len(list) > 0 && list[0].until-s.Now() <= c.took-c.passed {
			if p.pass(s, nil, proc, list[0].until-s.Now()) {
				c.passed = c.took
			}
		}
	}
}

// overtake gives the turn to another process although this one computes: it may do so until the
// other one ends it.
func (p *Policy) overtake(s *trace.Supervisor, computes *trace.Process) {
	if p.Choose != nil || s.Others(nil, p.time.spin.beside(computes)) {
		return
	}
	if ready := p.turns.ready(s); len(ready) > 0 {
		s.Loosen()
		p.let(s, ready[0])
	}
}

// muchWork is how much CPU time a process may take, calls or no calls, while the clock stands
// still.
const muchWork = time.Second

// work lets time go on for a process that has something to do all the time: by as much as it works
// from then on. Some of its threads may make calls while another one does nothing but read the
// clock.
func (p *Policy) work(s *trace.Supervisor, proc *trace.Process, c *computing, used time.Duration) {
	if c.clock != s.Now() || c.from == 0 {
		c.from = used
	}
	main, d := s.Main(proc), used-c.from-muchWork
	if d > 0 && p.Choose == nil && (main != nil && main.Go || len(p.time.next(s)) > 0) && p.pass(s, nil, proc, min(d, long)) {
		c.from += d
		s.Loosen()
	}
	c.clock = s.Now()
}
