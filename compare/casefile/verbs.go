package casefile

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A verb is one kind of line. The table of them is the whole language: the
// parser checks lines against it, and [Verbs] and [Case.String] print by it.
type verb struct {
	name string
	args []shape // what must follow, in order
	rest *shape  // what may follow after that, any number of times; nil: nothing
	does string  // one sentence
}

var verbs = []verb{
	{"program", []shape{program}, &program,
		"Names what the case compares: c/PROGRAM.c and go/PROGRAM."},
	{"start", []shape{role, program}, &argument,
		"Starts PROGRAM as ROLE; the argument $PORT is a free TCP port, the same one throughout a run."},
	{"send", []shape{role, text("TEXT")}, nil,
		"Writes TEXT to the standard input of ROLE."},
	{"close", []shape{role}, nil,
		"Closes the standard input of ROLE, which then reads end of file."},
	{"expect", []shape{role, text("TEXT")}, nil,
		"Waits until ROLE has printed TEXT, later than what the expect before it found."},
	{"until", []shape{role, state}, nil,
		"Waits until ROLE is in STATE: " + strings.Join(states, ", ") + "."},
	{"wait", []shape{role}, nil,
		"Waits until ROLE has ended by itself."},
	{"stop", []shape{role, signal}, nil,
		"Sends SIGNAL to ROLE, waits until it has ended, and sends it to the children that are left."},
	{"kill", []shape{role}, nil,
		"Ends ROLE and its children with SIGKILL."},
	{"file", []shape{path}, nil,
		"Names a file that the programs must leave behind. (All files are compared, named or not.)"},
	{"known", []shape{process, difference}, &reason,
		"Declares a difference, and why it is there; it is a failure if it is not."},
	{"explore", []shape{explored, number}, nil,
		"Says how many outcomes all schedules have; WHAT is " + strings.Join(exploredWhats, " or ") + "."},
}

// states are what a process can be waited for to become.
var states = []string{"listening"}

// exploredWhats are the ways to look at all schedules: sleeps count, or can end at any moment.
var exploredWhats = []string{"outcomes", sleepIgnored}

const sleepIgnored = "outcomes-sleep-ignored"

// variables can stand for an argument; whoever runs the case gives their value.
var variables = []string{"$PORT"}

// A shape says what a word must look like. What the word refers to (a role that
// was started, a program that was declared) is the parser's matter.
type shape struct {
	name   string // in the help: ROLE
	noun   string // in an error: "a role"
	quoted bool
	wrong  func(s string) string // what is wrong with s, to follow it in an error; "" if nothing
}

var (
	program    = shape{"PROGRAM", "a program", false, notNamed(`[A-Za-z0-9_][A-Za-z0-9_-]*`, "letters, digits, _ and -")}
	role       = shape{"ROLE", "a role", false, notNamed(`[A-Za-z][A-Za-z0-9_]*`, "letters, digits and _")}
	process    = shape{"PROCESS", "a process", false, notNamed(`[A-Za-z][A-Za-z0-9_]*(\.[1-9][0-9]*)*`, "a role, or a child of it such as P.1")}
	difference = shape{"NAME", "a name", false, notNamed(`[A-Za-z0-9][A-Za-z0-9._/-]*`, "letters, digits, ., /, _ and -")}
	reason     = shape{"WHY", "an argument's name or a quoted text", false, func(s string) string {
		if s != "" {
			return ""
		}
		return "is empty"
	}}
	state    = shape{"STATE", "a state", false, notOneOf(states)}
	explored = shape{"WHAT", "what to count", false, notOneOf(exploredWhats)}
	number   = shape{"N", "a number", false, notNamed(`[1-9][0-9]{0,5}`, "digits, and at least 1")}

	argument = shape{"ARG", "an argument", false, func(s string) string {
		if !strings.HasPrefix(s, "$") {
			return ""
		}
		return notOneOf(variables)(s)
	}}
	path = shape{"PATH", "a path", false, func(s string) string {
		if filepath.IsLocal(s) {
			return ""
		}
		return "is not within the directory in which the programs run"
	}}
	signal = shape{"SIGNAL", "a signal", false, func(s string) string {
		if unix.SignalNum(s) != 0 {
			return ""
		}
		return "is none; they are written as in SIGTERM"
	}}
)

func text(name string) shape {
	return shape{name, "a quoted text", true, func(s string) string {
		if s != "" {
			return ""
		}
		return "is empty"
	}}
}

// notNamed returns a check that a word matches the whole pattern, which rule
// says in words.
func notNamed(pattern, rule string) func(s string) string {
	re := regexp.MustCompile("^(?:" + pattern + ")$")
	return func(s string) string {
		if re.MatchString(s) {
			return ""
		}
		return "is not made of " + rule
	}
}

func notOneOf(words []string) func(s string) string {
	return func(s string) string {
		if slices.Contains(words, s) {
			return ""
		}
		return "is none; there is " + strings.Join(words, ", ")
	}
}

// check says what is wrong with the words after the verb, "" if nothing.
func (v *verb) check(words []word) string {
	if len(words) < len(v.args) || len(words) > len(v.args) && v.rest == nil {
		return fmt.Sprintf("%s wants %s, got %s", v.name, v.wants(), count(len(words), "word"))
	}
	for i, w := range words {
		s := v.shape(i)
		why := s.wrong(w.text)
		if s.quoted && !w.quoted {
			why = "is not quoted"
		}
		if why != "" {
			return fmt.Sprintf("%s wants %s, but %s %s", v.name, v.wants(), short(w.source), why)
		}
	}
	return ""
}

// shape returns the shape of word i after the verb.
func (v *verb) shape(i int) *shape {
	if i < len(v.args) {
		return &v.args[i]
	}
	return v.rest
}

// wants returns the words that must follow: "a role and a quoted text".
func (v *verb) wants() string {
	var nouns []string
	for _, s := range v.args {
		nouns = append(nouns, s.noun)
	}
	if v.rest != nil {
		nouns = append(nouns, "perhaps more")
	}
	last := len(nouns) - 1
	if last == 0 {
		return nouns[0]
	}
	return strings.Join(nouns[:last], ", ") + " and " + nouns[last]
}

// usage returns the line as one would write it: start ROLE PROGRAM [ARG ...].
func (v *verb) usage() string {
	s := v.name
	for _, a := range v.args {
		if a.quoted {
			s += ` "` + a.name + `"`
		} else {
			s += " " + a.name
		}
	}
	switch {
	case v.rest == &reason:
		s += ` [ARG] "WHY"`
	case v.rest != nil:
		s += " [" + v.rest.name + " ...]"
	}
	return s
}

// Verbs returns the help text of the case language: one line per verb, with its
// arguments and what it does.
func Verbs() string {
	var b strings.Builder
	for _, v := range verbs {
		fmt.Fprintf(&b, "%-30s %s\n", v.usage(), v.does)
	}
	return b.String()
}

// findVerb returns the verb of that name, nil if there is none.
func findVerb(name string) *verb {
	for i := range verbs {
		if verbs[i].name == name {
			return &verbs[i]
		}
	}
	return nil
}

func verbNames() string {
	var names []string
	for _, v := range verbs {
		names = append(names, v.name)
	}
	return strings.Join(names, ", ")
}

// count returns "1 word", "2 words".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
