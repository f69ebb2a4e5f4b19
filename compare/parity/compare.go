package parity

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/align"
	"paritykit/compare/attrib"
	"paritykit/compare/canon"
	"paritykit/compare/rules"
	"paritykit/compare/sched"
	"paritykit/compare/trace"
)

// rank orders differences so that the cause comes before its consequences. What a program asked for
// comes before what it was given, and what happened earlier before what happened later, in a
// process as it stands there. A child that writes to the wrong pipe is the cause; that its parent
// then reads something else, or nothing, is not, although the parent's read was entered first.
type rank struct{ class, at int }

const (
	asked   = iota // another call, or other arguments
	given          // another result
	opening        // what may be no more than the start of a runtime, see mayStart
	beyond         // output, exit status, files: consequences of calls where there is one
)

func (a rank) compare(b rank) int { return cmp.Or(a.class-b.class, a.at-b.at) }

// compare holds one run of each side against the other and fills in the result.
func compare(r *Result, c, g *outcome, raw bool) {
	if r.Compared == onlyOutput {
		r.compareOutput(c, g)
		return
	}
	list := rules.All
	if raw {
		list = nil
	}
	uses := map[string]int{}
	for _, name := range processNames(c.run, g.run) {
		pc, pg := c.run.Process(name), g.run.Process(name)
		switch {
		case pg == nil:
			r.add(Difference{Process: name, Kind: "process", Sides: [2]*Ref{processRef(pc), nil}, rank: rank{beyond, 0}})
		case pc == nil:
			r.add(Difference{Process: name, Kind: "process", Sides: [2]*Ref{nil, processRef(pg)}, rank: rank{beyond, 0}})
		}
		for _, s := range strands(pc, pg) {
			p := Process{Name: s.name, strand: s.of > 1}
			p.Pairs = pairs(list, rules.Apply(list, s.ops[0]), rules.Apply(list, s.ops[1]))
			silent(list, p.Pairs, [2]*canon.Process{pc, pg})
			wait(list, p.Pairs)
			mark(p.Pairs)
			r.calls(&p, [2]order{c.order, g.order}, pc != nil && pg != nil, uses)
			r.Processes = append(r.Processes, p)
		}
		if pc != nil && pg != nil {
			r.ends(c.run, g.run, name)
		}
	}
	if c.made != nil && g.made != nil && !raw {
		r.turns(c.made, g.made)
	}
	r.times()
	r.outside(c, g)
	r.scripted(c, g)
	r.consequences([2]*outcome{c, g})
	for _, rule := range rules.All {
		if n := uses[rule.Name]; n > 0 {
			r.Rules = append(r.Rules, Use{Name: rule.Name, Why: rule.Why, Uses: n})
		}
	}
	slices.SortStableFunc(r.Differences, func(a, b Difference) int { return a.rank.compare(b.rank) })
}

// calls notes how the calls of a strand differ, of a process that both sides have or one.
func (r *Result) calls(p *Process, o [2]order, both bool, uses map[string]int) {
	earliest := 0 // no call is the cause of one that its strand makes before it
	var differences []Difference
	first := slices.IndexFunc(p.Pairs, func(pair Pair) bool { return pair.both() && pair.Glyph != "!" })
	for i := range p.Pairs {
		d := r.judge(p, i, o, uses)
		if d == nil {
			continue
		}
		switch {
		case both && i < first && d.mayStart():
			d.rank.class, d.Opening = opening, true
		case !both:
			d.rank.class = beyond // that it is not there comes of something: of a fork, or of how far the script came
		case d.rank.class == asked:
			d.rank.at = max(d.rank.at, earliest)
			earliest = d.rank.at
		}
		differences = append(differences, *d)
	}
	goesOn(differences, p.Pairs)
	r.Differences = append(r.Differences, parted(differences)...)
}

// consequences marks the differences that are there only because a side was cut short: what it
// would still have done is no difference between the programs.
func (r *Result) consequences(outs [2]*outcome) {
	for i := range r.Differences {
		d := &r.Differences[i]
		for side, out := range outs {
			own, process := d.Sides[side], out.run.Process(d.Process)
			switch {
			case !out.cutShort() || process != nil && process.Status != "":
				// It came to its own end.
			case d.Kind == "exit":
				d.Follows = d.Follows || process == nil || process.Status == ""
			case d.Kind == "output" || d.Kind == "terminal" || d.Kind == "file" && own != nil:
				d.Follows = d.Follows || d.begins[side]
			case d.Kind == "file" || d.Kind == "process":
				d.Follows = true
			case d.Kind == "missing" || d.Kind == "extra":
				d.Follows = d.Follows || own == nil && d.Next == nil
			case d.Kind == "call":
				d.Follows = d.Follows || own.op.Result.Is(canon.Unanswered)
			}
		}
	}
}

// turns compares the order in which calls of different processes were made: both sides' processes
// took turns by the same rule, so it is the same unless they wait for each other in another way.
// Calls that differ anyway have no part in it, nor have those that a rule made of several.
func (r *Result) turns(madeC, madeGo []*trace.Event) {
	inC, inGo := places(madeC), places(madeGo)
	type call struct {
		process string
		pair    *Pair
		c, g    int
	}
	var all []call
	spawned := r.spawned()
	for i := range r.Processes {
		p := &r.Processes[i]
		if p.strand {
			continue // what its strands do is in no order
		}
		first := 0
		if spawned[p.Name] {
			first = 1 + slices.IndexFunc(p.Pairs, func(p Pair) bool { return p.both() && p.forms[0].Sig().Executes() })
		}
		for k := range p.Pairs[first:] {
			pair := &p.Pairs[first+k]
			if !pair.both() || pair.Glyph == "!" || pair.forms[0].Merged+pair.forms[1].Merged > 0 {
				continue
			}
			c, known := inC[pair.forms[0].Event]
			g, knownToo := inGo[pair.forms[1].Event]
			if known && knownToo {
				all = append(all, call{p.Name, pair, c, g})
			}
		}
	}
	slices.SortFunc(all, func(a, b call) int { return a.c - b.c })
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if a.g > b.g {
			r.add(Difference{Process: a.process, Kind: "order", Sides: [2]*Ref{a.pair.Sides[0], b.pair.Sides[1]}, rank: rank{beyond, 0},
				Fields: []string{fmt.Sprintf("%s's %s", b.process, b.pair.Sides[1].Text())}})
			return // the others follow from the first
		}
	}
}

// spawned are the processes that one side makes by fork and the other by vfork: what such a process
// does until it executes a program comes after what its parent does next, or before it.
func (r *Result) spawned() map[string]bool {
	list := map[string]bool{}
	for i := range r.Processes {
		for _, pair := range r.Processes[i].Pairs {
			if pair.both() && pair.forms[0].Forks() && pair.forms[0].Common.Call != pair.forms[1].Common.Call {
				list[pair.forms[0].Result.Name()] = true
			}
		}
	}
	return list
}

// places says of each event where it stands.
func places(list []*trace.Event) map[*trace.Event]int {
	at := make(map[*trace.Event]int, len(list))
	for i, e := range list {
		at[e] = i
	}
	return at
}

func (r *Result) add(d Difference) { r.Differences = append(r.Differences, d) }

// processNames are the processes of both runs: those of C in their order, then those that only Go
// has.
func processNames(c, g *canon.Run) (names []string) {
	known := map[string]bool{}
	for _, run := range []*canon.Run{c, g} {
		for _, p := range run.Processes {
			if !known[p.Name] {
				known[p.Name] = true
				names = append(names, p.Name)
			}
		}
	}
	return names
}

func processRef(p *canon.Process) *Ref {
	return said(fmt.Sprintf("process %s (%d calls, %s)", p.Name, len(p.Ops), ending(p)))
}

// pairs aligns the calls of a process.
func pairs(list []*rules.Rule, c, g []*rules.Form) []Pair {
	edits := align.Align(len(c), len(g), sames(c, g))
	c, g, edits = join(list, c, g, edits)
	edits = align.Pair(edits, func(i, j int) int { return alike(c[i].Common, g[j].Common) })
	n := 0
	for _, e := range edits {
		n += e.N
	}
	out := make([]Pair, 0, n)
	w := writer{refs: make([]Ref, len(c)+len(g)), made: [2]map[*attrib.Origin]*Where{{}, {}}}
	spare := map[*rules.Form]string{} // that which others, left out, are part of
	for _, e := range edits {
		for k := range e.N {
			switch e.Op {
			case align.Keep, align.Change:
				out = append(out, w.both(c[e.X+k], g[e.Y+k]))
			case align.Delete:
				if !leave(list, c, e.X+k, spare) {
					f := c[e.X+k]
					out = append(out, Pair{Glyph: "-", Sides: [2]*Ref{w.ref(0, f, nil), nil}, forms: [2]*rules.Form{f, nil}})
				}
			case align.Insert:
				if !leave(list, g, e.Y+k, spare) {
					f := g[e.Y+k]
					out = append(out, Pair{Glyph: "+", Sides: [2]*Ref{nil, w.ref(1, f, nil)}, forms: [2]*rules.Form{nil, f}})
				}
			}
		}
	}
	for i := range out {
		p := &out[i]
		for _, f := range p.forms {
			if rule := spare[f]; rule != "" && p.Glyph != "!" && !slices.Contains(p.Rules, rule) {
				p.Rules = append(p.Rules, rule)
				if p.Glyph == "=" {
					p.Glyph = "~"
				}
			}
		}
	}
	return out
}

// join makes one of the forms that rules let be one (rules.Join) where a side makes one of them
// alone, if the sides have more in common then.
func join(list []*rules.Rule, c, g []*rules.Form, edits []align.Edit) ([]*rules.Form, []*rules.Form, []align.Edit) {
	apart, alone := unkept(edits, len(c), len(g))
	if apart == 0 {
		return c, g, edits
	}
	of := func(side int, forms []*rules.Form) []*rules.Form {
		return rules.Join(list, forms, func(from, to int) bool { return slices.Contains(alone[side][from:to], true) })
	}
	x, y := of(0, c), of(1, g)
	if len(x) == len(c) && len(y) == len(g) {
		return c, g, edits
	}
	again := align.Align(len(x), len(y), sames(x, y))
	if n, _ := unkept(again, len(x), len(y)); n >= apart {
		return c, g, edits
	}
	return x, y, again
}

// unkept counts the forms that one side makes alone, and says which they are.
func unkept(edits []align.Edit, c, g int) (n int, alone [2][]bool) {
	alone = [2][]bool{make([]bool, c), make([]bool, g)}
	for _, e := range edits {
		if e.Op == align.Keep {
			continue
		}
		n += e.N
		for k := range e.N {
			if e.Op == align.Delete {
				alone[0][e.X+k] = true
			} else {
				alone[1][e.Y+k] = true
			}
		}
	}
	return n, alone
}

// silent lets pass the calls of a C program that a Go program does without.
func silent(list []*rules.Rule, pairs []Pair, sides [2]*canon.Process) {
	if sides[0] == nil || sides[1] == nil || sides[0].Go() == sides[1].Go() {
		return
	}
	for i := range pairs {
		p := &pairs[i]
		if f := cmp.Or(p.forms[0], p.forms[1]); p.Glyph == "-" && !sides[0].Go() || p.Glyph == "+" && !sides[1].Go() {
			if r := rules.Silent(list, f.Common); r != nil {
				p.Glyph, p.Rules = "~", append(slices.Clone(f.Rules), r.Name)
			}
		}
	}
}

// leave reports whether form i, which the other side has not, is part of an earlier one.
func leave(list []*rules.Rule, forms []*rules.Form, i int, spare map[*rules.Form]string) bool {
	of, rule := rules.Spare(list, forms, i)
	if of == nil {
		return false
	}
	of.Merge()
	spare[of] = rule
	return true
}

// sames returns the function that reports whether two forms are the same, as rules.Form.Same does,
// but at once: align asks for each pair as often as it divides the sequences. It goes by sums. Of
// two that differ the sums meet once in 2⁶⁴ times, and then it's noticed when the pair is written
// down.
func sames(c, g []*rules.Form) func(i, j int) bool {
	seed := maphash.MakeSeed()
	type sums struct{ own, other canon.Sums }
	of := func(forms []*rules.Form) []sums {
		list := make([]sums, len(forms))
		for i, f := range forms {
			list[i].own = f.Common.Sums(seed)
			list[i].other = list[i].own
			if f.Other != nil {
				list[i].other = f.Other.Sums(seed)
			}
		}
		return list
	}
	x, y := of(c), of(g)
	return func(i, j int) bool {
		a, b := &x[i], &y[j]
		return a.own.Meet(b.own) || a.other.Meet(b.own) || a.own.Meet(b.other)
	}
}

// writer writes the calls of a process down. There may be millions, of which most are twice the
// same, and made at few places.
type writer struct {
	refs []Ref                        // not yet used
	made [2]map[*attrib.Origin]*Where // by side
}

// ref shows a call in the common form of all rules, the shortest of the forms that mean the same,
// beside that of the other side; beside is nil if that has none.
func (w *writer) ref(side int, f, beside *rules.Form) *Ref {
	where := w.made[side][f.Op.Origin]
	if where == nil {
		where = &Where{Site: f.Op.Site.String()}
		w.made[side][f.Op.Origin] = where
	}
	ref := &w.refs[0]
	w.refs = w.refs[1:]
	ref.Where, ref.op, ref.Killed = where, f.Common, cmp.Or(f.Last, f.Op).Fatal
	if beside != nil {
		ref.beside = beside.Common
	}
	return ref
}

// alike says how much two different ops look like one that was changed: not at all if they are
// different calls, or if of several arguments none is the same. Two writes of other texts to other
// files are no more one call than a write and a read.
func alike(a, b *canon.Op) int {
	if !abi.Akin(a.Call, b.Call) {
		return 0
	}
	n := 1
	for _, arg := range a.Args {
		if slices.ContainsFunc(b.Args, arg.Same) {
			n += 2
		}
	}
	if n == 1 && len(a.Args) > 1 && len(b.Args) > 1 {
		return 0
	}
	if a.Result.Equal(b.Result) {
		n++
	}
	return n
}

func (w *writer) both(c, g *rules.Form) Pair {
	p := Pair{Glyph: "!", Sides: [2]*Ref{w.ref(0, c, g), w.ref(1, g, c)}, forms: [2]*rules.Form{c, g}}
	same, by := c.Same(g)
	if !same {
		return p
	}
	p.Glyph = "="
	if !c.Op.Same(g.Op) || c.Merged != g.Merged {
		p.Glyph = "~"
		used := slices.Concat(c.Rules, g.Rules)
		if by != "" {
			used = append(used, by)
		}
		p.Rules = slices.Compact(slices.Sorted(slices.Values(used)))
	}
	return p
}

// judge counts a pair, or makes a difference of it.
func (r *Result) judge(p *Process, i int, o [2]order, uses map[string]int) *Difference {
	pair := &p.Pairs[i]
	c, g := pair.forms[0], pair.forms[1]
	if pair.Glyph == "=" || pair.Glyph == "~" {
		r.Matched += 1 + cmp.Or(c, g).Merged
		for _, name := range pair.Rules {
			uses[name]++
		}
		return nil
	}
	d := &Difference{Process: p.Name, Sides: pair.Sides, Fields: []string{}, Call: i + 1}
	switch pair.Glyph {
	case "-":
		d.Kind, d.rank = "missing", rank{asked, o[0].place(c.Op)}
	case "+":
		d.Kind, d.rank = "extra", rank{asked, o[1].place(g.Op)}
	case "!":
		d.Kind, d.Fields = "call", fields(c.Common, g.Common)
		d.place(c, g)
		d.rank = rank{given, min(o[0].place(c.Op), o[1].place(g.Op))}
		fault := (c.Result.Errno() == unix.EFAULT) != (g.Result.Errno() == unix.EFAULT) // nobody but the program chose the address
		if fault || slices.ContainsFunc(d.Fields, func(f string) bool { return !returned(c.Common, g.Common, f) }) {
			d.rank.class = asked
		}
	}
	return d
}

// mayStart reports whether a difference before the first call that both sides make may come of the
// start of a runtime, and of nothing that the program asked for: where the program's code has no
// names, and its library's stands among it, nobody can tell one from the other. So a report begins
// with what comes later. Two calls that have most of their arguments in common are no such thing.
func (d *Difference) mayStart() bool {
	if d.Sides[0] != nil && d.Sides[1] != nil && 2*len(d.Fields) <= len(d.Sides[0].op.Args) {
		return false
	}
	return slices.ContainsFunc(d.Sides[:], func(ref *Ref) bool {
		if ref == nil || ref.op.Event.Stack == nil {
			return false
		}
		main := ref.op.Event.Stack.Space.Main()
		return main != nil && !main.HasSymbols && !main.Go && (main.Static || main.Rust)
	})
}

// goesOn says of each call that one side alone makes what the other one does there: its next call
// or, if a signal killed it, its last. For who has to find out what is missing, that is the line to
// look before.
func goesOn(list []Difference, pairs []Pair) {
	var next [2]*Ref // from at on
	for side := range next {
		for i := range slices.Backward(pairs) {
			if last := pairs[i].Sides[side]; last != nil {
				if last.Killed != "" {
					next[side] = last
				}
				break
			}
		}
	}
	at := len(pairs)
	for i := range slices.Backward(list) {
		d := &list[i]
		for ; at >= d.Call; at-- {
			for side := range next {
				next[side] = cmp.Or(pairs[at-1].Sides[side], next[side])
			}
		}
		switch d.Kind {
		case "missing":
			d.Next = next[1]
		case "extra":
			d.Next = next[0]
		}
	}
}

// parted joins a call that only C makes with the one that only Go makes in its place: the two sides
// part there, and neither line alone says how. What follows is a difference of its own.
func parted(list []Difference) (out []Difference) {
	for i := 0; i < len(list); {
		first, d := i, list[i]
		for i++; i < len(list) && list[i].Kind == d.Kind && (d.Sides[0] == nil || d.Sides[1] == nil) && list[i].Call == list[i-1].Call+1; i++ {
		}
		rest := list[first+1 : i]
		if i < len(list) && list[i].Call == list[i-1].Call+1 && list[i].Opening == d.Opening {
			switch next := list[i]; {
			case d.Kind == "missing" && next.Kind == "extra":
				d.instead(next)
				i++
			case d.Kind != "call" && next.Kind == "call" && next.Sides[0].op.Sig().Ends == abi.EndsProcess:
				d.instead(next) // What ends makes none of the calls that the other side still makes. How it ends is a difference, too.
			}
		}
		out = append(append(out, d), rest...)
	}
	return out
}

// instead makes of a call that one side alone makes one in whose place the other side makes
// another.
func (d *Difference) instead(other Difference) {
	if d.Sides[0] == nil {
		d.Sides[0] = other.Sides[0]
	} else {
		d.Sides[1] = other.Sides[1]
	}
	d.Kind, d.Next = "instead", nil
	if other.rank.compare(d.rank) < 0 {
		d.rank = other.rank
	}
}

// returned reports whether a field of two ops is what the kernel gave, and not what the program
// asked for.
func returned(c, g *canon.Op, field string) bool {
	return field == "result" || c.Returned(field) || g.Returned(field)
}

// fields lists the names of the arguments in which two ops of one call differ, and "result".
func fields(a, b *canon.Op) []string {
	type view struct {
		Call   string
		Result canon.Value
		Args   map[string]canon.Value
	}
	of := func(op, other *canon.Op) view {
		v := view{Call: op.Call, Result: op.Result, Args: map[string]canon.Value{}}
		for _, arg := range op.Args {
			v.Args[arg.Name] = arg.Value
			if slices.ContainsFunc(other.Args, arg.Same) {
				v.Args[arg.Name] = canon.Value{} // of both
			}
		}
		return v
	}
	var list fieldLister
	gocmp.Equal(of(a, b), of(b, a), gocmp.Comparer(canon.Value.Same), gocmp.Reporter(&list))
	return list.names
}

// fieldLister is a cmp.Reporter that collects the innermost names of what is unequal. (The text of
// cmp.Diff would do for people, but it's unstable by design.)
type fieldLister struct {
	path  gocmp.Path
	names []string
}

func (l *fieldLister) PushStep(s gocmp.PathStep) { l.path = append(l.path, s) }
func (l *fieldLister) PopStep()                  { l.path = l.path[:len(l.path)-1] }

func (l *fieldLister) Report(r gocmp.Result) {
	if r.Equal() {
		return
	}
	for i := len(l.path) - 1; i >= 0; i-- {
		switch s := l.path[i].(type) {
		case gocmp.MapIndex:
			l.names = append(l.names, s.Key().String())
			return
		case gocmp.StructField:
			l.names = append(l.names, strings.ToLower(s.Name()))
			return
		}
	}
}

// ending is how a process ended, as a report says it.
func ending(p *canon.Process) string {
	if p.Status == "" {
		return waiting
	}
	return p.Status
}

// waiting is the end of a process that was still there when its run was over.
const waiting = "still waiting"

// text compares two texts of programs: as they stand, and if they differ with names for the numbers
// that are chance. It adds d, with what to show of them, if they are not the same.
func (r *Result) text(c, g *canon.Run, x, y []byte, d Difference) {
	if c.SameText(g, x, y) {
		return
	}
	x, y = c.Text(x), g.Text(y)
	d.Sides = [2]*Ref{said(canon.Quote(x)), said(canon.Quote(y))}
	r.add(d.bytes(x, y))
}

// bytes completes a difference of two texts.
func (d Difference) bytes(x, y []byte) Difference {
	at, lines := differ(x, y)
	d.Offset, d.Lines = &at, lines
	d.begins = [2]bool{at == len(x), at == len(y)}
	return d
}

// ends compares what a process left behind: its exit status and what it wrote.
func (r *Result) ends(cRun, gRun *canon.Run, name string) {
	c, g := cRun.Process(name), gRun.Process(name)
	if c.Status != g.Status {
		r.add(Difference{Process: name, Kind: "exit", Sides: [2]*Ref{said(ending(c)), said(ending(g))}, Fields: []string{},
			rank: rank{beyond, 1}})
	}
	for _, object := range []string{"tty", "stderr"} {
		x, y := stream(c, object), stream(g, object)
		if x.Moved || y.Moved {
			continue // no call shows these bytes; outside compares what came of them
		}
		r.text(cRun, gRun, x.Data, y.Data, Difference{Process: name, Kind: "output", Fields: []string{object}, rank: rank{beyond, 2}})
	}
}

func stream(p *canon.Process, object string) canon.Stream {
	for _, s := range p.Output {
		if s.Object == object {
			return s
		}
	}
	return canon.Stream{Object: object}
}

// compareSeen compares only what a user sees.
func (r *Result) compareSeen(a, b *outcome) {
	for _, name := range processNames(a.run, b.run) {
		x, y := a.run.Process(name), b.run.Process(name)
		switch {
		case y == nil:
			r.add(Difference{Process: name, Kind: "process", Sides: [2]*Ref{processRef(x), nil}, Fields: []string{}})
		case x == nil:
			r.add(Difference{Process: name, Kind: "process", Sides: [2]*Ref{nil, processRef(y)}, Fields: []string{}})
		default:
			r.ends(a.run, b.run, name)
		}
	}
	r.outside(a, b)
}

// scripted compares how far the script came. That one side could not follow it is a consequence of
// something, but of what the programs did it's the first that a user notices.
func (r *Result) scripted(c, g *outcome) {
	if c.failure == nil && g.failure == nil || c.failure != nil && g.failure != nil && c.failure.Site == g.failure.Site {
		return
	}
	d := Difference{Kind: "script", Fields: []string{}, rank: rank{beyond, 0}}
	if c.failure != nil {
		d.Sides[0] = unmet(c.failure)
	}
	if g.failure != nil {
		d.Sides[1] = unmet(g.failure)
	}
	r.add(d)
}

// unmet shows what was there in place of what the script wanted.
func unmet(s *sched.Step) *Ref { return NewRef(s.Text+": "+s.Seen, Where{Site: s.Site}) }

// outside compares what the world saw: terminals, files, and the standard errors that ends could
// not compare by process.
func (r *Result) outside(c, g *outcome) {
	for i := range min(len(c.stderrs), len(g.stderrs)) {
		// What no call shows: moved there by the kernel, or by a ring (io_uring(7)).
		role := c.stderrs[i].Object
		if !slices.ContainsFunc(r.Differences, func(d Difference) bool { return d.shows(role, "stderr") }) {
			r.text(c.run, g.run, c.stderrs[i].Data, g.stderrs[i].Data,
				Difference{Process: c.stderrs[i].Object, Kind: "output", Fields: []string{"stderr"}, rank: rank{beyond, 3}})
		}
	}
	for i := range min(len(c.terminals), len(g.terminals)) {
		r.text(c.run, g.run, c.terminals[i].Data, g.terminals[i].Data,
			Difference{Process: c.terminals[i].Object, Kind: "terminal", Fields: []string{}, rank: rank{beyond, 3}})
	}
	for _, name := range fileNames(c.written, g.written) {
		x, inC := c.written[name]
		y, inGo := g.written[name]
		if r.self && !bytes.Equal(x.before, y.before) {
			continue // each run found what the one before it left
		}
		if !inC || !inGo || x.same(y) || c.run.SameText(g.run, x.data, y.data) {
			continue // one that only one side opens shows in its calls
		}
		r.add(Difference{Kind: "file", Sides: [2]*Ref{said(x.String()), said(y.String())}, Fields: []string{name}, rank: rank{beyond, 4}}.bytes(x.data, y.data))
	}
	files := named(c, g)
	for _, name := range fileNames(c.files, files) {
		x, inC := c.files[name]
		y, inGo := files[name]
		if inC && inGo && (x.same(y) || x.mode == y.mode && c.run.SameText(g.run, []byte(x.kind), []byte(y.kind)) &&
			c.run.SameText(g.run, x.data, y.data)) {
			continue
		}
		d := Difference{Kind: "file", Fields: []string{name}, rank: rank{beyond, 4}}
		if inC {
			d.Sides[0] = said(x.String())
		}
		if inGo {
			d.Sides[1] = said(y.String())
		}
		switch {
		case !inC || !inGo:
		case x.mode != y.mode && x.kind == y.kind && bytes.Equal(x.data, y.data):
			d.Sides = [2]*Ref{said(x.mode.String()), said(y.mode.String())}
		case x.kind == "" && y.kind == "":
			d = d.bytes(c.run.Text(x.data), g.run.Text(y.data))
		}
		r.add(d)
	}
}

// named are the files of g, those with a name that is chance under the one that they have in c:
// job.4711 and job.815, which are the ids of one process.
func named(c, g *outcome) map[string]left {
	marked := map[string]string{}
	for name := range c.files {
		if _, both := g.files[name]; !both {
			marked[string(c.run.Marked([]byte(name)))] = name
		}
	}
	files := map[string]left{}
	for _, name := range slices.Sorted(maps.Keys(g.files)) {
		as, known := marked[string(g.run.Marked([]byte(name)))]
		if _, taken := files[as]; !known || taken || c.leaves(name) {
			as = name
		}
		files[as] = g.files[name]
	}
	return files
}

// shows reports whether a difference is about what a process of a role wrote to an object.
func (d *Difference) shows(role, object string) bool {
	process, _, _ := strings.Cut(d.Process, ".")
	return d.Kind == "output" && process == role && slices.Contains(d.Fields, object)
}

// fileNames are the files of both sides.
func fileNames(c, g map[string]left) []string {
	names := maps.Clone(c)
	maps.Copy(names, g)
	return slices.Sorted(maps.Keys(names))
}
