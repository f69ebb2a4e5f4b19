package report

import (
	"bufio"
	"bytes"
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
	var quoted bytes.Buffer // by an encoder that is kept, because there may be a million
	encoder := json.NewEncoder(&quoted)
	sites := map[*attrib.Origin][]byte{} // written out: there are many calls, of few lines
	for i, p := range run.Processes {
		fmt.Fprintf(out, "%s\n  {\n   \"name\": %s,\n   \"calls\": [", comma(i), value(p.Name))
		for j, op := range p.Ops {
			site := sites[op.Origin]
			if site == nil {
				site = value(op.Site.String())
				sites[op.Origin] = site
			}
			text := op.String()
			quoted.Reset()
			encoder.Encode(&text) // into memory: it can't fail
			out.WriteString(comma(j))
			out.WriteString("\n    {\"op\": ")
			out.Write(bytes.TrimSuffix(quoted.Bytes(), []byte("\n")))
			out.WriteString(", \"site\": ")
			out.Write(site)
			out.WriteByte('}')
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
