package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"paritykit/compare/parity"
)

// costView is a line of the table that says what each side took.
type costView struct{ What, C, Go, Ratio string }

// costs is that table, nil if nobody asked for it.
func costs(r *parity.Result) (list []costView) {
	c, g := r.Sides[0].Cost, r.Sides[1].Cost
	if c == nil || g == nil {
		return nil
	}
	add := func(what string, x, y float64, show func(float64) string) {
		ratio := "-"
		if x > 0 {
			ratio = fmt.Sprintf("%.2g", y/x)
			if y/x >= 10 {
				ratio = fmt.Sprintf("%.0f", y/x)
			}
		}
		list = append(list, costView{what, show(x), show(y), ratio})
	}
	whole := func(x float64) string { return fmt.Sprintf("%.0f", x) }
	add("calls of the program", float64(r.Sides[0].Ops), float64(r.Sides[1].Ops), whole)
	add("calls of libraries and runtimes", float64(r.Sides[0].Noise), float64(r.Sides[1].Noise), whole)
	for _, kind := range kinds(r) {
		add("  "+visible(kind), float64(noise(&r.Sides[0], kind)), float64(noise(&r.Sides[1], kind)), whole)
	}
	add("processes", float64(c.Processes), float64(g.Processes), whole)
	add("threads", float64(c.Threads), float64(g.Threads), whole)
	add("context switches, to wait", float64(c.Voluntary), float64(g.Voluntary), whole)
	add("context switches, to let others run", float64(c.Involuntary), float64(g.Involuntary), whole)
	add("CPU time", float64(c.CPU), float64(g.CPU), func(x float64) string { return fmt.Sprintf("%.1f ms", x/float64(time.Millisecond)) })
	mib := func(x float64) string { return fmt.Sprintf("%.1f MiB", x/1024) }
	add("peak memory of the largest process", float64(c.Peak), float64(g.Peak), mib)
	add("peak memory of all processes", float64(c.Peaks), float64(g.Peaks), mib)
	return list
}

// kinds are the kinds of noise of either side, each once.
func kinds(r *parity.Result) (list []string) {
	seen := map[string]bool{}
	for i := range 2 {
		for _, k := range r.Sides[i].Kinds {
			if !seen[k.Kind] {
				seen[k.Kind] = true
				list = append(list, k.Kind)
			}
		}
	}
	return list
}

func noise(s *parity.Side, kind string) int {
	for _, k := range s.Kinds {
		if k.Kind == kind {
			return k.Calls
		}
	}
	return 0
}

// cost writes the table.
func (t Text) cost(w io.Writer, r *parity.Result) {
	list := costs(r)
	if list == nil {
		return
	}
	list = append([]costView{{"what it costs", safe(r.Labels()[0]), safe(r.Labels()[1]), safe(r.Labels()[1]) + "/" + safe(r.Labels()[0])}}, list...)
	var widths [4]int
	for _, l := range list {
		for i, s := range []string{l.What, l.C, l.Go, l.Ratio} {
			widths[i] = max(widths[i], columns(s))
		}
	}
	for i, l := range list {
		line := "  " + pad(l.What, widths[0])
		for k, s := range []string{l.C, l.Go, l.Ratio} {
			line += "  " + strings.Repeat(" ", widths[k+1]-columns(s)) + s
		}
		if i == 0 {
			line = bold(t.Color, line)
		}
		fmt.Fprintln(w, line)
	}
}
