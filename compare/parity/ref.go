package parity

import (
	"encoding/json"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
)

// Ref is what one side has: a call; of another kind of difference the bytes, the status, the file's
// content. There may be millions of calls, so what those of one line have in common they share, and
// their text is made when somebody wants to see it.
type Ref struct {
	*Where // never nil
	// of a call: its place, from 1, in the order in which all calls of the side took effect
	Seq int
	// how many of them had taken effect when it began: it waited for those from there to Seq
	Began int
	// the place of the call of another process without which it could not have come to its end
	After  int
	Killed string // "SIGPIPE": the signal that its process died of after it
	// "2s": when it was made, since the run began, if time had passed since its process's call before
	At string

	text   string    // of what is no call
	op     *canon.Op // of a call: that, in the common form of all rules
	beside *canon.Op // what the other side has in its place, nil for nothing
}

// Where says where a call was made.
type Where struct {
	Site  string  // the source line; "" if it is about no call
	Place         // the line or, where lines are not known, the function
	Step  string  // the step that the line belongs to
	Via   []Place // from a line in a function without steps out to the line that has the step

	known bool // all this
}

// NewRef is what one side has where it is no call that was seen, or one that somebody tells of.
func NewRef(text string, at Where) *Ref { return &Ref{Where: &at, text: text} }

// NewCall is a call of which no more is known than its name and its text.
func NewCall(call, text string, at Where) *Ref {
	return &Ref{Where: &at, text: text, op: &canon.Op{Call: call}}
}

// said is a text that stands on no line.
func said(text string) *Ref { return &Ref{Where: &Where{}, text: text} }

// Text is what a reader sees of it: "read(pipe1.r, \"Who are you?\\0\", 30)".
func (ref *Ref) Text() string {
	switch {
	case ref == nil:
		return ""
	case ref.text == "" && ref.op != nil: // a call that was seen
		return ref.op.Beside(ref.beside)
	}
	return ref.text
}

// Call is the name of the call, "" if it is none.
func (ref *Ref) Call() string {
	if ref == nil || ref.op == nil {
		return ""
	}
	return ref.op.Call
}

// removes reports whether the call removes a file.
func (ref *Ref) removes() bool {
	return ref != nil && ref.op != nil &&
		ref.op.Sig().Uses(abi.Removes)
}

// Document is a Ref in JSON.
type Document struct {
	// Text is the call as it is written down; of another kind of difference the bytes, the
	// status, the file's content.
	Text string `json:"text"`

	Op     *Op     `json:"op,omitempty"` // of a call: that
	Site   string  `json:"site"`         // the source line; "" if it is about no call
	Place          // the line or, where lines are not known, the function
	Step   string  `json:"step,omitempty"`
	Via    []Place `json:"via,omitempty"`
	Seq    int     `json:"seq,omitempty"`
	Began  int     `json:"began,omitempty"`
	After  int     `json:"after,omitempty"`
	Killed string  `json:"killed,omitempty"`
	At     string  `json:"at,omitempty"`
}

// Op is a call in JSON.
type Op struct {
	Call   string `json:"call"`
	Args   []Arg  `json:"args"`
	Result *Arg   `json:"result,omitempty"` // where it says more than that the call succeeded
}

// Arg is a value in JSON: an argument, a part of one, or a result.
type Arg struct {
	Name  string `json:"name,omitempty"`
	Kind  string `json:"kind"`
	Value string `json:"value,omitempty"` // as it is written down; "" of one that has parts
	Out   bool   `json:"out,omitempty"`   // it is the kernel's answer, not the program's wish
	Why   string `json:"why,omitempty"`   // of what is not compared or not looked into: the reason
	Parts []Arg  `json:"parts,omitempty"` // of a list, a structure, or what is asked and answered
}

// NewOp is an op as JSON has it.
func NewOp(op *canon.Op) *Op {
	o := &Op{Call: op.Call, Args: newArgs(op.Args)}
	if !op.Result.Is(canon.Nothing) {
		result := newArg(canon.Arg{Value: op.Result})
		o.Result = &result
	}
	return o
}

func newArgs(list []canon.Arg) []Arg {
	args := make([]Arg, len(list))
	for i, a := range list {
		args[i] = newArg(a)
	}
	return args
}

func newArg(a canon.Arg) Arg {
	arg := Arg{Name: a.Name, Kind: a.Value.Kind().String(), Out: a.Out, Why: a.Value.Why()}
	if parts := a.Value.Elements(); len(parts) > 0 {
		arg.Parts = newArgs(parts)
	} else {
		arg.Value = a.Value.String()
	}
	return arg
}

// MarshalJSON writes the document.
func (ref *Ref) MarshalJSON() ([]byte, error) {
	d := Document{Text: ref.Text(), Site: ref.Site, Place: ref.Place, Step: ref.Step, Via: ref.Via,
		Seq: ref.Seq, Began: ref.Began,
		After: ref.After, Killed: ref.Killed, At: ref.At}
	if ref.op != nil {
		d.Op = NewOp(ref.op)
		for i, a := range ref.op.Args {
			// As canon.Op.Beside has it: what is equal as it stands has no chance in it.
			if arg := &d.Op.Args[i]; arg.Value != "" && ref.beside != nil && ref.beside.Arg(a.Name).Equal(a.Value) {
				arg.Value = a.Value.Text()
			}
		}
	}
	return json.Marshal(&d)
}

// UnmarshalJSON reads one. The text of a call is then what it says; of the call itself it keeps
// the name.
func (ref *Ref) UnmarshalJSON(b []byte) error {
	var d Document
	if err := json.Unmarshal(b, &d); err != nil {
		return err
	}
	at := Where{Site: d.Site, Place: d.Place, Step: d.Step, Via: d.Via}
	if *ref = *NewRef(d.Text, at); d.Op != nil {
		*ref = *NewCall(d.Op.Call, d.Text, at)
	}
	ref.Seq, ref.Began, ref.After, ref.Killed, ref.At = d.Seq, d.Began, d.After, d.Killed, d.At
	return nil
}
