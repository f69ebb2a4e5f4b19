package parity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"paritykit/compare/canon"
	"paritykit/compare/casefile"
	"paritykit/compare/explore"
	"paritykit/compare/rules"
	"paritykit/compare/sched"
	"paritykit/compare/trace"
)

// Exploration is what is known about all schedules of one case. Its JSON form is part of the tool's
// contract: fields may be added, never renamed.
type Exploration struct {
	Name    string          `json:"name"`
	About   string          `json:"about,omitempty"`
	Verdict Verdict         `json:"verdict"`
	Error   string          `json:"error,omitempty"`
	Sides   [2]ExploredSide `json:"sides"`
}

// Labels are what the sides are called: "C" and "Go", or "A" and "B" for two commands.
func (x *Exploration) Labels() [2]string { return [2]string{x.Sides[0].Label, x.Sides[1].Label} }

// ExploredSide is what can come of one side.
type ExploredSide struct {
	Label      string    `json:"label"`     // what it is called
	Schedules  int       `json:"schedules"` // that were run to their end
	Abandoned  int       `json:"abandoned"` // that were given up, because others cover what could have come of them
	Classes    int       `json:"classes"`   // different ones among them, when the order of independent calls does not count
	Exhaustive bool      `json:"exhaustive"`
	Memory     bool      `json:"memory,omitempty"` // what strands or processes do in memory that they share, such as to take a lock, comes in one order only
	Outcomes   []Outcome `json:"outcomes"`
}

// Outcome is one thing that can come out: everything by which a user can tell one run from another.
type Outcome struct {
	Terminal  string   `json:"terminal"`  // what the terminal shows; of several programs each one's, after its name
	Deadlock  bool     `json:"deadlock"`  // nobody could go on, and nobody will
	Processes []string `json:"processes"` // how each ended, or in which call it waits, and what it printed
	Files     []string `json:"files"`
	Script    string   `json:"script,omitempty"` // the step of the script that could not be done
	Witness   string   `json:"witness"`          // a schedule that leads here
	Schedules int      `json:"schedules"`        // how many of those that were run lead here; how likely it is, this does not say
	Both      bool     `json:"both"`             // the other side has it as well

	memory  bool     // strands, or processes, have some in common
	written []string // files outside the run's directory that it has left with something in them
}

// key is what two outcomes share if nobody can tell them apart.
func (o *Outcome) key() string {
	return strings.Join([]string{o.Terminal, fmt.Sprint(o.Deadlock), strings.Join(o.Processes, "\n"), strings.Join(o.Files, "\n"), o.Script}, "\x00")
}

// Twin is Go's outcome that nobody can tell from one of C's, nil if there is none.
func (x *Exploration) Twin(o *Outcome) *Outcome {
	for i := range x.Sides[1].Outcomes {
		if x.Sides[1].Outcomes[i].key() == o.key() {
			return &x.Sides[1].Outcomes[i]
		}
	}
	return nil
}

// Explore runs both sides of a case under all schedules that can matter, and reports whether the
// same things can come out. Progress, if given, is told of each side's result so far; it's called
// by two goroutines.
func (o *Options) Explore(ctx context.Context, c *casefile.Case, how explore.Options, progress func(side string, r *explore.Result)) *Exploration {
	return o.explore(ctx, c, "", o.Ignore, how, progress)
}

// ExploreCommands is Explore for two commands. Their runs begin where those of Diff do, and never
// overlap.
func (o *Options) ExploreCommands(ctx context.Context, a, b []string, how explore.Options, progress func(side string, r *explore.Result)) *Exploration {
	x := &Exploration{Name: nameOf(a, b), Sides: [2]ExploredSide{{Label: "A"}, {Label: "B"}}}
	var sides [2]side
	for i, args := range [][]string{a, b} {
		s, err := o.commandSide(i, args)
		if err != nil {
			return x.failed(x.Labels()[i], err)
		}
		s.ignore, s.here = o.Ignore, true
		s.script = &casefile.Case{Name: x.Name, Steps: []casefile.Step{{Verb: "start", Who: canon.Root}, {Verb: "wait", Who: canon.Root}}}
		sides[i] = s
	}
	return o.exploreSides(ctx, x, sides, how, progress)
}

// explore is Explore, with sleeps that are ignored or not. What a recorded side has of it is under
// what.
func (o *Options) explore(ctx context.Context, c *casefile.Case, what string, ignore bool, how explore.Options, progress func(side string, r *explore.Result)) *Exploration {
	called := labels(c)
	x := &Exploration{Name: c.Name, About: c.About, Sides: [2]ExploredSide{{Label: called[0]}, {Label: called[1]}}}
	recorded, err := o.recordedOf(c)
	if err == nil {
		err = o.build(ctx, c, slices.DeleteFunc([]int{0, 1}, func(i int) bool { return i == recorded })...)
	}
	if err != nil {
		x.Verdict, x.Error = Error, err.Error()
		return x
	}
	var sides [2]side
	for i, key := range keys {
		if i == recorded {
			sides[i] = side{key: key, explored: o.Recorded.schedules(what)}
			continue
		}
		s, err := o.side(c, key, key)
		if err != nil {
			return x.failed(key, err)
		}
		s.ignore = ignore
		sides[i] = s
	}
	return o.exploreSides(ctx, x, sides, how, progress)
}

// failed makes an error of what kept a side from an answer.
func (x *Exploration) failed(side string, err error) *Exploration {
	if x.Error == "" {
		x.Verdict, x.Error = Error, side+": "+err.Error()
	}
	return x
}

// exploreSides searches both sides, side by side if they share nothing.
func (o *Options) exploreSides(ctx context.Context, x *Exploration, sides [2]side, how explore.Options, progress func(side string, r *explore.Result)) *Exploration {
	var wg sync.WaitGroup
	var errs [2]error
	for i, s := range sides {
		if s.explored != nil {
			x.Sides[i] = *s.explored
			x.Sides[i].Outcomes = slices.Clone(s.explored.Outcomes)
			continue
		}
		search := func() {
			how := how
			if progress != nil {
				how.Progress = func(r *explore.Result) { progress(s.key, r) }
			}
			errs[i] = o.exploreSide(ctx, s, how, &x.Sides[i])
		}
		if s.here {
			search()
		} else {
			wg.Go(search)
		}
	}
	wg.Wait()
	x.Verdict = Same
	for side := range x.Sides {
		a, b := &x.Sides[side], &x.Sides[1-side]
		for i := range a.Outcomes {
			a.Outcomes[i].Both = slices.ContainsFunc(b.Outcomes, func(o Outcome) bool { return o.key() == a.Outcomes[i].key() })
			if !a.Outcomes[i].Both {
				x.Verdict = Different
			}
		}
	}
	for i, s := range sides {
		if errs[i] != nil {
			label := s.key
			if s.here {
				label = x.Labels()[i]
			}
			x.failed(label, errs[i])
		}
	}
	return x
}

// cheap is how many schedules of a side a case may have that says how many outcomes there are: what
// it says is checked each time.
const cheap = 500

var (
	eachTime   = explore.Options{Max: cheap, Preemptions: explore.Unbounded}
	errTooMany = fmt.Errorf("there are more than %d schedules: too many to look at each time; leave the line out, and use parity explore", cheap)
)

// explores is the line of a case that says how many outcomes there are.
func (o *Options) explores(c *casefile.Case, e *casefile.Explore) string {
	return fmt.Sprintf("%s:%d: explore %s %d", o.relative(c.Path), e.Line, e.What, e.Outcomes)
}

// expect looks at all schedules of a case that says how many outcomes they have.
func (o *Options) expect(ctx context.Context, r *Result, c *casefile.Case, e *casefile.Explore) {
	at := o.explores(c, e)
	if o.Recorded != nil && o.Recorded.schedules(e.What) == nil {
		r.Verdict, r.Error = Error, at+": the recording has none of that; make it anew: parity record "+o.relative(c.Path)
		return
	}
	x := o.explore(ctx, c, e.What, e.SleepIgnored(), eachTime, nil)
	switch {
	case x.Error != "":
		r.Verdict, r.Error = Error, at+": "+x.Error
		return
	case !x.Sides[0].Exhaustive || !x.Sides[1].Exhaustive:
		r.Verdict, r.Error = Error, at+": "+errTooMany.Error()
		return
	}
	for i := range x.Sides {
		for _, out := range x.Sides[i].Outcomes {
			if out.Both {
				continue
			}
			d := Difference{Process: "all", Kind: "outcome", Fields: []string{e.What}, rank: rank{beyond, 5}}
			text := out.line()
			if out.Terminal != "" {
				text += "; the terminal shows " + canon.Quote([]byte(out.Terminal)) // in the order in which it came there
			}
			d.Sides[i] = NewRef(text, Where{Site: out.Witness})
			r.add(d)
		}
	}
	if n := len(x.Sides[0].Outcomes); x.Verdict == Same && n != e.Outcomes {
		r.Verdict, r.Error = Error, fmt.Sprintf("%s: both sides have %d (parity explore %s)", at, n, c.Name)
		return
	}
	r.Explored = append(r.Explored, Explored{e.What, len(x.Sides[0].Outcomes), [2]int{x.Sides[0].Schedules, x.Sides[1].Schedules}})
	r.conclude()
}

// line is an outcome in one line.
func (o *Outcome) line() string {
	line := strings.Join(o.Processes, "; ")
	if o.Deadlock {
		line = "deadlock: " + line
	}
	if o.Script != "" {
		line += "; the script stops at " + o.Script
	}
	return strings.Join(append([]string{line}, o.Files...), "; file ")
}

func (o *Options) exploreSide(ctx context.Context, s side, how explore.Options, into *ExploredSide) error {
	seen, memory, written := map[string]*Outcome{}, false, []string(nil)
	search := func(quick bool) (*explore.Result, error) {
		return explore.Search(ctx, func(ctx context.Context, choose func([]explore.Move) int) (string, error) {
			out, err := o.steered(ctx, s, quick, choose)
			if err != nil || out == nil {
				return "", err
			}
			seen[out.key()] = out
			memory, written = memory || out.memory, out.written
			return out.key(), nil
		}, how)
	}
	result, err := search(true)
	if errors.Is(err, errStrange) {
		result, err = search(false)
	}
	if errors.Is(err, explore.ErrUnrepeatable) && len(written) > 0 {
		err = fmt.Errorf("%w; each run finds what the one before it wrote into %s", err, canon.Abridged(strings.Join(written, ", "), 200, 50))
	}
	*into = ExploredSide{Label: into.Label, Schedules: result.Schedules, Abandoned: result.Abandoned, Classes: result.Classes,
		Exhaustive: result.Exhaustive && err == nil, Memory: memory, Outcomes: []Outcome{}}
	for _, r := range result.Outcomes {
		out := *seen[r.Text]
		out.Witness, out.Schedules = r.Witness.String(), r.Schedules
		into.Outcomes = append(into.Outcomes, out)
	}
	slices.SortFunc(into.Outcomes, func(a, b Outcome) int { return strings.Compare(a.key(), b.key()) })
	return err
}

// errStrange ends a search in which something may have been overlooked: it begins again and looks
// at everything.
var errStrange = errors.New("a program executes another one")

// steered runs a side once, under a schedule that choose chooses. It returns nil if choose gave it
// up.
func (o *Options) steered(ctx context.Context, s side, quick bool, choose func([]explore.Move) int) (*Outcome, error) {
	policy := &sched.Policy{Choose: choose}
	out := o.runBy(ctx, s, policy, quick)
	if out.dir != "" {
		removeDir(out.dir)
	}
	var limit *trace.LimitError
	switch {
	case quick && out.trace != nil && out.trace.Strange:
		return nil, errStrange
	case policy.Endless():
		return nil, fmt.Errorf("a run had not ended after %d calls: is there a loop that waits for something by asking again and again?", sched.Longest)
	case policy.Abandoned():
		return nil, nil
	case errors.As(out.err, &limit) && len(out.waiting) > 0:
		return nil, fmt.Errorf("%w: %s", out.err, strings.Join(out.waiting, "; "))
	case out.err != nil:
		return nil, out.err
	}
	return out.seen(s), nil
}

// seen is what a user sees of a run. Process ids, ports and addresses are always named in it: no
// two runs have the same.
func (out *outcome) seen(s side) *Outcome {
	o := &Outcome{Deadlock: out.trace.Deadlock != nil, Processes: []string{}, Files: []string{}}
	for _, t := range out.terminals {
		text := string(out.run.Text(t.Data))
		if len(out.terminals) > 1 {
			text = t.Object + ": " + canon.Quote([]byte(text)) + "\n"
		}
		o.Terminal += text
	}
	processes := slices.SortedFunc(slices.Values(out.run.Processes), func(a, b *canon.Process) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range processes {
		line := p.Name + " " + ending(p)
		if calls := waits(p); p.Status == "" && calls != "" {
			line = p.Name + " waits in " + calls
		} else if p.Status == "" {
			line = p.Name + " is still there" // stopped, most likely
		}
		for _, stream := range p.Output {
			line += ", printed " + canon.Quote(out.run.Text(stream.Data))
			if stream.Object != "tty" {
				line += " to " + stream.Object
			}
		}
		o.Processes = append(o.Processes, line)
		o.memory = o.memory || p.Strands() > 1 || slices.ContainsFunc(p.Ops, func(op *canon.Op) bool { return sharedMemory(op, false) != "" })
	}
	for name, f := range out.files {
		o.Files = append(o.Files, name+": "+f.String())
	}
	slices.Sort(o.Files)
	o.written = slices.Sorted(maps.Keys(out.written))
	if out.failure != nil {
		o.Script = out.failure.Text + ": " + string(out.run.Text([]byte(out.failure.Seen)))
	}
	return o
}

// waits are the calls in which a process waits, as the rules write them: none of one that computes,
// or of its runtime alone.
func waits(p *canon.Process) string {
	var calls []string
	for _, op := range p.Ops {
		if op.Result.Is(canon.Unanswered) {
			calls = append(calls, rules.Apply(rules.All, []*canon.Op{op})[0].Common.String())
		}
	}
	return strings.Join(calls, " and ")
}
