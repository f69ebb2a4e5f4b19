package canon

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/trace"
)

// rereader makes a run of a Record.
type rereader struct {
	run     *Run
	numbers map[string]string // by label
	objects map[string]*object
	origins map[string]*attrib.Origin
	lists   map[string]*abi.Names
}

// Run is the run that was recorded.
func (rec *Record) Run() (*Run, error) {
	c := &rereader{run: &Run{Waits: map[*trace.Event]*Op{}}, numbers: map[string]string{},
		objects: map[string]*object{}, origins: map[string]*attrib.Origin{},
		lists: map[string]*abi.Names{}}
	c.run.names = map[string]string{}
	for _, n := range rec.Names {
		pid := c.label(n)
		switch {
		case n.Number == "":
			return nil, fmt.Errorf("nothing has the name %q", n.Label)
		case n.Program:
			c.run.called = append(c.run.called, called{n.Number, n.Name, n.Bare, n.Dir})
		case n.Process:
			c.run.nameProcess(pid, n.Name)
		default:
			c.run.names[n.Number] = n.Name
		}
	}
	if err := c.restore(rec); err != nil {
		return nil, err
	}
	byName := map[string]*Process{}
	for i := range rec.Processes {
		r := &rec.Processes[i]
		p, err := c.process(r)
		if err != nil {
			return nil, fmt.Errorf("process %s: %w", r.Name, err)
		}
		if r.Name == "" {
			c.run.Helpers = append(c.run.Helpers, p)
			continue
		}
		c.run.Processes, byName[r.Name] = append(c.run.Processes, p), p
	}
	for _, r := range rec.Objects {
		if r.Maker == "" {
			continue
		}
		p := byName[r.Maker]
		if p == nil || r.Strand >= uint64(p.strands) {
			return nil, fmt.Errorf("object %s: there is no process %s with so many threads", r.Key, r.Maker)
		}
		p.made = append(p.made, made{c.objects[r.Key], r.Strand})
	}
	return c.run, nil
}

// Read is a text that Written has written.
func (rec *Record) Read(r *Run, b Quoted) ([]byte, error) {
	c := &rereader{run: r, numbers: map[string]string{}}
	for _, n := range rec.Names {
		c.label(n)
	}
	return c.text(b)
}

// label notes what a label stands for. It returns the number if it is one.
func (c *rereader) label(n NameRecord) int {
	c.numbers[n.Label] = n.Number
	number, _ := strconv.Atoi(n.Number)
	if n.Process {
		c.numbers[n.Label+inBytes] = bytesOf(number)
	}
	return number
}

// text puts numbers in the place of names.
func (c *rereader) text(b Quoted) ([]byte, error) {
	out := make([]byte, 0, len(b))
	for {
		before, rest, found := bytes.Cut(b, []byte(mark))
		if out = append(out, before...); !found {
			return out, nil
		}
		label, behind, closed := bytes.Cut(rest, []byte(mark))
		number, known := c.numbers[string(label)]
		switch {
		case !closed:
			return nil, fmt.Errorf("%q: a name without an end", []byte(b))
		case len(label) == 0:
			out = append(out, mark...)
		case !known:
			return nil, fmt.Errorf("there is no name %q", label)
		default:
			out = append(out, number...)
		}
		b = behind
	}
}

// named is a text in which there are names, or none; kernel if that has told it of a program.
func (c *rereader) named(b Quoted, named, kernel bool) (*text, error) {
	raw, err := c.text(b)
	t := &text{raw: raw}
	if named {
		c.run.nameText(t, kernel)
	}
	return t, err
}

// restore makes the objects, with the connections between them.
func (c *rereader) restore(rec *Record) error {
	for _, r := range rec.Objects {
		label, err := c.named(r.Name, r.Named, false)
		if err != nil {
			return fmt.Errorf("object %s: %w", r.Key, err)
		}
		path, err := c.text(r.Path)
		if err != nil {
			return fmt.Errorf("object %s: %w", r.Key, err)
		}
		c.objects[r.Key] = &object{kind: r.Kind, name: string(label.raw), path: string(path),
			label: label}
	}
	links := make([]*link, len(rec.Links))
	for i, r := range rec.Links {
		name, err := c.text(r.Name)
		if err != nil {
			return fmt.Errorf("connection %q: %w", []byte(r.Name), err)
		}
		links[i] = &link{name: string(name), socket: c.objects[r.Socket], peer: c.objects[r.Peer]}
		if links[i].socket == nil {
			return fmt.Errorf("connection %q: there is no object %s", []byte(r.Name), r.Socket)
		}
	}
	for _, r := range rec.Objects {
		if r.Link < 0 || r.Link > len(links) {
			return fmt.Errorf("object %s: there is no connection %d", r.Key, r.Link)
		}
		if r.Link > 0 {
			c.objects[r.Key].link = links[r.Link-1]
		}
	}
	for _, l := range links { // or object.rename would not come to an end
		if l.peer == l.socket || l.peer != nil && l.peer.link != nil && l.peer.link.socket == l.peer {
			return fmt.Errorf("connection %s: what accepted it began one itself", l.name)
		}
	}
	return nil
}

func (c *rereader) process(r *ProcessRecord) (*Process, error) {
	if r.Strands < 0 || r.Strands > len(r.Ops)+1 {
		return nil, fmt.Errorf("%d threads made %d calls", r.Strands, len(r.Ops))
	}
	p := &Process{run: c.run, Name: r.Name, Status: r.Status, golang: r.Go, strands: r.Strands}
	for _, n := range r.Noise {
		noise := Noise{Kind: n.Kind, By: n.By}
		for _, calls := range n.By {
			noise.Calls += calls
		}
		p.Noise = append(p.Noise, noise)
	}
	for _, s := range r.Output {
		data, err := c.text(s.Data)
		if err != nil {
			return nil, err
		}
		p.Output = append(p.Output, Stream{s.Object, data, s.Moved})
	}
	for i := range r.Ops {
		op, err := c.op(&r.Ops[i])
		if err != nil {
			return nil, fmt.Errorf("call %d, %s: %w", i+1, r.Ops[i].Call, err)
		}
		if op.strand >= uint64(max(p.strands, 1)) {
			return nil, fmt.Errorf("call %d, %s: there is no thread %d", i+1, r.Ops[i].Call, op.strand)
		}
		p.Ops = append(p.Ops, op)
	}
	return p, nil
}

func (c *rereader) op(r *OpRecord) (*Op, error) {
	event, err := r.EventRecord.event(r.Call)
	if err != nil {
		return nil, err
	}
	args, err := c.args(r.Args)
	if err != nil {
		return nil, err
	}
	op := &Op{Call: r.Call, Args: args, For: r.For, Fatal: r.Fatal, Piece: r.Piece, strand: r.Strand, Event: event,
		Origin: c.origin(&r.Origin)}
	if r.Result != nil {
		op.Result, err = c.value(r.Result)
	}
	return op, err
}

// origin is one for all calls of a line, as those of a run share it.
func (c *rereader) origin(r *Origin) *attrib.Origin {
	key, _ := json.Marshal(r)
	if o := c.origins[string(key)]; o != nil {
		return o
	}
	o := &attrib.Origin{Site: r.Site.site(), Library: r.Library, Handler: r.Handler}
	for _, s := range r.Callers {
		o.Callers = append(o.Callers, s.site())
	}
	if r.Idiom != "" {
		o.Idiom = &attrib.Idiom{Name: r.Idiom}
	}
	c.origins[string(key)] = o
	return o
}

func (r *SiteRecord) site() attrib.Site {
	return attrib.Site{File: string(r.File), Line: r.Line, Func: string(r.Func), Offset: r.Offset,
		Module: string(r.Module), Nobody: r.Nobody}
}

func (r *EventRecord) event(call string) (*trace.Event, error) {
	e := &trace.Event{Entered: r.Entered, Begun: r.Begun, Left: r.Left, At: time.Duration(r.At),
		Result: r.Result}
	switch {
	case r.Signal:
		e.Kind = trace.Signal
		return e, nil
	case r.Sleep:
		e.Kind = trace.Sleep
		return e, nil
	}
	if r.System != "" {
		call = r.System
	}
	sig, known := abi.ByName(call)
	if !known {
		var nr int
		if _, err := fmt.Sscanf(call, "syscall_%d", &nr); err != nil || nr < 0 {
			return nil, fmt.Errorf("there is no system call %s", call)
		}
		sig = abi.Lookup(uint64(nr))
	}
	e.Nr = uint64(sig.Number)
	for i, value := range r.Values {
		if i < 0 || i >= len(e.Args) {
			return nil, fmt.Errorf("there is no argument %d", i)
		}
		e.Args[i] = value
	}
	sig = sig.For(&e.Args)
	if i, has := sig.Flags.Arg(); has && sig.Clones() && sig.Args[i].When != abi.Value {
		e.Memory = []trace.Memory{{Arg: uint8(i), When: abi.In,
			Bytes: binary.NativeEndian.AppendUint64(nil, r.Flags)}}
	}
	return e, nil
}

func (c *rereader) args(list []ValueRecord) ([]Arg, error) {
	out := make([]Arg, len(list))
	for i := range list {
		r := &list[i]
		v, err := c.value(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		out[i] = Arg{Name: r.Name, Value: v, Out: r.Out, Label: r.Label}
	}
	return out, nil
}

func (c *rereader) value(r *ValueRecord) (v Value, err error) {
	k := slices.Index(kindNames[:], r.Kind)
	if k < 0 {
		return v, fmt.Errorf("there is no kind of value %q", r.Kind)
	}
	v = Value{kind: Kind(k), num: uint64(r.Number)}
	for form, base := range bases {
		if base == r.Base {
			v.form = form // those of one base are written alike
		}
	}
	switch v.kind {
	case Flags, Enum:
		if names := c.names(r, v.kind == Flags); names != nil {
			v.data = names
		}
	case Word, ProcessID, GroupID, ThreadID, IPC, Dropped, Unseen:
		word := string(r.Value)
		v.data = &word
	case Port:
		v.data = &port{name: string(r.Value)}
	case Object, Place:
		o, end := c.objects[string(r.Value)], slices.Index(ends[:], r.End)
		if o == nil || end < 0 {
			return v, fmt.Errorf("there is no object %s%s", []byte(r.Value), r.End)
		}
		if v.data = o; v.kind == Object {
			v.num = uint64(end)
		}
	case Text, Path, Octets:
		v.data, err = c.named(r.Value, r.Named, v.num == fromKernel)
	case Variables:
		env := &variables{n: int(r.Number), sorted: &text{}}
		if v.num, v.data = 0, env; !sum(&env.sums[0], r.Sum) || !sum(&env.sums[1], r.NamedSum) {
			err = fmt.Errorf("an environment without its sums")
		}
	case Span:
		v.num, v.data = 0, &span{r.Number, r.Nano}
	case Partial:
		err = c.partial(&v, r)
	case List, Set, Struct, Tuple, Halves, Answered:
		var parts []Arg
		parts, err = c.args(r.Parts)
		v.data = &parts
	}
	return v, err
}

// names are those with which a number reads as it did.
func (c *rereader) names(r *ValueRecord, flags bool) *abi.Names {
	key := fmt.Sprint(r.Number, flags, string(r.Value))
	names, known := c.lists[key]
	if !known {
		names = abi.NamesOf(uint64(r.Number), flags, string(r.Value))
		c.lists[key] = names
	}
	return names
}

func (c *rereader) partial(v *Value, r *ValueRecord) error {
	if r.Of == nil {
		return fmt.Errorf("a part of nothing")
	}
	of, err := c.value(r.Of)
	p := &partial{Value: of, bad: r.Bad, more: r.More}
	if v.data = p; r.Sum != "" && !sum(&p.sum, r.Sum) {
		return fmt.Errorf("%q is no sum", r.Sum)
	}
	return err
}

// sum reads a sum.
func sum(to *[32]byte, text string) bool {
	b, err := hex.DecodeString(text)
	return err == nil && copy(to[:], b) == len(to) && len(b) == len(to)
}
