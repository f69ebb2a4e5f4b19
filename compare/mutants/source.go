package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A source is a program's text and what of it can be changed. Both languages are read into this one
// form (c.go, golang.go), so that an operator is written once.
type source struct {
	side, program string // "c" or "go"; "pipe1"
	path          string // of the file
	text          string

	functions []span
	stmts     []stmt // those that stand in a list, outer ones first
	calls     []call
	conds     []span // the conditions of ifs
	numbers   []span
	strings   []span
	flags     []span // names of constants, with their package
}

// A span is a part of the text.
type span struct{ from, to int }

func (s span) has(o span) bool { return s.from <= o.from && o.to <= s.to }

// A stmt is a statement in a list of statements.
type stmt struct {
	span
	next int // the one that follows in the same list, -1 if none does
	head int // where its first part ends: the condition of an if, the whole of a simple one
}

// A call is the call of a function by its name.
type call struct {
	span
	name string
	args []span
	stmt int    // the innermost statement that it stands in
	zero string // an expression of the same type; "": the call is a statement, and need not be there
}

func (s *source) at(p span) string { return s.text[p.from:p.to] }

// line is the line of a place in the text, from 1.
func (s *source) line(at int) int { return 1 + strings.Count(s.text[:at], "\n") }

// An edit puts another text in a part's place.
type edit struct {
	span
	text string
}

// A mutant is a source with a fault.
type mutant struct {
	*source
	operator string
	edits    []edit
}

// operators are the kinds of faults, in the order of the table.
var operators = []string{"drop", "swap", "size", "flag", "descriptor", "constant", "exit code", "order", "duplicate", "ignore"}

// mutated is the text with its fault. No line moves: what replaces a text has as many newlines.
func (m *mutant) mutated() string {
	edits := slices.Clone(m.edits)
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(b.from, a.from) })
	text := m.text
	for _, e := range edits {
		text = text[:e.from] + e.text + text[e.to:]
	}
	return text
}

// was and is are the changed lines.
func (m *mutant) changed() (was, is []string) {
	before, after := strings.Split(m.text, "\n"), strings.Split(m.mutated(), "\n")
	for i := range before {
		if i < len(after) && before[i] != after[i] {
			was, is = append(was, strings.TrimSpace(before[i])), append(is, strings.TrimSpace(after[i]))
		}
	}
	return was, is
}

func (m *mutant) String() string {
	was, is := m.changed()
	return fmt.Sprintf("%s/%s %s line %d\n    - %s\n    + %s", m.side, m.program, m.operator, m.line(m.edits[0].from),
		strings.Join(was, "\n    - "), strings.Join(is, "\n    + "))
}

// mutants are all faults that the operators make of a source.
func (s *source) mutants() (list []*mutant) {
	add := func(operator string, edits ...edit) {
		list = append(list, &mutant{s, operator, edits})
	}
	for _, c := range s.calls {
		s.drop(c, add)
		s.duplicate(c, add)
		s.arguments(c, add)
	}
	s.swap(add)
	for _, p := range s.conds {
		add("ignore", edit{p, s.never(s.at(p))})
	}
	for _, p := range s.numbers {
		s.number(p, add)
	}
	for _, p := range s.strings {
		s.word(p, add)
	}
	for _, p := range s.flags {
		s.flag(p, add)
	}
	return list
}

// blank is a text's newlines, which keep the lines below it where they are.
func blank(text string) string { return strings.Repeat("\n", strings.Count(text, "\n")) }

// drop leaves a call out.
func (s *source) drop(c call, add func(string, ...edit)) {
	switch {
	case c.zero != "":
		add("drop", edit{c.span, c.zero + blank(s.at(c.span))})
	case s.side == "c":
		add("drop", edit{c.span, blank(s.at(c.span))})
	default:
		add("drop", edit{c.span, s.unused(c) + blank(s.at(c.span))})
	}
}

// unused uses what a dropped call would have used: Go wants that of variables.
func (s *source) unused(c call) string {
	var list []string
	for _, a := range c.args {
		list = append(list, s.at(a))
	}
	if len(list) == 0 {
		return ""
	}
	return strings.Repeat("_, ", len(list)-1) + "_ = " + strings.Join(list, ", ")
}

// pure are functions that do nothing but give a value: to call one twice is no fault. (What is
// idempotent is not among them: that needs a proof, in equivalent.txt.)
var pure = regexp.MustCompile(`^(htons|htonl|atoi|inet_addr|inetAddr|strcmp|strlen|strings\..*|fmt\.Sprintf|netip\..*|addr\..*|unix\.ByteSliceToString|f\.Buffered|int|file|unix\.Getpid)$`)

// endless are functions that do not return: what stands behind a call of one is never reached.
var endless = regexp.MustCompile(`^(exit|os\.Exit|fail|fork\.Main)$`)

// duplicate makes a call once more, before the statement that makes it.
func (s *source) duplicate(c call, add func(string, ...edit)) {
	if pure.MatchString(c.name) || endless.MatchString(c.name) {
		return
	}
	st := s.stmts[c.stmt]
	again := strings.ReplaceAll(s.at(c.span), "\n", " ")
	if s.side == "c" {
		add("duplicate", edit{span{st.from, st.from}, "{ " + again + "; "}, edit{span{st.to, st.to}, " }"})
		return
	}
	add("duplicate", edit{span{st.from, st.from}, again + "; "})
}

var (
	sizes       = regexp.MustCompile(`sizeof|SIZE|BUFSIZ|strlen|_len|[bB]ufSize|bufsiz`)
	descriptors = regexp.MustCompile(`^(fds?\d*(\[\d\])?|sock|serv_?[sS]ock|clnt_?[sS]ock|fp|std(in|out|err)|os\.Std(in|out|err))$`)
	slicing     = regexp.MustCompile(`^(.*)\[:(\w*)\]$`)
)

// arguments changes sizes and descriptors, and the order of arguments.
func (s *source) arguments(c call, add func(string, ...edit)) {
	for i, a := range c.args {
		text := s.at(a)
		m := slicing.FindStringSubmatch(text)
		switch {
		case m != nil && m[2] != "" && m[2] != "complete":
			add("size", edit{a, fmt.Sprintf("%s[:%s-1]", m[1], m[2])})
			add("size", edit{a, fmt.Sprintf("%s[:%s+1]", m[1], m[2])})
		case m != nil, s.side == "go" && strings.HasPrefix(text, "str"): // what is a slice at all is for the compiler to say
			add("size", edit{a, fmt.Sprintf("%s[:len(%[1]s)-1]", strings.TrimSuffix(text, "[:]"))})
		case sizes.MatchString(text) && !strings.ContainsAny(text, "*"):
			add("size", edit{a, text + " - 1"})
			add("size", edit{a, text + " + 1"})
		case descriptors.MatchString(text):
			for _, other := range s.others(a) {
				add("descriptor", edit{a, other})
			}
		}
		if i > 0 {
			before := c.args[i-1]
			if s.at(before) != text {
				add("order", edit{before, text}, edit{a, s.at(before)})
			}
		}
	}
}

// others are the other descriptors in the function that a place is in.
func (s *source) others(a span) (list []string) {
	for _, f := range s.functions {
		if !f.has(a) {
			continue
		}
		for _, c := range s.calls {
			for _, b := range c.args {
				text := s.at(b)
				if f.has(b) && descriptors.MatchString(text) && text != s.at(a) && !slices.Contains(list, text) {
					list = append(list, text)
				}
			}
		}
		for _, pair := range [][2]string{{"stderr", "stdout"}, {"os.Stderr", "os.Stdout"}, {"os.Stdout", "os.Stderr"}} {
			if s.at(a) == pair[0] && !slices.Contains(list, pair[1]) {
				list = append(list, pair[1])
			}
		}
	}
	return list
}

// swap lets two statements that follow each other change places.
func (s *source) swap(add func(string, ...edit)) {
	calls := func(st stmt) bool {
		return slices.ContainsFunc(s.calls, func(c call) bool { return st.has(c.span) })
	}
	for _, a := range s.stmts {
		if a.next < 0 {
			continue
		}
		if b := s.stmts[a.next]; calls(a) && calls(b) {
			// A comment between the two stays where it is.
			add("swap", edit{a.span, s.at(b.span)}, edit{b.span, s.at(a.span)})
		}
	}
}

// never makes a condition one that is computed, and ignored.
func (s *source) never(cond string) string {
	if s.side == "c" {
		return "(" + cond + ") && 0"
	}
	return "(" + cond + ") && false"
}

// number changes a number by one.
func (s *source) number(p span, add func(string, ...edit)) {
	operator := "constant"
	for _, c := range s.calls {
		if (c.name == "exit" || c.name == "os.Exit") && c.has(p) {
			operator = "exit code"
		}
	}
	for _, st := range s.stmts {
		if st.has(p) && strings.HasPrefix(s.at(st.span), "return ") && s.side == "c" {
			operator = "exit code"
		}
	}
	n, err := strconv.ParseInt(s.at(p), 0, 64)
	if err != nil {
		return
	}
	add(operator, edit{p, strconv.FormatInt(n+1, 10)})
	if n > 0 {
		add(operator, edit{p, strconv.FormatInt(n-1, 10)})
	}
}

// word leaves the last character of a text out, and changes the first one.
func (s *source) word(p span, add func(string, ...edit)) {
	inner := s.text[p.from+1 : p.to-1]
	if inner == "" {
		return
	}
	end := len(inner) - 1
	switch {
	case strings.HasSuffix(inner, `\x00`):
		end = len(inner) - 4
	case end > 0 && inner[end-1] == '\\':
		end--
	}
	add("constant", edit{p, `"` + inner[:end] + `"`})
	if c := inner[0]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		add("constant", edit{p, `"` + string(c^0x20) + inner[1:] + `"`})
	}
}

// instead are the flags that a flag is changed to, in either language.
var instead = map[string][]string{
	"AF_INET":        {"AF_INET6"},
	"PF_INET":        {"PF_INET6"},
	"SOCK_STREAM":    {"SOCK_DGRAM", "SOCK_STREAM|SOCK_CLOEXEC", "SOCK_STREAM|SOCK_NONBLOCK"},
	"SHUT_WR":        {"SHUT_RD", "SHUT_RDWR"},
	"WNOHANG":        {"0", "WNOHANG|WUNTRACED"},
	"SIGCHLD":        {"SIGUSR1", "SIGTERM"},
	"INADDR_ANY":     {"INADDR_LOOPBACK"},
	"O_WRONLY":       {"O_RDWR"},
	"O_CREAT":        {"0", "O_CREAT|O_EXCL"},
	"O_TRUNC":        {"0", "O_APPEND"},
	"CLOCK_REALTIME": {"CLOCK_MONOTONIC"},
	"SIGPIPE":        {"SIGTERM"},
	"EPIPE":          {"EINVAL"},
	"EINTR":          {"EINVAL"},
	"SEEK_CUR":       {"SEEK_SET"},
}

// flag changes a constant that has a name.
func (s *source) flag(p span, add func(string, ...edit)) {
	prefix, name := "", s.at(p)
	if i := strings.LastIndex(name, "."); i >= 0 {
		prefix, name = name[:i+1], name[i+1:]
	}
	for _, other := range instead[name] {
		parts := strings.Split(other, "|")
		for i := range parts {
			if parts[i] != "0" {
				parts[i] = prefix + parts[i]
			}
		}
		add("flag", edit{p, strings.Join(parts, " | ")})
	}
}
