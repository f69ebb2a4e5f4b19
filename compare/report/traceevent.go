package report

import (
	"encoding/json"
	"io"
	"slices"
	"strings"

	"paritykit/compare/parity"
)

// TraceEvents writes the calls in the Chrome trace format, which Perfetto and chrome://tracing
// open: a process there is a side of a case, a thread a process of that side, a slice a call, and
// an arrow leads from a call to the one that waited for it.
//
// Time there is the order in which calls took effect, a microsecond each. The time of a clock would
// say how long the tracer took, and be another one in every run.
//
// The format is described in "Trace Event Format" (Google, 2016).
func TraceEvents(w io.Writer, results []*parity.Result) error {
	type event struct {
		Name  string         `json:"name"`
		Cat   string         `json:"cat,omitempty"`
		Phase string         `json:"ph"`
		TS    float64        `json:"ts"`
		Dur   float64        `json:"dur,omitempty"`
		PID   int            `json:"pid"`
		TID   int            `json:"tid"`
		ID    int            `json:"id,omitempty"`
		Bind  string         `json:"bp,omitempty"`
		Args  map[string]any `json:"args,omitempty"`
	}
	events := []event{}
	pid, flow := 0, 0
	for _, r := range results {
		for i := range 2 {
			pid++
			meta := func(what string, tid int, name string) {
				events = append(events, event{Name: what, Phase: "M", PID: pid, TID: tid, Args: map[string]any{"name": safe(name)}})
			}
			meta("process_name", 0, r.Name+" "+r.Labels()[i])
			type slice struct {
				*parity.Ref
				tid  int
				pair *parity.Pair
			}
			var calls []slice
			at := map[int]int{} // tid by Seq
			for n, p := range r.Processes {
				meta("thread_name", n+1, p.Name)
				for k := range p.Pairs {
					if ref := p.Pairs[k].Sides[i]; ref != nil && ref.Seq > 0 {
						calls = append(calls, slice{ref, n + 1, &p.Pairs[k]})
						at[ref.Seq] = n + 1
					}
				}
			}
			slices.SortFunc(calls, func(a, b slice) int { return a.Seq - b.Seq })
			for _, s := range calls {
				args := map[string]any{"call": safe(s.Text()), "is": s.pair.Glyph}
				for key, value := range map[string]string{"site": s.Site, "step": s.Step, "rules": strings.Join(s.pair.Rules, " ")} {
					if value != "" {
						args[key] = safe(value)
					}
				}
				// A slice ends where its call took effect; one that did not wait is
				// as long as its own turn.
				begin, end := float64(s.Began), float64(s.Seq)
				events = append(events, event{Name: safe(s.Call()), Cat: "call", Phase: "X", TS: begin, Dur: end - begin, PID: pid, TID: s.tid, Args: args})
				if from, ok := at[s.After]; ok {
					flow++
					// Just before the ends: an arrow belongs to the slice
					// around its time.
					events = append(events,
						event{Name: "then", Cat: "wait", Phase: "s", TS: float64(s.After) - .5, PID: pid, TID: from, ID: flow},
						event{Name: "then", Cat: "wait", Phase: "f", Bind: "e", TS: end - .25, PID: pid, TID: s.tid, ID: flow})
				}
			}
		}
	}
	e := json.NewEncoder(w)
	return e.Encode(struct {
		Events []event        `json:"traceEvents"`
		Unit   string         `json:"displayTimeUnit"`
		Other  map[string]any `json:"otherData"`
	}{events, "ns", map[string]any{"schema": Schema, "time": "the order of calls, one microsecond each"}})
}
