package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
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

// page is the template. Everything that comes from programs goes through its escaping, and before
// that through visible, so that what is no character of a text stands there as an escape.
var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"rule": func(name string) template.URL { return to("rule:" + ident(name)) },
}).Parse(pageHTML))

// How much of a page is elements as it's opened. The other calls are data in it, from which the
// reader's browser makes a piece at a time, so that a trace of 100,000 calls opens as quickly as a
// short one, and a page of many cases is not much larger than one of few.
const (
	inProcess = 300  // calls of a process, or rows of a time line
	inPage    = 600  // calls in all
	rowsMost  = 2000 // rows of all time lines
)

// HTML writes one self-contained page for all results: what differs; the sources side by side,
// aligned by step, with the calls that each line made; the calls of each process; who waited for
// whom. What many cases share, sources, rules and the text of calls that are data, stands in it
// once. It needs no network, and says everything without scripts too, but for the calls that are
// data.
func HTML(w io.Writer, results []*parity.Result) error {
	b := &builder{
		s:      newStudy(results...),
		ids:    map[string]bool{},
		caseID: map[*parity.Result]string{},
		uses:   map[*parity.Result][]*pairingView{},
		lines:  map[*listing]string{},
		known:  map[string]int{},
	}
	b.v.CSS, b.v.JS = template.CSS(pageCSS), template.JS(pageJS)
	b.v.Conclusion = Conclusion(results)
	for _, r := range results {
		name := ident(r.Name)
		if r.Labels()[0] != "C" {
			name = "diff"
		}
		b.caseID[r] = b.id(name)
	}
	b.sources()
	// What needs a reader's attention comes first.
	results = slices.Clone(results)
	slices.SortStableFunc(results, func(a, b *parity.Result) int { return urgency(b) - urgency(a) })
	for _, r := range results {
		b.add(r)
	}
	b.filter()
	b.rules(results)
	return page.Execute(w, &b.v)
}

// visible is text as a page shows it: what would be invisible, or no text at all, as an escape.
func visible(s string) string { return safe(s) }

// What the template sees. All text in it has gone through visible. A To is the id of an element, ""
// if there is none.
//
// Ids are made of ident's characters and of separators that ident replaces, so that no two kinds
// can be equal: a case is "pipe3", its process "pipe3/P.1", the second call of that "pipe3/P.1/2",
// a line "c/pipe3.c:44", as reports have it, and everything else has a name before or behind a
// colon that is no line number.
type (
	pageView struct {
		CSS         template.CSS
		JS          template.JS
		Conclusion  string
		Cases       []*caseView
		Differences []differencesView
		Verdicts    []verdictView
		Sources     []*pairingView
		Rules       []parity.Use
		Manual      []manualView
		Data        *pageData
	}
	verdictView struct {
		Verdict string
		Cases   int
	}
	caseView struct {
		ID, Name, About, Verdict, Error string
		Open                            bool
		Labels                          [2]string
		Facts                           string
		Waiting                         []string
		Differs                         template.URL // where its differences stand
		Rules, Known                    []parity.Use
		Mixed                           []string
		Explored                        []parity.Explored
		Sources                         []linkView
		Processes                       []processView
		Times                           []timeView
		Seen                            []seenView
		Noise                           []noiseView
		Cost                            []costView
	}
	linkView struct {
		Text string
		To   template.URL
	}
	differencesView struct {
		ID, Case string
		To       template.URL
		List     []differenceView
		Follow   []differenceView // only because a side could not go on
	}
	differenceView struct {
		ID, Text string
		To       template.URL // the call that it is about
		Sides    [2]differenceSide
		Lines    []parity.Line
	}
	differenceSide struct {
		Label, Text string
		Site        linkView
	}
	pairingView struct {
		ID     string
		Open   bool
		Labels [2]string
		Files  [2]string
		Bands  []bandView
	}
	bandView struct {
		ID, Step string
		Parts    [2]partView
		Calls    []tallyView
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
		Calls  int          // that it made
		To     template.URL // the first tally of them
	}
	tallyView struct {
		ID, Glyph, Op string
		C, G          string // ids of lines
		Manual        linkView
		Calls         int
		By            []byView // a case each
	}
	byView struct {
		Case, Processes string
		To              template.URL // the first call
	}
	manualView struct {
		ID, Page, Command string
		Lines             []linkView
	}
	processView struct {
		ID, Name, End string
		Foreign       string // if its program is the system's: that it is
		Calls         []callView
		More          *moreView
	}
	callView struct {
		ID, Glyph string
		Ops       []opView
		Manual    string // the page that documents it
		Inner     string // ids of the lines that made the call, if the sites link to others
		Sites     [2]linkView
		Rules     string
	}
	opView   struct{ Label, Text, Short string }
	moreView struct{ Place, Count int }

	// pageData is the calls that are no elements of the page, by process, as page.js takes them
	// to make what the template would have made.
	pageData struct {
		Text []string   `json:"text"` // each once
		More []moreData `json:"more"`
	}
	moreData struct {
		Before int       `json:"before"` // calls that are in the page as elements
		Labels [2]string `json:"labels"`
		// The glyph, then places in Text: ops, page of the manual, inner lines, both sites
		// and where they link to, rules.
		Calls [][]any `json:"calls"`
	}
	timeView struct {
		Label   string
		Lanes   []string
		Rows    []timeRow
		Left    int    // calls that are not shown, because there are too many
		Foreign string // and those that are not, because they are of the system's programs
		Open    bool
	}
	timeRow struct {
		Seq          int
		ID, Key      string
		Cells        []cell
		Process, Op  string
		After        template.URL
		Why          string
		AfterProcess string
	}
	// cell is a lane in a row: "e" the call, "w" its process waits, "l" it is there. An arm
	// reaches through it ("h"), from its middle to the right ("hr"), or from the left to its
	// middle ("hl").
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

// builder makes the view of a page.
type builder struct {
	v      pageView
	s      *study
	ids    map[string]bool
	caseID map[*parity.Result]string
	uses   map[*parity.Result][]*pairingView // the sources that its calls stand in
	lines  map[*listing]string               // what the ids of its lines begin with
	calls  int                               // that are elements
	rows   int                               // of time lines
	known  map[string]int                    // places in v.Data.Text
}

// id is the wanted id or, if that is taken, one with a number.
func (b *builder) id(want string) string {
	id := want
	for n := 2; b.ids[id]; n++ {
		id = fmt.Sprintf("%s-%d", want, n)
	}
	b.ids[id] = true
	return id
}

// to makes a link. An id has no character that means something in an address.
func to(id string) template.URL { return template.URL(id) }

// caseBuilder makes the view of a case.
type caseBuilder struct {
	*builder
	r *parity.Result
	v *caseView
}

// add adds a case to the page.
func (p *builder) add(r *parity.Result) {
	v := &caseView{
		ID:      p.caseID[r],
		Name:    visible(r.Name),
		About:   visible(r.About),
		Verdict: string(r.Verdict),
		Error:   visible(r.Error),
		Open:    len(p.s.results) == 1 || urgency(r) > 0,
		Known:   declared(r.Known),
		Rules:   uses(r.Rules),
	}
	p.v.Cases = append(p.v.Cases, v)
	if r.Unstable != "" {
		v.Verdict = "unstable"
	}
	for i, l := range r.Labels() {
		v.Labels[i] = visible(l)
	}
	if r.Verdict != parity.Error {
		v.Facts = fmt.Sprintf("output %s · exit %s · calls %d of %d", equal(r, "output", "terminal", "file"),
			equal(r, "exit", "process", "script"), r.Matched, max(r.Sides[0].Ops, r.Sides[1].Ops))
	}
	for _, line := range r.Waiting {
		v.Waiting = append(v.Waiting, visible(line))
	}
	for _, what := range r.NotLooked {
		v.Waiting = append(v.Waiting, "not looked at: "+visible(what))
	}
	for _, name := range r.Mixed {
		v.Mixed = append(v.Mixed, visible(name)+": "+mixed(r, name))
	}
	for _, x := range r.Explored {
		x.What = visible(x.What)
		v.Explored = append(v.Explored, x)
	}
	b := &caseBuilder{p, r, v}
	b.differences()
	b.used()
	b.processes()
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
		v.Seen = append(v.Seen, seenView{what, linewise(s.Sides[0]), linewise(s.Sides[1])})
	}
	v.Cost = costs(r)
}

// filter counts the verdicts that a reader can choose from.
func (b *builder) filter() {
	for _, c := range b.v.Cases {
		i := slices.IndexFunc(b.v.Verdicts, func(v verdictView) bool { return v.Verdict == c.Verdict })
		if i < 0 {
			i = len(b.v.Verdicts)
			b.v.Verdicts = append(b.v.Verdicts, verdictView{Verdict: c.Verdict})
		}
		b.v.Verdicts[i].Cases++
	}
}

// rules says of each rule once why it holds.
func (b *builder) rules(results []*parity.Result) {
	at := map[string]int{}
	for _, r := range results {
		for _, u := range r.Rules {
			i, ok := at[u.Name]
			if !ok {
				i = len(b.v.Rules)
				at[u.Name] = i
				b.v.Rules = append(b.v.Rules, parity.Use{Name: visible(u.Name), Why: visible(u.Why)})
			}
			b.v.Rules[i].Uses += u.Uses
		}
	}
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

func declared(list []parity.Declared) (out []parity.Use) {
	for _, d := range list {
		out = append(out, d.Use)
	}
	return uses(out)
}

func uses(list []parity.Use) (out []parity.Use) {
	for _, u := range list {
		out = append(out, parity.Use{Name: visible(u.Name), Why: visible(u.Why), Uses: u.Uses})
	}
	return out
}

// lineID is the id of a line of a listing: "c/pipe3.c:44". Of one that has functions in place of
// lines it's "functions:f3".
func (b *builder) lineID(l *listing, line int) string {
	file, ok := b.lines[l]
	if !ok {
		if file = "functions"; l.names == nil {
			parts := strings.Split(l.file, "/")
			for i := range parts {
				parts[i] = ident(parts[i])
			}
			file = strings.Join(parts, "/")
		}
		file = strings.TrimSuffix(b.id(file+":"), ":")
		b.lines[l] = file
	}
	if l.names != nil {
		return fmt.Sprintf("%s:f%d", file, line)
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// site is where a call was made, and a link to the line that it belongs to: the one with its step.
// Inner is the id of the line that made the call itself, if that's another.
func (b *builder) site(r *parity.Result, ref *parity.Ref, i int) (site linkView, inner string) {
	if ref == nil {
		return linkView{}, ""
	}
	site.Text = visible(ref.Site)
	if l, line, in := b.s.place(r, ref, i); l != nil && line > 0 {
		site.To = to(b.lineID(l, line))
		if in > 0 {
			inner = b.lineID(l, in)
		}
	}
	return site, inner
}

// callID is the id of call k of a process.
func (b *builder) callID(r *parity.Result, process string, k int) string {
	return fmt.Sprintf("%s/%s/%d", b.caseID[r], ident(process), k+1)
}

// processes lists the calls of each process. Those of the system's own programs are folded, and
// data.
func (b *caseBuilder) processes() {
	for _, p := range b.r.Processes {
		v := processView{
			ID:   b.v.ID + "/" + ident(p.Name),
			Name: visible(p.Name),
			End:  visible(endings(&p)),
		}
		if foreign(&p) {
			v.Foreign = "a program of the system's, the same on both sides: " + several(len(p.Pairs), "call")
		}
		for k := range p.Pairs {
			c := b.call(&p, k)
			if k < inProcess && b.calls < inPage && v.Foreign == "" {
				b.calls++
				v.Calls = append(v.Calls, c)
				continue
			}
			if v.More == nil {
				v.More = b.more(k)
			}
			b.pack(v.More, &c)
		}
		b.v.Processes = append(b.v.Processes, v)
	}
}

// more begins the data of a process of which so many calls are elements.
func (b *caseBuilder) more(before int) *moreView {
	if b.builder.v.Data == nil {
		b.builder.v.Data = &pageData{}
	}
	d := b.builder.v.Data
	d.More = append(d.More, moreData{Before: before, Labels: b.v.Labels})
	return &moreView{Place: len(d.More) - 1}
}

// pack adds a call to the data.
func (b *builder) pack(m *moreView, c *callView) {
	ops := []int{}
	for _, op := range c.Ops {
		ops = append(ops, b.number(op.Text))
	}
	row := []any{c.Glyph, ops, b.number(c.Manual), b.number(c.Inner)}
	for _, s := range c.Sites {
		row = append(row, b.number(s.Text), b.number(string(s.To)))
	}
	more := &b.v.Data.More[m.Place]
	more.Calls = append(more.Calls, append(row, b.number(c.Rules)))
	m.Count++
}

// number is the place of a text among those that the data have.
func (b *builder) number(text string) int {
	n, ok := b.known[text]
	if !ok {
		n = len(b.v.Data.Text)
		b.known[text] = n
		b.v.Data.Text = append(b.v.Data.Text, text)
	}
	return n
}

// endings says how a process ended, on both sides if they differ.
func endings(p *parity.Process) string {
	switch {
	case p.Ends[0] == p.Ends[1]:
		return p.Ends[0]
	case p.Ends[0] == "" || p.Ends[1] == "":
		return p.Ends[0] + p.Ends[1] + ", on one side only"
	}
	return p.Ends[0] + " | " + p.Ends[1]
}

func (b *caseBuilder) call(p *parity.Process, k int) callView {
	pair := &p.Pairs[k]
	v := callView{ID: b.callID(b.r, p.Name, k), Glyph: pair.Glyph}
	v.Rules = remarks(*pair)
	for i := range 2 {
		ref := pair.Sides[i]
		if ref == nil {
			continue
		}
		var inner string
		v.Sites[i], inner = b.site(b.r, ref, i)
		v.Inner = strings.TrimSpace(v.Inner + " " + inner)
		if len(v.Ops) > 0 && pair.Glyph != "!" {
			continue // the same on both sides, but for what a rule says
		}
		op := opView{Text: visible(ref.Text())}
		if pair.Glyph == "!" {
			op.Label = b.v.Labels[i]
		}
		if columns(op.Text) > 240 {
			op.Short = cut(ref.Text())
		}
		if v.Manual == "" {
			v.Manual, _ = manual(ref.Call())
		}
		v.Ops = append(v.Ops, op)
	}
	return v
}

// sources lays out the sources of all cases.
func (b *builder) sources() {
	made := b.s.made()
	pages := map[string]*manualView{}
	tallies := 0
	for n := range b.s.pairings {
		p := &b.s.pairings[n]
		v := &pairingView{ID: fmt.Sprintf("source:%d", n+1), Open: len(b.s.results) == 1}
		for i, l := range p.sides {
			v.Labels[i] = visible(b.s.results[0].Labels()[i])
			if l != nil {
				v.Files[i] = visible(l.file)
			}
		}
		var views []bandView
		first := map[string]template.URL{} // the first tally of each line
		for k, band := range p.bands {
			bv := bandView{Step: visible(band.step)}
			if band.step != "" {
				bv.ID = fmt.Sprintf("%s:step%d", v.ID, k+1)
			}
			for t := range band.calls {
				tallies++
				tv := b.tally(p, &band.calls[t], fmt.Sprintf("tally:%d", tallies))
				for i, l := range p.sides {
					for _, line := range []int{band.calls[t].Lines[i], band.calls[t].inner[i]} {
						if line == 0 {
							continue
						}
						if id := b.lineID(l, line); first[id] == "" {
							first[id] = to(tv.ID)
						}
					}
				}
				b.document(pages, p, &band.calls[t], &tv)
				for _, by := range band.calls[t].By {
					if u := b.uses[by.r]; len(u) == 0 || u[len(u)-1] != v {
						b.uses[by.r] = append(u, v)
					}
				}
				bv.Calls = append(bv.Calls, tv)
			}
			views = append(views, bv)
		}
		for k, band := range p.bands {
			for i, part := range band.parts {
				if part != nil {
					views[k].Parts[i] = b.part(p.sides[i], part, v.Labels[i], made[p.sides[i]], first)
				}
			}
		}
		v.Bands = views
		b.v.Sources = append(b.v.Sources, v)
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		b.v.Manual = append(b.v.Manual, *pages[name])
	}
}

// tally shows the calls of one kind that a line of each side made, in all cases.
func (b *builder) tally(p *pairing, t *tally, id string) tallyView {
	v := tallyView{ID: id, Glyph: t.Glyph, Op: cut(t.Op), Calls: t.n}
	if t.Glyph == "!" {
		v.Op = visible(t.Op)
	}
	for i, line := range t.Lines {
		if line > 0 {
			*[]*string{&v.C, &v.G}[i] = b.lineID(p.sides[i], line)
		}
	}
	for i := 0; i < len(t.By); {
		r, k := t.By[i].r, i
		for i < len(t.By) && t.By[i].r == r {
			i++
		}
		first := to(b.callID(r, t.By[k].Process, t.By[k].first))
		v.By = append(v.By, byView{visible(r.Name), processTimes(t.By[k:i]), first})
	}
	return v
}

// document notes with the manual's page of a call the lines that made it.
func (b *builder) document(pages map[string]*manualView, p *pairing, t *tally, v *tallyView) {
	name, command := manual(t.Call)
	if name == "" {
		return
	}
	m := pages[name]
	if m == nil {
		m = &manualView{ID: "man:" + name, Page: name, Command: command}
		m.ID, _, _ = strings.Cut(m.ID, "(")
		pages[name] = m
	}
	v.Manual = linkView{name, to(m.ID)}
	for i, line := range t.Lines {
		if line == 0 {
			continue
		}
		l := p.sides[i]
		link := linkView{visible(l.lines[line-1]), to(b.lineID(l, line))}
		if l.names == nil {
			link.Text = fmt.Sprintf("%s:%d", visible(l.file), line)
		}
		if !slices.Contains(m.Lines, link) {
			m.Lines = append(m.Lines, link)
		}
	}
}

func processTimes(list []by) string {
	var parts []string
	for _, b := range list {
		parts = append(parts, visible(b.Process)+count(b.Times))
	}
	return strings.Join(parts, ", ")
}

func (b *builder) part(
	l *listing, p *part, label string, made map[int]int, first map[string]template.URL,
) partView {
	v := partView{Label: label, First: p.first, Names: l.names != nil}
	var s scanner
	if l.names == nil {
		s = newScanner(l.file)
		for _, line := range l.lines[:p.first-1] {
			s.skip(line)
		}
	}
	for n := p.first; n <= p.last; n++ {
		id := b.lineID(l, n)
		v.Lines = append(v.Lines, lineView{id, s.scan(l.lines[n-1]), made[n], first[id]})
	}
	return v
}

// used links a case with the sources that its calls stand in.
func (b *caseBuilder) used() {
	for _, v := range b.uses[b.r] {
		files := strings.Trim(v.Files[0]+" | "+v.Files[1], " |")
		b.v.Sources = append(b.v.Sources, linkView{files, to(v.ID)})
		v.Open = v.Open || len(b.r.Differences) > 0
	}
}

func (b *caseBuilder) differences() {
	if len(b.r.Differences) == 0 {
		return
	}
	list := differencesView{ID: b.v.ID + ":differs", Case: b.v.Name, To: to(b.v.ID)}
	b.v.Differs = to(list.ID)
	// What a user sees comes before the calls.
	differences := slices.Clone(b.r.Differences)
	slices.SortStableFunc(differences, func(x, y parity.Difference) int {
		switch {
		case seen(&x) == seen(&y):
			return 0
		case seen(&x):
			return -1
		}
		return 1
	})
	for n := range differences {
		d := &differences[n]
		v := b.difference(d)
		v.ID = fmt.Sprintf("%s%d", list.ID, n+1)
		if d.Follows {
			list.Follow = append(list.Follow, v)
		} else {
			list.List = append(list.List, v)
		}
	}
	b.builder.v.Differences = append(b.builder.v.Differences, list)
}

func (b *caseBuilder) difference(d *parity.Difference) differenceView {
	labels := labels(b.r)
	v := differenceView{Text: describe(d, labels)}
	if d.Offset != nil {
		v.Text += fmt.Sprintf(", from byte %d on", *d.Offset)
	}
	if d.Call > 0 {
		v.To = to(b.callID(b.r, d.Process, d.Call-1))
	}
	for i, ref := range d.Sides {
		v.Sides[i] = differenceSide{Label: visible(labels[i]), Text: visible(has(d, ref))}
		v.Sides[i].Site, _ = b.site(b.r, cmp.Or(ref, d.Next), i)
	}
	for _, l := range d.Lines {
		v.Lines = append(v.Lines, parity.Line{Is: l.Is, Text: visible(l.Text)})
	}
	return v
}

func (b *caseBuilder) noise(i int) {
	side := &b.r.Sides[i]
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
