package canon

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// A strand is a thread of control that a program made: a thread of C's, a goroutine of Go's. The
// one that a process begins with is the first. What a strand does is in order; what two of them do
// is not, unless one waits for the other.

// strand is the number of the one that makes a call, in the order of their creation in a process: 0
// for the first. Of Go it is the goroutine's own number, and no goroutine that the runtime starts
// for itself makes a call that the program asked for.
func (c *maker) strand(p *Process, e *trace.Event) uint64 {
	switch {
	case p.golang && e.Goroutine > 1:
		return e.Goroutine
	case p.golang || e.TID == e.PID:
		return 0
	}
	return c.tree.births[e.TID]
}

// countStrands numbers those that made ops, in the order of their creation: that is all that two
// programs have in common, of which one has a runtime with strands of its own. Those that only
// slept come last: of a Go program without debug information nobody knows of them.
func (p *Process) countStrands() {
	idle := map[uint64]bool{0: false} // by number: has it done nothing but sleep?
	for _, op := range p.Ops {
		was, known := idle[op.strand]
		idle[op.strand] = (was || !known) && op.sleeps()
	}
	numbers := slices.SortedFunc(maps.Keys(idle), func(a, b uint64) int {
		if idle[a] != idle[b] {
			if idle[b] {
				return -1
			}
			return 1
		}
		return cmp.Compare(a, b)
	})
	places := map[uint64]uint64{}
	for i, number := range numbers {
		places[number] = uint64(i)
	}
	for _, op := range p.Ops {
		op.strand = places[op.strand]
	}
	for i := range p.made {
		p.made[i].strand = places[p.made[i].strand]
	}
	p.strands = len(numbers)
}

// sleeps reports whether an op does nothing but let time pass.
func (o *Op) sleeps() bool { return o.Call == abi.Sleep || o.Sig().Until.Effect == abi.Sleeps }

// made is an object that a strand made.
type made struct {
	object *object
	strand uint64
}

// Strands is how many strands of a process did something, 1 if none did.
func (p *Process) Strands() int { return max(p.strands, 1) }

// Go reports whether a process is one of a Go program.
func (p *Process) Go() bool { return p.golang }

// Divide returns what each strand of a process did. Objects are named anew, by the strand that made
// them, so that their names do not depend on what the others do meanwhile.
func (p *Process) Divide() [][]*Op {
	parts := make([][]*Op, p.strands)
	for _, op := range p.Ops {
		parts[op.strand] = append(parts[op.strand], op)
	}
	type kind struct {
		strand uint64
		name   string
	}
	counts := map[kind]int{}
	for _, m := range p.made {
		o, by := m.object, prefix(StrandName(p.Name, int(m.strand)))
		if o.kind == "file" {
			name := fileName(o.path)
			counts[kind{m.strand, name}]++
			o.rename(by + numbered(name, counts[kind{m.strand, name}]))
			p.run.nameText(o.text(), false) // a file's name may have a process's number in it
			continue
		}
		counts[kind{m.strand, o.kind}]++
		o.rename(by + o.kind + strconv.Itoa(counts[kind{m.strand, o.kind}]))
	}
	return parts
}

// StrandName is the name of a strand of a process, counted from 0: P, P/2, P/3.
func StrandName(process string, strand int) string {
	if strand == 0 {
		return process
	}
	return process + "/" + strconv.Itoa(strand+1)
}
