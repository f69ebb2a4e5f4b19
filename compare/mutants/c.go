package main

import (
	"strings"
	"text/scanner"
)

// readC reads a C program. It knows as much of C as the programs here use: statements, calls,
// literals, and #define of one value.
func readC(program, path, text string) *source {
	r := &cReader{source: &source{side: "c", program: program, path: path, text: text}}
	r.scan()
	r.file()
	return r.source
}

type cReader struct {
	*source
	tokens []cToken
	at     int
}

type cToken struct {
	span
	kind rune // of text/scanner, or the character
	text string
}

// scan splits the text into tokens. Go's scanner does for C, but for directives, of which only the
// values of #define are kept.
func (r *cReader) scan() {
	var s scanner.Scanner
	s.Init(strings.NewReader(r.text))
	s.Mode = scanner.ScanIdents | scanner.ScanInts | scanner.ScanStrings | scanner.ScanChars | scanner.ScanComments | scanner.SkipComments
	s.Error = func(*scanner.Scanner, string) {} // '\0' is none of Go's
	directive := 0
	for kind := s.Scan(); kind != scanner.EOF; kind = s.Scan() {
		t := cToken{span{s.Position.Offset, s.Position.Offset + len(s.TokenText())}, kind, s.TokenText()}
		if kind == '#' {
			directive = s.Position.Line
		}
		if s.Position.Line == directive {
			if kind == scanner.Int && strings.HasPrefix(strings.TrimSpace(r.lineText(t.from)), "#define") {
				r.numbers = append(r.numbers, t.span)
			}
			continue
		}
		r.tokens = append(r.tokens, t)
	}
}

// lineText is the line that a place is in.
func (s *source) lineText(at int) string {
	from := strings.LastIndexByte(s.text[:at], '\n') + 1
	if n := strings.IndexByte(s.text[from:], '\n'); n >= 0 {
		return s.text[from : from+n]
	}
	return s.text[from:]
}

func (r *cReader) is(text string) bool { return r.at < len(r.tokens) && r.tokens[r.at].text == text }

// file reads function after function: what stands in braces behind a parenthesis.
func (r *cReader) file() {
	for begin := 0; r.at < len(r.tokens); {
		switch {
		case r.is("{") && r.tokens[r.at-1].text == ")":
			r.block()
			r.functions = append(r.functions, span{r.tokens[begin].from, r.tokens[r.at-1].to})
			begin = r.at
		case r.is(";"):
			r.at++
			begin = r.at
		default:
			r.at++
		}
	}
}

// block reads a list of statements in braces.
func (r *cReader) block() {
	r.at++
	last := -1
	for r.at < len(r.tokens) && !r.is("}") {
		this := r.statement()
		if last >= 0 {
			r.stmts[last].next = this
		}
		last = this
	}
	r.at++
}

// statement reads one statement and returns its place in the list.
func (r *cReader) statement() int {
	n := len(r.stmts)
	begin := r.tokens[r.at].from
	r.stmts = append(r.stmts, stmt{span: span{begin, begin}, next: -1})
	switch {
	case r.is("{"):
		r.block()
	case r.is("if"), r.is("while"), r.is("for"):
		check := r.is("if")
		r.at++
		open := r.at
		r.at = r.closing(open) + 1
		inner := span{r.tokens[open].to, r.tokens[r.at-1].from}
		if check {
			r.conds = append(r.conds, inner)
		}
		r.expression(n, open, r.at)
		r.stmts[n].head = inner.to
		r.statement()
		if check && r.is("else") {
			r.at++
			r.statement()
		}
	default:
		from := r.at
		for !r.is(";") {
			if r.is("(") || r.is("[") || r.is("{") {
				r.at = r.closing(r.at)
			}
			r.at++
		}
		r.expression(n, from, r.at)
		r.at++
		r.stmts[n].head = r.tokens[r.at-1].to
	}
	r.stmts[n].to = r.tokens[r.at-1].to
	return n
}

// closing is the place of the bracket that closes the one at a place.
func (r *cReader) closing(open int) int {
	depth := 0
	for i := open; ; i++ {
		switch r.tokens[i].text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth == 0 {
				return i
			}
		}
	}
}

// expression reads the calls and constants among tokens that belong to a statement.
func (r *cReader) expression(in, from, to int) {
	for i := from; i < to; i++ {
		t := r.tokens[i]
		switch t.kind {
		case scanner.Int:
			r.numbers = append(r.numbers, t.span)
		case scanner.String:
			r.strings = append(r.strings, t.span)
		case scanner.Ident:
			if instead[t.text] != nil {
				r.flags = append(r.flags, t.span)
			}
			if i+1 < to && r.tokens[i+1].text == "(" && t.text != "sizeof" && t.text != "return" {
				r.call(in, i, i == from && r.closing(i+1) == to-1)
			}
		}
	}
}

// call reads a call: is it the whole statement?
func (r *cReader) call(in, name int, whole bool) {
	end := r.closing(name + 1)
	c := call{span: span{r.tokens[name].from, r.tokens[end].to}, name: r.tokens[name].text, stmt: in, zero: "0"}
	if whole {
		c.zero = ""
	}
	from := name + 2
	for i := from; i <= end; i++ {
		switch r.tokens[i].text {
		case "(", "[":
			i = r.closing(i)
		case ",", ")":
			if i > from {
				c.args = append(c.args, span{r.tokens[from].from, r.tokens[i-1].to})
			}
			from = i + 1
		}
	}
	r.calls = append(r.calls, c)
}
