package canon

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"paritykit/compare/trace"
)

// name notes that a number is chance in this run, and what to write in its place, unless it has a
// name already.
func (r *Run) name(n int, name string) { r.nameAs(strconv.Itoa(n), name) }

func (r *Run) nameAs(key, name string) {
	if r.names == nil {
		r.names = map[string]string{}
	}
	if r.names[key] == "" {
		r.names[key] = name
	}
}

// nameProcess is name for the ids of processes and threads: they come before ports. The first one
// that had an id keeps it.
func (r *Run) nameProcess(pid int, name string) {
	key := strconv.Itoa(pid)
	if !r.processes[key] {
		delete(r.names, key)
		if r.processes == nil {
			r.processes = map[string]bool{}
		}
		r.processes[key] = true
	}
	r.name(pid, name)
	if inMemory := bytesOf(pid); inMemory != "" {
		r.nameAs(inMemory, name)
	}
}

// bytesOf is a process id as the four bytes that a program has in memory; "" if these would stand
// everywhere, as those of any small number do.
func bytesOf(pid int) string {
	if pid < 1<<8 {
		return ""
	}
	return string(binary.LittleEndian.AppendUint32(nil, uint32(pid)))
}

// nameTerminal is name for a pseudoterminal, "/dev/pts/3": alone its number says nothing.
func (r *Run) nameTerminal(path, name string) {
	if number, ok := strings.CutPrefix(path, "/dev/"+pts); ok {
		r.nameAs(pts+number, name)
	}
}

const pts = "pts/"

// called is what a program of the run is called: the path or the name by which it was started. It
// is as much chance as its process id: the two sides are two files.
type called struct {
	text string
	name string // "program(P)"
	bare bool   // no path: any word can be one, so that it counts only where the kernel has told it
	dir  bool   // a directory: it counts at the beginning of longer paths, too
}

// nameProgram notes what a program is called, for texts that have that in them.
func (r *Run) nameProgram(c *trace.Command) {
	if c.Path == "" || len(c.Args) == 0 {
		return
	}
	path := c.Path
	if is, err := filepath.EvalSymlinks(path); err == nil { // which /proc tells
		path = is
	}
	const comm = 15 // bytes that the kernel keeps, see prctl(2)
	base := filepath.Base(c.Path)
	for _, n := range []called{{text: c.Args[0], name: "program", bare: !strings.Contains(c.Args[0], "/")},
		{text: path, name: "path"}, {text: c.Path, name: "path"},
		{text: base[:min(len(base), comm)], name: "comm", bare: true}} {
		n.name += "(" + c.Role + ")"
		if n.text != "" && !slices.ContainsFunc(r.called, func(o called) bool { return o.text == n.text }) {
			r.called = append(r.called, n)
		}
	}
}

// nameDirectory notes where the run began, and the directory around that.
func (r *Run) nameDirectory(dir string) {
	r.called = append(r.called, called{text: dir, name: "$PWD", dir: true},
		called{text: filepath.Dir(dir), name: "$PWD/..", dir: true})
}

// Text is b with the names of processes, ports and terminals in place of their numbers, which are
// others in each run: "removed proc id: 4711" becomes "removed proc id: server.1". Only whole
// numbers count, not digits within a word: but "log4711" is a name with a number at its end, if
// that is not as short as in "utf8" or "x86", and "4711x" one with a number at its beginning. So do
// the four bytes of a process id that a program has in memory, and its hexadecimal form. The path
// of a program becomes a name, too, and that of the directory in which it began.
//
// A number that merely equals one is replaced too: where process ids are small, as in a new
// container, "7 messages" becomes "server.1 messages". So this is for text that is not equal as it
// stands: two texts say the same if they are equal, or if what Text makes of them is.
func (r *Run) Text(b []byte) []byte { return r.rename(b, false, false) }

// Marked is Text for comparing: the names in it are marked, so that no text has them that only
// reads like one. A process that prints its child's id is not the same as one that prints "P.1".
func (r *Run) Marked(b []byte) []byte { return r.rename(b, false, true) }

// SameText reports whether two texts are the same: as they stand, or with the names of what is
// chance in each run.
func (r *Run) SameText(other *Run, own, others []byte) bool {
	return bytes.Equal(own, others) || bytes.Equal(r.Marked(own), other.Marked(others))
}

// mark stands before and behind a name. One that is part of a text stands there twice.
const mark = "\x01"

// renamed is a text in the making in which names stand in the place of what is chance.
type renamed struct {
	text   []byte // all of it as it was
	marked bool   // names are marked, and marks in the text stand twice
	out    []byte
	done   int // up to here the text is in out
}

// put writes a name in place of a part of the text, which begins nowhere before the last one's end.
func (n *renamed) put(from, to int, name string) {
	n.plain(from)
	if n.marked {
		name = mark + name + mark
	}
	n.out, n.done = append(n.out, name...), to
}

// plain takes over the text up to here as it is.
func (n *renamed) plain(to int) {
	b := n.text[n.done:to]
	if n.marked && bytes.IndexByte(b, mark[0]) >= 0 {
		b = bytes.ReplaceAll(b, []byte(mark), []byte(mark+mark))
	}
	n.out, n.done = append(n.out, b...), to
}

// rename replaces what is chance: what programs are called, and numbers. kernel says that the text
// is one in which the kernel tells of a program. A text in which there is nothing to be replaced it
// returns as it is.
func (r *Run) rename(b []byte, kernel, marked bool) []byte {
	n := &renamed{text: b, marked: marked}
	var few [8]int
	next := few[:0] // where each stands next
	for i := range r.called {
		next = append(next, r.called[i].in(b, 0, kernel))
	}
	for from := 0; ; from = n.done {
		first := -1
		for i, at := range next {
			if at >= 0 && at < from {
				at = r.called[i].in(b, from, kernel)
				next[i] = at
			}
			if at >= 0 && (first < 0 || at < next[first] || at == next[first] && len(r.called[i].text) > len(r.called[first].text)) {
				first = i
			}
		}
		if first < 0 {
			r.renumber(n, from, len(b))
			break
		}
		r.renumber(n, from, next[first])
		n.put(next[first], next[first]+len(r.called[first].text), r.called[first].name)
	}
	if n.done == 0 && (!marked || bytes.IndexByte(b, mark[0]) < 0) {
		return b
	}
	n.plain(len(b))
	return n.out
}

// in is the next place from which on a text has what a program is called, -1 if there is none.
func (c *called) in(b []byte, from int, kernel bool) int {
	if c.bare && !kernel {
		return -1
	}
	for {
		n := bytes.Index(b[from:], []byte(c.text))
		if n < 0 {
			return -1
		}
		from += n
		if to := from + len(c.text); apart(b, from, to) || c.dir && to < len(b) && b[to] == '/' && apart(b[:to], from, to) {
			return from
		}
		from++
	}
}

// apart reports whether b[from:to] is a file name of its own there, and no part of a longer one.
func apart(b []byte, from, to int) bool {
	inName := func(i int) bool {
		return i >= 0 && i < len(b) && (inWord(b[i]) || b[i] == '-' || b[i] == '/' || b[i] == '~')
	}
	if inName(from-1) || from > 0 && b[from-1] == '.' {
		return false
	}
	return !inName(to) && (to >= len(b) || b[to] != '.' || !inName(to+1)) // a full stop may follow
}

// renumber replaces numbers that are chance, in a part of a text.
func (r *Run) renumber(n *renamed, from, to int) {
	for len(r.names) > 0 && from < to {
		at, name := r.inBytes(n.text[:to], from)
		r.words(n, from, at)
		if name != "" {
			n.put(at, at+4, name)
		}
		from = at + 4
	}
}

// inBytes finds the next process id that stands there as four bytes, from i on. Without one it
// returns the end.
func (r *Run) inBytes(b []byte, i int) (at int, name string) {
	for last := i + 3; last < len(b); last++ {
		zero := bytes.IndexByte(b[last:], 0) // no id is so large that it has none
		if zero < 0 {
			break
		}
		last += zero
		if id := b[last-3 : last+1]; id[1]|id[2] != 0 {
			if name := r.names[string(id)]; name != "" {
				return last - 3, name
			}
		}
	}
	return len(b), ""
}

// words replaces the numbers that stand in the words of a part of a text.
func (r *Run) words(n *renamed, i, to int) {
	b := n.text[:to]
	for i < len(b) {
		if !inWord(b[i]) {
			i++
			continue
		}
		word, end := i, i+1
		for end < len(b) && inWord(b[end]) {
			end++
		}
		i = end
		first, last := word, end // the ends of the digits that it begins with, and that it ends with
		for first < end && digit(b[first]) {
			first++
		}
		for last > word && digit(b[last-1]) {
			last--
		}
		whole, terminal := first == end, word-len(pts)
		switch {
		case whole && terminal >= n.done && r.names[string(b[terminal:end])] != "":
			n.put(terminal, end, r.names[string(b[terminal:end])])
		case (whole || first-word >= longEnough) && r.names[string(b[word:first])] != "":
			n.put(word, first, r.names[string(b[word:first])])
		case end-last >= longEnough && r.names[string(b[last:end])] != "":
			n.put(last, end, r.names[string(b[last:end])])
		default:
			if at, name := r.hexadecimal(b[word:end]); name != "" {
				n.put(word+at, end, name)
			}
		}
	}
}

// hexadecimal is the name of a process id that a word is, as printf's %x, %#x or %08x write it, and
// where in the word that begins. The name tells these apart. Three digits without any letter are
// more likely a decimal number, such as the status 200 of HTTP.
func (r *Run) hexadecimal(word []byte) (at int, name string) {
	if len(word) > 2 && word[0] == '0' && word[1]|0x20 == 'x' {
		at = 2
	}
	digits, n, format := word[at:], 0, "%x"
	decimal := at == 0 && len(digits) <= longEnough
	for _, ch := range digits {
		decimal = decimal && digit(ch)
		switch {
		case digit(ch):
			n = n<<4 | int(ch-'0')
		case 'a' <= ch && ch <= 'f':
			n = n<<4 | int(ch-'a'+10)
		case 'A' <= ch && ch <= 'F':
			n, format = n<<4|int(ch-'A'+10), "%X"
		default:
			return 0, ""
		}
		if n > 1<<22 { // no process has such an id
			return 0, ""
		}
	}
	var key [8]byte
	if decimal || n < 1<<(4*(longEnough-1)) || !r.processes[string(strconv.AppendInt(key[:0], int64(n), 10))] {
		return 0, ""
	}
	if digits[0] == '0' {
		format = fmt.Sprintf("%%0%d%c", len(digits), format[1])
	}
	return at, format + "(" + r.names[strconv.Itoa(n)] + ")"
}

func digit(ch byte) bool { return '0' <= ch && ch <= '9' }

// longEnough is how many digits a number has, at least, that counts at the beginning or at the end
// of a word.
const longEnough = 3

// inWord reports whether a byte is part of a word. All bytes beyond ASCII are: letters of other
// alphabets have them.
func inWord(ch byte) bool {
	return '0' <= ch && ch <= '9' || 'a' <= ch && ch <= 'z' || 'A' <= ch && ch <= 'Z' || ch == '_' ||
		ch >= 0x80
}

// nameIn adds to the texts in a value what they are with names for numbers that are chance. All
// names are known only when a run is over; before that a value may be named again.
func (r *Run) nameIn(v Value) {
	switch d := v.data.(type) {
	case *text:
		if v.kind != Octets {
			r.nameText(d, v.num == fromKernel)
		}
	case *object:
		if v.kind == Object {
			r.nameText(d.text(), false)
		}
	case *variables:
		r.nameText(d.sorted, false)
		d.sum()
	case *partial:
		r.nameIn(d.Value)
	case *[]Arg:
		for i := range *d {
			r.nameIn((*d)[i].Value)
		}
	}
}

func (r *Run) nameText(t *text, kernel bool) {
	if named := r.rename(t.raw, kernel, false); len(t.raw) > 0 && &named[0] != &t.raw[0] {
		t.named, t.marked = named, r.rename(t.raw, kernel, true)
	}
}

// fromKernel is the num of a Text in which the kernel tells of a program.
const fromKernel = 1

// Abridged cuts the middle out of a long text.
func Abridged(s string, head, tail int) string {
	if len(s) <= head+tail {
		return s
	}
	return strings.ToValidUTF8(s[:head], "") + "…" + strings.ToValidUTF8(s[len(s)-tail:], "")
}
