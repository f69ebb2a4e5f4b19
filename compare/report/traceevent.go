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
	t := eventList{events: []traceEvent{}}
	for _, r := range results {
		for i := range 2 {
			t.side(r, i)
		}
	}
	return json.NewEncoder(w).Encode(struct {
		Events []traceEvent   `json:"traceEvents"`
		Unit   string         `json:"displayTimeUnit"`
		Other  map[string]any `json:"otherData"`
	}{t.events, "ns", map[string]any{"schema": Schema, "time": "the order of calls, one microsecond each"}})
}

// traceEvent is an event in the format's words.
type traceEvent struct {
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

// eventList are the events so far, with the last process and the last arrow.
type eventList struct {
	events    []traceEvent
	pid, flow int
}

// meta names a process or thread.
func (t *eventList) meta(what string, tid int, name string) {
	t.events = append(t.events, traceEvent{Name: what, Phase: "M", PID: t.pid, TID: tid,
		Args: map[string]any{"name": safe(name)}})
}

// tracedCall is a call of one side.
type tracedCall struct {
	*parity.Ref
	tid  int
	pair *parity.Pair
}

// side adds one side of a case.
func (t *eventList) side(r *parity.Result, i int) {
	t.pid++
	t.meta("process_name", 0, r.Name+" "+r.Labels()[i])
	var calls []tracedCall
	at := map[int]int{} // tid by Seq
	for n, p := range r.Processes {
		t.meta("thread_name", n+1, p.Name)
		for k := range p.Pairs {
			if ref := p.Pairs[k].Sides[i]; ref != nil && ref.Seq > 0 {
				calls = append(calls, tracedCall{ref, n + 1, &p.Pairs[k]})
				at[ref.Seq] = n + 1
			}
		}
	}
	slices.SortFunc(calls, func(a, b tracedCall) int { return a.Seq - b.Seq })
	for _, c := range calls {
		t.call(c)
		if from, ok := at[c.After]; ok {
			t.arrow(from, c)
		}
	}
}

// call adds the slice of a call. It ends where its call took effect; one that did not wait is as
// long as its own turn.
func (t *eventList) call(c tracedCall) {
	args := map[string]any{"call": safe(c.Text()), "is": c.pair.Glyph}
	for key, value := range map[string]string{"site": c.Site, "step": c.Step,
		"rules": strings.Join(c.pair.Rules, " ")} {
		if value != "" {
			args[key] = safe(value)
		}
	}
	begin, end := float64(c.Began), float64(c.Seq)
	t.events = append(t.events, traceEvent{Name: safe(c.Call()), Cat: "call", Phase: "X",
		TS: begin, Dur: end - begin, PID: t.pid, TID: c.tid, Args: args})
}

// arrow leads from the call of another thread that c waited for to c. Its two ends lie just before
// those of the calls: an arrow belongs to the slice around its time.
func (t *eventList) arrow(from int, c tracedCall) {
	t.flow++
	end := traceEvent{Name: "then", Cat: "wait", PID: t.pid, ID: t.flow}
	end.Phase, end.TS, end.TID = "s", float64(c.After)-.5, from
	t.events = append(t.events, end)
	end.Phase, end.Bind, end.TS, end.TID = "f", "e", float64(c.Seq)-.25, c.tid
	t.events = append(t.events, end)
}
