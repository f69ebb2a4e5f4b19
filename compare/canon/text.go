package canon

import (
	"bytes"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"paritykit/compare/trace"
)

// name notes that a number is chance in this run, and what to write in its place, unless it has a
// name already.
func (r *Run) name(n int, name string) {
	key := strconv.Itoa(n)
	if r.names == nil {
		r.names = map[string]string{}
	}
	if r.names[key] == "" {
		r.names[key] = name
	}
}

// nameProcess is name for process ids: they come before ports. The first process that had an id
// keeps it.
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
}

// called is what a program of the run is called: the path or the name by which it was started. It is
// as much chance as its process id: the two sides are two files.
type called struct {
	text string
	name string // "program(P)"
	bare bool   // no path: any word can be one, so that it counts only where the kernel has told it
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
	for _, n := range []called{{c.Args[0], "program", !strings.Contains(c.Args[0], "/")}, {path, "path", false},
		{c.Path, "path", false}, {base[:min(len(base), comm)], "comm", true}} {
		n.name += "(" + c.Role + ")"
		if n.text != "" && !slices.ContainsFunc(r.called, func(o called) bool { return o.text == n.text }) {
			r.called = append(r.called, n)
		}
	}
}

// Text is b with the names of processes and ports in place of their numbers, which are others in
// each run: "removed proc id: 4711" becomes "removed proc id: server.1". Only whole numbers count,
// not digits within a word: but "log4711" is a name with a number at its end, if that is not as short
// as in "utf8" or "x86". The path of a program becomes a name, too.
//
// A number that merely equals one is replaced too: where process ids are small, as in a new
// container, "7 messages" becomes "server.1 messages". So this is for text that is not equal as it
// stands: two texts say the same if they are equal, or if what Text makes of them is.
func (r *Run) Text(b []byte) []byte {
	return r.rename(b, false, func(name string) string { return name })
}

// Marked is Text for comparing: the names in it are marked, so that no text has them that only
// reads like one. A process that prints its child's id is not the same as one that prints "P.1".
func (r *Run) Marked(b []byte) []byte { return r.marked(b, false) }

func (r *Run) marked(b []byte, kernel bool) []byte {
	if bytes.IndexByte(b, mark[0]) >= 0 {
		b = bytes.ReplaceAll(b, []byte(mark), []byte(mark+mark))
	}
	return r.rename(b, kernel, func(name string) string { return mark + name + mark })
}

// mark stands before and behind a name. One that is part of a text stands there twice.
const mark = "\x01"

// rename replaces what is chance: what programs are called, and numbers. kernel says that the text
// is one in which the kernel tells of a program.
func (r *Run) rename(b []byte, kernel bool, write func(name string) string) []byte {
	next := make([]int, len(r.called)) // where each stands next
	for i := range next {
		next[i] = r.called[i].in(b, 0, kernel)
	}
	var out []byte
	for done := 0; ; {
		first := -1
		for i, n := range next {
			if n >= 0 && n < done {
				n = r.called[i].in(b, done, kernel)
				next[i] = n
			}
			if n >= 0 && (first < 0 || n < next[first] || n == next[first] && len(r.called[i].text) > len(r.called[first].text)) {
				first = i
			}
		}
		switch {
		case first >= 0:
			at := next[first]
			out = append(append(out, r.renumber(b[done:at], write)...), write(r.called[first].name)...)
			done = at + len(r.called[first].text)
		case done == 0:
			return r.renumber(b, write)
		default:
			return append(out, r.renumber(b[done:], write)...)
		}
	}
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
		if from += n; apart(b, from, from+len(c.text)) {
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

// renumber replaces numbers that are chance.
func (r *Run) renumber(b []byte, write func(name string) string) []byte {
	if len(r.names) == 0 {
		return b
	}
	var out []byte
	done := 0 // up to here b is in out
	for i := 0; i < len(b); {
		if !inWord(b[i]) {
			i++
			continue
		}
		end, digit := i+1, '0' <= b[i] && b[i] <= '9'
		for end < len(b) && inWord(b[end]) {
			end++
		}
		if !digit { // most words: no number begins so
			word := i
			for i = end; i > word && '0' <= b[i-1] && b[i-1] <= '9'; {
				i--
			}
			if end-i < longEnough {
				i = end
				continue
			}
		}
		if name := r.names[string(b[i:end])]; name != "" {
			out = append(append(out, b[done:i]...), write(name)...)
			done = end
		}
		i = end
	}
	if done == 0 {
		return b
	}
	return append(out, b[done:]...)
}

// longEnough is how many digits a number has, at least, that counts at the end of a word.
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
	named := r.rename(t.raw, kernel, func(name string) string { return name })
	if len(t.raw) > 0 && &named[0] != &t.raw[0] {
		t.named, t.marked = named, r.marked(t.raw, kernel)
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
