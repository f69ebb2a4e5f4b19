package parity

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"paritykit/compare/canon"
	"paritykit/compare/casefile"
	"paritykit/compare/trace"
)

// A Recording is one run of one side. It can be held against the other side where the recorded one
// can't run. Its file has one fact a line: what a user saw, text by line, and each call, so that
// git shows what changes.
type Recording struct {
	Label string // of the side
	About string // the case, or the command
	Of    string // the sum of what it was made to do, see sumOf

	output   bool // nobody has seen that its calls are the same in each run
	out      *outcome
	explored []exploredRecord // what all schedules lead to, for each line of the case that asks
}

const (
	recordingMagic   = "# A recording by parity of one side of "
	recordingVersion = 2
)

// RecordCase runs one side of a case and records it.
func (o *Options) RecordCase(ctx context.Context, c *casefile.Case,
	label string) (*Recording, error) {
	i := slices.Index([]string{SideName(c, 0), SideName(c, 1)}, cmp.Or(label, SideName(c, 0)))
	if i < 0 {
		return nil, fmt.Errorf("%s has no side %s; there is %s and %s", c.Path, label, SideName(c, 0),
			SideName(c, 1))
	}
	if err := o.build(ctx, c, i); err != nil {
		return nil, err
	}
	s, err := o.side(c, keys[i], keys[i])
	if err != nil {
		return nil, err
	}
	rec := &Recording{Label: SideName(c, i), About: c.Name, Of: sumOf(c, i),
		output: o.Output || c.Output}
	if err := o.record(ctx, s, rec); err != nil {
		return nil, err
	}
	for i := range c.Explores {
		if err := o.recordSchedules(ctx, s, c, &c.Explores[i], rec); err != nil {
			return nil, err
		}
	}
	return rec, nil
}

// exploredRecord is what all schedules of the recorded side lead to.
type exploredRecord struct {
	What string `json:"what"`
	ExploredSide
}

// recordSchedules looks at all schedules of a side, as its case asks.
func (o *Options) recordSchedules(ctx context.Context, s side, c *casefile.Case, e *casefile.Explore, rec *Recording) error {
	if o.Free || o.Real {
		return nil // then no run looks at them, either
	}
	s.ignore = e.SleepIgnored()
	of := exploredRecord{What: e.What, ExploredSide: ExploredSide{Label: rec.Label}}
	err := o.exploreSide(ctx, s, eachTime, &of.ExploredSide)
	if err == nil && !of.Exhaustive {
		err = errTooMany
	}
	if err != nil {
		return fmt.Errorf("%s: %w", o.explores(c, e), err)
	}
	rec.explored = append(rec.explored, of)
	return nil
}

// schedules is what is recorded of all schedules, nil if nothing is.
func (rec *Recording) schedules(what string) *ExploredSide {
	for i := range rec.explored {
		if rec.explored[i].What == what {
			return &rec.explored[i].ExploredSide
		}
	}
	return nil
}

// RecordCommand runs a command and records it.
func (o *Options) RecordCommand(ctx context.Context, args []string) (*Recording, error) {
	s, err := o.commandSide(0, args)
	if err != nil {
		return nil, err
	}
	rec := &Recording{Label: "A", About: strings.Join(args, " "), Of: o.sumOfInput(),
		output: o.Output}
	return rec, o.record(ctx, s, rec)
}

func (o *Options) record(ctx context.Context, s side, rec *Recording) error {
	r := &Result{Sides: Labelled([2]string{rec.Label, rec.Label})}
	if rec.output {
		r.Compared = onlyOutput
	}
	outs := o.repeat(ctx, r, s)
	rec.out = outs[0]
	switch failure := outs[0].failure; {
	case r.Verdict == Error:
		return errors.New(r.Error)
	case failure != nil:
		return fmt.Errorf("%s: %s: %s", failure.Site, failure.Text, failure.Seen)
	}
	return nil
}

// repeat runs a side as often as asked, and holds the runs against each other.
func (o *Options) repeat(ctx context.Context, r *Result, s side) (outs []*outcome) {
	for k := range max(o.Count, 1) {
		out := o.run(ctx, s, k > 0)
		if out.dir != "" && !o.Work {
			removeDir(out.dir)
		}
		outs = append(outs, out)
		if out.err != nil {
			r.failed(s.key, out.err)
			return outs
		}
	}
	o.selfCheck(ctx, r, s.key, s.script == nil, outs)
	return outs
}

// sumOf is what tells one script from another, and the programs of side i: its steps, wherever they
// stand in the file, and the commands.
func sumOf(c *casefile.Case, i int) string {
	h := sha256.New()
	for _, list := range [][]casefile.Step{c.Steps, c.Before} {
		for _, s := range list {
			fmt.Fprintf(h, "%q %q %q\n", s.Verb, s.Who, s.Args)
		}
	}
	for _, name := range c.Programs {
		fmt.Fprintf(h, "%q\n", name)
		if s := c.Side(i, name); s != nil {
			fmt.Fprintf(h, "%q\n", s.Run)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

func (o *Options) sumOfInput() string {
	in := []byte{}
	if o.Stdin != nil {
		in = o.Stdin.Data
	}
	return fmt.Sprintf("%x", sha256.Sum256(in))[:16]
}

// Write writes the file of a recording.
func (rec *Recording) Write(w io.Writer) error {
	out, run := rec.out, rec.out.run
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s%s.\nversion %d\nmachine %s\n", recordingMagic, strconv.Quote(rec.About),
		recordingVersion, runtime.GOARCH)
	fmt.Fprintf(b, "side %s\nabout %s\nof %s\n", rec.Label, strconv.Quote(rec.About), rec.Of)
	if rec.output {
		fmt.Fprintln(b, "compare output")
	}
	if out.trace.Deadlock != nil {
		fmt.Fprintln(b, "deadlock")
	}
	for _, line := range out.waiting {
		fmt.Fprintf(b, "waiting %s\n", strconv.Quote(line))
	}
	lines := func(verb, who string, text []byte) {
		for line := range bytes.Lines(text) {
			fmt.Fprintf(b, "%s %s %s\n", verb, who, strconv.Quote(string(line)))
		}
	}
	for i, stream := range out.terminals {
		fmt.Fprintf(b, "role %s\n", stream.Object)
		lines("terminal", stream.Object, run.Written(stream.Data))
		lines("stderr", stream.Object, run.Written(out.stderrs[i].Data))
	}
	for _, name := range slices.Sorted(maps.Keys(out.files)) {
		f := out.files[name]
		fmt.Fprintf(b, "file %s %o %s\n", strconv.Quote(name), f.mode, strconv.Quote(f.kind))
		lines("content", strconv.Quote(name), f.data)
	}
	for _, name := range slices.Sorted(maps.Keys(out.written)) {
		f := out.written[name]
		fmt.Fprintf(b, "written %s %t\n", strconv.Quote(name), f.known)
		lines("before", strconv.Quote(name), f.before)
		lines("after", strconv.Quote(name), f.data)
	}
	for _, name := range out.large {
		fmt.Fprintf(b, "large %s\n", strconv.Quote(name))
	}
	if err := rec.writeCalls(b); err != nil {
		return err
	}
	return b.Flush()
}

// writeCalls writes what the processes did.
func (rec *Recording) writeCalls(b *bufio.Writer) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	var err error
	fact := func(verb string, of any) {
		b.WriteString(verb + " ")
		err = cmp.Or(err, e.Encode(of))
	}
	form := rec.out.run.Record()
	rec.turns(form)
	for _, of := range rec.explored {
		fact("explored", of)
	}
	for _, n := range form.Names {
		fact("name", n)
	}
	for _, l := range form.Links {
		fact("connection", l)
	}
	for _, o := range form.Objects {
		fact("object", o)
	}
	for _, p := range form.Processes {
		fact("process", p)
		for _, op := range p.Ops {
			fact("call", op)
		}
	}
	return err
}

// turns notes the order in which calls were made for which processes took turns.
func (rec *Recording) turns(form *canon.Record) {
	if rec.out.made == nil {
		return
	}
	at, ops := places(rec.out.made), map[*trace.Event]*canon.OpRecord{}
	for i, p := range rec.out.run.Processes {
		for k, op := range p.Ops {
			if _, known := at[op.Event]; known {
				ops[op.Event] = &form.Processes[i].Ops[k]
			}
		}
	}
	n := 0
	for i, e := range rec.out.made {
		if op := ops[e]; op != nil && at[e] == i {
			n++
			op.Turn = n
		}
	}
}

// reader reads a recording.
type reader struct {
	rec   *Recording
	form  canon.Record
	texts [2]map[string][]byte // what is on the terminal and on standard error, by role, as written
}

// ReadRecording reads what Write has written.
func ReadRecording(r io.Reader, path string) (*Recording, error) {
	out := &outcome{trace: &trace.Trace{}, files: map[string]left{}, written: map[string]left{}}
	in := &reader{rec: &Recording{out: out}, texts: [2]map[string][]byte{{}, {}}}
	text := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := text.ReadString('\n')
		if line = strings.TrimSuffix(line, "\n"); err != nil && err != io.EOF {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		switch {
		case n == 1 && !strings.HasPrefix(line, recordingMagic):
			if strings.HasPrefix(line, "# A recording by parity") {
				return nil, fmt.Errorf("%s is of another version of parity; record it anew", path)
			}
			return nil, fmt.Errorf("%s is no recording; to make one: parity record CASE", path)
		case n == 2 && line != fmt.Sprint("version ", recordingVersion):
			return nil, fmt.Errorf("%s is of another version of parity; record it anew", path)
		case n > 2 && line != "" && line[0] != '#':
			if err := in.line(line); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, n, err)
			}
		}
		if err == io.EOF {
			break
		}
	}
	if in.rec.Label == "" || len(out.terminals) == 0 || len(in.form.Processes) == 0 {
		return nil, fmt.Errorf("%s: no side, no role or no process; record it anew", path)
	}
	if err := in.finish(); err != nil {
		return nil, fmt.Errorf("%s: %w; record it anew", path, err)
	}
	return in.rec, nil
}

func (in *reader) line(line string) (err error) {
	verb, rest, _ := strings.Cut(line, " ")
	if err = in.fact(verb, rest); err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

// fact reads one fact.
func (in *reader) fact(verb, rest string) (err error) {
	var who, text string
	out := in.rec.out
	switch verb {
	case "machine":
		if rest != runtime.GOARCH {
			return fmt.Errorf("the recording is of a machine of another kind, %s, and this is %s", rest,
				runtime.GOARCH)
		}
	case "side":
		in.rec.Label = rest
	case "about":
		in.rec.About, err = strconv.Unquote(rest)
	case "of":
		in.rec.Of = rest
	case "compare":
		in.rec.output = true
	case "deadlock":
		out.trace.Deadlock = []trace.Waiting{}
	case "waiting":
		text, err = strconv.Unquote(rest)
		out.waiting = append(out.waiting, text)
	case "role":
		out.terminals = append(out.terminals, canon.Stream{Object: rest})
		out.stderrs = append(out.stderrs, canon.Stream{Object: rest})
	case "terminal", "stderr":
		_, err = fmt.Sscanf(rest, "%s %q", &who, &text)
		i := slices.Index([]string{"terminal", "stderr"}, verb)
		in.texts[i][who] = append(in.texts[i][who], text...)
	case "file", "content", "written", "before", "after":
		err = in.file(verb, rest)
	case "large":
		text, err = strconv.Unquote(rest)
		out.large = append(out.large, text)
	default:
		return in.call(verb, rest)
	}
	return err
}

// file reads a fact about a file.
func (in *reader) file(verb, rest string) (err error) {
	var who, text string
	list := in.rec.out.written
	if verb == "file" || verb == "content" {
		list = in.rec.out.files
	}
	var f left
	switch verb {
	case "file":
		var mode fs.FileMode
		_, err = fmt.Sscanf(rest, "%q %o %q", &who, &mode, &text)
		f = left{kind: text, mode: mode}
	case "written":
		_, err = fmt.Sscanf(rest, "%q %t", &who, &f.known)
	default:
		_, err = fmt.Sscanf(rest, "%q %q", &who, &text)
		if f = list[who]; verb == "before" {
			f.before = append(f.before, text...)
		} else {
			f.data = append(f.data, text...)
		}
	}
	list[who] = f
	return err
}

// call reads a fact about what processes did.
func (in *reader) call(verb, rest string) error {
	form := &in.form
	switch verb {
	case "explored":
		return add(&in.rec.explored, rest)
	case "name":
		return add(&form.Names, rest)
	case "connection":
		return add(&form.Links, rest)
	case "object":
		return add(&form.Objects, rest)
	case "process":
		return add(&form.Processes, rest)
	case "call":
		if len(form.Processes) == 0 {
			return errors.New("no process has made it")
		}
		return add(&form.Processes[len(form.Processes)-1].Ops, rest)
	}
	return errors.New("there is no such fact")
}

// add reads one more element of a list.
func add[E any](list *[]E, text string) error {
	var e E
	err := json.Unmarshal([]byte(text), &e)
	*list = append(*list, e)
	return err
}

// finish makes a run of what was read.
func (in *reader) finish() (err error) {
	out := in.rec.out
	if out.run, err = in.form.Run(); err != nil {
		return err
	}
	for i, streams := range [][]canon.Stream{out.terminals, out.stderrs} {
		for k := range streams {
			s := &streams[k]
			if s.Data, err = in.form.Read(out.run, in.texts[i][s.Object]); err != nil {
				return err
			}
		}
	}
	out.order = callOrder(out.run)
	turns := map[*trace.Event]int{}
	for i, p := range out.run.Processes {
		for k, op := range p.Ops {
			if turn := in.form.Processes[i].Ops[k].Turn; turn > 0 {
				turns[op.Event] = turn
				out.made = append(out.made, op.Event)
			}
		}
	}
	slices.SortFunc(out.made, func(a, b *trace.Event) int { return turns[a] - turns[b] })
	return nil
}

// recorded is side i as it was recorded.
func (o *Options) recorded(i int, c *casefile.Case) side {
	out := *o.Recorded.out
	out.sources = newSources(o.Root)
	return side{key: keys[i], script: c, recorded: &out}
}

// recordedOf is which side of a case was recorded, and -1 if none was.
func (o *Options) recordedOf(c *casefile.Case) (int, error) {
	rec := o.Recorded
	if rec == nil {
		return -1, nil
	}
	i := slices.Index([]string{SideName(c, 0), SideName(c, 1)}, rec.Label)
	switch {
	case i < 0:
		return i, fmt.Errorf("the recording is of a side %s; the case has %s and %s", rec.Label,
			SideName(c, 0), SideName(c, 1))
	case rec.About != c.Name:
		return i, fmt.Errorf("the recording is of %s, and the case is %s", rec.About, c.Name)
	case rec.Of != sumOf(c, i):
		return i, fmt.Errorf("the recording is of another script or program; "+
			"make it anew: parity record %s", o.relative(c.Path))
	}
	return i, o.recordable()
}

// recordable is an error if sides are to run in a way in which none was recorded.
func (o *Options) recordable() error {
	if o.Raw || o.Mix || len(o.Fail) > 0 || o.Replay != nil {
		return errors.New("-recorded goes with neither -raw, -mix nor -replay, nor with failing calls: " +
			"the recorded side does not run")
	}
	return nil
}

// recordedDiff prepares for holding a command against a recording.
func (o *Options) recordedDiff() error {
	if o.Recorded.Of != o.sumOfInput() {
		return errors.New("the recording was made with another standard input")
	}
	return o.recordable()
}
