package parity

import (
	"bytes"
	"slices"

	"paritykit/compare/abi"
	"paritykit/compare/align"
	"paritykit/compare/canon"
	"paritykit/compare/rules"
	"paritykit/compare/trace"
)

// Line is a line of a small diff: of both sides ("="), of the first one alone ("-") or of the
// second one alone ("+").
type Line struct {
	Is   string `json:"is"`
	Text string `json:"text"` // quoted; "…" stands for what is left out before or behind
}

// window is how many bytes around the first difference a small diff looks at, on each side of it.
const window = 2 << 10

// differ returns the offset of the first byte in which two texts differ, and a small diff of the
// lines around it.
func differ(x, y []byte) (offset int, lines []Line) {
	n := min(len(x), len(y))
	for offset < n && x[offset] == y[offset] {
		offset++
	}
	from := max(offset-window, 0)
	if i := bytes.IndexByte(x[from:offset], '\n'); from > 0 && i >= 0 {
		from += i + 1 // whole lines
	}
	var parts [2][][]byte
	for i, b := range [2][]byte{x, y} {
		parts[i] = bytes.SplitAfter(b[from:min(offset+window, len(b))], []byte{'\n'})
		if k := len(parts[i]) - 1; len(parts[i][k]) == 0 {
			parts[i] = parts[i][:k]
		}
	}
	const context, most = 1, 4 // lines before and behind a change; lines of one side in it
	edits := align.Align(len(parts[0]), len(parts[1]), func(i, j int) bool { return bytes.Equal(parts[0][i], parts[1][j]) })
	add := func(is string, side, at, n int) {
		for k := range n {
			if k == most && n > most+1 {
				lines = append(lines, Line{is, "…"})
				return
			}
			lines = append(lines, Line{is, short(parts[side][at+k])})
		}
	}
	first := slices.IndexFunc(edits, func(e align.Edit) bool { return e.Op != align.Keep })
	for i := max(first-1, 0); first >= 0 && i < len(edits); i++ {
		switch e := edits[i]; {
		case e.Op == align.Keep && i < first:
			k := min(e.N, context)
			add("=", 0, e.X+e.N-k, k)
		case e.Op == align.Keep:
			add("=", 0, e.X, min(e.N, context))
			return offset, excerpts(lines, parts, edits[first:i])
		case e.Op == align.Delete:
			add("-", 0, e.X, e.N)
		case e.Op == align.Insert:
			add("+", 1, e.Y, e.N)
		}
	}
	return offset, excerpts(lines, parts, edits[max(first, 0):])
}

// longLine is how many bytes of a line a small diff shows.
const longLine = 72

// short quotes a line, without its end if it is long.
func short(line []byte) string {
	if len(line) > longLine {
		return canon.Quote(line[:longLine]) + "…"
	}
	return canon.Quote(line)
}

// excerpts shows of two long lines that stand for each other the place in which they differ.
func excerpts(lines []Line, parts [2][][]byte, hunk []align.Edit) []Line {
	if len(hunk) != 2 || hunk[0].N != 1 || hunk[1].N != 1 {
		return lines
	}
	x, y := parts[0][hunk[0].X], parts[1][hunk[1].Y]
	at := 0
	for at < min(len(x), len(y)) && x[at] == y[at] {
		at++
	}
	if at < longLine*2/3 {
		return lines
	}
	from := at - 20
	for i := range lines {
		switch lines[i].Is {
		case "-":
			lines[i].Text = "…" + short(x[from:])
		case "+":
			lines[i].Text = "…" + short(y[from:])
		}
	}
	return lines
}

// place says where two calls differ that differ in a buffer.
func (d *Difference) place(c, g *rules.Form) {
	for _, field := range d.Fields {
		x, inC := buffer(c, field)
		y, inGo := buffer(g, field)
		if inC && inGo && !bytes.Equal(x, y) {
			at, lines := differ(x, y)
			d.Offset, d.Lines = &at, lines
			return
		}
	}
}

// buffer is what an argument of a call points at.
func buffer(f *rules.Form, name string) ([]byte, bool) {
	e := f.Op.Event
	if e == nil || e.Kind != trace.Call || f.Merged > 0 {
		return nil, false
	}
	for _, a := range abi.Lookup(e.Nr).For(&e.Args).Args {
		if a.Name == name && (a.Kind == abi.Bytes || a.Kind == abi.Iovec) {
			v := f.Op.Arg(name)
			b, _ := v.Bytes()
			return b, v.Is(canon.Text, canon.Partial)
		}
	}
	return nil, false
}
