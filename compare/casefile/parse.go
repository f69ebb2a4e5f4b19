package casefile

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parse returns the case that the text of a case file states. path names the
// file in errors and gives the case its name; no file is read. A case without
// steps, of one program, stands for: start it as P, without arguments, and wait
// for it. An error is an [*Error] for the first thing that is wrong.
func Parse(path string, text []byte) (*Case, error) {
	p := &parser{
		c: &Case{
			Name: strings.TrimSuffix(filepath.Base(path), ".case"),
			Path: path,
		},
		roles: map[string]*fate{},
		named: map[string]int{},
	}
	if len(text) > MaxSize {
		return nil, p.errorf(1, "larger than %d bytes, which no case file is", MaxSize)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range lines {
		if !utf8.ValidString(line) {
			return nil, p.errorf(i+1, "not UTF-8")
		}
		line = strings.Trim(line, " \t\r")
		if why := p.line(i+1, line); why != "" {
			return nil, p.errorf(i+1, "%s: %s", why, short(line))
		}
	}
	if err := p.finish(len(lines)); err != nil {
		return nil, err
	}
	return p.c, nil
}

// A parser holds the case so far and what the lines to come are checked
// against.
type parser struct {
	c             *Case
	about, source []string       // the lines of the opening comment
	para          *[]string      // which of them the next line continues; nil: neither
	verbs         int            // lines with a verb so far
	starting      int            // the first start
	programLine   int            // the last one
	named         map[string]int // "program p", "file f", "known P n": the line that names it
	roles         map[string]*fate
}

// A fate is what has happened to a role, as line numbers; 0 if it has not.
type fate struct {
	started, closed, ended int
	program                string
}

func (p *parser) errorf(line int, format string, args ...any) *Error {
	return &Error{p.c.Path, line, fmt.Sprintf(format, args...)}
}

// line takes in one line and returns what is wrong with it, "" if nothing. It is longer than
// functions here are, so that all verbs stand in one switch.
func (p *parser) line(n int, line string) (why string) {
	if comment, ok := strings.CutPrefix(line, "#"); ok || line == "" {
		if p.verbs == 0 {
			p.comment(strings.TrimSpace(comment), line == "")
		}
		return ""
	}
	words, why := split(line)
	if why != "" {
		return why
	}
	v := findVerb(words[0].source)
	if v == nil {
		return fmt.Sprintf("no verb %s, there is %s", short(words[0].source), verbNames())
	}
	if why := v.check(words[1:]); why != "" {
		return why
	}
	p.verbs++
	var args []string
	for _, w := range words[1:] {
		args = append(args, w.text)
	}
	switch v.name {
	case "program":
		p.programLine = n
		for _, name := range args {
			if why := p.once("program "+name, n); why != "" {
				return why
			}
		}
		p.c.Programs = append(p.c.Programs, args...)
		return ""
	case "file":
		p.c.Files = append(p.c.Files, args[0])
		return p.once("file "+args[0], n)
	case "known":
		k, why := known(words[1:])
		if k.Line = n; why != "" {
			return why
		}
		p.c.Knowns = append(p.c.Knowns, k)
		return p.once("known "+k.String(), n)
	case "side":
		return p.side(words[1:], n)
	case "compare":
		p.c.Output = args[0] == "output"
		return p.once("compare", n)
	case "put", "copy", "env", "args", "stdin", "terminal":
		return p.before(v.name, args, n)
	case "signal":
		who, group := strings.CutPrefix(args[0], "-")
		if args = args[1:]; group {
			args = append(args, Group)
		}
		return p.step(Step{v.name, who, args, n})
	case "explore":
		outcomes, _ := strconv.Atoi(args[1]) // number has checked it
		p.c.Explores = append(p.c.Explores, Explore{args[0], outcomes, n})
		return p.once("explore "+args[0], n)
	default:
		return p.step(Step{v.name, args[0], args[1:], n})
	}
}

// known takes a declared difference apart: the argument may be left out, the reason not.
func known(words []word) (k Known, why string) {
	last := len(words) - 1
	if last < 2 || last > 3 || !words[last].quoted {
		return k, "known wants a process, a name, perhaps an argument, and a quoted reason"
	}
	k = Known{Process: words[0].text, Name: words[1].text, Why: words[last].text}
	if last == 3 {
		k.Arg = words[2].text
	}
	return k, ""
}

// side takes in how a program is built and run.
func (p *parser) side(words []word, n int) (why string) {
	s := Side{Label: words[0].text, Program: words[1].text, Line: n}
	if p.named["program "+s.Program] == 0 {
		return fmt.Sprintf("program %s was not declared, there is %s", s.Program, list(p.c.Programs))
	}
	rest := words[2:]
	if len(rest) == 4 && rest[0].source == "build" && rest[1].quoted {
		s.Build, rest = rest[1].text, rest[2:]
	}
	if len(rest) != 2 || rest[0].source != "run" || !rest[1].quoted || len(words) == 6 && strings.TrimSpace(s.Build) == "" {
		return `side wants a label, a program, perhaps build and a quoted command, and run and a quoted command`
	}
	s.Run = rest[1].text
	switch _, err := Words(s.Run); {
	case err != nil:
		return fmt.Sprintf("side wants a command after run, but %s %s", short(rest[1].source), err)
	case strings.ContainsRune(s.Run+s.Build, 0):
		return "side wants commands, but there is a NUL in one"
	}
	if labels := p.c.Labels(); labels[1] != "" && s.Label != labels[0] && s.Label != labels[1] {
		return fmt.Sprintf("a third side %s, after %s and %s; a case has two", s.Label, labels[0], labels[1])
	}
	p.c.Sides = append(p.c.Sides, s)
	return p.once("side "+s.Label+" "+s.Program, n)
}

// before takes in what is there before programs start: of a role before that one starts, of all
// before the first one does.
func (p *parser) before(verb string, args []string, n int) (why string) {
	s := Step{Verb: verb, Args: args, Line: n}
	switch verb {
	case "put":
		why = p.once("file "+filepath.Clean(args[0])+" to begin with", n)
	case "copy":
		why = p.once("file "+filepath.Base(args[0])+" to begin with", n)
	case "env":
		why = p.once("variable "+args[0], n)
	default:
		s.Who, s.Args = args[0], args[1:]
		if f := p.roles[s.Who]; f != nil {
			return fmt.Sprintf("role %s was already started in line %d; this line must come before that", s.Who, f.started)
		}
		if verb != "args" {
			why = p.once("the input of role "+s.Who, n)
		}
	}
	if why == "" && s.Who == "" && p.starting != 0 {
		why = fmt.Sprintf("a role was already started in line %d; %s must come before that", p.starting, verb)
	}
	p.c.Before = append(p.c.Before, s)
	return why
}

// once notes that line n names something, and complains if another did.
func (p *parser) once(what string, n int) (why string) {
	if other := p.named[what]; other != 0 {
		return fmt.Sprintf("%s was already named in line %d", what, other)
	}
	p.named[what] = n
	return ""
}

// comment takes in a line of the comment before the first verb.
func (p *parser) comment(s string, blank bool) {
	first, rest, _ := strings.Cut(s, " ")
	first = strings.ToLower(strings.TrimSuffix(first, ":"))
	switch {
	case blank || s == "":
		p.para = nil
		return
	case p.para == &p.source: // goes on, also where a line of it begins with "from"
	case first == "from" || first == "source":
		p.para = nil
		if p.source == nil {
			p.para = &p.source
		}
		s = strings.TrimSpace(rest)
	case p.about == nil:
		p.para = &p.about
	}
	if p.para != nil {
		*p.para = append(*p.para, s)
	}
}

// step takes in a line of the script.
func (p *parser) step(s Step) (why string) {
	f := p.roles[s.Who]
	switch {
	case s.Verb == "start":
		if f != nil {
			return fmt.Sprintf("role %s was already started in line %d", s.Who, f.started)
		}
		if p.named["program "+s.Args[0]] == 0 {
			return fmt.Sprintf("program %s was not declared, there is %s", s.Args[0], list(p.c.Programs))
		}
		p.roles[s.Who] = &fate{started: s.Line, program: s.Args[0]}
		p.starting = cmp.Or(p.starting, s.Line)
	case f == nil:
		return fmt.Sprintf("role %s was not started, there is %s", s.Who, p.roleNames())
	case s.Verb == "expect": // what was printed stays, whatever became of the role
	case s.Verb == "exit": // and so does its status
		f.ended = cmp.Or(f.ended, s.Line)
	case f.ended != 0:
		return fmt.Sprintf("role %s was already ended in line %d", s.Who, f.ended)
	case s.Verb == "send" || s.Verb == "close":
		if f.closed != 0 {
			return fmt.Sprintf("the input of role %s was already closed in line %d", s.Who, f.closed)
		}
		if file := p.input(s.Who); file != nil && file.Verb == "stdin" {
			return fmt.Sprintf("the input of role %s is a file (line %d), to which %s has nothing to add", s.Who, file.Line, s.Verb)
		}
		if s.Verb == "close" {
			f.closed = s.Line
		}
	case s.Verb == "resize":
		if in := p.input(s.Who); in == nil || in.Verb != "terminal" {
			return fmt.Sprintf("role %s has no terminal to resize; add before its start: terminal %s", s.Who, s.Who)
		}
	case s.Verb == "wait" || s.Verb == "stop" || s.Verb == "kill":
		f.ended = s.Line
	}
	p.c.Steps = append(p.c.Steps, s)
	return ""
}

// input is the line that says what the standard input of a role is, nil if there is none.
func (p *parser) input(who string) *Step {
	for i := range p.c.Before {
		if s := &p.c.Before[i]; s.Who == who && (s.Verb == "stdin" || s.Verb == "terminal") {
			return s
		}
	}
	return nil
}

// finish fills in the steps of a case that has none, and checks what can be
// seen only at the end.
func (p *parser) finish(last int) error {
	c := p.c
	c.About = strings.TrimSpace(strings.Join(p.about, " "))
	c.Source = strings.TrimSpace(strings.Join(p.source, " "))
	if len(c.Programs) == 0 {
		return p.errorf(last, "no program; a case says what it compares, as in: program pipe1")
	}
	if len(c.Steps) == 0 {
		if len(c.Programs) > 1 {
			return p.errorf(p.programLine, "%d programs and no start; a case of several says in which role each starts", len(c.Programs))
		}
		for _, s := range []Step{
			{"start", "P", []string{c.Programs[0]}, p.programLine},
			{"wait", "P", nil, p.programLine},
		} {
			p.step(s)
		}
	}

	if why, line := p.sides(); why != "" {
		return p.errorf(line, "%s", why)
	}
	for _, s := range c.Before {
		if s.Who != "" && p.roles[s.Who] == nil {
			return p.errorf(s.Line, "role %s is never started, there is %s", s.Who, p.roleNames())
		}
	}
	started := map[string]bool{}
	for _, s := range c.Steps {
		f := p.roles[s.Who]
		if f.ended == 0 {
			return p.errorf(f.started, "role %s is never ended; add a wait, exit, stop or kill", s.Who)
		}
		started[f.program] = true
	}
	for _, name := range c.Programs {
		if !started[name] {
			return p.errorf(p.programLine, "program %s is never started", name)
		}
	}
	for _, k := range c.Knowns {
		if root, _, _ := strings.Cut(k.Process, "."); p.roles[root] == nil && k.Process != "file" {
			return p.errorf(k.Line, "role %s was not started, there is %s", root, p.roleNames())
		}
	}
	return nil
}

// sides says what is wrong with how programs are run.
func (p *parser) sides() (why string, line int) {
	labels := p.c.Labels()
	for _, s := range p.c.Sides {
		other := labels[0]
		if s.Label == other {
			other = labels[1]
		}
		switch {
		case other == "":
			return fmt.Sprintf("one side, %s; add a line: side LABEL %s run \"…\"", s.Label, s.Program), s.Line
		case p.named["side "+other+" "+s.Program] == 0:
			return fmt.Sprintf("program %s has no side %s; add a line: side %s %s run \"…\"", s.Program, other, other, s.Program), s.Line
		}
	}
	return "", 0
}

func (p *parser) roleNames() string { return list(slices.Sorted(maps.Keys(p.roles))) }

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// A word is one word of a line.
type word struct {
	text   string
	source string // as it stands in the line
	quoted bool
}

// split returns the words of a line that is not empty, up to a comment, or
// says what is wrong with it.
func split(line string) (words []word, why string) {
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" || line[0] == '#' {
			return words, ""
		}
		w := word{quoted: line[0] == '"' || line[0] == '`'}
		if w.quoted {
			var err error
			if w.source, err = strconv.QuotedPrefix(line); err != nil {
				return nil, "not a Go string " + short(line)
			}
			w.text, _ = strconv.Unquote(w.source) // QuotedPrefix has checked it
		} else {
			w.source = line
			if end := strings.IndexAny(line, " \t"); end >= 0 {
				w.source = line[:end]
			}
			w.text = w.source
		}
		line = line[len(w.source):]
		switch {
		case !w.quoted && strings.ContainsAny(w.text, "\"`"):
			return nil, "a quote within a word " + short(w.source)
		case line != "" && line[0] != ' ' && line[0] != '\t':
			return nil, "no blank after " + short(w.source)
		}
		words = append(words, w)
	}
}

// bare reports whether a word can stand in a line without quotes.
func bare(s string) bool {
	return s != "" && s[0] != '#' && !strings.ContainsAny(s, " `") && strconv.Quote(s) == `"`+s+`"`
}

// short returns a piece of a line at a length that an error can show.
func short(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
