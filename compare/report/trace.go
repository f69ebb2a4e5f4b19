package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"paritykit/compare/attrib"
	"paritykit/compare/canon"
)

// Trace writes the ops of one run: a process after the other, each with its line.
func (t Text) Trace(w io.Writer, run *canon.Run) {
	for _, p := range run.Processes {
		width := 0
		for _, op := range p.Ops {
			width = max(width, min(columns(safe(op.String())), widest))
		}
		for _, op := range p.Ops {
			fmt.Fprintf(w, "%-5s %s  %s\n", safe(p.Name), pad(t.whole(op.String()), width), safe(op.Site.String()))
		}
		fmt.Fprintf(w, "%-5s %s\n", safe(p.Name), endOf(p))
	}
	t.TraceSummary(w, run)
}

// TraceSummary counts the ops of one run, and the calls that are none.
func (t Text) TraceSummary(w io.Writer, run *canon.Run) {
	fmt.Fprintf(w, "%s, and %d of libraries and runtimes not shown", several(run.OpCount(), "call"), run.NoiseCalls())
	if !t.Verbose {
		fmt.Fprintln(w, " (-v)")
		return
	}
	fmt.Fprintln(w, ":")
	for _, p := range slices.Concat(run.Processes, run.Helpers) {
		for _, n := range p.Noise {
			fmt.Fprintf(w, "%-5s %6d  %s\n", safe(p.Name), n.Calls, n.Kind)
			for _, call := range slices.Sorted(maps.Keys(n.By)) {
				fmt.Fprintf(w, "      %6d    %s\n", n.By[call], call)
			}
		}
	}
}

func (t Text) whole(op string) string {
	if t.Verbose {
		return safe(op)
	}
	return cut(op)
}

func endOf(p *canon.Process) string {
	if p.Status == "" {
		return "still running when it was stopped"
	}
	return p.Status
}

// TraceJSON writes the ops of one run as one document, a call a line: so it can be searched by
// line, and a million calls are written without being indented first.
func TraceJSON(w io.Writer, command []string, run *canon.Run, failed error) error {
	out := bufio.NewWriterSize(w, 64<<10)
	fmt.Fprintf(out, "{\n \"schema\": %s,\n \"command\": %s,\n", value(Schema), value(command))
	if failed != nil {
		fmt.Fprintf(out, " \"error\": %s,\n", value(failed.Error()))
	}
	fmt.Fprint(out, " \"processes\": [")
	enc := &callEncoder{sites: map[*attrib.Origin][]byte{}}
	for i, p := range run.Processes {
		fmt.Fprintf(out, "%s\n  {\n   \"name\": %s,\n   \"calls\": [", comma(i), value(p.Name))
		for j, op := range p.Ops {
			out.WriteString(comma(j))
			out.WriteString("\n    ")
			out.Write(enc.call(op))
		}
		noise := map[string]int{}
		for _, n := range p.Noise {
			noise[n.Kind] = n.Calls
		}
		fmt.Fprintf(out, "\n   ],\n   \"noise\": %s,\n   \"status\": %s\n  }", value(noise), value(p.Status))
	}
	fmt.Fprint(out, "\n ]\n}\n")
	return out.Flush()
}

// A callEncoder writes calls as parity.Document has them. It does so by hand, and without
// allocating, because there may be a million of them.
type callEncoder struct {
	b, text []byte
	sites   map[*attrib.Origin][]byte // written out: there are many calls, of few lines
}

// call returns a call, which is good until the next one.
func (e *callEncoder) call(op *canon.Op) []byte {
	site := e.sites[op.Origin]
	if site == nil {
		site = value(op.Site.String())
		e.sites[op.Origin] = site
	}
	e.b = append(e.b[:0], `{"text": `...)
	e.text = op.Append(e.text[:0])
	e.quote()
	e.b = append(append(append(e.b, `, "op": {"call": "`...), op.Call...), `", "args": `...)
	e.args(op.Args)
	if !op.Result.Is(canon.Nothing) {
		e.b = append(e.b, `, "result": `...)
		e.arg("", op.Result, false)
	}
	e.b = append(append(append(e.b, `}, "site": `...), site...), '}')
	return e.b
}

func (e *callEncoder) args(args []canon.Arg) {
	e.b = append(e.b, '[')
	for i := range args {
		if i > 0 {
			e.b = append(e.b, ", "...)
		}
		a := &args[i]
		e.arg(a.Name, a.Value, a.Out)
	}
	e.b = append(e.b, ']')
}

func (e *callEncoder) arg(name string, v canon.Value, out bool) {
	e.b = append(e.b, '{')
	if name != "" {
		e.b = append(append(append(e.b, `"name": "`...), name...), `", `...)
	}
	e.b = append(append(append(e.b, `"kind": "`...), v.Kind().String()...), '"')
	if parts := v.Elements(); len(parts) > 0 {
		e.b = append(e.b, `, "parts": `...)
		e.args(parts)
	} else if e.text = v.Append(e.text[:0]); len(e.text) > 0 {
		e.b = append(e.b, `, "value": `...)
		e.quote()
	}
	if out {
		e.b = append(e.b, `, "out": true`...)
	}
	if why := v.Why(); why != "" {
		e.b = append(e.b, `, "why": `...)
		e.text = append(e.text[:0], why...)
		e.quote()
	}
	e.b = append(e.b, '}')
}

// quote writes the text as a string. Most have nothing in them that JSON has to write otherwise but
// the quotes and backslashes of what they quote.
func (e *callEncoder) quote() {
	e.b = append(e.b, '"')
	begin := len(e.b)
	plain := 0 // up to there it is written
	for i, c := range e.text {
		switch {
		case c < ' ' || c >= 0x7f || c == '<' || c == '>' || c == '&':
			e.b = append(e.b[:begin-1], value(string(e.text))...)
			return
		case c == '"' || c == '\\':
			e.b = append(append(e.b, e.text[plain:i]...), '\\')
			plain = i
		}
	}
	e.b = append(append(e.b, e.text[plain:]...), '"')
}

// value is a string, a list of strings or a map of numbers, none of which can fail to be written.
func value(v any) []byte {
	text, _ := json.Marshal(v)
	return text
}

// comma separates the element of index i from the one before it.
func comma(i int) string {
	if i > 0 {
		return ","
	}
	return ""
}
