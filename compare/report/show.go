package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"paritykit/compare/parity"
)

// Narrowest is the width below which Show puts the two sources above each other.
const Narrowest = 60

// Show writes the study view for a terminal that is so many columns wide: the two sources beside
// each other, aligned by step, and below each step the calls that its lines made, how often and in
// which process. Long lines go on in the next one; nothing is cut. Each line of the output has all
// of its own colours, so that a pager can begin anywhere.
func (t Text) Show(w io.Writer, r *parity.Result, width int) {
	fmt.Fprintln(w, t.header(r))
	if r.About != "" {
		for _, line := range wrap([]token{{"", safe(r.About)}}, max(width-2, 20)) {
			fmt.Fprintf(w, "  %s\n", plainText(line))
		}
	}
	t.Width = width
	t.troubles(w, r)
	if len(r.Differences) > 0 {
		t.differences(w, r)
	}
	s := newStudy(r)
	made := s.made()
	for i := range s.pairings {
		v := shown{Text: t, w: w, width: max(width, 20), made: made, pairing: &s.pairings[i]}
		v.write(r.Labels())
	}
	fmt.Fprintln(w)
}

// made counts the calls of each line of each listing.
func (s *study) made() map[*listing]map[int]int {
	made := map[*listing]map[int]int{}
	for _, r := range s.results {
		for _, p := range r.Processes {
			for k := range p.Pairs {
				for i := range 2 {
					l, line, inner := s.place(r, p.Pairs[k].Sides[i], i)
					if l == nil {
						continue
					}
					if made[l] == nil {
						made[l] = map[int]int{}
					}
					made[l][line]++
					if inner > 0 {
						made[l][inner]++
					}
				}
			}
		}
	}
	return made
}

// shown is one pairing on its way to the terminal.
type shown struct {
	Text
	w       io.Writer
	width   int
	made    map[*listing]map[int]int
	pairing *pairing
	numbers int // columns of a line number
	counts  int // and of how many calls a line made
}

const between = " │ "

func (v *shown) write(labels [2]string) {
	v.numbers, v.counts = 1, 1
	for _, l := range v.pairing.sides {
		if l == nil {
			continue
		}
		v.numbers = max(v.numbers, len(strconv.Itoa(len(l.lines))))
		for _, n := range v.made[l] {
			v.counts = max(v.counts, len(strconv.Itoa(n))+1)
		}
	}
	fmt.Fprintln(v.w)
	var titles [2][]string
	for i, l := range v.pairing.sides {
		title := safe(labels[i])
		if l != nil {
			title += "  " + safe(l.file)
		}
		for _, line := range wrap([]token{{"", title}}, v.column()) {
			titles[i] = append(titles[i], bold(v.Color, pad(plainText(line), v.column())))
		}
	}
	v.beside(titles)
	for n := range v.pairing.bands {
		band := &v.pairing.bands[n]
		v.rule(band.step)
		var sides [2][]string
		for i, part := range band.parts {
			if part != nil {
				sides[i] = v.part(i, part)
			}
		}
		v.beside(sides)
		v.calls(band)
	}
}

// column is how wide one side is.
func (v *shown) column() int {
	if v.width < Narrowest {
		return v.width
	}
	return (v.width - columns(between)) / 2
}

// beside writes lines that are as wide as a column beside each other or, where there is no room,
// one side after the other.
func (v *shown) beside(sides [2][]string) {
	if v.width < Narrowest {
		for _, lines := range sides {
			for _, line := range lines {
				fmt.Fprintln(v.w, strings.TrimRight(line, " "))
			}
		}
		return
	}
	for n := range max(len(sides[0]), len(sides[1])) {
		var line [2]string
		for i := range line {
			line[i] = strings.Repeat(" ", v.column())
			if n < len(sides[i]) {
				line[i] = sides[i][n]
			}
		}
		fmt.Fprintln(v.w, strings.TrimRight(line[0]+between+line[1], " "))
	}
}

// rule writes the line above a step.
func (v *shown) rule(step string) {
	name := safe(step)
	if name != "" {
		name = " " + name + " "
	}
	fmt.Fprintf(v.w, "──%s%s\n", bold(v.Color, name), strings.Repeat("─", max(v.width-2-columns(name), 0)))
}

// part writes the lines of one side: number, how many calls it made, text.
func (v *shown) part(i int, p *part) (out []string) {
	l := v.pairing.sides[i]
	var s scanner
	if l.names == nil {
		s = newScanner(l.file)
		for _, line := range l.lines[:p.first-1] {
			s.skip(line)
		}
	}
	room := max(v.column()-v.numbers-v.counts-2, 8)
	for n := p.first; n <= p.last; n++ {
		number, times := fmt.Sprintf("%*d", v.numbers, n), strings.Repeat(" ", v.counts)
		if l.names != nil {
			number = strings.Repeat(" ", v.numbers)
		}
		if made := v.made[l][n]; made > 0 {
			times = pad("×"+strconv.Itoa(made), v.counts)
			number, times = bold(v.Color, number), bold(v.Color, times)
		}
		for k, line := range wrap(s.scan(l.lines[n-1]), room) {
			if k > 0 {
				number, times = strings.Repeat(" ", v.numbers), strings.Repeat(" ", v.counts)
			}
			out = append(out, number+" "+times+" "+v.painted(line)+strings.Repeat(" ", max(room-columns(plainText(line)), 0)))
		}
	}
	return out
}

// calls lists what the lines of a step made, with the numbers of the lines.
func (v *shown) calls(b *band) {
	for _, t := range b.calls {
		var at []string
		for i, line := range t.Lines {
			switch l := v.pairing.sides[i]; {
			case line == 0:
				at = append(at, "-")
			case l.names != nil:
				at = append(at, safe(l.names[line-1]))
			default:
				at = append(at, strconv.Itoa(line))
			}
		}
		head := fmt.Sprintf("  %s %s  ", strings.Repeat(" ", v.numbers), strings.Join(at, "|"))
		text := safe(t.Op)
		if t.n > 1 && len(t.Op) > widest {
			text = cut(t.Op)
		}
		for k, line := range wrap([]token{{"", text}, {"by", "  " + processTimes(t.By)}}, max(v.width-columns(head)-2, 20)) {
			if k == 0 {
				fmt.Fprintf(v.w, "%s%s %s\n", head, v.glyph(t.Glyph), v.painted(line))
			} else {
				fmt.Fprintf(v.w, "%s  %s\n", strings.Repeat(" ", columns(head)), v.painted(line))
			}
		}
	}
}

// painted is a line of tokens in colour.
func (v *shown) painted(line []token) string {
	if !v.Color {
		return plainText(line)
	}
	var b strings.Builder
	for _, t := range line {
		if c := map[string]string{"i": dim, "b": magenta, "u": green, "by": dim}[t.Kind]; c != "" {
			b.WriteString(c + t.Text + plain)
		} else {
			b.WriteString(t.Text)
		}
	}
	return b.String()
}

const dim, magenta = "\x1b[2m", "\x1b[35m"

func plainText(line []token) string {
	var b strings.Builder
	for _, t := range line {
		b.WriteString(t.Text)
	}
	return b.String()
}

// wrap breaks tokens into lines that are not wider than width, with tabs as four columns. It breaks
// behind a blank where there is one in the second half of the line.
func wrap(tokens []token, width int) (lines [][]token) {
	var line []token
	used := 0
	for _, t := range tokens {
		text := expand(t.Text, used)
		for columns(text) > width-used {
			at := len(string([]rune(text)[:width-used]))
			if blank := strings.LastIndexByte(text[:at], ' '); blank >= 0 && used+utf8.RuneCountInString(text[:blank]) >= width/2 {
				at = blank + 1
			}
			line = append(line, token{t.Kind, text[:at]})
			lines, line, used = append(lines, line), nil, 0
			text = text[at:]
		}
		if text != "" {
			line = append(line, token{t.Kind, text})
			used += columns(text)
		}
	}
	if line != nil || lines == nil {
		lines = append(lines, line)
	}
	return lines
}

// expand makes blanks of tabs in a text that begins at a column.
func expand(text string, at int) string {
	const stop = 4
	var b strings.Builder
	for _, r := range text {
		if r != '\t' {
			b.WriteRune(r)
			at++
			continue
		}
		n := stop - at%stop
		b.WriteString(strings.Repeat(" ", n))
		at += n
	}
	return b.String()
}
