package report

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"paritykit/compare/parity"
)

// This file lays the two sides of a result out beside each other, for the terminal (show.go) and
// the browser (html.go): the sources cut into steps, and with each step the calls that its lines
// made.

// listing is what stands in one column: a source file or, of a side without line information, the
// functions that made calls.
type listing struct {
	file  string
	text  string
	lines []string // as they stand in the file
	names []string // of functions in place of lines: what Ref.Func or Ref.Site says
	parts []part
}

// part is a stretch of a listing: a step with its lines, or lines between functions with steps.
type part struct {
	step        string
	first, last int // lines, from 1
}

// band is a part of either side, or of both if they carry the same step, with the calls they made.
type band struct {
	step  string
	parts [2]*part
	calls []tally
}

// pairing is two listings that belong together.
type pairing struct {
	sides [2]*listing
	bands []band
}

// tally is the calls of one kind that a line of C and a line of Go made.
type tally struct {
	Glyph string
	Call  string // its name
	Op    string // the first of them; where the sides differ, of both
	Lines [2]int // 0: none on that side
	inner [2]int // those that made the first of them, if others did
	By    []by
	n     int
}

// by says how often a process made it, and which of the process's calls was the first.
type by struct {
	r       *parity.Result
	Process string
	Times   int
	first   int
}

// study is the layout of some results. A source file stands in it once, however many results have
// it: the calls of all of them are counted with its lines.
type study struct {
	results  []*parity.Result
	pairings []pairing
	listings [2][]*listing
	byFile   map[sideFile]*listing
	bare     [2]*listing // the functions of what has no source here
}

// sideFile is a file as the sites of a side of a result name it. Two results may have different
// texts under one name.
type sideFile struct {
	r    *parity.Result
	side int
	file string
}

func newStudy(results ...*parity.Result) *study {
	s := &study{results: results, byFile: map[sideFile]*listing{}}
	for i := range 2 {
		for _, r := range results {
			for _, src := range r.Sides[i].Sources {
				s.byFile[sideFile{r, i, src.File}] = s.listing(i, &src)
			}
		}
		s.functions(i)
	}
	s.pair()
	for i := range s.pairings {
		p := &s.pairings[i]
		p.bands = p.align()
		s.count(p)
	}
	return s
}

// listing is that of a source, made when it is first asked for.
func (s *study) listing(i int, src *parity.Source) *listing {
	for _, l := range s.listings[i] {
		if l.file == src.File && l.text == src.Text {
			return l
		}
	}
	l := newListing(src)
	s.listings[i] = append(s.listings[i], l)
	return l
}

// program is what a source file's program is called: "pipe1" of c/pipe1.c and of go/pipe1/main.go.
func program(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if dir := filepath.Base(filepath.Dir(file)); name == "main" && dir != "." && dir != "/" {
		name = dir
	}
	return ident(name)
}

// newListing cuts a source into parts: functions without steps, in one; the head of a function with
// steps; each step. What stands between two functions belongs to the one that follows, because it
// leads up to it.
func newListing(src *parity.Source) *listing {
	l := &listing{file: src.File, text: src.Text, lines: strings.Split(strings.TrimSuffix(src.Text, "\n"), "\n")}
	first, plain := 1, false
	for first <= len(l.lines) {
		_, end := src.Function(first)
		end = min(end, len(l.lines))
		var steps []parity.Step
		for _, st := range src.Steps {
			if st.Line >= first && st.Line <= end {
				steps = append(steps, st)
			}
		}
		if len(steps) == 0 {
			if n := len(l.parts); n > 0 && plain {
				l.parts[n-1].last = end
			} else {
				l.parts = append(l.parts, part{"", first, end})
			}
		}
		plain = len(steps) == 0
		if len(steps) > 0 && steps[0].Line > first {
			l.parts = append(l.parts, part{"", first, steps[0].Line - 1}) // its head and what it declares
		}
		for k, st := range steps {
			p := part{st.Step, st.Line, end}
			if k+1 < len(steps) {
				p.last = steps[k+1].Line - 1
			}
			l.parts = append(l.parts, p)
		}
		first = end + 1
	}
	return l
}

// functions makes a listing of those calls' functions that stand in no file that could be read.
// Those of the system's own programs are none of the pair's, and in no listing.
func (s *study) functions(i int) {
	l := &listing{file: "no line information: functions"}
	known := map[string]bool{}
	for _, r := range s.results {
		for _, p := range r.Processes {
			if foreign(&p) {
				continue
			}
			for k := range p.Pairs {
				ref := p.Pairs[k].Sides[i]
				if ref == nil || ref.Site == "" || s.byFile[sideFile{r, i, ref.Home().File}] != nil {
					continue
				}
				if name := function(ref); !known[name] {
					known[name] = true
					l.names = append(l.names, name)
				}
			}
		}
	}
	if len(l.names) > 0 {
		l.lines = l.names
		l.parts = []part{{"", 1, len(l.lines)}}
		s.listings[i] = append(s.listings[i], l)
		s.bare[i] = l
	}
}

// foreign reports whether a process's program is none of the pair's own, and did the same on both
// sides. A reader is not interested in its calls until something about them differs.
func foreign(p *parity.Process) bool { return p.Other && alike(p.Pairs) }

// function is what a call is listed under where there is no source: its function, or the place in
// its module.
func function(ref *parity.Ref) string { return cmp.Or(ref.Func, ref.Site) }

// place finds the line of a listing that a call belongs to, nil if it belongs to none (a signal).
// Inner is the line that made the call itself, where that's another one.
func (s *study) place(r *parity.Result, ref *parity.Ref, i int) (l *listing, line, inner int) {
	if ref == nil || ref.Site == "" {
		return nil, 0, 0
	}
	home := ref.Home()
	if l = s.byFile[sideFile{r, i, home.File}]; l != nil && home.Line >= 1 && home.Line <= len(l.lines) {
		if len(ref.Via) > 0 && ref.File == home.File {
			inner = ref.Line
		}
		return l, home.Line, inner
	}
	if l = s.bare[i]; l != nil {
		if line = slices.Index(l.names, function(ref)) + 1; line > 0 {
			return l, line, 0
		}
	}
	return nil, 0, 0
}

// pair decides which listings stand beside each other: those with the most steps in common, of
// these those of one program, and then in their order.
func (s *study) pair() {
	left := slices.Clone(s.listings[1])
	take := func(i int) *listing {
		l := left[i]
		left = slices.Delete(left, i, i+1)
		return l
	}
	for _, c := range s.listings[0] {
		best, most := -1, 0
		for i, g := range left {
			if n := common(c, g); n > most {
				best, most = i, n
			}
		}
		p := pairing{sides: [2]*listing{c, nil}}
		if best >= 0 {
			p.sides[1] = take(best)
		}
		s.pairings = append(s.pairings, p)
	}
	for i := range s.pairings {
		if s.pairings[i].sides[1] == nil && len(left) > 0 {
			s.pairings[i].sides[1] = take(0)
		}
	}
	for len(left) > 0 {
		s.pairings = append(s.pairings, pairing{sides: [2]*listing{nil, take(0)}})
	}
}

func common(a, b *listing) (n int) {
	for _, p := range a.parts {
		if p.step != "" && b.part(p.step) >= 0 {
			n += 2
		}
	}
	if a.names == nil && b.names == nil && program(a.file) == program(b.file) {
		n++
	}
	return n
}

// part is the index of the part with this step, -1 if there is none.
func (l *listing) part(step string) int {
	return slices.IndexFunc(l.parts, func(p part) bool { return p.step == step })
}

// align puts parts with the same step beside each other, in C's order: a port has the steps of one
// process in C's order, but the processes in the order of its functions. What stands in Go's file
// between two steps comes before the second one.
func (p *pairing) align() (bands []band) {
	c, g := p.sides[0], p.sides[1]
	var done []bool
	if g != nil {
		done = make([]bool, len(g.parts))
	}
	lone := func(i int) { // what stands before part i of Go
		k := i
		for k > 0 && g.parts[k-1].step == "" && !done[k-1] {
			k--
		}
		for ; k < i; k++ {
			done[k] = true
			bands = append(bands, band{parts: [2]*part{nil, &g.parts[k]}})
		}
	}
	if c != nil {
		for i := range c.parts {
			own := &c.parts[i]
			at := -1
			switch {
			case g == nil:
			case own.step != "":
				at = g.part(own.step)
			default:
				at = p.before(i)
				if at >= 0 && done[at] {
					at = -1
				}
			}
			if at < 0 {
				bands = append(bands, band{own.step, [2]*part{own, nil}, nil})
				continue
			}
			lone(at)
			done[at] = true
			bands = append(bands, band{own.step, [2]*part{own, &g.parts[at]}, nil})
		}
	}
	for i := range done {
		if !done[i] {
			bands = append(bands, band{g.parts[i].step, [2]*part{nil, &g.parts[i]}, nil})
		}
	}
	return bands
}

// before finds Go's part without a step that stands where part i of C, without a step too, does: as
// far before the next step. -1 is none.
func (p *pairing) before(i int) int {
	c, g := p.sides[0].parts, p.sides[1].parts
	next := i
	for next < len(c) && c[next].step == "" {
		next++
	}
	at := len(g) - (len(c) - i) // after the last step, or if there is none
	if next < len(c) {
		at = p.sides[1].part(c[next].step) - (next - i)
	}
	for k := at; k >= 0 && k < len(g) && k < at+next-i; k++ {
		if g[k].step != "" {
			return -1
		}
	}
	return max(at, -1)
}

// count notes with each row the calls that its lines made.
func (s *study) count(p *pairing) {
	type key struct {
		row         int
		glyph, call string
		lines       [2]int
	}
	at := map[key]int{}
	for _, r := range s.results {
		for _, process := range r.Processes {
			for k := range process.Pairs {
				pair := &process.Pairs[k]
				t := tally{Glyph: pair.Glyph}
				var rows []int
				for i := range 2 {
					ref := pair.Sides[i]
					l, line, inner := s.place(r, ref, i)
					switch {
					case ref == nil:
					case t.Op == "":
						t.Op = ref.Text()
						t.Call = ref.Call()
					case t.Glyph == "!":
						t.Op += "  ≠  " + ref.Text()
					}
					if l == nil || l != p.sides[i] {
						continue
					}
					t.Lines[i], t.inner[i] = line, inner
					for n, row := range p.bands {
						if own := row.parts[i]; own != nil && own.first <= line && line <= own.last && !slices.Contains(rows, n) {
							rows = append(rows, n)
						}
					}
				}
				for _, n := range rows {
					id := key{n, t.Glyph, t.Call, t.Lines}
					calls := &p.bands[n].calls
					if _, ok := at[id]; !ok {
						at[id] = len(*calls)
						*calls = append(*calls, t)
					}
					(*calls)[at[id]].add(r, process.Name, k)
				}
			}
		}
	}
	for _, row := range p.bands {
		slices.SortStableFunc(row.calls, func(a, b tally) int { return cmp.Compare(a.line(), b.line()) })
	}
}

func (t *tally) line() int { return cmp.Or(t.Lines[0], t.Lines[1]) }

// add counts call k of a process.
func (t *tally) add(r *parity.Result, process string, k int) {
	t.n++
	for i := range t.By {
		if by := &t.By[i]; by.r == r && by.Process == process {
			by.Times++
			return
		}
	}
	t.By = append(t.By, by{r, process, 1, k})
}

// ident makes of a name what can stand in an id and in a link: letters, digits, and "_.-".
func ident(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.-", r) {
			return r
		}
		return '_'
	}, name)
}
