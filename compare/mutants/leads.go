package main

import (
	"regexp"
	"slices"
	"strings"
)

// This file follows a fault through the text of its program, from a line that makes no calls to
// those in which it can show.

// jumps adds the lines to which the jumps in a statement lead: a condition decides about these,
// too.
func (s *source) jumps(n int, add func(from, to int)) {
	for _, st := range s.stmts {
		if !s.stmts[n].has(st.span) {
			continue
		}
		text := s.at(st.span)
		switch {
		case strings.HasPrefix(text, "continue"):
			if loop := s.loop(st); loop != nil {
				add(s.line(loop.from), s.line(loop.from))
			}
		case strings.HasPrefix(text, "break"):
			if loop := s.loop(st); loop != nil && loop.next >= 0 {
				next := s.stmts[loop.next]
				add(s.line(next.from), s.line(next.to))
			}
		}
	}
}

var loops = regexp.MustCompile(`^(for|while)\b`)

// loop is the innermost loop that a statement stands in.
func (s *source) loop(st stmt) (loop *stmt) {
	for i := range s.stmts { // outer ones first
		if o := &s.stmts[i]; o.span != st.span && o.has(st.span) && loops.MatchString(s.at(o.span)) {
			loop = o
		}
	}
	return loop
}

// leads adds the lines to which a part of the text leads that makes no calls of its own, from line
// to line until there are calls: those that use a variable that stands in it; of a return, or of a
// function that makes no calls at all, those that call the function.
func (s *source) leads(p span, calls func(line int) bool, add func(from, to int)) {
	seen := map[int]bool{}
	lines := strings.Split(s.text, "\n")
	var follow func(at span, names []string)
	visit := func(n int) {
		if !seen[n] {
			seen[n] = true
			add(n, n)
			if !calls(n) {
				s.decides(n, add)
			}
			follow(s.lineSpan(n), s.sets(lines[n-1]))
		}
	}
	follow = func(at span, names []string) {
		scope, inner := s.scope(at)
		first, last := s.line(scope.from), s.line(scope.to)
		silent, whole := true, true // the part, and its function
		for n := first; n <= last; n++ {
			if calls(n) {
				whole = false
				silent = silent && (n < s.line(at.from) || n > s.line(at.to))
			}
		}
		if !silent {
			return
		}
		for i, line := range lines {
			n := i + 1
			for _, name := range s.variables(line) {
				if slices.Contains(names, name) && (n >= first && n <= last || s.global(name)) {
					visit(n)
				}
			}
		}
		returns := strings.HasPrefix(strings.TrimSpace(s.lineText(at.from)), "return")
		if inner && returns {
			add(last, last)
		}
		if inner && (returns || whole) {
			for _, c := range s.calls {
				if name := c.name[strings.LastIndexByte(c.name, '.')+1:]; name == s.name(scope) {
					visit(s.line(c.from))
				}
			}
		}
	}
	follow(p, s.variables(s.lineText(p.from)))
}

// global reports whether a name is declared outside of all functions.
func (s *source) global(name string) bool {
	if s.side == "c" {
		return regexp.MustCompile(`(?m)^#define ` + name + `\b`).MatchString(s.text)
	}
	return regexp.MustCompile(`(?m)^(var|const) (\([^)]*\n\t)?` + name + `\b`).MatchString(s.text)
}

// decides adds the lines of the statements that begin in a line with a condition, or with what a
// loop goes over, and of the functions that are called in them.
func (s *source) decides(n int, add func(from, to int)) {
	for _, st := range s.stmts {
		if st.head < st.to && s.line(st.from) == n {
			add(n, s.line(st.to))
			s.called(st.span, add)
		}
	}
}

// scope is the function that a place is in or, if it is in none, the whole text.
func (s *source) scope(p span) (scope span, inner bool) {
	for _, f := range s.functions {
		if f.has(p) {
			return f, true
		}
	}
	return span{0, len(s.text)}, false
}

var heads = regexp.MustCompile(`^(?:func (?:\([^)]*\) )?|[\w\s*]*?)(\w+)\(`)

// name is a function's.
func (s *source) name(f span) string {
	if m := heads.FindStringSubmatch(s.at(f)); m != nil {
		return m[1]
	}
	return ""
}

// lineSpan is all of a line.
func (s *source) lineSpan(n int) span {
	from := 0
	for range n - 1 {
		from += strings.IndexByte(s.text[from:], '\n') + 1
	}
	return span{from, from + len(s.lineText(from))}
}

var (
	word     = regexp.MustCompile(`[A-Za-z_]\w*((\.|->)\w+)*\(?`)
	comments = regexp.MustCompile(`//.*|/\*.*?\*/`)
	texts    = regexp.MustCompile(`"(\\.|[^"\\])*"|'(\\.|[^'\\])*'`)
	noNames  = regexp.MustCompile(`^(_|if|else|for|range|while|return|break|continue|var|const|func|static|struct|sizeof|void|char|int|byte|string|uint64|size_t|ssize_t|` +
		`nil|NULL|true|false|error|bool|any|chan|map|go|defer|define|include)$`)
)

// variables are the names in a line that stand for values: no functions, packages, fields, types
// and keywords.
func (s *source) variables(line string) (names []string) {
	line = texts.ReplaceAllString(comments.ReplaceAllString(line, ""), "")
	for _, name := range word.FindAllString(line, -1) {
		first, _, chain := strings.Cut(strings.ReplaceAll(name, "->", "."), ".")
		switch {
		case chain && s.imports(first), !chain && strings.HasSuffix(name, "("), noNames.MatchString(first):
		default:
			names = append(names, first)
		}
	}
	return names
}

// imports reports whether a name is a package's.
func (s *source) imports(name string) bool {
	return s.side == "go" && regexp.MustCompile(`"(\S+/)?`+name+`"\n`).MatchString(s.text)
}

var assigned = regexp.MustCompile(`^(.*?[^=!<>])=[^=]`)

// sets are the variables that a line declares or gives a value: those before the assignment, or all
// if it only declares.
func (s *source) sets(line string) []string {
	line = comments.ReplaceAllString(line, "")
	if m := assigned.FindStringSubmatch(line); m != nil {
		return s.variables(m[1])
	}
	if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "var ") || s.side == "c" && !strings.Contains(trimmed, "(") {
		return s.variables(line)
	}
	return nil
}
