package parity

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/canon"
	"paritykit/compare/casefile"
	"paritykit/compare/explore"
	"paritykit/compare/sched"
	"paritykit/compare/trace"
	"paritykit/compare/unwind"
)

// Options say how to run.
type Options struct {
	Root     string            // the source tree; programs stand in its build/c and build/go
	Bin      map[string]string // another binary in a program's place: "c/pipe1" -> path; the side is called as SideName says
	Count    int               // runs of each side; with 1 there is no self-check
	Timeout  time.Duration     // for one run, in real time
	Raw      bool              // compare what the kernel saw, without canonical form and rules
	Work     bool              // keep the directories in which the programs ran
	Cost     bool              // find out what each side takes
	Mix      bool              // of a case with several programs, also let C's first one work with Go's others and the other way round
	AllCPUs  bool              // do not bind tracer and programs to one CPU
	Free     bool              // let the processes of a case run as they like, and not one at a time
	Real     bool              // let time pass as it does: a sleep takes as long as it says
	Random   bool              // random bytes are random, and not the same in every run
	Ignore   bool              // a sleep can end at any moment, as on a slow machine: whoever chooses the schedule says when
	In       string            // of two commands: each run begins in a copy of this directory; "": in the working directory
	Stdin    *trace.Input      // of two commands: what both find on their standard input, in every run; nil: nothing
	Replay   explore.Witness   // the schedule of a case; nil: the default
	Fail     []sched.Failure   // calls that fail, whatever the kernel would have made of them
	Disturb  bool              // interrupt the sleeps of Go programs once, see sched.Policy
	Strict   bool              // give no verdict of sameness over what was not wholly looked at
	Shift    bool              // let descriptors have other numbers than they usually have, see trace.Config
	Limits   trace.Limits      // of a run, beside Timeout; a zero field is the usual one
	Images   *unwind.Images    // what is known of programs' files; nil: of none yet
	Output   bool              // compare only what a user sees, and no calls
	Recorded *Recording        // what one side did: that side does not run
	start    trace.Clock       // of all runs, so that what programs tell of it is the same
	ready    sync.Once
	entered  string // the directory that has the copy of In in which a command runs
	built    commandsRun
	listed   sourceLists
}

// limits of one run. They are far above what the programs here need, and low enough that a program
// that has gone wrong is stopped before it hurts the machine.
func (o *Options) limits() trace.Limits {
	l := o.Limits
	return trace.Limits{Time: o.Timeout, Threads: cmp.Or(l.Threads, 512), Calls: cmp.Or(l.Calls, 4<<20),
		Output: cmp.Or(l.Output, 64<<20), Memory: cmp.Or(l.Memory, 256<<20)}
}

// pass are the calls that no run looks at, see abi.Traits.
func pass() (numbers []uint64) {
	for c := range abi.Calls {
		if c.Untraced != "" {
			numbers = append(numbers, uint64(c.Number))
		}
	}
	return numbers
}

// outcome is what one run of one side gave.
type outcome struct {
	run       *canon.Run
	trace     *trace.Trace
	order     order
	sources   *sources
	terminals []canon.Stream // by program
	stderrs   []canon.Stream
	files     map[string]left
	written   map[string]left // files elsewhere that it opened for writing
	large     []string        // those that are too large to be compared, have no name that is known, or chance in them
	chance    []os.FileInfo   // those that have chance in them
	gone      []string        // of written: those that have no name any more
	dir       string
	failure   *sched.Step    // of the script
	made      []*trace.Event // if its processes took turns: the calls, in the order in which they were made
	strayed   string         // where the schedule to be replayed could not be followed
	err       error
	waiting   []string
}

// side is one of the two things that are compared.
type side struct {
	key      string // "c" or "go"
	commands []trace.Command
	ignore   bool           // its sleeps are ignored, see sched.Policy
	keeps    bool           // what it makes of IPC stays, see trace.Config
	here     bool           // its script's programs run where two commands do, and not in a directory made for the run
	recorded *outcome       // what it did, if it is not to run
	explored *ExploredSide  // and where all of its schedules led
	script   *casefile.Case // who drives the commands; nil: nobody, they all start at once and end by themselves
}

// Case runs both sides of a case.
func (o *Options) Case(ctx context.Context, c *casefile.Case) *Result {
	r := &Result{Name: c.Name, About: c.About, Sides: Labelled(labels(c))}
	if o.Output || c.Output || o.Recorded != nil && o.Recorded.output {
		r.Compared = onlyOutput
	}
	recorded, err := o.recordedOf(c)
	if err != nil {
		r.Verdict, r.Error = Error, err.Error()
		return r
	}
	run := slices.DeleteFunc([]int{0, 1}, func(i int) bool { return i == recorded })
	if err := o.build(ctx, c, run...); err != nil {
		r.notBuilt(err)
		return r
	}
	var sides [2]side
	for i, key := range keys {
		if i == recorded {
			sides[i] = o.recorded(i, c)
			continue
		}
		s, err := o.side(c, key, key)
		if err != nil {
			return r.failed(key, err)
		}
		sides[i] = s
	}
	outs := o.both(ctx, r, sides)
	r.NotLooked = append(r.NotLooked, o.stale(c, sides)...)
	for _, f := range c.Files {
		if len(o.Fail) == 0 && !outs[0].leaves(f) && !outs[1].leaves(f) && r.Verdict != Error {
			r.Verdict, r.Error = Error, fmt.Sprintf("%s: file %s: neither side leaves it", o.relative(c.Path), f)
		}
	}
	r.declare(o.relative(c.Path), c.Knowns)
	o.others(r, c)
	if o.Mix && r.Verdict != Error && len(c.Programs) > 1 {
		o.mix(ctx, r, c, outs)
	}
	for i := range c.Explores {
		// Sides that differ under the default schedule differ under others, too: nothing
		// more would be learnt.
		if r.Verdict != Error && r.Verdict != Different && o.Replay == nil && !o.Raw && !o.Free && !o.Real {
			o.expect(ctx, r, c, &c.Explores[i])
		}
	}
	o.strict(r)
	return r
}

// Diff runs two commands.
func (o *Options) Diff(ctx context.Context, a, b []string) *Result {
	r := &Result{Name: nameOf(a, b), Sides: Labelled([2]string{"A", "B"})}
	if o.Output || o.Recorded != nil && o.Recorded.output {
		r.Compared = onlyOutput
	}
	var sides [2]side
	for i, args := range [][]string{a, b} {
		var err error
		if i == 0 && o.Recorded != nil {
			if sides[0] = o.recorded(0, nil); o.recordedDiff() != nil {
				r.Verdict, r.Error = Error, o.recordedDiff().Error()
				return r
			}
			continue
		}
		if sides[i], err = o.commandSide(i, args); err != nil {
			return r.failed(sides[i].key, err)
		}
	}
	o.both(ctx, r, sides)
	r.NotLooked = append(r.NotLooked, o.stale(nil, sides)...)
	o.strict(r)
	return r
}

// nameOf is what a comparison of two commands is called.
func nameOf(a, b []string) string {
	return "A: " + strings.Join(a, " ") + "   B: " + strings.Join(b, " ")
}

// commandSide is side i of two commands.
func (o *Options) commandSide(i int, args []string) (side, error) {
	s := side{key: keys[i]}
	cmd, err := command(args)
	cmd.Input = o.Stdin
	s.commands = []trace.Command{cmd}
	return s, err
}

// Trace runs one command, with the tool's own standard input, and returns its ops.
func (o *Options) Trace(ctx context.Context, args []string) (*canon.Run, error) {
	cmd, err := command(args)
	if err != nil {
		return nil, err
	}
	cmd.Stdin = os.Stdin
	out := o.run(ctx, side{commands: []trace.Command{cmd}, keeps: true}, false)
	if out.err == nil && out.trace.Deadlock != nil {
		out.err = errors.New("deadlock: nobody can go on")
	}
	if out.err != nil && len(out.waiting) > 0 {
		out.err = fmt.Errorf("%w: %s", out.err, strings.Join(out.waiting, "; "))
	}
	return out.run, out.err
}

// command finds a program as a shell does.
func command(args []string) (trace.Command, error) {
	path, err := exec.LookPath(args[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return trace.Command{}, fmt.Errorf("cannot start %s: %w", args[0], reason(err))
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return trace.Command{}, err
	}
	// The same name for the sake of argv[0] as a shell would give.
	return trace.Command{Role: canon.Root, Path: abs, Args: args, Env: os.Environ()}, nil
}

// failed makes an error of what kept a side, "c" or "go", from an answer.
func (r *Result) failed(side string, err error) *Result {
	var limit *trace.LimitError
	r.Cause = Cause{Side: side, Limit: errors.As(err, &limit)}
	r.Verdict, r.Error = Error, r.called(side)+": "+err.Error()
	return r
}

// called is what a side is called in messages: by its key where nobody has given it a label.
func (r *Result) called(side string) string {
	if r.Labels() == kits {
		return side
	}
	return r.label(side)
}

// cpus has room for as many runs at a time as there are CPUs, whichever cases they are of.
var cpus = make(chan struct{}, runtime.NumCPU())

// runs runs the two sides, each as often as asked, or until that fails. There is at least one
// outcome of each.
//
// Runs of cases go on side by side: each has a directory and a port of its own. Those of two
// commands never overlap, whichever side they are of: they share the working directory, or a port
// that is written into the programs, and one that finds the other's lock file would do something
// else.
func (o *Options) runs(ctx context.Context, sides [2]side) (outs [2][]*outcome) {
	var failed [2]atomic.Bool
	once := func(k, i int) {
		if failed[i].Load() {
			return
		}
		outs[i][k] = o.run(ctx, sides[i], k > 0)
		if outs[i][k].err != nil {
			failed[i].Store(true)
		}
	}
	for i := range outs {
		outs[i] = make([]*outcome, max(o.Count, 1))
	}
	var wg sync.WaitGroup
	for k := range max(o.Count, 1) {
		for i := range sides {
			if sides[i].recorded != nil {
				outs[i][0] = sides[i].recorded
				continue
			}
			cpus <- struct{}{}
			if sides[i].script == nil {
				once(k, i)
				<-cpus
				continue
			}
			wg.Go(func() {
				defer func() { <-cpus }()
				once(k, i)
			})
		}
	}
	wg.Wait()
	for i := range outs {
		outs[i] = slices.DeleteFunc(outs[i], func(out *outcome) bool { return out == nil })
		for k, out := range outs[i] {
			if sides[i].recorded == nil {
				outs[i][k] = o.alone(ctx, sides[i], k, out)
			}
		}
	}
	return outs
}

// both runs the two sides and forms the verdict. It returns one run of each.
func (o *Options) both(ctx context.Context, r *Result, sides [2]side) [2]*outcome {
	outs := o.runs(ctx, sides)
	if sides[0].script == nil && o.In == "" && (cleansUp(outs[0]) || cleansUp(outs[1])) {
		// Every later run finds what an earlier one left, and the next ones are all alike.
		for i := range sides {
			if sides[i].recorded == nil {
				outs[i] = append(outs[i][1:], o.run(ctx, sides[i], true))
			}
		}
	}
	for i := range sides {
		o.sum(&r.Sides[i], outs[i])
	}
	for i, s := range sides {
		for _, out := range outs[i] {
			if out.err != nil && r.Verdict == "" {
				r.failed(s.key, out.err)
				r.Waiting = out.waiting
			}
		}
	}
	if r.Verdict == "" && !o.Raw {
		for i, s := range sides {
			dropChance(outs[i])
			o.selfCheck(ctx, r, s.key, s.script == nil, outs[i])
		}
	}
	if later, found := o.later(ctx, r, sides, outs); found {
		outs = later
	}
	if r.Verdict == "" && len(o.Fail) == 0 { // a script cannot know what fails
		r.scripts(outs[0][0], outs[1][0])
	}
	for i, s := range sides {
		r.waits(s.key, outs[i][0])
	}
	// A side that was cut short may still show where it went wrong, and one that made no call
	// at all still has an end, an output and files. One that never began shows nothing.
	if r.Unstable == "" && outs[0][0].began() && outs[1][0].began() {
		o.compare(ctx, r, [2]*outcome{outs[0][0], outs[1][0]})
	}
	if r.Verdict == "" {
		r.conclude()
	}
	r.notLookedAt([2]*outcome{outs[0][0], outs[1][0]})
	return [2]*outcome{outs[0][0], outs[1][0]}
}

// sum fills in what is said of a side from its first run, and removes the directories of all runs
// but those that the user keeps.
func (o *Options) sum(into *Side, outs []*outcome) {
	first, label := outs[0], into.Label
	*into = first.side()
	into.Label = label
	if o.Cost && first.trace != nil {
		into.Cost = first.cost()
	}
	if o.Work {
		into.Work = first.dir
		return
	}
	for _, out := range outs {
		if out.dir != "" {
			removeDir(out.dir)
		}
	}
}

// waits notes where the processes of a side were that did not end by themselves.
func (r *Result) waits(key string, out *outcome) {
	what := "deadlock"
	if out.failure != nil {
		what = "at the end of the script"
	}
	for _, line := range out.waiting {
		if r.Verdict == "" || r.Verdict == Error && out.failure != nil {
			r.Waiting = append(r.Waiting, what+" in "+r.called(key)+": "+line)
		}
	}
}

// compare compares the two sides within the time limit.
func (o *Options) compare(ctx context.Context, r *Result, outs [2]*outcome) {
	compared, err := within(ctx, o.Timeout, "the sides could not be compared", func() *Result {
		into := *r
		compare(&into, outs[0], outs[1], o.Raw)
		into.detail(outs)
		return &into
	})
	if err != nil {
		r.Verdict, r.Error = Error, cmp.Or(r.Error, err.Error())
		return
	}
	*r = *compared
}

// scripts makes an error of a step that fails on both sides: it's the case that is wrong then.
// Where only one side fails it that's a difference, see compare.
func (r *Result) scripts(c, g *outcome) {
	if c.failure != nil && g.failure != nil && c.failure.Site == g.failure.Site {
		r.Verdict = Error
		r.Error = fmt.Sprintf("%s: %s: %s: %s; %s: %s", c.failure.Site, c.failure.Text, r.called("c"), c.failure.Seen, r.called("go"), g.failure.Seen)
	}
}

// selfCheck holds the runs of a side against each other: nothing can be concluded from a side that
// differs from itself.
func (o *Options) selfCheck(ctx context.Context, r *Result, key string, commands bool, outs []*outcome) {
	for i, out := range outs[1:] {
		if r.Verdict != "" {
			return
		}
		own, err := within(ctx, o.Timeout, "runs could not be compared", func() *Result {
			own := &Result{self: true, Compared: r.Compared}
			if compare(own, outs[0], out, false); len(own.Differences) > 0 {
				own.detail([2]*outcome{outs[0], out})
			}
			return own
		})
		if err != nil {
			r.failed(key, err)
			return
		}
		if len(own.Differences) > 0 {
			r.Verdict, r.Unstable, r.Cause = Error, key, Cause{Side: key}
			r.Error = fmt.Sprintf("%s: unstable: its run 1 and its run %d differ, so nothing can be concluded", r.called(key), i+2)
			if commands && o.In == "" {
				r.Error += "; each run finds what the one before it left in the working directory: -in DIR gives each a copy of DIR"
			}
			r.Differences = own.Differences
			r.Processes, r.Seen, r.Sides[0].Sources, r.Sides[1].Sources = own.Processes, own.Seen, own.Sides[0].Sources, own.Sides[1].Sources
		}
	}
}

func (r *Result) conclude() {
	switch {
	case len(r.Differences) > 0:
		r.Verdict = Different
	case len(r.Known) > 0:
		r.Verdict = Known
	case len(r.Rules) > 0:
		r.Verdict = Equivalent
	default:
		r.Verdict = Same
	}
}

// declare takes the differences that the case declares out of the unexplained ones. One that did
// not occur is an error in the case: it would hide the difference that somebody makes tomorrow. But
// where sides differ in something else it may be only that which kept it from occurring.
func (r *Result) declare(path string, knowns []casefile.Known) {
	if r.Verdict == Error {
		return
	}
	unused := -1
	// What names an argument comes first: an exit covers the argument of the call, too.
	knowns = slices.SortedStableFunc(slices.Values(knowns), func(a, b casefile.Known) int { return cmp.Compare(b.Arg, a.Arg) })
	for i, k := range knowns {
		if r.Compared == onlyOutput && !k.Output() {
			continue // no call was compared
		}
		use := Declared{Use: Use{Name: k.String(), Why: k.Why}}
		r.Differences = slices.DeleteFunc(r.Differences, func(d Difference) bool {
			if !d.declared(k) {
				return false
			}
			if use.Uses++; use.Uses == 1 {
				use.Sides[0], use.Sides[1] = d.Sides[0].Text(), d.Sides[1].Text()
			}
			return true
		})
		for j := range r.Differences { // of those that differ in more than one argument
			if d := &r.Differences[j]; k.Arg != "" && d.ofCall(k) && d.differsIn(k) {
				name, _ := k.Argument()
				d.Fields = slices.DeleteFunc(d.Fields, func(f string) bool { return f == name })
				use.Uses++
			}
		}
		if use.Uses == 0 {
			unused = i
			continue
		}
		r.Known = append(r.Known, use)
	}
	if unused >= 0 && len(r.Differences) == 0 {
		k := knowns[unused]
		r.Cause.Unneeded = true
		r.Verdict, r.Error = Error, fmt.Sprintf("%s:%d: known %s is not needed any more: delete this line", path, k.Line, k)
		return
	}
	r.conclude()
}

// declared reports whether a declared difference is all that this one is about.
func (d *Difference) declared(k casefile.Known) bool {
	switch {
	case k.Process == "file":
		return d.Kind == "file" && slices.Contains(d.Fields, k.Name)
	case d.Process != k.Process:
		return false
	case k.Arg != "":
		return d.ofCall(k) && len(d.Fields) == 1 && d.differsIn(k)
	}
	switch k.Name {
	case "stdout":
		return d.Kind == "terminal" || d.Kind == "output" && slices.Contains(d.Fields, "tty")
	case "stderr":
		return d.Kind == "output" && slices.Contains(d.Fields, "stderr")
	case "exit":
		return d.Kind == "exit" || d.Kind == "call" && d.makes(abi.Exit) // what it says of its end
	}
	switch d.Kind {
	case "missing", "extra", "instead":
		return d.makes(k.Name)
	}
	return false
}

// differsIn reports whether the two calls differ in the argument that a declaration names and, if
// it names flags of it, in these and no others.
func (d *Difference) differsIn(k casefile.Known) bool {
	name, flags := k.Argument()
	if !slices.Contains(d.Fields, name) {
		return false
	}
	apart := d.Sides[0].op.Arg(name).FlagsApart(d.Sides[1].op.Arg(name))
	return flags == "" || slices.Equal(apart, slices.Sorted(strings.SplitSeq(flags, "|")))
}

// ofCall reports whether the difference is in the arguments of a call that a declaration names.
func (d *Difference) ofCall(k casefile.Known) bool {
	return d.Kind == "call" && d.Process == k.Process && d.makes(k.Name)
}

// makes reports whether one of the two calls is of this name.
func (d *Difference) makes(name string) bool {
	return d.Sides[0].Call() == name || d.Sides[1].Call() == name
}

// run runs a side once, by the default schedule or the one to be replayed. One that only confirms
// what another has shown need not look at what runtimes do for themselves: nothing of that is
// compared.
func (o *Options) run(ctx context.Context, s side, confirms bool) *outcome {
	quick := confirms && s.script != nil && !o.Raw && !o.Free
	out := o.attempt(ctx, s, quick)
	if quick && out.trace != nil && out.trace.Strange {
		if out.dir != "" {
			removeDir(out.dir)
		}
		out = o.attempt(ctx, s, false)
	}
	return out
}

func (o *Options) attempt(ctx context.Context, s side, quick bool) *outcome {
	if o.Replay == nil || s.script == nil {
		return o.runBy(ctx, s, &sched.Policy{}, quick)
	}
	follower := &explore.Follower{Witness: o.Replay}
	out := o.runBy(ctx, s, &sched.Policy{Choose: follower.Choose}, quick)
	out.strayed = follower.Strayed
	return out
}

// runBy runs a side once as a policy says, which it fills in and uses up. A quick run does not look
// at what runtimes do for themselves.
func (o *Options) runBy(ctx context.Context, s side, policy *sched.Policy, quick bool) *outcome {
	o.ready.Do(func() {
		sweep()
		o.Images, o.start = cmp.Or(o.Images, unwind.NewImages()), trace.Now()
	})
	policy.Free, policy.Real, policy.Ignore = o.Free, o.Real, o.Ignore || s.ignore
	policy.Fail, policy.Disturb = o.Fail, o.Disturb
	config := trace.Config{Policy: policy, AllCPUs: o.AllCPUs, Limits: o.limits(), Images: o.Images,
		Pass: pass(), Cost: o.Cost, Shift: o.Shift, NoRuntime: quick, Turns: !o.Free, Keep: s.keeps}
	if !o.Real {
		config.Clock = policy.Clock(o.start)
	}
	if !o.Random {
		config.Random = policy.Random()
	}
	out := &outcome{files: map[string]left{}, written: map[string]left{}, sources: newSources(o.Root)}
	commands, port, leave := o.place(s, out)
	defer leave()
	if out.err != nil {
		return out
	}
	if s.script != nil {
		policy.Script(s.script, o.relative(s.script.Path), commands, out.dir, port)
		config.Driven, config.NoDelay, commands = true, !o.Free && !o.Real, nil
	}
	policy.View = canon.Options{Dir: out.dir, Root: o.Root, Port: port}
	out.trace, out.err = trace.Run(ctx, config, commands...)
	o.look(ctx, out, policy)
	return out
}

// place makes the place in which a side runs, its directory and its port, and returns the commands
// for it. Whatever comes of it, the caller calls leave once the run has been looked at.
func (o *Options) place(s side, out *outcome) (commands []trace.Command, port int, leave func()) {
	commands, leave = s.commands, func() {}
	if s.script != nil {
		port, leave, out.err = sched.FreePort()
		if out.err != nil {
			return nil, 0, func() {}
		}
		if !s.here {
			out.dir, out.err = o.makeDir()
		}
		if out.err == nil && out.dir != "" {
			commands, out.err = lay(s.script, out.dir, commands)
		}
		if out.err != nil {
			return nil, 0, leave
		}
	}
	if s.script != nil && !s.here || o.In == "" {
		return commands, port, leave
	}
	if out.dir, out.err = o.enter(); out.err != nil {
		return nil, 0, leave
	}
	release := leave
	leave = func() {
		var err error
		out.dir, err = o.leave()
		out.err = cmp.Or(out.err, err)
		release()
	}
	commands = slices.Clone(commands)
	for i := range commands {
		commands[i].Dir = out.dir
		commands[i].Env = append(slices.DeleteFunc(slices.Clone(commands[i].Env),
			func(v string) bool { return strings.HasPrefix(v, "PWD=") }), "PWD="+out.dir)
	}
	return commands, port, leave
}

// look takes from a run that has ended, well or not, all that is compared and reported of it.
func (o *Options) look(ctx context.Context, out *outcome, policy *sched.Policy) {
	live := policy.Live()
	run, err := within(ctx, o.Timeout, "its calls could not be looked at", func() *canon.Run {
		if live != nil && !o.Raw {
			return live.Run()
		}
		raw := policy.View
		raw.Raw = o.Raw
		return canon.Make(out.trace, raw)
	})
	if err != nil {
		out.run, out.err = &canon.Run{}, cmp.Or(out.err, err)
		return
	}
	out.run, out.order = run, callOrder(run)
	for _, p := range out.trace.Programs {
		out.terminals = append(out.terminals, canon.Stream{Object: p.Command.Role, Data: p.Terminal})
		out.stderrs = append(out.stderrs, canon.Stream{Object: p.Command.Role, Data: p.Stderr})
	}
	if out.dir != "" {
		out.files = files(out.dir)
	}
	out.findChance(out.dir)
	o.outside(out)
	out.failure, out.made = policy.Failed(), policy.Made()
	var limit *trace.LimitError
	switch left := out.trace.Deadlock; {
	case errors.As(out.err, &limit):
		out.waiting = where(out.run, live, limit.Waiting)
		if limit.Limit != "time" {
			out.err = fmt.Errorf("%w; -limit %s=N raises it", out.err, limit.Limit)
		}
		if step := policy.Next(out.trace); step != "" {
			out.err = fmt.Errorf("%w before %s", out.err, step)
		}
	case left != nil:
		out.waiting = where(out.run, live, left)
	case out.failure != nil:
		out.waiting = where(out.run, live, out.trace.Left)
	}
}

// within calls f, which looks at what a run has left, and returns what it returns; or an error, if
// the run's time limit is over once more before f is done, or the tool is told to end. f goes on
// then, for as long as the tool is there, and nobody sees what it does.
func within[T any](ctx context.Context, limit time.Duration, what string, f func() T) (result T, err error) {
	done := make(chan T, 1)
	go func() { done <- f() }()
	var over <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		over = timer.C
	}
	ended := ctx.Done()
	for {
		select {
		case result = <-done:
			return result, nil
		case <-over:
			if ctx.Err() != nil {
				return result, context.Cause(ctx)
			}
			return result, fmt.Errorf("%s within %v, the time limit of a run; raise it (-timeout)", what, limit)
		case <-ended:
			over, ended = time.After(time.Second), nil // few calls are looked at by then
		}
	}
}

// relative is a path as sites have it.
func (o *Options) relative(path string) string {
	return attrib.Relative(o.Root, path)
}

// order are the ops of a run in the order in which they took effect. That is when a call returned
// and not when it was entered: a process may have waited in a read since long before the write that
// it was for. What never returned comes last.
type order []*canon.Op

func callOrder(run *canon.Run) order {
	var all order
	for _, p := range run.Processes {
		all = append(all, p.Ops...)
	}
	sortStable(all, before)
	return all
}

// place is where an op stands.
func (o order) place(op *canon.Op) int {
	i, _ := slices.BinarySearchFunc(o, op, before)
	return i
}

func before(a, b *canon.Op) int {
	effect := func(op *canon.Op) int {
		switch e := op.Event; {
		case e.Left > 0:
			return e.Left
		case e.Kind == trace.Signal || op.Sig().Ends == abi.EndsProcess:
			return e.Entered
		default:
			return math.MaxInt
		}
	}
	return cmp.Or(cmp.Compare(effect(a), effect(b)), cmp.Compare(a.Event.Entered, b.Event.Entered))
}

// left is what a run leaves under a name.
type left struct {
	kind   string // what it is, if it is no regular file
	mode   fs.FileMode
	data   []byte // its content
	before []byte // of a file outside the run's directory: what it had in it before, if that is known
	known  bool   // it is
}

// same reports whether two runs leave the same. Outside the run's directory one run finds what the
// other has left: there a file to which both add the same is the same, too.
func (f left) same(g left) bool {
	if f.kind != g.kind || f.mode != g.mode {
		return false
	}
	if bytes.Equal(f.data, g.data) {
		return true
	}
	x, adds := f.added()
	y, addsToo := g.added()
	return adds && addsToo && bytes.Equal(x, y)
}

// added is what a run has added to the end of a file that was there before.
func (f left) added() (data []byte, adds bool) {
	if !f.known || len(f.before) == 0 {
		return f.data, f.known
	}
	return bytes.CutPrefix(f.data, f.before)
}

func (f left) String() string { return cmp.Or(f.kind, canon.Quote(f.data)) }

// leaves reports whether there is something under a name.
func (out *outcome) leaves(name string) bool {
	_, there := out.files[name]
	return there
}

// files is what is left in a directory, by name.
func files(dir string) map[string]left {
	list := map[string]left{}
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		switch {
		case d == nil: // the directory itself is gone; of what is in it there is always an entry
			list[rel] = left{kind: "removed"}
			return nil
		case err != nil:
			list[rel] = left{kind: "unreadable"}
		case rel == ".":
		case d.IsDir():
			list[rel] = left{kind: "a directory"}
		case d.Type() == fs.ModeSymlink:
			to, _ := os.Readlink(path)
			list[rel] = left{kind: "a link to " + to}
		case !d.Type().IsRegular():
			list[rel] = left{kind: special(path, d.Type())}
		default:
			data, err := os.ReadFile(path)
			if err != nil {
				list[rel] = left{kind: "unreadable"}
			} else {
				list[rel] = left{data: data}
			}
		}
		if f, ok := list[rel]; ok && d.Type() != fs.ModeSymlink {
			if info, err := d.Info(); err == nil {
				f.mode = info.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
				list[rel] = f
			}
		}
		return nil
	})
	return list
}

// special is what a file is that is neither regular, nor a directory, nor a link.
func special(path string, kind fs.FileMode) string {
	var st unix.Stat_t
	if kind&fs.ModeDevice != 0 && unix.Lstat(path, &st) == nil {
		return fmt.Sprintf("%v %d:%d", kind, unix.Major(st.Rdev), unix.Minor(st.Rdev))
	}
	return kind.String()
}

// mostKept is how large a file outside the run's directory may be that is compared.
const mostKept = 256 << 20

// outside adds the files that the run's programs opened for writing anywhere else, as they are now.
// One that is gone, or that is read while another program writes it, is not looked at.
func (o *Options) outside(out *outcome) {
	for _, w := range out.trace.Written {
		rel, err := filepath.Rel(out.dir, w.Path)
		inside := out.dir != "" && err == nil && filepath.IsLocal(rel)
		if _, err := os.Lstat(w.Path); w.Lost && errors.Is(err, fs.ErrNotExist) {
			out.large = append(out.large, out.held(o.relative(w.Path)))
			continue
		}
		switch {
		case w.Gone && inside:
			w.Path = rel
			fallthrough
		case w.Gone:
			out.addGone(&w)
			continue
		case inside:
			continue
		}
		info, err := os.Lstat(w.Path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if out.isChance(w.Path, info) {
			continue
		}
		if info.Size() > mostKept {
			out.large = append(out.large, w.Path)
			continue
		}
		data, err := os.ReadFile(w.Path)
		if err != nil {
			out.large = append(out.large, w.Path)
			continue
		}
		out.written[out.held(o.relative(w.Path))] = left{data: data, before: w.Before, known: !w.Large}
	}
}

// cutShort reports whether a run did not come to its own end: a limit was reached, or a step of the
// script could not be done.
func (out *outcome) cutShort() bool {
	var limit *trace.LimitError
	return out.failure != nil || errors.As(out.err, &limit)
}

// began reports whether a program of the run executed at least its first instruction.
func (out *outcome) began() bool {
	var start *trace.StartError
	return out.run != nil && len(out.run.Processes) > 0 && !errors.As(out.err, &start)
}

// side sums a run up.
func (out *outcome) side() Side {
	s := Side{Kinds: []Noise{}}
	if out.run == nil {
		return s
	}
	s.Ops, s.Noise = out.run.OpCount(), out.run.NoiseCalls()
	s.Deadlock, s.Strayed = out.trace.Deadlock != nil, out.strayed
	kinds := map[string]*Noise{}
	for _, p := range slices.Concat(out.run.Processes, out.run.Helpers) {
		for _, n := range p.Noise {
			if kinds[n.Kind] == nil {
				kinds[n.Kind] = &Noise{Kind: n.Kind, By: map[string]int{}, In: map[string]int{}}
			}
			kinds[n.Kind].add(p.Name, n)
		}
		for _, op := range p.Ops {
			s.NoLines = s.NoLines || op.Site.File == "" && !op.Site.Nobody
		}
	}
	for _, n := range kinds {
		s.Kinds = append(s.Kinds, *n)
	}
	slices.SortFunc(s.Kinds, func(a, b Noise) int { return strings.Compare(a.Kind, b.Kind) })
	return s
}

// add counts the noise of one process.
func (n *Noise) add(process string, own canon.Noise) {
	n.Calls += own.Calls
	n.In[cmp.Or(process, "helper processes")] += own.Calls
	for call, calls := range own.By {
		n.By[call] += calls
	}
}
