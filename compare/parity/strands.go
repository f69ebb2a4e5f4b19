package parity

import "paritykit/compare/canon"

// strand is what one strand of a process did on each side.
type strand struct {
	name string
	of   int // how many the process has
	ops  [2][]*canon.Op
}

// strands divides a process that both sides have, or one of them (the other is nil), into what is
// held against each other. The order between strands is chance, or the language's: Go's scheduler
// runs the goroutine first that was made last. So each is compared with the one that was made as
// the same one in a row on the other side.
//
// Between two languages, where one side has only one strand there is nothing to be divided: all of
// it is in one order, and the other side's is, too, as it came. A Go program that handles a signal
// does so by a goroutine, and a C program within the only thread that it has. In one language it
// makes a difference which thread does something.
func strands(c, g *canon.Process) (list []strand) {
	sides := [2]*canon.Process{c, g}
	n := 0
	for _, p := range sides {
		if p != nil {
			n = max(n, p.Strands())
		}
	}
	if c != nil && g != nil && c.Go() != g.Go() && min(c.Strands(), g.Strands()) < 2 {
		n = 1
	}
	list = make([]strand, n)
	for side, p := range sides {
		if p == nil {
			continue
		}
		parts := [][]*canon.Op{p.Ops}
		if n > 1 {
			parts = p.Divide()
		}
		for i := range list {
			list[i].name, list[i].of = canon.StrandName(p.Name, i), n
			if i < len(parts) {
				list[i].ops[side] = parts[i]
			}
		}
	}
	return list
}
