package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"paritykit/compare/casefile"
	"paritykit/compare/parity"
	"paritykit/compare/sched"
	"paritykit/compare/trace"
	"paritykit/compare/unwind"
)

// A fate is what becomes of a mutant.
type fate string

const (
	notCompiled fate = "not compiled"
	identical   fate = "identical" // the compiler makes the same program of it
	killed      fate = "killed"
	survived    fate = "survived"
)

// A judgement is what is known about one mutant.
type judgement struct {
	*mutant
	fate  fate
	named bool   // killed, and the first difference names the right line
	by    string // the case, and what was done to it
	first string // the first difference
	proof *proof // survived, but it is equivalent
}

// A jury judges mutants by the cases that use their program.
type jury struct {
	root  string
	cases []*casefile.Case // the shortest ones first; before all those in which others take part than the programs of the kit
	types *checker

	images    *unwind.Images            // of the programs as they are, and of what they use
	bins      map[string]string         // the programs as they are: "c/pipe1" -> path
	originals map[string][32]byte       // sums over their code
	base      map[string]*parity.Result // what they do, by case
	trials    map[string][]trial        // by program

	mu    sync.Mutex
	twins map[line]map[line]bool // the lines of the other side that do what a line does
	calls map[line]bool          // the lines that make calls themselves, and not only by a function of the program's that they call
}

// A trial is a case in which something goes wrong, for which both originals are prepared.
type trial struct {
	*casefile.Case
	fault fault
}

// A fault is a call that fails or, if it's none, something that no program may depend on.
type fault struct {
	sched.Failure
	sleeps bool // they are interrupted, see sched.Policy.Disturb
	shift  bool // descriptors have other numbers, see trace.Config.Shift
}

func (f fault) String() string {
	switch {
	case f.sleeps:
		return "sleeps interrupted"
	case f.shift:
		return "descriptors one higher"
	}
	return f.Failure.String()
}

// A line is one of a program's two sources.
type line struct {
	file string // "c/pipe1.c"
	n    int
}

// newJury reads the cases and has the programs as they should be run in them.
func newJury(ctx context.Context, root string) (*jury, error) {
	j := &jury{root: root, images: unwind.NewImages(), bins: map[string]string{}, originals: map[string][32]byte{}, twins: map[line]map[line]bool{}, calls: map[line]bool{},
		base: map[string]*parity.Result{}, trials: map[string][]trial{}}
	paths, err := filepath.Glob(filepath.Join(root, "compare", "cases", "*.case"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		c, err := casefile.Parse(path, text)
		if err != nil {
			return nil, err
		}
		j.cases = append(j.cases, c)
	}
	strangers := func(c *casefile.Case) (n int) {
		for _, program := range c.Programs {
			if _, err := os.Stat(filepath.Join(root, "c", program+".c")); err != nil {
				n++
			}
		}
		return n
	}
	slices.SortStableFunc(j.cases, func(a, b *casefile.Case) int {
		return cmp.Or(strangers(a)-strangers(b), len(a.Steps)-len(b.Steps))
	})
	if j.types, err = newChecker(root); err != nil {
		return nil, err
	}
	return j, nil
}

// sources are the programs of both sides.
func (j *jury) sources() (list []*source, err error) {
	paths, err := filepath.Glob(filepath.Join(j.root, "c", "*.c"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		program := strings.TrimSuffix(filepath.Base(path), ".c")
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		list = append(list, readC(program, path, string(text)))
		path = filepath.Join(j.root, "go", program, "main.go")
		if text, err = os.ReadFile(path); err != nil {
			return nil, err
		}
		s, err := j.types.readGo(program, path, string(text))
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// of are the cases that use a program.
func (j *jury) of(program string) (list []*casefile.Case) {
	for _, c := range j.cases {
		if slices.Contains(c.Programs, program) {
			list = append(list, c)
		}
	}
	return list
}

// run runs a case, with faults: bin has another program for some, of which images knows.
func (j *jury) run(ctx context.Context, c *casefile.Case, bin map[string]string, images *unwind.Images, explores bool, faults ...fault) *parity.Result {
	copy := *c
	if !explores {
		copy.Explores = nil
	}
	bins := maps.Clone(j.bins)
	maps.Copy(bins, bin)
	o := &parity.Options{Root: j.root, Bin: bins, Images: images, Count: 1, Timeout: 20 * time.Second, Limits: trace.Limits{Calls: 100_000}} // the cases have some thousand
	for _, f := range faults {
		o.Disturb, o.Shift = f.sleeps, f.shift
		if f.Call != "" {
			o.Fail = append(o.Fail, f.Failure)
		}
	}
	r := o.Case(ctx, &copy)
	for range 3 { // what the machine had too little of says nothing about the programs
		if !judged(r) {
			r = o.Case(ctx, &copy)
		}
	}
	return r
}

// judged reports whether a run came to something: a verdict, or a side that had to be stopped.
func judged(r *parity.Result) bool {
	return r.Verdict != parity.Error || r.Cause.Limit || r.Cause.Unneeded || len(r.Differences) > 0
}

// learn runs a program's cases with the originals: which lines are twins, and which of the
// program's calls can fail where.
func (j *jury) learn(ctx context.Context, program string) error {
	if j.trials[program] != nil {
		return nil
	}
	tried := map[string]bool{}
	list := []trial{}
	for _, c := range j.of(program) {
		r := j.base[c.Name]
		if r == nil {
			r = j.run(ctx, c, nil, j.images, false)
			j.base[c.Name] = r
		}
		if r.Verdict.Exit() != 0 {
			return fmt.Errorf("%s: the programs themselves differ: %s", c.Name, r.Error)
		}
		j.pair(r)
		times := map[string]int{}
		for _, f := range r.Failures() {
			key := f.Call + " " + f.Site
			if times[key]++; times[key] > 1 {
				key = fmt.Sprint(key, " ", times[key])
			}
			if strings.HasPrefix(f.Site, "c/"+program+".c:") && !tried[key] {
				// Where the originals do not do the same either when a call fails,
				// nothing can be concluded.
				if r := j.run(ctx, c, nil, j.images, false, fault{Failure: f}); r.Verdict.Exit() == 0 {
					j.pair(r)
					list, tried[key] = append(list, trial{c, fault{Failure: f}}), true
				}
			}
		}
		if f := (fault{sleeps: true}); sleeps(r) && j.run(ctx, c, nil, j.images, false, f).Verdict.Exit() == 0 {
			list = append(list, trial{c, f})
		}
	}
	own := j.of(program)
	if longest, f := own[len(own)-1], (fault{shift: true}); j.run(ctx, longest, nil, j.images, false, f).Verdict.Exit() == 0 {
		list = append(list, trial{longest, f})
	}
	j.trials[program] = list
	return nil
}

// sleeps reports whether there is a sleep in a run.
func sleeps(r *parity.Result) bool {
	for _, p := range r.Processes {
		for _, pair := range p.Pairs {
			if pair.Sides[1] != nil && pair.Sides[1].Call() == "nanosleep" {
				return true
			}
		}
	}
	return false
}

// pair learns twins from a run in which both sides did the same.
func (j *jury) pair(r *parity.Result) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, p := range r.Processes {
		for _, pair := range p.Pairs {
			if pair.Sides[0] == nil || pair.Sides[1] == nil {
				continue
			}
			c, g := linesOf(pair.Sides[0]), linesOf(pair.Sides[1])
			for _, lists := range [][2][]line{{c, g}, {g, c}} {
				if len(lists[0]) > 0 {
					j.calls[lists[0][0]] = true
				}
				for _, a := range lists[0] {
					if j.twins[a] == nil {
						j.twins[a] = map[line]bool{}
					}
					for _, b := range lists[1] {
						j.twins[a][b] = true
					}
				}
			}
		}
	}
}

// linesOf are the line of a call and those further out that led there.
func linesOf(ref *parity.Ref) (list []line) {
	if ref == nil || ref.Line == 0 {
		return nil
	}
	list = append(list, line{ref.File, ref.Line})
	for _, p := range ref.Via {
		list = append(list, line{p.File, p.Line})
	}
	return list
}

// judge says what becomes of a mutant.
func (j *jury) judge(ctx context.Context, m *mutant) (*judgement, error) {
	v := &judgement{mutant: m}
	text := m.mutated()
	if m.side == "go" { // quicker than the compiler
		if _, _, _, err := j.types.check(text); err != nil {
			v.fate = notCompiled
			return v, nil
		}
	}
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	bin, err := m.compile(ctx, j.root, dir, text)
	if no := (errNotCompiled{}); errors.As(err, &no) {
		v.fate = notCompiled
		return v, nil
	} else if err != nil {
		return nil, err
	}
	sum, err := code(bin)
	if err != nil {
		return nil, err
	}
	if sum == j.originals[m.side+"/"+m.program] {
		v.fate = identical
		return v, nil
	}
	bins, images := map[string]string{m.side + "/" + m.program: bin}, j.images.Beside()
	v.fate = survived
	for _, c := range j.of(m.program) {
		if j.look(v, c.Name, j.run(ctx, c, bins, images, false)) {
			return v, ctx.Err()
		}
	}
	for _, t := range j.trials[m.program] {
		if j.look(v, t.Name+", "+t.fault.String(), j.run(ctx, t.Case, bins, images, false, t.fault)) {
			return v, ctx.Err()
		}
	}
	for _, c := range j.of(m.program) {
		if len(c.Explores) > 0 && j.look(v, c.Name+", all schedules", j.run(ctx, c, bins, images, true)) {
			break
		}
	}
	return v, ctx.Err()
}

// look reports whether a run shows the fault, and if so whether its first difference names it.
func (j *jury) look(v *judgement, how string, r *parity.Result) bool {
	if r.Verdict.Exit() == 0 || !judged(r) || r.Verdict == parity.Error && r.Cause.Side != v.side && !r.Cause.Unneeded {
		return false // the same, or something else went wrong, which says nothing about this side
	}
	v.fate, v.by, v.first = killed, how, r.Error
	if len(r.Differences) == 0 {
		return true
	}
	d := r.Differences[0]
	v.first = strings.TrimSpace(r.Error + " " + d.Process + " " + d.Kind)
	own, other := d.Sides[0], d.Sides[1]
	if v.side == "go" {
		own, other = other, own
	}
	right := j.right(v.mutant)
	for _, ref := range []*parity.Ref{own, other} {
		if v.first += "\n      "; ref == nil {
			v.first += "nothing; "
			ref = d.Next
		}
		if ref != nil {
			v.first += short(ref.Text()) + "  " + ref.Site
			v.named = v.named || slices.ContainsFunc(linesOf(ref), func(l line) bool { return right[l] })
		}
	}
	return true
}

// short is the beginning of a call: there are some with 8192 bytes.
func short(op string) string {
	const most = 120
	if len(op) > most {
		return op[:most] + "…"
	}
	return op
}

// right are the lines that are right to name for a mutant: those that were changed; those that a
// changed condition decides about, and where it jumps to; those of a function of the program's that
// a changed call calls; where a changed line makes no calls of its own, those to which what it sets
// leads; and on the other side the twins of all these.
func (j *jury) right(m *mutant) map[line]bool {
	file := "c/" + m.program + ".c"
	if m.side == "go" {
		file = "go/" + m.program + "/main.go"
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	right := map[line]bool{}
	add := func(from, to int) {
		for n := from; n <= to; n++ {
			right[line{file, n}] = true
		}
	}
	calls := func(n int) bool { return j.calls[line{file, n}] }
	for _, e := range m.edits {
		add(m.line(e.from), m.line(e.to))
		for i, st := range m.stmts {
			if st.from <= e.from && e.to <= st.head && st.head < st.to {
				m.decides(m.line(st.from), add)
				m.jumps(i, add)
			}
		}
		m.called(e.span, add)
		m.leads(e.span, calls, add)
	}
	for l := range maps.Clone(right) {
		for twin := range j.twins[l] {
			right[twin] = true
		}
	}
	return right
}

// called adds the lines of functions of the program's that are called, or handed on to be called,
// in a part of the text.
func (s *source) called(p span, add func(from, to int)) {
	for _, c := range s.calls {
		if !c.has(p) && !p.has(c.span) {
			continue
		}
		names := map[string]bool{c.name: true}
		for _, a := range c.args {
			names[s.at(a)] = true
		}
		for _, f := range s.functions {
			head, _, _ := strings.Cut(s.at(f), "(")
			if fields := strings.Fields(head); len(fields) > 0 && names[fields[len(fields)-1]] {
				add(s.line(f.from), s.line(f.to))
			}
		}
	}
}
