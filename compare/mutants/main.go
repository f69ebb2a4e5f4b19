// Mutants puts faults into all programs, systematically, and looks whether the compare tool finds
// them and names the line.
//
//	mutants [-program pipe1] [-side c] [-operator drop] [-every n] [-jobs n]
//
// A mutant is run in the cases that use its program; if none shows it, in the same cases with each
// of their calls failing in turn; and then under all schedules, where a case looks at those. It
// exits 1 if one survives that is not proved to be the same program (equivalent.txt), if fewer than
// 95 in a hundred are named at the right line, or if a proof is not needed any more.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"text/tabwriter"

	"golang.org/x/sys/unix"

	reports "paritykit/compare/report"
)

// goal is how many in a hundred of the killed must be named at the right line.
const goal = 95

func main() {
	var o options
	flag.StringVar(&o.program, "program", "", "only mutants of programs with this in their `name`")
	flag.StringVar(&o.side, "side", "", "only of this `side`: c or go")
	flag.StringVar(&o.operator, "operator", "", "only those that this `operator` makes")
	flag.IntVar(&o.every, "every", 1, "only every `n`th")
	flag.IntVar(&o.jobs, "jobs", 2, "how many at a time")
	flag.Parse()
	root, err := filepath.Abs(".")
	ok := false
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		ok, err = o.run(ctx, root, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

type options struct {
	program, side, operator string
	every, jobs             int
}

func (o *options) all() bool {
	return o.program == "" && o.side == "" && o.operator == "" && o.every == 1
}

// wanted reports whether a mutant is one of those to look at.
func (o *options) wanted(m *mutant, n int) bool {
	return strings.Contains(m.program, o.program) && (o.side == "" || o.side == m.side) &&
		(o.operator == "" || o.operator == m.operator) && n%o.every == 0
}

// run judges all mutants and reports on them.
func (o *options) run(ctx context.Context, root string, out, progress io.Writer) (ok bool, err error) {
	proofs, err := readProofs(filepath.Join(root, "compare", "mutants", "equivalent.txt"))
	if err != nil {
		return false, err
	}
	j, err := newJury(ctx, root)
	if err != nil {
		return false, err
	}
	sources, err := j.sources()
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	if err := j.build(ctx, sources, dir); err != nil {
		return false, err
	}
	var list []*mutant
	n := 0
	for _, s := range sources {
		before := len(list)
		for _, m := range s.mutants() {
			if o.wanted(m, n) {
				list = append(list, m)
			}
			n++
		}
		if len(list) > before {
			if err := j.learn(ctx, s.program); err != nil {
				return false, err
			}
		}
	}
	judged, err := j.all(ctx, list, o.jobs, progress)
	if err != nil {
		return false, err
	}
	done := slices.DeleteFunc(judged, func(v *judgement) bool { return v == nil })
	if len(done) < len(list) {
		fmt.Fprintf(out, "interrupted after %d of %d\n", len(done), len(list))
	}
	prove(done, proofs)
	if !o.all() || len(done) < len(list) { // then what some are about was not looked at
		proofs = slices.DeleteFunc(proofs, func(p *proof) bool { return p.about == 0 })
	}
	return report(out, done, proofs) && len(done) == len(list), nil
}

// prove looks for each survivor's proof.
func prove(judged []*judgement, proofs []*proof) {
	for _, v := range judged {
		for _, p := range proofs {
			if !p.of(v.mutant) {
				continue
			}
			p.about++
			if v.fate == survived && v.proof == nil {
				v.proof = p
				p.uses++
			}
		}
	}
}

// build builds the programs as they are.
func (j *jury) build(ctx context.Context, sources []*source, dir string) error {
	for _, s := range sources {
		own := filepath.Join(dir, s.side, s.program)
		if err := os.MkdirAll(own, 0o755); err != nil {
			return err
		}
		bin, err := s.compile(ctx, j.root, own, s.text)
		if err != nil {
			return err
		}
		key := s.side + "/" + s.program
		j.bins[key] = bin
		if j.originals[key], err = code(bin); err != nil {
			return err
		}
	}
	return nil
}

// all judges mutants, some at a time. When ctx ends it leaves the rest nil.
func (j *jury) all(ctx context.Context, list []*mutant, jobs int, progress io.Writer) ([]*judgement, error) {
	judged := make([]*judgement, len(list))
	run, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	var ready atomic.Int64
	meter := reports.NewProgress(nil, len(list))
	if f, ok := progress.(*os.File); ok && isTerminal(f) {
		meter = reports.NewProgress(f, len(list))
	}
	defer meter.Clear()
	for range jobs {
		wg.Go(func() {
			for i := range next {
				v, err := j.judge(run, list[i])
				if err != nil {
					cancel(err)
					continue
				}
				judged[i] = v
				meter.Show(int(ready.Add(1)), list[i].program+" "+list[i].operator)
				if v.fate == survived || v.fate == killed && !v.named {
					meter.Clear()
					fmt.Fprintf(progress, "%d/%d %s %s (%s)\n    %s\n", i+1, len(list), v.fate, v.mutant, v.by, v.first)
				}
			}
		})
	}
	for i := range list {
		if run.Err() == nil {
			next <- i
		}
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return judged, nil
	}
	return judged, context.Cause(run)
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// A count is one line of the table.
type count struct{ made, notCompiled, identical, killed, named, equivalent, survived int }

func (c *count) add(v *judgement) {
	c.made++
	switch {
	case v.fate == notCompiled:
		c.notCompiled++
	case v.fate == identical:
		c.identical++
	case v.fate == killed:
		c.killed++
		if v.named {
			c.named++
		}
	case v.proof != nil:
		c.equivalent++
	default:
		c.survived++
	}
}

func (c *count) percent() string {
	if c.killed == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(c.named)/float64(c.killed))
}

// report prints the table, then what is wrong. It reports whether nothing is.
func report(out io.Writer, judged []*judgement, proofs []*proof) bool {
	rows := map[string]*count{}
	var names []string
	add := func(name string, v *judgement) {
		if rows[name] == nil {
			rows[name] = &count{}
			names = append(names, name)
		}
		rows[name].add(v)
	}
	// The longest table first: by program and operator; then what a reader wants to know.
	for _, v := range judged {
		add(v.side+"/"+v.program+"\t"+v.operator, v)
	}
	for _, operator := range operators {
		for _, v := range judged {
			if v.operator == operator {
				add("all\t"+operator, v)
			}
		}
	}
	for _, v := range judged {
		add("all\tall", v)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "program\tfault\tmade\tnot compiled\tidentical\tkilled\tat the right line\tequivalent\tsurvived")
	for _, name := range names {
		c := rows[name]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d (%s)\t%d\t%d\n", name, c.made, c.notCompiled, c.identical, c.killed, c.named, c.percent(), c.equivalent, c.survived)
	}
	w.Flush()
	ok := true
	for _, v := range judged {
		switch {
		case v.fate == survived && v.proof == nil:
			fmt.Fprintf(out, "survived: %s\n", v.mutant)
			ok = false
		case v.fate == killed && !v.named:
			fmt.Fprintf(out, "named elsewhere: %s\n  by %s: %s\n", v.mutant, v.by, v.first)
		}
	}
	for _, p := range proofs {
		if p.uses == 0 {
			fmt.Fprintf(out, "not needed any more: %s %s %s\n", p.at, p.program, p.operator)
			ok = false
		}
	}
	if all := rows["all\tall"]; all != nil && 100*all.named < goal*all.killed {
		fmt.Fprintf(out, "fewer than %d %% are named at the right line\n", goal)
		ok = false
	}
	return ok
}
