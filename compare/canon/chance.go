package canon

// What a library writes for the program may be no two times the same, however alike two programs
// are: a dump of Go's heap has addresses in it, and how often the runtime did what. Of that counts
// only that it is written, and where. It is one write.

const chanceWrites = "what is written differs in every run"

// writesOn takes out of a write what is chance, and reports whether it goes on with the write
// before it.
func (c *maker) writesOn(p *Process, op *Op) bool {
	if c.options.Raw || op.Idiom == nil || !op.Idiom.Chance {
		return false
	}
	for i := range op.Args {
		if op.Args[i].Name != "fd" {
			op.Args[i].Value = c.because(Dropped, chanceWrites)
		}
	}
	if op.Result.Errno() == 0 {
		op.Result = Value{}
	}
	to := op.Arg("fd")
	if o, ok := to.data.(*object); ok && o.kind == "file" {
		c.run.chance = append(c.run.chance, o.path)
	}
	if len(p.Ops) == 0 {
		return false
	}
	last := p.Ops[len(p.Ops)-1]
	if last.Idiom != op.Idiom || !last.Same(op) {
		return false
	}
	p.noise(op.Idiom.Name, op.Call)
	return true
}

// Chance lists the files, as opened, into which the program has written what is chance.
func (r *Run) Chance() []string { return r.chance }
