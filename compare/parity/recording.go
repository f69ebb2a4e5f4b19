package parity

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"paritykit/compare/canon"
	"paritykit/compare/casefile"
	"paritykit/compare/trace"
)

// A Recording is what a user saw of one side: it can be held against the other side where the
// recorded one can't run. Its file has one fact a line, text by line, so that git shows what
// changes; and the calls, which people read and nobody compares.
type Recording struct {
	Label string // of the side
	Of    string // the sum of what it was made to do, see sumOf

	roles []string // in the order of their start
	ends  map[string]string
	texts [2]map[string][]byte // what is on the terminal and on standard error, by role, with marked names
	files map[string]left
	calls []string
}

const recordingMagic = "# A recording by parity: what a user saw of one side of "

// RecordCase runs one side of a case and records it.
func (o *Options) RecordCase(ctx context.Context, c *casefile.Case, label string) (*Recording, error) {
	i := slices.Index([]string{SideName(c, 0), SideName(c, 1)}, cmp.Or(label, SideName(c, 0)))
	if i < 0 {
		return nil, fmt.Errorf("%s has no side %s; there is %s and %s", c.Path, label, SideName(c, 0), SideName(c, 1))
	}
	if err := o.build(ctx, c, i); err != nil {
		return nil, err
	}
	s, err := o.side(c, keys[i], keys[i])
	if err != nil {
		return nil, err
	}
	return o.record(ctx, s, SideName(c, i), sumOf(c.Steps, c.Before))
}

// RecordCommand runs a command and records it.
func (o *Options) RecordCommand(ctx context.Context, args []string) (*Recording, error) {
	s, err := o.commandSide(0, args)
	if err != nil {
		return nil, err
	}
	return o.record(ctx, s, "A", o.sumOfInput())
}

func (o *Options) record(ctx context.Context, s side, label, of string) (*Recording, error) {
	r := &Result{Compared: onlyOutput, Sides: Labelled([2]string{label, label})}
	outs := o.repeat(ctx, r, s)
	first := outs[0]
	switch {
	case r.Verdict == Error:
		return nil, errors.New(r.Error)
	case first.failure != nil:
		return nil, fmt.Errorf("%s: %s: %s", first.failure.Site, first.failure.Text, first.failure.Seen)
	}
	rec := &Recording{Label: label, Of: of, ends: map[string]string{}, texts: [2]map[string][]byte{{}, {}}, files: first.files}
	for i, stream := range first.terminals {
		role := stream.Object
		rec.roles = append(rec.roles, role)
		rec.texts[0][role], rec.texts[1][role] = first.run.Marked(stream.Data), first.run.Marked(first.stderrs[i].Data)
		if p := first.run.Process(role); p != nil {
			rec.ends[role] = ending(p)
		}
	}
	for _, p := range first.run.Processes {
		for _, op := range p.Ops {
			rec.calls = append(rec.calls, fmt.Sprintf("%s %s  %s", p.Name, op, op.Site))
		}
	}
	return rec, nil
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
			r.Waiting = out.waiting
			return outs
		}
	}
	o.selfCheck(ctx, r, s.key, s.script == nil, outs)
	return outs
}

// sumOf is what tells one script from another: its steps, wherever they stand in the file.
func sumOf(lists ...[]casefile.Step) string {
	h := sha256.New()
	for _, list := range lists {
		for _, s := range list {
			fmt.Fprintf(h, "%q %q %q\n", s.Verb, s.Who, s.Args)
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
func (rec *Recording) Write(w io.Writer, name string) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s%s.\n# Nobody compares the calls; they are for people.\n", recordingMagic, strconv.Quote(name))
	fmt.Fprintf(b, "side %s\nof %s\n", rec.Label, rec.Of)
	lines := func(verb, who string, text []byte) {
		for line := range bytes.Lines(text) {
			fmt.Fprintf(b, "%s %s %s\n", verb, who, strconv.Quote(string(line)))
		}
	}
	for _, role := range rec.roles {
		fmt.Fprintf(b, "role %s %s\n", role, strconv.Quote(rec.ends[role]))
		lines("terminal", role, rec.texts[0][role])
		lines("stderr", role, rec.texts[1][role])
	}
	for _, name := range slices.Sorted(maps.Keys(rec.files)) {
		f := rec.files[name]
		fmt.Fprintf(b, "file %s %o %s\n", strconv.Quote(name), f.mode, strconv.Quote(f.kind))
		lines("content", strconv.Quote(name), f.data)
	}
	for _, call := range rec.calls {
		fmt.Fprintf(b, "call %s\n", strings.Map(printable, call))
	}
	return b.Flush()
}

// printable is what may stand in the line of a call: a file's name can have anything in it.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

// ReadRecording reads what Write has written.
func ReadRecording(r io.Reader, path string) (*Recording, error) {
	rec := &Recording{ends: map[string]string{}, texts: [2]map[string][]byte{{}, {}}, files: map[string]left{}}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 64<<20)
	for n := 1; scanner.Scan(); n++ {
		line := scanner.Text()
		if n == 1 && !strings.HasPrefix(line, recordingMagic) {
			return nil, fmt.Errorf("%s is no recording; to make one: parity record CASE", path)
		}
		if line == "" || line[0] == '#' || strings.HasPrefix(line, "call ") {
			continue
		}
		if err := rec.line(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if rec.Label == "" || len(rec.roles) == 0 {
		return nil, fmt.Errorf("%s: no side, or no role; record it anew", path)
	}
	return rec, nil
}

func (rec *Recording) line(line string) error {
	var verb, who, text string
	var mode fs.FileMode
	var err error
	switch verb, _, _ = strings.Cut(line, " "); verb {
	case "side":
		_, err = fmt.Sscanf(line, "side %s", &rec.Label)
	case "of":
		_, err = fmt.Sscanf(line, "of %s", &rec.Of)
	case "role":
		_, err = fmt.Sscanf(line, "role %s %q", &who, &text)
		rec.roles, rec.ends[who] = append(rec.roles, who), text
	case "terminal":
		_, err = fmt.Sscanf(line, "terminal %s %q", &who, &text)
		rec.texts[0][who] = append(rec.texts[0][who], text...)
	case "stderr":
		_, err = fmt.Sscanf(line, "stderr %s %q", &who, &text)
		rec.texts[1][who] = append(rec.texts[1][who], text...)
	case "file":
		_, err = fmt.Sscanf(line, "file %q %o %q", &who, &mode, &text)
		rec.files[who] = left{kind: text, mode: mode}
	case "content":
		_, err = fmt.Sscanf(line, "content %q %q", &who, &text)
		f := rec.files[who]
		f.data = append(f.data, text...)
		rec.files[who] = f
	default:
		return fmt.Errorf("no fact %q", verb)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

// outcome is a recording as if it were a run.
func (rec *Recording) outcome() *outcome {
	out := &outcome{run: &canon.Run{Recorded: true}, trace: &trace.Trace{}, files: rec.files, written: map[string]left{}, sources: newSources("")}
	for _, role := range rec.roles {
		status := rec.ends[role]
		if status == waiting {
			status = ""
		}
		out.run.Processes = append(out.run.Processes, &canon.Process{Name: role, Status: status})
		out.terminals = append(out.terminals, canon.Stream{Object: role, Data: rec.texts[0][role]})
		out.stderrs = append(out.stderrs, canon.Stream{Object: role, Data: rec.texts[1][role]})
	}
	return out
}

// recordedCase holds the side of a case that was not recorded against the recording.
func (o *Options) recordedCase(ctx context.Context, r *Result, c *casefile.Case) *Result {
	rec := o.Recorded
	i := slices.Index([]string{SideName(c, 0), SideName(c, 1)}, rec.Label)
	if i < 0 {
		r.Verdict, r.Error = Error, fmt.Sprintf("the recording is of a side %s; the case has %s and %s", rec.Label, SideName(c, 0), SideName(c, 1))
		return r
	}
	if rec.Of != sumOf(c.Steps, c.Before) {
		r.Verdict, r.Error = Error, "the recording is of another script; make it anew: parity record "+o.relative(c.Path)
		return r
	}
	if err := o.build(ctx, c, 1-i); err != nil {
		r.notBuilt(err)
		return r
	}
	s, err := o.side(c, keys[1-i], keys[1-i])
	if err != nil {
		return r.failed(keys[1-i], err)
	}
	o.against(ctx, r, i, s)
	r.NotLooked = append(r.NotLooked, o.stale(c, [2]side{s})...)
	r.declare(o.relative(c.Path), c.Knowns)
	o.strict(r)
	return r
}

// recordedDiff holds a command against a recording.
func (o *Options) recordedDiff(ctx context.Context, b []string) *Result {
	r := &Result{Name: nameOf([]string{"(recorded)"}, b), Sides: Labelled([2]string{"A", "B"}), Compared: onlyOutput}
	if o.Recorded.Of != o.sumOfInput() {
		r.Verdict, r.Error = Error, "the recording was made with another standard input"
		return r
	}
	s, err := o.commandSide(1, b)
	if err != nil {
		return r.failed("go", err)
	}
	o.against(ctx, r, 0, s)
	o.strict(r)
	return r
}

// against runs a side and holds it against the recording, which is side i.
func (o *Options) against(ctx context.Context, r *Result, i int, s side) {
	outs := o.repeat(ctx, r, s)
	if r.Verdict == Error {
		return
	}
	var both [2]*outcome
	both[i], both[1-i] = o.Recorded.outcome(), outs[0]
	label := r.Sides[1-i].Label
	r.Sides[1-i] = outs[0].side()
	r.Sides[1-i].Label = label
	r.compareOutput(both[0], both[1])
	r.detail(both)
	r.conclude()
	r.notLookedAt(both)
}
