// Package report renders results: as text for people and as JSON for machines, both from the one
// result struct.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"paritykit/compare/parity"
)

// Text says how to write a text report.
type Text struct {
	Color   bool
	Verbose bool                          // all calls and differences, and the noise by who asked
	Others  bool                          // also the calls of programs that are none of the pair's own
	Width   int                           // columns to write in; 0: 100
	Again   func(r *parity.Result) string // the command that shows more of a result
}

// widest is how many characters of a call are shown in a line of a list. The whole call stands
// where it is the subject.
const widest = 60

func (t Text) width() int {
	if t.Width > 0 {
		return max(t.Width, 40)
	}
	return 100
}

// Result writes the report of one case. First what kept the tool from an answer, or the script from
// its end; then what a user sees of a difference; then the first call that differs; the calls, if
// there is no difference; and what was left out.
func (t Text) Result(w io.Writer, r *parity.Result) {
	fmt.Fprintln(w, t.header(r))
	t.Report(w, r)
}

// Report writes what Result does, but for the first line.
func (t Text) Report(w io.Writer, r *parity.Result) {
	t.troubles(w, r)
	if len(r.Differences) > 0 {
		t.differences(w, r)
	}
	if t.Verbose || len(r.Differences) == 0 && r.Verdict != parity.Error {
		t.calls(w, r)
	}
	for _, u := range r.Known {
		t.wrapped(w, "  known ", fmt.Sprintf("%s (%s): %s", safe(u.Name), times(u.Uses), safe(u.Why)))
		for i, op := range u.Sides {
			if op != "" {
				fmt.Fprintf(w, "    %s %s  %s\n", t.glyph([]string{"-", "+"}[i]), safe(r.Labels()[i]), abridged(safe(op), t.width()-12))
			}
		}
	}
	for _, name := range r.Mixed {
		fmt.Fprintf(w, "  %s: %s\n", safe(name), mixed(r, name))
	}
	for _, x := range r.Explored {
		fmt.Fprintf(w, "      all schedules (C %d, Go %d): %s %d\n", x.Schedules[0], x.Schedules[1], x.What, x.Outcomes)
	}
	if len(r.NotLooked) > 0 {
		t.wrapped(w, "      not looked at: ", safe(strings.Join(r.NotLooked, "; ")))
	}
	t.noise(w, r)
	t.cost(w, r)
	for i, side := range r.Sides {
		if side.Work != "" {
			fmt.Fprintf(w, "  %s ran in %s\n", r.Labels()[i], safe(side.Work))
		}
	}
	switch {
	case r.Verdict != parity.Different || r.Compared == "output":
	case r.Outputs():
		fmt.Fprintln(w, "  what a user sees is the same: output, exit status and files (-compare output)")
	default:
		fmt.Fprintln(w, "  what a user sees differs")
	}
	if (len(r.Differences) > 0 || r.Verdict == parity.Error) && t.Again != nil {
		if more := t.Again(r); more != "" {
			fmt.Fprintf(w, "  more: %s\n", safe(more))
		}
	}
	fmt.Fprintln(w)
}

// Line writes one case in one line: the verdict, the name, how many calls were compared, the rules,
// and how long it took.
func (t Text) Line(w io.Writer, r *parity.Result, name int, took time.Duration) {
	calls := fmt.Sprint(max(r.Sides[0].Ops, r.Sides[1].Ops))
	if r.Compared == "output" {
		calls = "no"
	} else if r.Verdict == parity.Different {
		calls = fmt.Sprintf("%d/%d", r.Matched, max(r.Sides[0].Ops, r.Sides[1].Ops))
	}
	verdict := string(r.Verdict)
	if r.Unstable != "" {
		verdict = "unstable"
	}
	var rules []string
	for _, u := range r.Rules {
		rules = append(rules, u.Name+count(u.Uses))
	}
	line := fmt.Sprintf("%s  %s  %9s calls  %5.2fs  %s", t.paint(r.Verdict, pad(verdict, 10)), pad(safe(r.Name), name), calls,
		took.Seconds(), strings.Join(rules, " "))
	if len(r.NotLooked) > 0 {
		line += fmt.Sprintf("  not looked at: %d (-v)", len(r.NotLooked))
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
}

// wrapped writes text in as many lines as it takes, indented below the first one.
func (t Text) wrapped(w io.Writer, first, text string) {
	indent := strings.Repeat(" ", len(first)-len(strings.TrimLeft(first, " "))+2)
	for i, line := range wrap([]token{{"", first + text}}, t.width()-len(indent)) {
		if i == 0 {
			indent, first = "", indent
		} else {
			indent = first
		}
		fmt.Fprintf(w, "%s%s\n", indent, strings.TrimRight(plainText(line), " "))
	}
}

// header is the line that says it all.
func (t Text) header(r *parity.Result) string {
	verdict := string(r.Verdict)
	if r.Unstable != "" {
		verdict = "unstable"
	}
	line := fmt.Sprintf("%s  %s", bold(t.Color, safe(r.Name)), t.paint(r.Verdict, verdict))
	if r.Verdict == parity.Error {
		return line
	}
	line += fmt.Sprintf("   output %s   exit %s   ", equal(r, "output", "terminal", "file"), equal(r, "exit", "process", "script"))
	if r.Compared == "output" {
		return line + "calls not compared"
	}
	line += fmt.Sprintf("calls %d of %d", r.Matched, max(r.Sides[0].Ops, r.Sides[1].Ops))
	if len(r.Rules) > 0 {
		line += "   rules"
		for _, u := range r.Rules {
			line += " " + u.Name + count(u.Uses)
		}
	}
	return line
}

// mixed says what came of a combination of both sides' programs.
func mixed(r *parity.Result, name string) string {
	for _, d := range r.Differences {
		if d.Mix == name {
			return "differs from " + safe(r.Labels()[0]) + " alone"
		}
	}
	return "shows the same to the user"
}

// equal is "=" if there is no difference of these kinds, "≠" if there is.
func equal(r *parity.Result, kinds ...string) string {
	for _, d := range r.Differences {
		for _, k := range kinds {
			if d.Kind == k {
				return "≠"
			}
		}
	}
	return "="
}

// count says how often, if more than once.
func count(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf("×%d", n)
}

// Rule writes one rule.
func (t Text) Rule(w io.Writer, name, why string) {
	t.wrapped(w, "", name+": "+why)
}

// Reasons says of each rule that was used why it holds, once for all results.
func (t Text) Reasons(w io.Writer, results []*parity.Result) {
	uses := map[string]int{}
	var order []parity.Use
	for _, r := range results {
		for _, u := range r.Rules {
			if uses[u.Name] == 0 {
				order = append(order, u)
			}
			uses[u.Name] += u.Uses
		}
	}
	for _, u := range order {
		t.wrapped(w, "rule ", fmt.Sprintf("%s (%s): %s", u.Name, times(uses[u.Name]), u.Why))
	}
}

func times(n int) string {
	if n == 1 {
		return "used once"
	}
	return fmt.Sprintf("used %d times", n)
}

// troubles says what kept the tool from an answer or the script from its end, and where everybody
// was. It breaks lines for terminals only: elsewhere somebody may search for a message.
func (t Text) troubles(w io.Writer, r *parity.Result) {
	write := func(first, text string) {
		if t.Width > 0 {
			t.wrapped(w, first, text)
		} else {
			fmt.Fprintf(w, "%s%s\n", first, text)
		}
	}
	if r.Error != "" {
		write("  error: ", safe(r.Error))
	}
	for _, line := range r.Build {
		write("  | ", safe(line))
	}
	t.stopped(r, write)
	for _, line := range r.Waiting {
		write("  ", safe(line))
	}
}

// stopped says at which step of the script a side could not go on.
func (t Text) stopped(r *parity.Result, write func(first, text string)) {
	for i := range r.Differences {
		d := &r.Differences[i]
		if d.Kind != "script" {
			continue
		}
		write("  ", describe(d, r.Labels()))
		for side, ref := range d.Sides {
			text := has(d, ref)
			if ref != nil {
				text += " (" + ref.Site + ")"
			}
			write(fmt.Sprintf("  %s %s  ", []string{"-", "+"}[side], safe(r.Labels()[side])), safe(text))
		}
	}
}

// differences shows what differs: what a user sees of it, the first call with two calls of context,
// and how many others there are. What only follows from that a side was cut short is counted.
func (t Text) differences(w io.Writer, r *parity.Result) {
	labels := labels(r)
	var visible, calls []parity.Difference
	follow := 0
	for _, d := range r.Differences {
		switch {
		case d.Follows && !t.Verbose:
			follow++
		case d.Kind == "script":
		case seen(&d):
			visible = append(visible, d)
		default:
			calls = append(calls, d)
		}
	}
	t.visible(w, visible, labels)
	if len(calls) > 0 {
		t.first(w, r, &calls[0])
		t.others(w, calls[1:], labels)
	}
	if follow > 0 {
		fmt.Fprintf(w, "  %s only because a side could not go on (-v)\n", several(follow, "difference"))
	}
}

// labels are what the two sides of a result's differences are called.
func labels(r *parity.Result) [2]string {
	if r.Unstable != "" {
		return [2]string{"run 1", "another run"}
	}
	return r.Labels()
}

// several is a number of things: "1 call", "2 calls".
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// visible shows what a user sees: how processes end, what is on terminals, on standard errors and
// in files. What a process wrote to its terminal is not shown once more beside the terminal itself.
func (t Text) visible(w io.Writer, list []parity.Difference, labels [2]string) {
	terminals := map[string]bool{}
	for _, d := range list {
		if d.Kind == "terminal" {
			terminals[d.Process] = true
		}
	}
	const most = 6
	shown, hidden := 0, 0
	for _, d := range list {
		role, _, _ := strings.Cut(d.Process, ".")
		switch {
		case d.Kind == "output" && len(d.Fields) > 0 && d.Fields[0] == "tty" && terminals[role] && !t.Verbose:
			continue
		case shown >= most && !t.Verbose:
			hidden++
			continue
		}
		shown++
		text := describe(&d, labels)
		if d.Offset != nil {
			text += fmt.Sprintf(", from byte %d on", *d.Offset)
		}
		if len(d.Lines) > 0 {
			fmt.Fprintf(w, "  %s:\n", text)
			t.lines(w, d.Lines)
			continue
		}
		fmt.Fprintf(w, "  %s\n", text)
		if d.Sides[0] != nil && d.Sides[1] != nil || d.Kind == "outcome" {
			t.sides(w, &d, labels)
		}
	}
	if hidden > 0 {
		fmt.Fprintf(w, "  and %s that a user sees (-v)\n", several(hidden, "more difference"))
	}
}

// lines writes a small diff.
func (t Text) lines(w io.Writer, lines []parity.Line) {
	for _, l := range lines {
		glyph := l.Is
		if glyph == "=" {
			glyph = " "
		}
		fmt.Fprintf(w, "    %s %s\n", t.glyph(glyph), safe(l.Text))
	}
}

// first shows the first call that differs: what each side did, and where, with two calls of
// context.
func (t Text) first(w io.Writer, r *parity.Result, d *parity.Difference) {
	fmt.Fprintf(w, "  first difference: %s\n", describe(d, labels(r)))
	t.sides(w, d, labels(r))
	if d.Offset != nil && len(d.Lines) > 0 && (len(d.Sides[0].Text()) > t.width() || len(d.Sides[1].Text()) > t.width()) {
		fmt.Fprintf(w, "  from byte %d on:\n", *d.Offset)
		t.lines(w, d.Lines)
	}
	if p := process(r, d.Process); p != nil && d.Call > 0 {
		t.context(w, p, d.Call-1)
	}
}

// sides shows what each side has, and where.
func (t Text) sides(w io.Writer, d *parity.Difference, labels [2]string) {
	width := 0
	for _, l := range labels {
		width = max(width, columns(safe(l)))
	}
	for i, ref := range d.Sides {
		glyph, label := []string{"-", "+"}[i], safe(labels[i])
		text := safe(has(d, ref))
		if d.Kind == "call" && len(d.Lines) > 0 {
			text = abridged(text, t.width()-width-8) // the place in which they differ stands below
		}
		fmt.Fprintf(w, "  %s %s  %s\n", t.glyph(glyph), pad(label, width), text)
		if ref == nil {
			ref = d.Next
		}
		if ref != nil && ref.Site != "" {
			fmt.Fprintf(w, "    %*s  at %s\n", width, "", bold(t.Color, safe(ref.Site)))
		}
	}
}

// beside is abridged for a call that differs from the one in whose place it stands: what remains of
// it shows the difference.
func beside(s, twin string, most int) string {
	x, y := []rune(s), []rune(twin)
	at := 0
	for at < min(len(x), len(y)) && x[at] == y[at] {
		at++
	}
	const head, before = 12, 6 // the name of the call, and what stands before the difference
	if twin == "" || len(x) <= most || at < most-20 || most < head+before+12 {
		return abridged(s, most)
	}
	return string(x[:head]) + "…" + abridged(string(x[max(min(at-before, len(x)-(most-head-1)), head):]), most-head-1)
}

// abridged shortens a call to so many columns. Its end is kept.
func abridged(s string, most int) string {
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	const tail = 18
	return string(runes[:max(most-tail-1, 1)]) + "…" + string(runes[len(runes)-tail:])
}

// has says what a side has of a difference. ref is nil for nothing: then it says how that side goes
// on.
func has(d *parity.Difference, ref *parity.Ref) string {
	switch {
	case ref != nil:
		return ref.Text()
	case d.Kind == "script":
		return "(does it)"
	case d.Next == nil:
		return "(nothing)"
	case d.Next.Killed != "":
		return "(nothing) killed by " + d.Next.Killed + " after " + d.Next.Text()
	}
	return "(nothing) next: " + d.Next.Text()
}

// others lists further calls that differ.
func (t Text) others(w io.Writer, list []parity.Difference, labels [2]string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "  and %d more:\n", len(list))
	const most = 6
	lines, hidden := 0, 0
	for len(list) > 0 {
		n := run(list)
		if t.Verbose || lines < most {
			fmt.Fprintf(w, "    %s%s\n", severalInOne(list[:n], labels), opening(&list[0]))
			lines++
		} else {
			hidden += n
		}
		list = list[n:]
	}
	if hidden > 0 {
		fmt.Fprintf(w, "    … %d not shown (-v)\n", hidden)
	}
}

// seen reports whether a difference is one of those that a user sees.
func seen(d *parity.Difference) bool {
	switch d.Kind {
	case "output", "terminal", "exit", "process", "file", "script", "outcome":
		return true
	}
	return false
}

// run is how many differences at the beginning of a list are calls of one process, made one after
// the other, that one side alone has: what differs is one thing then.
func run(list []parity.Difference) int {
	n := 1
	for a := &list[0]; n < len(list); n++ {
		if b := &list[n]; a.Kind != "missing" && a.Kind != "extra" || b.Kind != a.Kind || b.Process != a.Process || b.Mix != a.Mix || b.Call != a.Call+n || b.Opening != a.Opening {
			break
		}
	}
	return n
}

// severalInOne is oneLine for a run of differences: the calls' names in the order in which each
// comes first, and where the first and the last were made.
func severalInOne(list []parity.Difference, labels [2]string) string {
	if len(list) == 1 {
		return oneLine(&list[0], labels)
	}
	var names []string
	counts := map[string]int{}
	for i := range list {
		name := call(&list[i])
		if counts[name]++; counts[name] == 1 {
			names = append(names, name)
		}
	}
	for i, name := range names {
		names[i] += count(counts[name])
	}
	first, last := only(&list[0]), only(&list[len(list)-1])
	line := fmt.Sprintf("%s %s  %s", calls(&list[0], labels), strings.Join(names, ", "), safe(first.Site))
	if last.Site != first.Site {
		line += " … " + safe(last.Site)
	}
	return line
}

// opening says what a call before all that both sides make may be.
func opening(d *parity.Difference) string {
	if d.Opening {
		return "  (perhaps the start of its runtime)"
	}
	return ""
}

// only is what one side has where the other one has nothing.
func only(d *parity.Difference) *parity.Ref {
	if d.Sides[0] != nil {
		return d.Sides[0]
	}
	return d.Sides[1]
}

// call is the name of the call that a difference is about.
func call(d *parity.Difference) string {
	return safe(only(d).Call())
}

// calls begins the line of a call that one side alone makes.
func calls(d *parity.Difference, labels [2]string) string {
	label := labels[0]
	if d.Sides[0] == nil {
		label = labels[1]
	}
	text := fmt.Sprintf("%s: only %s calls", safe(d.Process), safe(label))
	if d.Mix != "" {
		text = safe(d.Mix) + ": " + text
	}
	return text
}

// describe says in words what differs.
func describe(d *parity.Difference, labels [2]string) string {
	if d.Mix != "" {
		return safe(d.Mix) + ": " + what(d, [2]string{labels[0] + " alone", "this"})
	}
	return what(d, labels)
}

func what(d *parity.Difference, labels [2]string) string {
	who, fields := safe(d.Process), safe(strings.Join(d.Fields, ", "))
	only := safe(labels[0])
	if d.Sides[0] == nil {
		only = safe(labels[1])
	}
	switch d.Kind {
	case "call":
		return fmt.Sprintf("%s: the call differs in %s", who, fields)
	case "missing", "extra":
		return fmt.Sprintf("%s: only %s makes this call", who, only)
	case "instead":
		return fmt.Sprintf("%s: %s makes one call, %s another", who, safe(labels[0]), safe(labels[1]))
	case "output":
		return fmt.Sprintf("%s: what it writes to %s differs", who, fields)
	case "terminal":
		return fmt.Sprintf("%s: what its terminal shows differs", who)
	case "exit":
		return fmt.Sprintf("%s: how it ends differs", who)
	case "process":
		return fmt.Sprintf("%s: only %s has this process", who, only)
	case "script":
		if d.Sides[0] != nil && d.Sides[1] != nil {
			return "the sides stop at different steps of the script"
		}
		return fmt.Sprintf("only %s does not do what the script waits for", only)
	case "order":
		return fmt.Sprintf("%s: made before %s in %s, and after it in %s", who, fields, safe(labels[0]), safe(labels[1]))
	case "time":
		return fmt.Sprintf("%s: made at %s in %s, and at %s in %s", who, d.Fields[0], safe(labels[0]), d.Fields[1], safe(labels[1]))
	case "outcome":
		return fmt.Sprintf("only %s can end like this, under the schedule that follows (%s)", only, fields)
	case "file":
		if d.Sides[0] == nil || d.Sides[1] == nil {
			return fmt.Sprintf("only %s leaves the file %s", only, fields)
		}
		return fmt.Sprintf("the file %s differs", fields)
	}
	return d.Kind
}

// oneLine says in one line what differs and where.
func oneLine(d *parity.Difference, labels [2]string) string {
	line := describe(d, labels)
	switch d.Kind {
	case "missing", "extra":
		line = calls(d, labels) + " " + call(d)
	case "call":
		line = strings.Replace(line, "the call differs", call(d)+" differs", 1)
	}
	for _, ref := range d.Sides {
		if ref != nil && ref.Site != "" {
			line += "  " + safe(ref.Site)
		}
	}
	return line
}

// process finds a process of a result, nil if there is none.
func process(r *parity.Result, name string) *parity.Process {
	for i := range r.Processes {
		if r.Processes[i].Name == name {
			return &r.Processes[i]
		}
	}
	return nil
}

// context shows the pair in question between its neighbours.
func (t Text) context(w io.Writer, p *parity.Process, at int) {
	const around = 2
	from, to := max(at-around, 0), min(at+around+1, len(p.Pairs))
	fmt.Fprintf(w, "  in context:\n")
	var l list
	l.add(p.Name, p.Pairs[from:to])
	l.write(w, t)
}

// calls lists the aligned calls of every process.
func (t Text) calls(w io.Writer, r *parity.Result) {
	const most = 200
	var l list
	others := 0
	for _, p := range r.Processes {
		pairs := p.Pairs
		if p.Other && !t.Others && alike(pairs) {
			others += len(pairs)
			continue
		}
		if len(pairs) > most && !t.Verbose {
			pairs = pairs[:most]
		}
		l.add(p.Name, pairs)
		if n := len(p.Pairs) - len(pairs); n > 0 {
			l.rows = append(l.rows, row{call: fmt.Sprintf("… %d more calls (-v)", n), process: p.Name})
		}
	}
	l.write(w, t)
	if others > 0 {
		fmt.Fprintf(w, "      not shown: %s of programs that are not the pair's own (-all)\n", several(others, "call"))
	}
}

// alike reports whether calls are the same on both sides, or by a rule.
func alike(pairs []parity.Pair) bool {
	return !slices.ContainsFunc(pairs, func(p parity.Pair) bool { return p.Glyph != "=" && p.Glyph != "~" })
}

// remarks are a pair's rules, and when it was made if time had passed.
func remarks(p parity.Pair) string {
	var at []string
	for _, ref := range p.Sides {
		if ref != nil && ref.At != "" && !slices.Contains(at, ref.At) {
			at = append(at, ref.At)
		}
	}
	if len(at) == 0 {
		return strings.Join(p.Rules, " ")
	}
	return strings.Join(append(slices.Clone(p.Rules), "at "+strings.Join(at, " | ")), " ")
}

// list is a table of pairs: glyph, process, call, C's line, Go's line, rules.
type list struct{ rows []row }

type row struct {
	glyph, process, call, c, g, rules string
	twin                              string // the call in whose place it stands
}

func (l *list) add(process string, pairs []parity.Pair) {
	for _, p := range pairs {
		r := row{glyph: p.Glyph, process: safe(process), rules: remarks(p)}
		if p.Glyph == "!" {
			c, g := safe(p.Sides[0].Text()), safe(p.Sides[1].Text())
			l.rows = append(l.rows, row{glyph: "-", process: r.process, call: c, c: safe(p.Sides[0].Site), twin: g},
				row{glyph: "+", process: r.process, call: g, g: safe(p.Sides[1].Site), twin: c})
			continue
		}
		if p.Sides[1] != nil {
			r.call, r.g = safe(p.Sides[1].Text()), safe(p.Sides[1].Site)
		}
		if p.Sides[0] != nil {
			r.call, r.c = safe(p.Sides[0].Text()), safe(p.Sides[0].Site)
		}
		l.rows = append(l.rows, r)
	}
}

// write writes the table. The calls get what is left of the width beside the other columns.
func (l *list) write(w io.Writer, t Text) {
	var widths [5]int
	for _, r := range l.rows {
		for i, s := range []string{r.process, r.call, r.c, r.g, r.rules} {
			widths[i] = max(widths[i], columns(s))
		}
	}
	const narrowest, between = 30, 2 + 1 + 1 + 4*2 // the indent, the glyph, a blank, and the gaps
	room := t.width() - widths[0] - widths[2] - widths[3] - widths[4] - between
	widths[1] = min(widths[1], max(room, narrowest), widest)
	for _, r := range l.rows {
		line := fmt.Sprintf("  %s %s  %s  %s  %s  %s", t.glyph(pad(r.glyph, 1)), pad(r.process, widths[0]), pad(beside(r.call, r.twin, widths[1]), widths[1]),
			pad(r.c, widths[2]), pad(r.g, widths[3]), r.rules)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// noise says what is not shown.
func (t Text) noise(w io.Writer, r *parity.Result) {
	if r.Verdict == parity.Error && len(r.Sides[0].Kinds)+len(r.Sides[1].Kinds) == 0 || r.Compared == "output" {
		return
	}
	fmt.Fprintf(w, "      not shown: calls that libraries and runtimes made for themselves, %s %d, %s %d", r.Labels()[0], r.Sides[0].Noise, r.Labels()[1], r.Sides[1].Noise)
	if !t.Verbose {
		fmt.Fprintln(w, " (-v)")
		return
	}
	fmt.Fprintln(w)
	for i, s := range r.Sides {
		for _, k := range s.Kinds {
			fmt.Fprintf(w, "      %6d  %-2s  %s\n", k.Calls, r.Labels()[i], k.Kind)
		}
	}
}

// Summary ends a report: the rules that were used, and last what matters most.
func (t Text) Summary(w io.Writer, results []*parity.Result) {
	t.Reasons(w, results)
	fmt.Fprintln(w, Conclusion(results))
}

// Conclusion is the last line of a report.
func Conclusion(results []*parity.Result) string {
	counts := map[parity.Verdict]int{}
	for _, r := range results {
		counts[r.Verdict]++
	}
	var parts []string
	for _, v := range []parity.Verdict{parity.Error, parity.Different, parity.Known, parity.Equivalent, parity.Same} {
		if n := counts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	list := strings.Join(parts, ", ")
	switch {
	case counts[parity.Error] > 0:
		return "parity: could not tell: " + list
	case counts[parity.Different] > 0:
		return "parity: NOT the same: " + list
	case len(results) == 0:
		return "parity: no cases"
	}
	what := "the same behaviour"
	if !slices.ContainsFunc(results, func(r *parity.Result) bool { return r.Compared != "output" }) {
		what = "the same output, exit status and files"
	}
	return "parity: " + what + " on both sides: " + list
}
