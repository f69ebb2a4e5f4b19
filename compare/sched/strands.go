package sched

import (
	"cmp"
	"slices"

	"paritykit/compare/canon"
)

// strands names those who make calls, for whoever chooses between them: a thread, or a goroutine,
// has the number that its first call has among the first calls of its process. Of several that have
// come to their first one at the same time the one counts first that was created first, so that the
// names are the same in two languages.
type strands map[strand]int

type strand struct {
	process string
	number  uint64
}

func strandOf(call canon.Call) strand { return strand{call.Process(), call.Strand()} }

// first lists the first call of each strand, in the order of their numbers, which all have then.
// (One that can't be told from another, as in a Go program without symbols, waits for it.)
func (n *strands) first(list []turn) []turn {
	byCreation := slices.Clone(list)
	slices.SortStableFunc(byCreation, func(a, b turn) int {
		return cmp.Compare(a.call.Strand(), b.call.Strand())
	})
	for _, c := range byCreation {
		n.number(strandOf(c.call))
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b turn) int {
		return cmp.Or(a.thread.Proc.Index-b.thread.Proc.Index,
			(*n)[strandOf(a.call)]-(*n)[strandOf(b.call)])
	})
	return slices.CompactFunc(sorted, func(a, b turn) bool { return strandOf(a.call) == strandOf(b.call) })
}

// number gives a strand its number, if it has none: 0 is that of the strand with which its process
// begins.
func (n *strands) number(s strand) {
	if _, known := (*n)[s]; known || s.number == 0 {
		return
	}
	last := 0
	for other, number := range *n {
		if other.process == s.process {
			last = max(last, number)
		}
	}
	if *n == nil {
		*n = strands{}
	}
	(*n)[s] = last + 1
}

// name is the name of who makes a call.
func (n strands) name(call canon.Call) string {
	return canon.StrandName(call.Process(), n[strandOf(call)])
}
