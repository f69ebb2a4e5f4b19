package parity

// onlyOutput is what Result.Compared says if calls were not compared.
const onlyOutput = "output"

// compareOutput compares what a user sees and nothing else: how each program ended, what it and its
// children printed, and the files. Which of its processes printed a line, and how many there were,
// is the program's own affair.
func (r *Result) compareOutput(c, g *outcome) {
	for _, s := range c.stderrs {
		x, y := c.run.Process(s.Object), g.run.Process(s.Object)
		if x != nil && y != nil && x.Status != y.Status {
			r.add(Difference{Process: s.Object, Kind: "exit", Sides: [2]*Ref{said(ending(x)), said(ending(y))}, Fields: []string{},
				rank: rank{beyond, 1}})
		}
	}
	r.outside(c, g)
	r.scripted(c, g)
	r.consequences([2]*outcome{c, g})
}

// Outputs reports whether a user sees the same of both sides.
func (r *Result) Outputs() bool {
	for i := range r.Differences {
		if r.Differences[i].Seen() {
			return false
		}
	}
	return true
}

// Seen reports whether a difference is one that a user sees.
func (d *Difference) Seen() bool {
	switch d.Kind {
	case "output", "terminal", "exit", "file", "script", "outcome":
		return true
	}
	return false
}
