package canon

import (
	"slices"

	"paritykit/compare/trace"
)

// pieces finds the writes that stdio made for one print: what printf(3) prints, it hands to a
// terminal at each newline, so that one call of it may make several writes. (All of them come from
// one line, and there stdio is each time at another place. One that is at the same place again may
// belong to the next print of a loop.)
func (p *Process) pieces() {
	type print struct {
		first  *Op
		places []*trace.Stack
	}
	prints := map[uint64]*print{} // the last one of each strand
	for _, op := range p.Ops {
		switch last := prints[op.strand]; {
		case !op.prints():
			delete(prints, op.strand)
		case last != nil && last.first.sameLine(op) && !slices.Contains(last.places, op.Event.Stack):
			op.Piece = true
			last.places = append(last.places, op.Event.Stack)
		default:
			prints[op.strand] = &print{op, []*trace.Stack{op.Event.Stack}}
		}
	}
}

// prints reports whether the op is a write of stdio's to where people see it.
func (o *Op) prints() bool {
	return o.Idiom != nil && o.Idiom.Name == "stdio" && o.Event.Stack != nil && len(o.Args) > 0 && o.Args[0].Value.IsOutput()
}

// sameLine reports whether two ops were made by one call in the program's code.
func (o *Op) sameLine(p *Op) bool {
	return o.Site == p.Site && slices.Equal(o.Callers, p.Callers)
}
