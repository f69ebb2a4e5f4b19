// Package parity holds two programs against each other in a test: a port against its original, or
// the next version against the last one. A difference fails the test, and the report on it is the
// failure.
//
//	func TestPort(t *testing.T) {
//		parity.Same(t, "testdata/tee.case")
//		parity.SameCommands(t, []string{"../old/tee", "a.txt"}, []string{"./tee", "a.txt"})
//	}
//
// What a case file says is in compare/casefile/CASES.md of this module. A module with another path
// finds this package by a line in its go.mod: replace paritykit => DIR.
package parity

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"paritykit/compare/casefile"
	"paritykit/compare/parity"
	"paritykit/compare/report"
	"paritykit/compare/trace"
)

// Options say how to compare. The zero value compares what a user sees and all calls.
type Options struct {
	Output  bool          // compare only what a user sees: output, exit status and files
	Timeout time.Duration // for one run of one side; 0: 10 seconds
	In      string        // of two commands: a directory in a copy of which each run begins
	Stdin   []byte        // of two commands: their standard input
}

// Same fails the test unless both sides of each case behave the same. A path names a case file, or
// a directory with case files in or below it.
func Same(t testing.TB, paths ...string) { t.Helper(); Options{}.Same(t, paths...) }

// SameCommands fails the test unless two commands behave the same. As in a shell, a name without a
// slash is looked for in PATH, and a relative one begins at the working directory, which in a test
// is that of its package.
func SameCommands(t testing.TB, a, b []string) { t.Helper(); Options{}.SameCommands(t, a, b) }

// Same is the function Same with these options.
func (o Options) Same(t testing.TB, paths ...string) {
	t.Helper()
	var cases []*casefile.Case
	for _, path := range paths {
		some, err := load(path)
		if err != nil {
			t.Fatal("parity: ", err)
		}
		cases = append(cases, some...)
	}
	options := o.options(t)
	for _, c := range cases {
		if len(c.Sides) == 0 {
			t.Errorf("parity: %s does not say how %s is run; add: side LABEL %[2]s run \"…\", once for each side", c.Path, c.Programs[0])
			continue
		}
		judge(t, options.Case(context.Background(), c))
	}
}

func load(path string) ([]*casefile.Case, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return casefile.Load(path)
	}
	c, err := casefile.Read(path)
	return []*casefile.Case{c}, err
}

// SameCommands is the function SameCommands with these options.
func (o Options) SameCommands(t testing.TB, a, b []string) {
	t.Helper()
	if len(a) == 0 || len(b) == 0 {
		t.Fatal("parity: an empty command")
	}
	options := o.options(t)
	options.In = o.In
	options.Stdin = &trace.Input{Data: o.Stdin}
	judge(t, options.Diff(context.Background(), a, b))
}

func (o Options) options(t testing.TB) *parity.Options {
	t.Helper()
	wd, err := filepath.Abs(".")
	if err != nil {
		t.Fatal("parity: ", err)
	}
	options := &parity.Options{Root: wd, Count: 2, Timeout: o.Timeout, Output: o.Output}
	if options.Timeout == 0 {
		options.Timeout = 10 * time.Second
	}
	return options
}

// judge makes a failure of a verdict that is not one of sameness.
func judge(t testing.TB, r *parity.Result) {
	t.Helper()
	if r.Verdict.Exit() == 0 {
		return
	}
	var text bytes.Buffer
	report.Text{}.Result(&text, r)
	t.Errorf("parity:\n%s", text.String())
}
