package main

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// A proof says why a mutant that survives is the same program, whatever it is given.
type proof struct {
	at       string // the place in the file
	program  string // "c/pipe1"; a pattern of path.Match
	operator string
	was, is  []string // the changed lines
	why      string
	about    int // how many mutants that were looked at
	uses     int // how many of these survived
}

// readProofs reads equivalent.txt. An entry is what is printed of a survivor, without its line
// number, and the reason:
//
//	c/pipe1 constant
//	- char buf[BUF_SIZE + 1] = "";
//	+ char buf[BUF_SIZE + 2] = "";
//	nobody looks at the last byte
//
// It may name several operators ("constant, descriptor"), and several texts for one line, each of
// which must survive.
func readProofs(name string) (list []*proof, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var p *proof
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		kind, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "":
			p = nil
		case strings.HasPrefix(line, "#"):
		case p == nil:
			for operator := range strings.SplitSeq(rest, ", ") {
				if !slices.Contains(operators, operator) {
					return nil, fmt.Errorf("%s:%d: want SIDE/PROGRAM OPERATOR, got %q", name, n, line)
				}
			}
			p = &proof{at: fmt.Sprintf("%s:%d", path.Base(name), n), program: kind, operator: rest}
			list = append(list, p)
		case kind == "-":
			p.was = append(p.was, rest)
		case kind == "+":
			p.is = append(p.is, rest)
		default:
			p.why = strings.TrimSpace(p.why + " " + line)
		}
	}
	var each []*proof
	for _, p := range list {
		if len(p.was) == 0 || p.why == "" {
			return nil, fmt.Errorf("%s: %s %s needs the changed lines and a reason", p.at, p.program, p.operator)
		}
		if len(p.was) > 1 || len(p.is) < 2 {
			each = append(each, p)
			continue
		}
		for _, text := range p.is {
			one := *p
			one.is = []string{text}
			each = append(each, &one)
		}
	}
	return each, nil
}

// of reports whether a proof is about a mutant.
func (p *proof) of(m *mutant) bool {
	if ok, _ := path.Match(p.program, m.side+"/"+m.program); !ok || !slices.Contains(strings.Split(p.operator, ", "), m.operator) {
		return false
	}
	was, is := m.changed()
	return slices.Equal(p.was, was) && slices.Equal(p.is, is)
}
