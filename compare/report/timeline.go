package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"paritykit/compare/parity"
)

var letters = [2]string{"c", "go"}

// A timeline is the calls of a side in the order in which they took effect, and a lane for each
// process.
type timeline struct {
	prefix   string   // of the rows' ids
	lanes    []string // the processes' names, as they are shown
	foreign  []bool   // the lanes of the system's programs
	events   []timeEvent
	named    map[int]bool // the places of those that another one waited for
	from, to []int        // the rows, from 1, between which each lane is there
	next     []int        // the index of each lane's next event
}

type timeEvent struct {
	ref  *parity.Ref
	lane int
	key  string
}

// time makes the time line of a side: a row for each call. Of the system's programs it shows the
// calls that somebody waited for, or that waited for somebody.
func (b *caseBuilder) time(i int) {
	t := b.timeline(i)
	if len(t.events) == 0 {
		return
	}
	v := timeView{Label: b.v.Labels[i], Lanes: t.lanes, Open: i == 0}
	hidden := make([]int, len(t.lanes))
	for n, e := range t.events {
		switch {
		case t.foreign[e.lane] && !t.named[e.ref.Seq] && e.ref.After == 0:
			hidden[e.lane]++
		case len(v.Rows) >= inProcess || b.rows >= rowsMost:
			v.Left++
		default:
			b.rows++
			v.Rows = append(v.Rows, t.row(n))
		}
		t.advance(e.lane, n+1)
	}
	var foreign []string
	for lane, n := range hidden {
		if n > 0 {
			foreign = append(foreign, fmt.Sprintf("%s of %s", several(n, "call"), t.lanes[lane]))
		}
	}
	v.Foreign = strings.Join(foreign, ", ")
	b.v.Times = append(b.v.Times, v)
}

func (b *caseBuilder) timeline(i int) *timeline {
	t := &timeline{prefix: b.v.ID + "/time:" + letters[i], named: map[int]bool{}}
	for _, p := range b.r.Processes {
		lane := -1
		for k := range p.Pairs {
			if ref := p.Pairs[k].Sides[i]; ref != nil && ref.Seq > 0 {
				if lane < 0 {
					lane = len(t.lanes)
					t.lanes = append(t.lanes, visible(p.Name))
					t.foreign = append(t.foreign, foreign(&p))
				}
				key := ident(p.Name) + "/" + strconv.Itoa(k+1)
				t.events = append(t.events, timeEvent{ref, lane, key})
			}
		}
	}
	slices.SortFunc(t.events, func(a, b timeEvent) int { return a.ref.Seq - b.ref.Seq })
	t.from, t.to, t.next = make([]int, len(t.lanes)), make([]int, len(t.lanes)), make([]int, len(t.lanes))
	for n, e := range t.events {
		t.named[e.ref.After] = true
		if t.from[e.lane] == 0 {
			t.from[e.lane] = n + 1
			if e.ref.After > 0 {
				t.from[e.lane] = e.ref.After // where it was forked
			}
		}
		t.to[e.lane] = n + 1
	}
	for lane := range t.lanes {
		t.advance(lane, 0)
	}
	return t
}

// advance looks for a lane's next event.
func (t *timeline) advance(lane, after int) {
	for t.next[lane] = after; t.next[lane] < len(t.events) && t.events[t.next[lane]].lane != lane; t.next[lane]++ {
	}
}

// row shows event n: in its lane, in the others whether they are there and wait, and from where to
// where somebody was let go on.
func (t *timeline) row(n int) timeRow {
	e := t.events[n]
	row := timeRow{Seq: e.ref.Seq, Key: e.key, Cells: make([]cell, len(t.lanes)), Process: t.lanes[e.lane], Op: cut(e.ref.Text())}
	for lane := range t.lanes {
		switch at := t.next[lane]; {
		case lane == e.lane:
			row.Cells[lane].Kind = "e"
		case n+1 < t.from[lane] || n+1 > t.to[lane]:
		case at < len(t.events) && t.events[at].ref.Began < n+1 && t.events[at].ref.Seq > t.events[at].ref.Began+1 && t.from[lane] <= n:
			row.Cells[lane].Kind = "w"
		default:
			row.Cells[lane].Kind = "l"
		}
	}
	if after := e.ref.After; after > 0 && after <= len(t.events) {
		cause := t.events[after-1]
		row.After = to(fmt.Sprintf("%s%d", t.prefix, after))
		row.AfterProcess = t.lanes[cause.lane]
		row.Why = fmt.Sprintf("%s %d", visible(cause.ref.Call()), after)
		link(row.Cells, min(cause.lane, e.lane), max(cause.lane, e.lane))
	}
	for n := len(row.Cells); n > 0 && row.Cells[n-1] == (cell{}); n-- {
		row.Cells = row.Cells[:n-1] // the page gives each row the width of all lanes
	}
	if t.named[e.ref.Seq] {
		row.ID = fmt.Sprintf("%s%d", t.prefix, e.ref.Seq)
	}
	return row
}

// link draws an arm from the middle of one cell to that of another.
func link(cells []cell, from, to int) {
	for lane := from; lane <= to && from < to; lane++ {
		switch lane {
		case from:
			cells[lane].Link = "hr"
		case to:
			cells[lane].Link = "hl"
		default:
			cells[lane].Link = "h"
		}
	}
}

// same reports whether two time lines show the same: the same calls, by what they are aligned with,
// in the same order, with the same waits.
func (v *timeView) same(w *timeView) bool {
	return v.Left == w.Left && v.Foreign == w.Foreign && slices.Equal(v.Lanes, w.Lanes) && slices.EqualFunc(v.Rows, w.Rows, func(a, b timeRow) bool {
		return a.Key == b.Key && a.Why == b.Why && slices.Equal(a.Cells, b.Cells)
	})
}
