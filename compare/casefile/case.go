// Package casefile reads case files: which programs a case compares and the
// script that drives them, one verb a line. It knows no processes; whoever runs
// a case carries out its [Step]s.
//
//	# Two clients talk to the echo server that stores what it hears.
//	program  echo_storeserv echo_mpclient
//	start    server echo_storeserv $PORT
//	until    server listening
//	start    alice echo_mpclient 127.0.0.1 $PORT
//	send     alice "one\n"
//	close    alice
//	wait     alice
//	stop     server SIGTERM
//
// A line is a verb and its words, separated by blanks. A word with blanks or
// control characters is a Go string, "…" or `…`, and a text always is. A # at
// the start of a line or after a blank starts a comment. [Verbs] lists the
// verbs.
//
// The comment before the first verb says what the case is about, up to an empty
// comment or a line that begins with "from" or "source": such a line says where
// the case comes from.
//
// A case that stands outside the kit says with side how its programs are built
// and started. What relative paths in it are relative to is the directory that
// the case file is in.
package casefile

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// MaxSize is the largest case file in bytes: a larger file is no case file.
const MaxSize = 1 << 20

// A Case is what one case file says.
type Case struct {
	Name     string    // the file's base name without ".case"
	Path     string    // the file, as it was named to Parse or found by Load
	About    string    // the purpose, as one line
	Source   string    // where the case comes from, as one line without "from"; often empty
	Programs []string  // at least one, in the order of the file, none twice
	Sides    []Side    // how programs are built and run; of each program two or none
	Before   []Step    // what is there before programs start, in the order of the file
	Steps    []Step    // what to do, in order; at least one start
	Files    []string  // files to compare, relative to the run's directory
	Knowns   []Known   // declared differences
	Explores []Explore // what must come of looking at all schedules
	Output   bool      // only what a user sees is compared, and no calls
}

// A Side says how a program is built and run on one side.
type Side struct {
	Label   string // what the side is called; the label in a case's first side line is that of its first side
	Program string
	Build   string // a command for the shell; "" if nothing has to be built
	Run     string // a command, see Command
	Line    int    // in the file, from 1
}

// A Step is one line of the script. Every role is started before anything else
// happens to it, once, and ended by wait, exit, stop or kill, after which only its
// output and its status can still be asked for.
type Step struct {
	Verb string   // start, send, close, expect, until, wait, exit, signal, resize, stop or kill; in Before: put, copy, env, args, stdin or terminal
	Who  string   // the role; "" of put, copy and env
	Args []string // what follows the role, unquoted: for start, the program and its arguments; for signal, the signal, and Group if all get it
	Line int      // in the file, from 1
}

// Group is the second argument of a signal that goes to all processes of a role's group.
const Group = "group"

// Labels are what the two sides are called; empty if the case does not say.
func (c *Case) Labels() (labels [2]string) {
	for _, s := range c.Sides {
		switch {
		case labels[0] == "" || labels[0] == s.Label:
			labels[0] = s.Label
		default:
			labels[1] = s.Label
		}
	}
	return labels
}

// Side finds side i of a program, nil if the case does not say how it is run.
func (c *Case) Side(i int, program string) *Side {
	label := c.Labels()[i]
	for k := range c.Sides {
		if s := &c.Sides[k]; s.Program == program && s.Label == label {
			return s
		}
	}
	return nil
}

// Dir is the directory that the case file is in.
func (c *Case) Dir() string { return filepath.Dir(c.Path) }

// Command is what to run: a program and arguments to stand before those of start. A program with a
// slash, and any word that begins with ./ or ../, is a path relative to the case file, and comes
// back joined to dir. One that is alone is called what the case calls it, so that what it says of
// its usage does not depend on its side.
func (s *Side) Command(dir string) (path string, argv []string) {
	argv, _ = Words(s.Run) // checked by the parser
	for i, w := range argv {
		relative := i == 0 && strings.Contains(w, "/") || strings.HasPrefix(w, "./") || strings.HasPrefix(w, "../")
		if relative && !filepath.IsAbs(w) {
			argv[i] = filepath.Join(dir, w)
		}
	}
	if path = argv[0]; len(argv) == 1 {
		argv[0] = s.Program
	}
	return path, argv
}

// Words takes a command apart as a shell does that knows quotes ('…', "…" and \) and nothing else.
func Words(command string) (words []string, err error) {
	var word strings.Builder
	within, quote, escaped := false, rune(0), false
	for _, r := range command {
		switch {
		case escaped:
			escaped = false
			word.WriteRune(r)
		case r == '\\' && quote != '\'':
			escaped, within = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, within = r, true
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if within {
				words = append(words, word.String())
			}
			word.Reset()
			within = false
		default:
			within = true
			word.WriteRune(r)
		}
	}
	if within {
		words = append(words, word.String())
	}
	switch {
	case quote != 0 || escaped:
		return nil, fmt.Errorf("has an open quote")
	case len(words) == 0:
		return nil, fmt.Errorf("is empty")
	}
	return words, nil
}

// A Known is a declared difference, and covers nothing else: an argument of a call (or its result),
// a call that only one side makes, what a process writes to stdout or to stderr, its exit, or a
// file.
type Known struct {
	Process string // server.1; "file" if it is about a file
	Name    string // the call, "stdout", "stderr" or "exit"; of a file its path
	Arg     string // the argument in which the call differs, or "result"; "" if it is about the whole; see Argument
	Why     string
	Line    int // in the file, from 1
}

// String is the difference as the case file names it, without the reason.
func (k Known) String() string { return strings.TrimRight(k.Process+" "+k.Name+" "+k.Arg, " ") }

// Argument is the argument's name and, of "flags=O_CLOEXEC", the flags in which the two differ; ""
// of an argument that may differ in anything.
func (k Known) Argument() (name, flags string) {
	name, flags, _ = strings.Cut(k.Arg, "=")
	return name, flags
}

// Output reports whether the difference is in what a user sees, and in no call.
func (k Known) Output() bool {
	return k.Process == "file" || k.Arg == "" && (k.Name == "stdout" || k.Name == "stderr" || k.Name == "exit")
}

// An Explore says how many different outcomes the case has on either side when all schedules are
// looked at.
type Explore struct {
	What     string // outcomes, or outcomes-sleep-ignored: those if a sleep can end at any moment
	Outcomes int
	Line     int // in the file, from 1
}

// SleepIgnored reports whether a sleep can end at any moment.
func (e *Explore) SleepIgnored() bool { return e.What == sleepIgnored }

// An Error says what is wrong with a case file and where.
type Error struct {
	Path string
	Line int    // from 1
	Text string // what was expected, and what stands there
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Text) }

// Load parses every *.case file in dir and below it, but not in directories whose names begin with
// a dot, or are testdata or vendor, and returns the cases sorted by directory and name. It is an
// error when there is none, or when one is wrong.
func Load(dir string) ([]*Case, error) {
	var cases []*Case
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && path != dir && passedOver(e.Name()):
			return filepath.SkipDir
		case e.IsDir() || filepath.Ext(path) != ".case":
			return nil
		}
		c, err := Read(path)
		cases = append(cases, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	if cases == nil {
		return nil, fmt.Errorf("no *.case file in %s or below it", dir)
	}
	// WalkDir sorts by file name, in which "." comes after "-".
	slices.SortStableFunc(cases, func(a, b *Case) int {
		return cmp.Or(strings.Compare(a.Dir(), b.Dir()), strings.Compare(a.Name, b.Name))
	})
	return cases, nil
}

// passedOver reports whether a directory has no cases of its user's, as the go command sees it.
func passedOver(name string) bool {
	return strings.HasPrefix(name, ".") || name == "testdata" || name == "vendor"
}

// Read parses a case file.
func Read(path string) (*Case, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1)) // enough to see that it is too large
	if err != nil {
		return nil, err
	}
	return Parse(path, text)
}

// String returns the case as a file that parses to the same Case, apart from
// its line numbers and its name, which no file says about itself.
func (c *Case) String() string {
	var b strings.Builder
	if c.About != "" {
		fmt.Fprintf(&b, "# %s\n", c.About)
	}
	if c.Source != "" {
		fmt.Fprintf(&b, "# from %s\n", c.Source)
	}
	line := func(verb string, words ...string) {
		v := findVerb(verb)
		fmt.Fprintf(&b, "%-8s", verb)
		for i, w := range words {
			always := verb == "known" && i == len(words)-1 || verb == "side" && (i == 3 || i == 5)
			if shape := v.shape(i); shape != nil && shape.quoted || always || !bare(w) {
				w = strconv.Quote(w)
			}
			b.WriteString(" " + w)
		}
		b.WriteString("\n")
	}
	line("program", c.Programs...)
	for _, s := range c.Sides {
		words := []string{s.Label, s.Program}
		if s.Build != "" {
			words = append(words, "build", s.Build)
		}
		line("side", append(words, "run", s.Run)...)
	}
	if c.Output {
		line("compare", "output")
	}
	for _, s := range slices.Concat(c.Before, c.Steps) {
		words := append([]string{s.Who}, s.Args...)
		switch {
		case s.Who == "":
			words = s.Args
		case s.Verb == "signal" && len(s.Args) == 2:
			words = []string{"-" + s.Who, s.Args[0]}
		}
		line(s.Verb, words...)
	}
	for _, f := range c.Files {
		line("file", f)
	}
	for _, k := range c.Knowns {
		words := []string{k.Process, k.Name, k.Arg, k.Why}
		line("known", slices.DeleteFunc(words, func(w string) bool { return w == "" })...)
	}
	for _, e := range c.Explores {
		line("explore", e.What, strconv.Itoa(e.Outcomes))
	}
	return b.String()
}
