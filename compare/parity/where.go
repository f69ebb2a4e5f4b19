package parity

import (
	"fmt"
	"slices"
	"strings"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// where says where each process was when its run was stopped, a line for each of its threads and
// goroutines that wait for something the program wants. What a runtime's other threads do meanwhile
// is of interest only if there is nothing else to be said.
func where(run *canon.Run, live *canon.Live, all []trace.Waiting) (lines []string) {
	if live == nil {
		return nil // nobody had begun
	}
	var order []string
	of := map[string][]trace.Waiting{}
	for _, w := range all {
		name := run.NameOf(w.PID)
		if name != "" && of[name] == nil {
			order = append(order, name)
		}
		of[name] = append(of[name], w)
	}
	const most = 10 // a fork bomb has hundreds, all of one kind
	more := 0
	for _, name := range order {
		for _, line := range whereabouts(run, live, name, of[name]) {
			if line = name + " " + line; len(lines) == most {
				more++
			} else if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("%d more", more))
	}
	return lines
}

// whereabouts says where the threads and goroutines of one process were.
func whereabouts(run *canon.Run, live *canon.Live, name string, all []trace.Waiting) (own []string) {
	if spins := spinsAt(run, name); spins != "" {
		return []string{"spins: " + spins}
	}
	var others []string
	alike := map[string]int{} // goroutines that wait in one place
	for _, w := range all {
		switch {
		case w.Stopped && w.Event == nil:
			return []string{"has been stopped by a signal"}
		case w.Goroutine != 0:
			if site, ok := live.Program(w.Stack); ok {
				if alike[site.String()]++; alike[site.String()] == 1 {
					own = append(own, fmt.Sprintf("waits at %s", site))
				}
			}
		case w.Event != nil && live.Call(w.Event).Wanted():
			own = append(own, "waits in "+waitsIn(run, w.Event))
		case w.Event != nil:
			others = append(others, "waits in "+waitsIn(run, w.Event))
		case w.Stack != nil:
			site, ok := live.Program(w.Stack)
			line := fmt.Sprintf("computes at %s", site)
			if w.Yields >= manyTimes {
				line = fmt.Sprintf("spins: sched_yield() at %s, %d times in a row", site, w.Yields)
			}
			if ok {
				own = append(own, line)
			} else {
				others = append(others, line)
			}
		}
	}
	for i, line := range own {
		if n := alike[strings.TrimPrefix(line, "waits at ")]; n > 1 {
			own[i] = fmt.Sprintf("%s, in %d goroutines", line, n)
		}
	}
	switch {
	case len(own) > 0:
		return own
	case len(others) > 0 && isGo(all):
		return others[:1]
	}
	return others
}

// isGo reports whether the threads are of a Go program.
func isGo(all []trace.Waiting) bool {
	return slices.ContainsFunc(all, func(w trace.Waiting) bool {
		if w.Stack == nil {
			return false
		}
		main := w.Stack.Space.Main()
		return main != nil && main.Go
	})
}

// manyTimes in a row a call is made by who spins.
const manyTimes = 1000

// spinsAt is what a process does again and again and nothing else: one call, or two by turns. It is
// "" of one that does not.
func spinsAt(run *canon.Run, name string) string {
	i := slices.IndexFunc(run.Processes, func(p *canon.Process) bool { return p.Name == name })
	if i < 0 {
		return ""
	}
	ops := run.Processes[i].Ops
	n := 0
	for k := len(ops) - 1; k >= 2 && sameCall(ops[k], ops[k-2]); k-- {
		n++
	}
	if n < manyTimes {
		return ""
	}
	last := ops[len(ops)-1]
	text := canon.Abridged(last.String(), 60, 20) + " at " + last.Site.String()
	if other := ops[len(ops)-2]; !sameCall(last, other) {
		n /= 2
		text = canon.Abridged(other.String(), 60, 20) + " at " + other.Site.String() + " and " + text
	}
	return fmt.Sprintf("%s, %d times in a row", text, n)
}

// sameCall reports whether two ops are one call, at one place.
func sameCall(a, b *canon.Op) bool {
	return a.Call == b.Call && a.Origin == b.Origin && a.Event.Kind == trace.Call && b.Event.Kind == trace.Call
}

// waitsIn is a call that has not returned: where it was made, and for what it waits.
func waitsIn(run *canon.Run, e *trace.Event) string {
	op := run.Waits[e]
	if op == nil {
		return abi.Lookup(e.Nr).Name + ", before it has begun"
	}
	line := canon.Abridged(op.String(), 60, 20) + " at " + op.Site.String()
	if op.For != "" {
		line += ", " + op.For
	}
	return line
}
