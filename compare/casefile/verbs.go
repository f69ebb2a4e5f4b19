package casefile

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
		"Names what the case compares: without side lines, c/PROGRAM.c and go/PROGRAM."},
	{"side", []shape{label, program}, &command,
		"Says how PROGRAM is built, by the shell, and run on the side called LABEL; paths are relative to the case file."},
	{"compare", []shape{closely}, nil,
		"Says how closely to compare: " + strings.Join(howClosely, ", or ") + ", which is what a user sees, and no calls."},
	{"put", []shape{path, content}, nil,
		"Writes a file into the directory in which the programs run, before they start."},
	{"copy", []shape{source}, nil,
		"Copies a file or directory into the directory in which the programs run, before they start."},
	{"env", []shape{variable, value}, nil,
		"Sets a variable in the environment of all programs."},
	{"args", []shape{role, argument}, &argument,
		"Adds arguments to those that start gives ROLE."},
	{"stdin", []shape{role, source}, nil,
		"Makes a file the standard input of ROLE: one that put or copy has made, or one relative to the case file."},
	{"terminal", []shape{role}, nil,
		"Makes the terminal the standard input of ROLE, too: send types into it, close types control-D."},
	{"start", []shape{role, program}, &argument,
		"Starts PROGRAM as ROLE; $PORT in an argument is a free port, the same one throughout a run."},
	{"send", []shape{role, text("TEXT")}, nil,
		"Writes TEXT to the standard input of ROLE."},
	{"close", []shape{role}, nil,
		"Closes the standard input of ROLE, which then reads end of file."},
	{"expect", []shape{role, text("TEXT")}, nil,
		"Waits until ROLE has printed TEXT, later than what the expect before it found."},
	{"until", []shape{role, state}, nil,
		"Waits until ROLE is in STATE: " + strings.Join(states, ", ") + "."},
	{"signal", []shape{target, signal}, nil,
		"Sends SIGNAL to ROLE, or to all processes of its group if there is a - before it."},
	{"resize", []shape{role, size("COLUMNS"), size("ROWS")}, nil,
		"Gives the terminal of ROLE another size; it began with 80 by 24."},
	{"wait", []shape{role}, nil,
		"Waits until ROLE has ended by itself."},
	{"exit", []shape{role, status}, nil,
		"Waits until ROLE has ended, if nothing has ended it before, with STATUS: a number, or the signal that killed it."},
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

// states are what a role can be waited for to become: one of its processes has given a socket an
// address, or listens; all are blocked, and one at least is there.
var states = []string{"bound", "listening", "waiting"}

// howClosely are the ways to compare.
var howClosely = []string{"calls", "output"}

// exploredWhats are the ways to look at all schedules: sleeps count, or can end at any moment.
var exploredWhats = []string{"outcomes", sleepIgnored}

const sleepIgnored = "outcomes-sleep-ignored"

// port is what stands for the port in an argument.
var port = regexp.MustCompile(`\$PORT\b`)

// Expand returns an argument of start or args as the program gets it: with a number for $PORT,
// wherever that stands, and one $ for two at the beginning. Any other $ is what it is, because
// arguments may be text of a shell's or of awk's.
func Expand(arg string, number int) string {
	first := ""
	if rest, ok := strings.CutPrefix(arg, "$$"); ok {
		first, arg = "$", rest
	}
	return first + port.ReplaceAllString(arg, strconv.Itoa(number))
}

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
		if !strings.HasPrefix(s, "$") || strings.HasPrefix(s, "$$") || port.FindStringIndex(s) != nil {
			return ""
		}
		return "begins with a variable that is none; there is $PORT (and $$, which is a $)"
	}}
	content = shape{"TEXT", "a quoted text", true, func(string) string { return "" }}
	label   = shape{"LABEL", "a label", false, notNamed(`[A-Za-z0-9][A-Za-z0-9_+.#-]*`, "letters, digits, _, +, ., # and -")}
	command = shape{"COMMAND", `build "…" and run "…"`, false, func(string) string { return "" }} // see side
	closely = shape{"HOW", "calls or output", false, notOneOf(howClosely)}
	source  = shape{"FILE", "a file", false, func(s string) string {
		if s != "" && !strings.ContainsRune(s, 0) {
			return ""
		}
		return "is none"
	}}
	variable = shape{"NAME", "a variable", false, notNamed(`[A-Za-z_][A-Za-z0-9_]*`, "letters, digits and _")}
	value    = shape{"VALUE", "a value", false, func(s string) string {
		if !strings.ContainsRune(s, 0) {
			return ""
		}
		return "has a NUL"
	}}
	target = shape{"[-]ROLE", "a role, perhaps with a - before it", false, notNamed(`-?[A-Za-z][A-Za-z0-9_]*`, "letters, digits and _")}
	status = shape{"STATUS", "a status", false, func(s string) string {
		if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= 255 && strconv.Itoa(n) == s || unix.SignalNum(s) != 0 {
			return ""
		}
		return "is neither a number from 0 to 255 nor a signal such as SIGTERM"
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

func size(name string) shape {
	return shape{name, "a number of " + strings.ToLower(name), false, notNamed(`[1-9][0-9]{0,3}`, "1 to 4 digits")}
}

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
	case v.name == "args":
		return s + " ..."
	case v.rest == &command:
		s += ` [build "COMMAND"] run "COMMAND"`
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
	EachVerb(func(usage, does string) {
		if len(usage) > usageWidth {
			usage += "\n" + strings.Repeat(" ", usageWidth)
		}
		fmt.Fprintf(&b, "%-*s %s\n", usageWidth, usage, does)
	})
	return b.String()
}

// EachVerb calls f for each verb, with the line as one would write it and what it does.
func EachVerb(f func(usage, does string)) {
	for i := range verbs {
		f(verbs[i].usage(), verbs[i].does)
	}
}

const usageWidth = 30

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
