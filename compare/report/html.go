package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"paritykit/compare/parity"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// page is the template. Everything that comes from programs goes through its escaping, and before that through visible, so that what
// is no character of a text stands there as an escape.
var page = template.Must(template.New("page").Parse(pageHTML))

// inPage is how many calls of a process, and of a time line, are in the page as it's opened. The others are data in it, from which the
// reader's browser makes a piece at a time, so that a trace of 100,000 calls opens as quickly as a short one.
const inPage = 300

// HTML writes one self-contained page for all results: the sources side by side, aligned by step, with the calls that each line
// made; the calls of each process; who waited for whom. It needs no network, and says everything without scripts too, but
// for the calls of a process beyond the first few hundred.
func HTML(w io.Writer, results []*parity.Result) error {
	v := pageView{CSS: template.CSS(pageCSS), JS: template.JS(pageJS), Conclusion: Conclusion(results)}
	ids := map[string]bool{}
	for _, r := range results {
		id := ident(r.Name)
		if r.Labels[0] != "C" {
			id = "diff"
		}
		for n := 2; ids[id]; n++ {
			id = fmt.Sprintf("%s-%d", ident(r.Name), n)
		}
		ids[id] = true
		v.Cases = append(v.Cases, newCase(r, id))
	}
	// What needs a reader's attention comes first.
	slices.SortStableFunc(v.Cases, func(a, b *caseView) int { return b.urgency - a.urgency })
	for i, c := range v.Cases {
		c.Open = i == 0 || c.urgency > 0
		v.Differences = append(v.Differences, c.Differences...)
	}
	return page.Execute(w, v)
}

// visible is text as a page shows it: what would be invisible, or no text at all, as an escape.
func visible(s string) string { return safe(s) }

// What the template sees. All text in it has gone through visible.
type (
	pageView struct {
		CSS         template.CSS
		JS          template.JS
		Conclusion  string
		Cases       []*caseView
		Differences []differenceView
	}
	caseView struct {
		ID, Name, About, Verdict, Error string
		Open                            bool
		Labels                          [2]string
		Facts                           string
		Waiting                         []string
		Differences                     []differenceView
		Rules, Known                    []parity.Use
		Mixed                           []string
		Pairings                        []pairingView
		Processes                       []processView
		Times                           []timeView
		Seen                            []seenView
		Noise                           []noiseView
		Cost                            []costView

		urgency int
	}
	differenceView struct {
		ID, Case, Text string
		To             string // the id of the call or the part of the page that it is about
		Sides          [2]differenceSide
	}
	differenceSide struct{ Label, Text, Site, Line string }
	pairingView    struct {
		ID     string
		Labels [2]string
		Files  [2]string
		Bands  []bandView
	}
	bandView struct {
		ID, Step, Link string
		Parts          [2]partView
		Calls          []tallyView
	}
	partView struct {
		Label string
		First int // the number of its first line
		Lines []lineView
		Names bool // of functions, not lines
	}
	lineView struct {
		ID     string
		Tokens []token
		Calls  int    // that it made
		To     string // the first of them
	}
	tallyView struct {
		Glyph, Call, Op, Lines, By string
		C, G                       string // keys of lines
		To                         string
	}
	processView struct {
		ID, Name, End string
		Calls         []callView
		More          *moreView
	}
	callView struct {
		ID, Key, Glyph string
		Ops            []opView
		Inner          string // the lines that made the call, with their sides, where they are not those that the sites link to
		Sites          [2]siteView
		Rules          string
	}
	opView   struct{ Label, Text, Short string }
	siteView struct{ Text, To string }
	moreView struct {
		Count int
		Data  struct {
			Process string    `json:"process"`
			Before  int       `json:"before"` // calls that are in the page as elements
			Labels  [2]string `json:"labels"`
			Text    []string  `json:"text"`  // each once
			Calls   [][]any   `json:"calls"` // glyph, then places in Text: ops, inner lines, both sites and where they link to, rules
		}
		known map[string]int
	}
	timeView struct {
		Label, Prefix string
		Lanes         []string
		Rows          []timeRow
		Left          int // calls that are not shown
		Open          bool
	}
	timeRow struct {
		Seq          int
		ID, Key      string
		Cells        []cell
		Process, Op  string
		After, Why   string
		AfterProcess string
	}
	// cell is a lane in a row: "e" the call, "w" its process waits, "l" it is there. An arm reaches through it ("h"), from its middle to
	// the right ("hr"), or from the left to its middle ("hl").
	cell      struct{ Kind, Link string }
	seenView  struct{ What, C, Go string }
	noiseView struct {
		Label string
		Total int
		Kinds []noiseKind
	}
	noiseKind struct {
		Kind   string
		Calls  int
		By, In string
	}
)

func urgency(r *parity.Result) int {
	switch r.Verdict {
	case parity.Error:
		return 2
	case parity.Different:
		return 3
	case parity.Known:
		return 1
	}
	return 0
}

// builder makes the view of one case.
type builder struct {
	r     *parity.Result
	s     *study
	v     *caseView
	made  [2]map[string]int    // calls by the key of their line
	first [2]map[string]string // the id of the first of them
}

func newCase(r *parity.Result, id string) *caseView {
	v := &caseView{ID: id, Name: visible(r.Name), About: visible(r.About), Verdict: string(r.Verdict), Error: visible(r.Error),
		urgency: urgency(r), Known: uses(r.Known), Rules: uses(r.Rules)}
	if r.Unstable != "" {
		v.Verdict = "unstable"
	}
	for i, l := range r.Labels {
		v.Labels[i] = visible(l)
	}
	if r.Verdict != parity.Error {
		v.Facts = fmt.Sprintf("output %s · exit %s · calls %d of %d", equal(r, "output", "terminal", "file"),
			equal(r, "exit", "process", "script"), r.Matched, max(r.C.Ops, r.Go.Ops))
	}
	for _, line := range r.Waiting {
		v.Waiting = append(v.Waiting, visible(line))
	}
	for _, name := range r.Mixed {
		v.Mixed = append(v.Mixed, visible(name)+": "+mixed(r, name))
	}
	b := &builder{r: r, s: newStudy(r), v: v}
	for i := range 2 {
		b.made[i], b.first[i] = map[string]int{}, map[string]string{}
	}
	b.processes()
	b.sources()
	b.differences()
	for i := range 2 {
		b.time(i)
		b.noise(i)
	}
	if t := v.Times; len(t) == 2 && t[0].same(&t[1]) {
		t[0].Label += " and " + t[1].Label + ": the same order"
		v.Times = t[:1]
	}
	for _, s := range r.Seen {
		what := map[string]string{"terminal": "the terminal of ", "stderr": "the standard error of ", "file": "the file "}[s.What] + visible(s.Who)
		v.Seen = append(v.Seen, seenView{what, linewise(s.C), linewise(s.Go)})
	}
	v.Cost = costs(r)
	return v
}

// linewise breaks a quoted text where it has a newline.
func linewise(quoted string) string {
	var lines []string
	for _, line := range strings.SplitAfter(quoted, `\n`) {
		if line == `"` && len(lines) > 0 {
			lines[len(lines)-1] += line
			continue
		}
		lines = append(lines, visible(line))
	}
	return strings.Join(lines, "\n")
}

func uses(list []parity.Use) (out []parity.Use) {
	for _, u := range list {
		out = append(out, parity.Use{Name: visible(u.Name), Why: visible(u.Why), Uses: u.Uses})
	}
	return out
}

// key names a line within its side: "15", and "echo_mpclient-15" of a file that is not the side's first. A function is "f3".
func (l *listing) key(line int) string {
	n := strconv.Itoa(line)
	if l.names != nil {
		n = "f" + n
	}
	if l.prog != "" {
		n = l.prog + "-" + n
	}
	return n
}

var letters = [2]string{"c", "go"}

func (b *builder) lineID(i int, key string) string { return b.v.ID + "-" + letters[i] + "-" + key }

// keys are the lines of a side that a call belongs to: the one with its step first, then the one that made it if that's another.
func (b *builder) keys(ref *parity.Ref, i int) (home string, all string) {
	l, line, inner := b.s.place(ref, i)
	if l == nil || line == 0 {
		return "", ""
	}
	home = l.key(line)
	if inner > 0 {
		return home, home + " " + l.key(inner)
	}
	return home, home
}

func callKey(process string, i int) string { return ident(process) + "-" + strconv.Itoa(i+1) }

func (b *builder) processes() {
	for _, p := range b.r.Processes {
		v := processView{ID: b.v.ID + "-" + ident(p.Name), Name: visible(p.Name), End: visible(endings(&p))}
		for k := range p.Pairs {
			c := b.call(&p, k)
			if k < inPage {
				v.Calls = append(v.Calls, c)
				continue
			}
			if v.More == nil {
				v.More = &moreView{known: map[string]int{}}
				v.More.Data.Process, v.More.Data.Before, v.More.Data.Labels = ident(p.Name), inPage, b.v.Labels
			}
			v.More.add(&c)
		}
		b.v.Processes = append(b.v.Processes, v)
	}
}

// add packs a call as page.js takes it to make what the template would have made of it.
func (m *moreView) add(c *callView) {
	ops := []int{}
	for _, op := range c.Ops {
		ops = append(ops, m.number(op.Text))
	}
	m.Data.Calls = append(m.Data.Calls, []any{c.Glyph, ops, m.number(c.Inner), m.number(c.Sites[0].Text), m.number(c.Sites[0].To),
		m.number(c.Sites[1].Text), m.number(c.Sites[1].To), m.number(c.Rules)})
	m.Count++
}

// number is the place of a text among those that the packed calls have.
func (m *moreView) number(text string) int {
	n, ok := m.known[text]
	if !ok {
		n = len(m.Data.Text)
		m.known[text] = n
		m.Data.Text = append(m.Data.Text, text)
	}
	return n
}

// endings says how a process ended, on both sides if they differ.
func endings(p *parity.Process) string {
	switch {
	case p.CEnd == p.GoEnd:
		return p.CEnd
	case p.CEnd == "" || p.GoEnd == "":
		return p.CEnd + p.GoEnd + ", on one side only"
	}
	return p.CEnd + " | " + p.GoEnd
}

func (b *builder) call(p *parity.Process, k int) callView {
	pair := &p.Pairs[k]
	v := callView{Key: callKey(p.Name, k), Glyph: pair.Glyph, Rules: strings.Join(pair.Rules, " ")}
	v.ID = b.v.ID + "-call-" + v.Key
	for i := range 2 {
		ref := pair.Side(i)
		if ref == nil {
			continue
		}
		home, all := b.keys(ref, i)
		v.Sites[i] = siteView{Text: visible(ref.Site)}
		if home != "" {
			v.Sites[i].To = b.lineID(i, home)
			for n, key := range strings.Fields(all) {
				if n > 0 {
					v.Inner = strings.TrimSpace(v.Inner + " " + letters[i] + "-" + key)
				}
				if b.made[i][key]++; b.made[i][key] == 1 {
					b.first[i][key] = v.ID
				}
			}
		}
		op := opView{Text: visible(ref.Op)}
		if len(v.Ops) > 0 && pair.Glyph != "!" {
			continue // the same on both sides, but for what a rule says
		}
		if pair.Glyph == "!" {
			op.Label = b.v.Labels[i]
		}
		if columns(op.Text) > 240 {
			op.Short = cut(ref.Op)
		}
		v.Ops = append(v.Ops, op)
	}
	return v
}

func (b *builder) sources() {
	steps := 0
	for n, p := range b.s.pairings {
		v := pairingView{ID: fmt.Sprintf("%s-source-%d", b.v.ID, n+1), Labels: b.v.Labels}
		for i, l := range p.sides {
			if l != nil {
				v.Files[i] = visible(l.file)
			}
		}
		for _, band := range p.bands {
			bv := bandView{Step: visible(band.step)}
			if band.step != "" {
				steps++
				bv.ID = fmt.Sprintf("%s-step-%d", b.v.ID, steps)
			}
			for i, part := range band.parts {
				if part != nil {
					bv.Parts[i] = b.part(p.sides[i], part, i)
				}
			}
			for _, t := range band.calls {
				tv := tallyView{Glyph: t.Glyph, Call: visible(t.Call), Op: cut(t.Op)}
				if t.Glyph == "!" {
					tv.Op = visible(t.Op)
				}
				for i, line := range t.Lines {
					if line == 0 {
						continue
					}
					key := p.sides[i].key(line)
					*[]*string{&tv.C, &tv.G}[i] = key
					if tv.To == "" {
						tv.To = b.first[i][key]
					}
				}
				tv.By = processTimes(t.By)
				bv.Calls = append(bv.Calls, tv)
			}
			v.Bands = append(v.Bands, bv)
		}
		b.v.Pairings = append(b.v.Pairings, v)
	}
}

func processTimes(list []by) string {
	var parts []string
	for _, b := range list {
		parts = append(parts, visible(b.Process)+count(b.Times))
	}
	return strings.Join(parts, ", ")
}

func (b *builder) part(l *listing, p *part, i int) partView {
	v := partView{Label: b.v.Labels[i], First: p.first, Names: l.names != nil}
	var s scanner
	if l.names == nil {
		s = newScanner(l.file)
		for _, line := range l.lines[:p.first-1] {
			s.skip(line)
		}
	}
	for n := p.first; n <= p.last; n++ {
		key := l.key(n)
		line := lineView{ID: b.lineID(i, key), Calls: b.made[i][key], To: b.first[i][key]}
		line.Tokens = s.scan(l.lines[n-1])
		v.Lines = append(v.Lines, line)
	}
	return v
}

func (b *builder) differences() {
	labels := b.r.Labels
	if b.r.Unstable != "" {
		labels = [2]string{"run 1", "another run"}
	}
	for n := range b.r.Differences {
		d := &b.r.Differences[n]
		v := differenceView{ID: fmt.Sprintf("%s-diff-%d", b.v.ID, n+1), Case: b.v.Name, Text: describe(d, labels)}
		if d.Call > 0 && d.Call <= inPage {
			v.To = b.v.ID + "-call-" + callKey(d.Process, d.Call-1)
		}
		for i, ref := range []*parity.Ref{d.C, d.Go} {
			v.Sides[i] = differenceSide{Label: visible(labels[i]), Text: visible(has(d, ref))}
			if ref = cmp.Or(ref, d.Next); ref != nil {
				v.Sides[i].Site = visible(ref.Site)
				if home, _ := b.keys(ref, i); home != "" {
					v.Sides[i].Line = b.lineID(i, home)
				}
			}
		}
		b.v.Differences = append(b.v.Differences, v)
	}
}

func (b *builder) noise(i int) {
	side := sideOf(b.r, i)
	if side.Noise == 0 {
		return
	}
	v := noiseView{Label: b.v.Labels[i], Total: side.Noise}
	for _, k := range side.Kinds {
		v.Kinds = append(v.Kinds, noiseKind{visible(k.Kind), k.Calls, frequencies(k.By), frequencies(k.In)})
	}
	b.v.Noise = append(b.v.Noise, v)
}

// frequencies lists how often each name occurs, the most frequent first.
func frequencies(counts map[string]int) string {
	names := slices.Collect(maps.Keys(counts))
	slices.SortFunc(names, func(a, b string) int {
		if d := counts[b] - counts[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, name := range names {
		parts = append(parts, visible(name)+count(counts[name]))
	}
	return strings.Join(parts, ", ")
}
