package report

import (
	"path/filepath"
	"strings"
)

// token is a piece of source text and what it is: "i" a comment, "b" a word of the language, "u" a
// literal, "" anything else. (The letters are those of the page's elements.)
type token struct{ Kind, Text string }

// scanner finds the tokens of C and Go that are worth a colour. It goes line by line and remembers
// only what goes on in the next one: a comment, or a raw string of Go's.
type scanner struct {
	words map[string]bool
	c     bool   // '#' begins a directive
	open  string // what ends the token that the line before has left open
}

func newScanner(file string) scanner {
	switch filepath.Ext(file) {
	case ".go":
		return scanner{words: goWords}
	case ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp":
		return scanner{words: cWords, c: true}
	}
	return scanner{}
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

var (
	cWords = set(`auto break case char const continue default do double else enum extern float for goto if inline int long register
		return short signed sizeof static struct switch typedef union unsigned void volatile while ssize_t size_t pid_t socklen_t FILE`)
	goWords = set(`break case chan const continue default defer else fallthrough for func go goto if import interface map package range
		return select struct switch type var nil true false iota string int byte error bool any`)
)

// skip is scan for a line that's not shown.
func (s *scanner) skip(line string) { s.scan(line) }

// scan cuts a line into tokens. Their texts together are the line, made visible. It is longer than
// functions here are, so that all tokens stand together, in the order in which they are tried.
func (s *scanner) scan(line string) (list []token) {
	add := func(kind string, n int) {
		text := tabs(line[:n])
		line = line[n:]
		if k := len(list) - 1; k >= 0 && list[k].Kind == kind {
			list[k].Text += text
		} else {
			list = append(list, token{kind, text})
		}
	}
	if s.words == nil {
		add("", len(line))
		return list
	}
	if s.c && s.open == "" && strings.HasPrefix(strings.TrimSpace(line), "#") {
		n := strings.IndexByte(line, '#') + 1
		for n < len(line) && letter(line[n]) {
			n++
		}
		add("b", n)
	}
	for line != "" {
		switch ch := line[0]; {
		case s.open != "":
			kind := "i"
			if s.open == "`" {
				kind = "u"
			}
			if i := strings.Index(line, s.open); i >= 0 {
				end := i + len(s.open)
				s.open = ""
				add(kind, end)
			} else {
				add(kind, len(line))
			}
		case strings.HasPrefix(line, "//"):
			add("i", len(line))
		case strings.HasPrefix(line, "/*"):
			s.open = "*/"
			add("i", 2)
		case ch == '`' && !s.c:
			s.open = "`"
			add("u", 1)
		case ch == '"' || ch == '\'':
			add("u", quoted(line))
		case letter(ch):
			n := 1
			for n < len(line) && (letter(line[n]) || digit(line[n])) {
				n++
			}
			kind := ""
			if s.words[line[:n]] {
				kind = "b"
			}
			add(kind, n)
		case digit(ch):
			n := 1
			for n < len(line) && (letter(line[n]) || digit(line[n]) || line[n] == '.') {
				n++
			}
			add("u", n)
		default:
			n := 1
			for n < len(line) && line[n] >= 0x80 {
				n++ // not in the middle of a character
			}
			add("", n)
		}
	}
	return list
}

// quoted is the length of the literal that a line begins with.
func quoted(line string) int {
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case line[0]:
			return i + 1
		}
	}
	return len(line)
}

// tabs is visible for source text, which has tabs.
func tabs(s string) string {
	parts := strings.Split(strings.TrimSuffix(s, "\r"), "\t")
	for i := range parts {
		parts[i] = visible(parts[i])
	}
	return strings.Join(parts, "\t")
}

func letter(ch byte) bool { return ch == '_' || ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' }
func digit(ch byte) bool  { return ch >= '0' && ch <= '9' }
