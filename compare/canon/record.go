package canon

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/trace"
)

// This file and reread.go give a run a form that can be written to a file and read again, such that
// what comes back compares as the run itself does. What differs from run to run has no part in it:
// numbers that are chance stand in one table, and texts have their names.

// Record is a run for a file.
type Record struct {
	Names     []NameRecord
	Links     []LinkRecord
	Objects   []ObjectRecord
	Processes []ProcessRecord // those of libraries come last
}

// NameRecord is a number that is chance in a run.
type NameRecord struct {
	// Label is what texts have: the name, with a number behind it if that is not the only one.
	Label  string `json:"label"`
	Name   string `json:"name"`
	Number string `json:"number"`
	// A process or a thread: the bytes of its id have the label, too, with inBytes behind it.
	Process bool `json:"process,omitempty"`
	// Of what a program is called: it stands in Number, and Bare says that it is no path. Dir is one
	// of the run's directory.
	Program bool `json:"program,omitempty"`
	Bare    bool `json:"bare,omitempty"`
	Dir     bool `json:"dir,omitempty"`
}

// LinkRecord is a connection between two sockets of a run.
type LinkRecord struct {
	Name   Quoted `json:"name"`
	Socket string `json:"socket"`
	Peer   string `json:"peer,omitempty"`
}

// ObjectRecord is what a descriptor stands for. Those of one maker stand in the order in which it
// made them.
type ObjectRecord struct {
	Key    string `json:"key"` // by which values refer to it
	Kind   string `json:"kind"`
	Name   Quoted `json:"name"`
	Named  bool   `json:"named,omitempty"` // there are names in Name
	Path   Quoted `json:"path,omitempty"`
	Maker  string `json:"maker,omitempty"` // the process; "" of what it found, or got in another way
	Strand uint64 `json:"strand,omitempty"`
	Link   int    `json:"link,omitempty"` // its place among the links, from 1
}

// ProcessRecord is a process, without its ops.
type ProcessRecord struct {
	Name    string         `json:"name,omitempty"`
	Status  string         `json:"status,omitempty"`
	Strands int            `json:"strands,omitempty"`
	Go      bool           `json:"go,omitempty"`
	Noise   []NoiseRecord  `json:"noise,omitempty"`
	Output  []StreamRecord `json:"output,omitempty"`
	Ops     []OpRecord     `json:"-"`
}

// NoiseRecord is a Noise.
type NoiseRecord struct {
	Kind string         `json:"kind"`
	By   map[string]int `json:"by"`
}

// StreamRecord is a Stream.
type StreamRecord struct {
	Object string `json:"object"`
	Data   Quoted `json:"data,omitempty"`
	Moved  bool   `json:"moved,omitempty"`
}

// OpRecord is an op.
type OpRecord struct {
	Call   string        `json:"call"`
	Args   []ValueRecord `json:"args,omitempty"`
	Result *ValueRecord  `json:"result,omitempty"`
	For    string        `json:"for,omitempty"`
	Fatal  string        `json:"fatal,omitempty"`
	Piece  bool          `json:"piece,omitempty"`
	Strand uint64        `json:"strand,omitempty"`
	Origin
	EventRecord
	// Turn is its place, from 1, among the calls for which processes took turns.
	Turn int `json:"turn,omitempty"`
}

// Origin says who asked for an op.
type Origin struct {
	Site    SiteRecord   `json:"site"`
	Callers []SiteRecord `json:"callers,omitempty"`
	Idiom   string       `json:"idiom,omitempty"`
	Library string       `json:"library,omitempty"`
	Handler bool         `json:"handler,omitempty"`
}

// SiteRecord is an attrib.Site.
type SiteRecord struct {
	File   Quoted `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Func   Quoted `json:"func,omitempty"`
	Offset uint64 `json:"offset,omitempty"` // where there is no line
	Module Quoted `json:"module,omitempty"`
	Nobody bool   `json:"nobody,omitempty"`
}

// EventRecord is what comparing needs of an op's event.
type EventRecord struct {
	Signal bool   `json:"signal,omitempty"`
	Sleep  bool   `json:"sleep,omitempty"`  // of a goroutine
	System string `json:"system,omitempty"` // the system call, if the op has another name
	// Values are the arguments that are neither addresses nor chance, Flags are those of a call that
	// makes a process, if they stand in memory.
	Values map[int]uint64 `json:"values,omitempty"`
	Flags  uint64         `json:"flags,omitempty"`
	Result int64          `json:"returned,omitempty"` // below 0: an error, or that there is none
	// Positions in the run, of which only the order counts.
	Entered int   `json:"entered"`
	Begun   int   `json:"begun,omitempty"`
	Left    int   `json:"left,omitempty"`
	At      int64 `json:"at,omitempty"` // in nanoseconds
}

// ValueRecord is a value, or an argument.
type ValueRecord struct {
	Name   string `json:"name,omitempty"`
	Kind   string `json:"kind"`
	Value  Quoted `json:"value,omitempty"` // bytes, a name, an object's key, or how a number reads
	Number int64  `json:"number,omitempty"`
	Base   string `json:"base,omitempty"`  // of a number: how it is written
	Named  bool   `json:"named,omitempty"` // there are names in the bytes
	End    string `json:"end,omitempty"`   // of an object
	Nano   int64  `json:"nanoseconds,omitempty"`
	// Of an environment as it stands and with names, and of the bytes that are not kept.
	Sum      string        `json:"sha256,omitempty"`
	NamedSum string        `json:"named_sha256,omitempty"`
	More     int           `json:"more,omitempty"` // bytes that are not kept
	Bad      bool          `json:"bad,omitempty"`  // the rest could not be read
	Of       *ValueRecord  `json:"of,omitempty"`   // of a value that is not all there: what is
	Parts    []ValueRecord `json:"parts,omitempty"`
	Out      bool          `json:"out,omitempty"`
	Label    bool          `json:"label,omitempty"`
}

// Quoted are bytes that programs have made. In JSON they are a string if people can read them, and
// otherwise an object with what stands between the quotes in Go.
type Quoted []byte

// MarshalJSON writes the bytes.
func (q Quoted) MarshalJSON() ([]byte, error) {
	plain := utf8.Valid(q)
	for _, r := range string(q) {
		plain = plain && (unicode.IsPrint(r) || r == '\n' || r == '\t')
	}
	if plain {
		return quoteJSON(string(q))
	}
	s, err := quoteJSON(strings.TrimSuffix(strconv.Quote(string(q))[1:], `"`))
	return slices.Concat([]byte(`{"quoted":`), s, []byte("}")), err
}

// quoteJSON is json.Marshal without escapes that only HTML needs.
func quoteJSON(s string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// UnmarshalJSON reads them.
func (q *Quoted) UnmarshalJSON(b []byte) error {
	var s string
	if len(b) == 0 || b[0] != '{' {
		err := json.Unmarshal(b, &s)
		*q = Quoted(s)
		return err
	}
	var o struct{ Quoted string }
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	s, err := strconv.Unquote(`"` + o.Quoted + `"`)
	if err != nil {
		return fmt.Errorf("%s is not quoted as in Go", o.Quoted)
	}
	*q = Quoted(s)
	return nil
}

// recorder makes a Record.
type recorder struct {
	run     *Run
	rec     *Record
	labels  map[string]string // by number
	called  []called          // with labels
	keys    map[*object]string
	taken   map[string]bool
	links   map[*link]int
	objects []*object
	maker   map[*object]int // the process, from 1
	strand  map[*object]uint64
	ranks   []int
}

// Record is the run for a file.
func (r *Run) Record() *Record {
	c := &recorder{run: r, rec: &Record{}, labels: map[string]string{}, keys: map[*object]string{},
		taken: map[string]bool{}, links: map[*link]int{}, maker: map[*object]int{},
		strand: map[*object]uint64{}}
	c.names()
	for i, p := range r.Processes {
		for _, m := range p.made {
			c.maker[m.object], c.strand[m.object] = i+1, m.strand
			c.object(m.object)
		}
		for _, op := range p.Ops {
			e := op.Event
			c.ranks = append(c.ranks, e.Entered, e.Begun, e.Left)
		}
	}
	slices.Sort(c.ranks)
	c.ranks = slices.Compact(append([]int{0}, c.ranks...))
	for _, p := range r.Processes {
		c.rec.Processes = append(c.rec.Processes, c.process(p))
	}
	for _, p := range r.Helpers {
		c.rec.Processes = append(c.rec.Processes, ProcessRecord{Noise: noiseRecords(p.Noise)})
	}
	c.finish()
	return c.rec
}

// names gives each number that is chance a label of its own.
func (c *recorder) names() {
	for _, number := range slices.Sorted(maps.Keys(c.run.names)) {
		if strings.Contains(number, "\x00") {
			continue // the bytes of an id, which come with it
		}
		name := c.run.names[number]
		label := unused(c.taken, name)
		c.labels[number] = label
		if c.run.processes[number] {
			pid, _ := strconv.Atoi(number)
			if inMemory := bytesOf(pid); inMemory != "" {
				c.labels[inMemory] = label + inBytes
			}
		}
		c.rec.Names = append(c.rec.Names, NameRecord{Label: label, Name: name, Number: number, Process: c.run.processes[number]})
	}
	for _, n := range c.run.called {
		label := unused(c.taken, n.name)
		c.called = append(c.called, called{n.text, label, n.bare, n.dir})
		c.rec.Names = append(c.rec.Names, NameRecord{Label: label, Name: n.name, Number: n.text, Program: true, Bare: n.bare, Dir: n.dir})
	}
	clear(c.taken)
}

// inBytes marks the label of an id that stands in a text as it is in memory.
const inBytes = " in bytes"

// unused is the name with something behind it if it is taken.
func unused(taken map[string]bool, name string) string {
	key := name
	for i := 2; taken[key]; i++ {
		key = name + "~" + strconv.Itoa(i)
	}
	taken[key] = true
	return key
}

// Written is a text for a file, with names for what is chance.
func (r *Run) Written(b []byte) Quoted {
	c := &recorder{run: r, rec: &Record{}, labels: map[string]string{}, taken: map[string]bool{}}
	c.names()
	return c.text(b, true)
}

func (c *recorder) text(b []byte, named bool) Quoted { return c.written(b, named, false) }

// written is text also for what the kernel has told of a program.
func (c *recorder) written(b []byte, named, kernel bool) Quoted {
	labels := &Run{}
	if named {
		labels = &Run{names: c.labels, called: c.called}
	}
	return labels.rename(b, kernel, true)
}

// object is the key of an object.
func (c *recorder) object(o *object) string {
	if o == nil {
		return ""
	}
	if key, known := c.keys[o]; known {
		return key
	}
	name := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, string(o.text().as(false)))
	key := unused(c.taken, name)
	c.keys[o] = key
	c.objects = append(c.objects, o)
	if l := o.link; l != nil && c.links[l] == 0 {
		c.links[l] = len(c.links) + 1
		c.rec.Links = append(c.rec.Links, LinkRecord{Name: c.text([]byte(l.name), true)})
		at := c.links[l] - 1
		socket, peer := c.object(l.socket), c.object(l.peer)
		c.rec.Links[at].Socket, c.rec.Links[at].Peer = socket, peer
	}
	return key
}

// finish writes down the objects that were met.
func (c *recorder) finish() {
	for _, o := range c.objects {
		named := o.text().marked != nil
		r := ObjectRecord{Key: c.keys[o], Kind: o.kind, Name: c.text([]byte(o.name), true),
			Named: named, Path: c.text([]byte(o.path), true), Strand: c.strand[o]}
		if i := c.maker[o]; i > 0 {
			r.Maker = c.run.Processes[i-1].Name
		}
		if o.link != nil {
			r.Link = c.links[o.link]
		}
		c.rec.Objects = append(c.rec.Objects, r)
	}
}

func noiseRecords(list []Noise) (out []NoiseRecord) {
	for _, n := range list {
		out = append(out, NoiseRecord{n.Kind, n.By})
	}
	return out
}

func (c *recorder) process(p *Process) ProcessRecord {
	r := ProcessRecord{Name: p.Name, Status: p.Status, Strands: p.strands, Go: p.golang,
		Noise: noiseRecords(p.Noise)}
	for _, s := range p.Output {
		r.Output = append(r.Output, StreamRecord{s.Object, c.text(s.Data, true), s.Moved})
	}
	for _, op := range p.Ops {
		r.Ops = append(r.Ops, c.op(op))
	}
	return r
}

func (c *recorder) op(op *Op) OpRecord {
	r := OpRecord{Call: op.Call, Args: c.args(op.Args), For: op.For, Fatal: op.Fatal,
		Piece: op.Piece, Strand: op.strand, EventRecord: c.event(op)}
	if op.Result.kind != Nothing {
		result := c.value(Arg{Value: op.Result})
		r.Result = &result
	}
	if o := op.Origin; o != nil {
		r.Origin = Origin{Site: site(o.Site), Library: o.Library, Handler: o.Handler}
		for _, s := range o.Callers {
			r.Callers = append(r.Callers, site(s))
		}
		if o.Idiom != nil {
			r.Idiom = o.Idiom.Name
		}
	}
	return r
}

func site(s attrib.Site) SiteRecord {
	r := SiteRecord{File: Quoted(s.File), Line: s.Line, Func: Quoted(s.Func), Nobody: s.Nobody}
	if s.File == "" {
		r.Offset, r.Module = s.Offset, Quoted(s.Module)
	}
	return r
}

// chance are the kinds of arguments of which another run has others.
var chance = []abi.Kind{abi.Fd, abi.AtFd, abi.NewFd, abi.Pid, abi.Inode, abi.Key, abi.SemID,
	abi.ShmID, abi.MsgID, abi.Handler, abi.Cookie, abi.Port, abi.Unseen, abi.MapAddr, abi.Addr}

func (c *recorder) event(op *Op) EventRecord {
	e := op.Event
	rank := func(at int) int {
		i, _ := slices.BinarySearch(c.ranks, at)
		return i
	}
	r := EventRecord{Entered: rank(e.Entered), Begun: rank(e.Begun), Left: rank(e.Left),
		At: int64(e.At)}
	switch e.Kind {
	case trace.Signal:
		r.Signal = true
		return r
	case trace.Sleep:
		r.Sleep = true
		return r
	}
	sig := op.Sig()
	if name := abi.Lookup(e.Nr).Name; name != op.Call {
		r.System = name
	}
	for i, a := range sig.Args {
		if a.When == abi.Value && e.Args[i] != 0 && !slices.Contains(chance, a.Kind) {
			if r.Values == nil {
				r.Values = map[int]uint64{}
			}
			r.Values[i] = e.Args[i]
		}
	}
	if i, has := sig.Flags.Arg(); has && sig.Clones() && sig.Args[i].When != abi.Value {
		r.Flags = e.Flags(sig)
	}
	switch r.Result = e.Result; {
	case e.Left == 0:
		r.Result = -1 // none
	case r.Result > 0 && (sig.Makes == abi.Task ||
		op.Result.Is(ProcessID, GroupID, ThreadID, IPC, Place, Address)):
		r.Result = 1 // which number it is, is chance
	}
	return r
}

func (c *recorder) args(list []Arg) (out []ValueRecord) {
	for _, a := range list {
		out = append(out, c.value(a))
	}
	return out
}

// bases are the ways in which a number is written that is not a decimal one with a sign.
var bases = map[abi.Kind]string{abi.Uint: "unsigned", abi.Ulong: "unsigned", abi.Ushort: "unsigned",
	abi.Size: "unsigned", abi.Octal: "octal", abi.Hex: "hexadecimal", abi.IPv4: "address",
	abi.Dev: "device", abi.Hidden: "count"}

func (c *recorder) value(a Arg) ValueRecord {
	v := a.Value
	r := ValueRecord{Name: a.Name, Kind: v.kind.String(), Out: a.Out, Label: a.Label,
		Number: int64(v.num), Base: bases[v.form]}
	switch d := v.data.(type) {
	case *string:
		r.Value = Quoted(*d)
	case *port:
		r.Value = Quoted(d.key())
	case *object:
		r.Value = Quoted(c.object(d))
		if v.kind == Object {
			r.Number, r.End = 0, ends[v.num]
		}
	case *text:
		r.Value, r.Named = c.written(d.raw, d.marked != nil, v.num == fromKernel), d.marked != nil
	case *variables:
		r.Number = int64(d.n)
		r.Sum, r.NamedSum = hex.EncodeToString(d.sums[0][:]), hex.EncodeToString(d.sums[1][:])
	case *span:
		r.Value, r.Number, r.Nano = d.append(nil), d.sec, d.nsec
	case *partial:
		of := c.value(Arg{Value: d.Value})
		r.Of, r.More, r.Bad = &of, d.more, d.bad
		if d.sum != [32]byte{} {
			r.Sum = hex.EncodeToString(d.sum[:])
		}
	case *[]Arg:
		r.Parts = c.args(*d)
	default:
		if v.Is(Flags, Enum, Signal, Signals, Status, Errno) {
			r.Value = Quoted(v.Text())
		}
	}
	return r
}
