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
package casefile

import (
	"fmt"
	"io"
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
	Steps    []Step    // what to do, in order; at least one start
	Files    []string  // files to compare, relative to the run's directory
	Knowns   []Known   // declared differences
	Explores []Explore // what must come of looking at all schedules
}

// A Step is one line of the script. Every role is started before anything else
// happens to it, once, and ended by wait, stop or kill, after which only its
// output can still be asked for.
type Step struct {
	Verb string   // start, send, close, expect, until, wait, stop or kill
	Who  string   // the role
	Args []string // what follows the role, unquoted: for start, the program and its arguments
	Line int      // in the file, from 1
}

// A Known is a declared difference, and covers nothing else: an argument of a call (or its result),
// a call that only one side makes, what a process writes to stdout or to stderr, its exit, or a
// file.
type Known struct {
	Process string // server.1; "file" if it is about a file
	Name    string // the call, "stdout", "stderr" or "exit"; of a file its path
	Arg     string // the argument in which the call differs, or "result"; "" if it is about the whole
	Why     string
	Line    int // in the file, from 1
}

// String is the difference as the case file names it, without the reason.
func (k Known) String() string { return strings.TrimRight(k.Process+" "+k.Name+" "+k.Arg, " ") }

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

// Load parses every *.case file in dir and returns the cases sorted by name.
// It is an error when there is none, or when one is wrong.
func Load(dir string) ([]*Case, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var cases []*Case
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".case" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		text, err := read(path)
		if err != nil {
			return nil, err
		}
		c, err := Parse(path, text)
		if err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	if cases == nil {
		return nil, fmt.Errorf("no *.case file in %s", dir)
	}
	// ReadDir sorts by file name, in which "." comes after "-".
	slices.SortFunc(cases, func(a, b *Case) int { return strings.Compare(a.Name, b.Name) })
	return cases, nil
}

// read reads just enough of a file for Parse to see that it is too large.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
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
			if shape := v.shape(i); shape != nil && shape.quoted || !bare(w) || verb == "known" && i == len(words)-1 {
				w = strconv.Quote(w)
			}
			b.WriteString(" " + w)
		}
		b.WriteString("\n")
	}
	line("program", c.Programs...)
	for _, s := range c.Steps {
		line(s.Verb, append([]string{s.Who}, s.Args...)...)
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
