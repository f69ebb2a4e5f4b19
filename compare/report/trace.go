package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

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

// TraceJSON writes the ops of one run as one document.
func TraceJSON(w io.Writer, command []string, run *canon.Run, failed error) error {
	type call struct {
		Op   string `json:"op"`
		Site string `json:"site"`
	}
	type process struct {
		Name   string         `json:"name"`
		Calls  []call         `json:"calls"`
		Noise  map[string]int `json:"noise"`
		Status string         `json:"status"`
	}
	doc := struct {
		Schema    string    `json:"schema"`
		Command   []string  `json:"command"`
		Error     string    `json:"error,omitempty"`
		Processes []process `json:"processes"`
	}{Schema: Schema, Command: command, Processes: []process{}}
	if failed != nil {
		doc.Error = failed.Error()
	}
	for _, p := range run.Processes {
		q := process{Name: p.Name, Calls: []call{}, Noise: map[string]int{}, Status: p.Status}
		for _, op := range p.Ops {
			q.Calls = append(q.Calls, call{op.String(), op.Site.String()})
		}
		for _, n := range p.Noise {
			q.Noise[n.Kind] = n.Calls
		}
		doc.Processes = append(doc.Processes, q)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(doc)
}
