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
	fmt.Fprintf(w, "%d calls, and %d of libraries and runtimes not shown", run.OpCount(), run.NoiseCalls())
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
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "{\n \"schema\": %s,\n \"command\": %s,\n", value(Schema), value(command))
	if failed != nil {
		fmt.Fprintf(out, " \"error\": %s,\n", value(failed.Error()))
	}
	fmt.Fprint(out, " \"processes\": [")
	sites := map[*attrib.Origin][]byte{} // written out: there are many calls, of few lines
	var line []byte
	for i, p := range run.Processes {
		fmt.Fprintf(out, "%s\n  {\n   \"name\": %s,\n   \"calls\": [", comma(i), value(p.Name))
		for j, op := range p.Ops {
			site := sites[op.Origin]
			if site == nil {
				site = value(op.Site.String())
				sites[op.Origin] = site
			}
			line = append(append(line[:0], comma(j)...), "\n    "...)
			line = append(appendCall(line, op, site), '}')
			out.Write(line)
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

// appendCall writes a call as parity.Document has it, but for the brace at its end. (By hand,
// because there may be a million of them.)
func appendCall(b []byte, op *canon.Op, site []byte) []byte {
	b = appendString(append(b, `{"text": `...), op.String())
	b = appendString(append(b, `, "op": {"call": `...), op.Call)
	b = appendArgs(append(b, `, "args": `...), op.Args)
	if !op.Result.Is(canon.Nothing) {
		b = appendArg(append(b, `, "result": `...), &canon.Arg{Value: op.Result})
	}
	return append(append(b, `}, "site": `...), site...)
}

func appendArgs(b []byte, args []canon.Arg) []byte {
	b = append(b, '[')
	for i := range args {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendArg(b, &args[i])
	}
	return append(b, ']')
}

func appendArg(b []byte, a *canon.Arg) []byte {
	b = append(b, '{')
	if a.Name != "" {
		b = append(appendString(append(b, `"name": `...), a.Name), ", "...)
	}
	b = append(append(append(b, `"kind": "`...), a.Value.Kind().String()...), '"')
	if parts := a.Value.Elements(); len(parts) > 0 {
		b = appendArgs(append(b, `, "parts": `...), parts)
	} else if text := a.Value.String(); text != "" {
		b = appendString(append(b, `, "value": `...), text)
	}
	if a.Out {
		b = append(b, `, "out": true`...)
	}
	if why := a.Value.Why(); why != "" {
		b = appendString(append(b, `, "why": `...), why)
	}
	return append(b, '}')
}

// appendString writes a string. Most have nothing in them that JSON has to write otherwise but the
// quotes and backslashes of what they quote.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '<' || c == '>' || c == '&' {
			return append(b, value(s)...)
		}
	}
	b = append(b, '"')
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
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
