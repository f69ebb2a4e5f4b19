// Package parity runs a case on both sides and reports whether they behave the same.
package parity

import (
	"paritykit/compare/rules"
)

// Verdict is the answer.
type Verdict string

const (
	Same       Verdict = "same"       // identical after canonical naming
	Equivalent Verdict = "equivalent" // identical once declared rules are applied
	Known      Verdict = "known"      // every remaining difference is declared in the case, with its reason
	Different  Verdict = "different"  // something is not explained
	Error      Verdict = "error"      // a side could not be built, started, traced or finished, or is unstable
)

// Exit is the tool's exit status for a verdict, as diff(1) has them.
func (v Verdict) Exit() int {
	switch v {
	case Different:
		return 1
	case Error:
		return 2
	}
	return 0
}

// Result is what is known about one case. Its JSON form is part of the tool's contract: fields may
// be added, never renamed.
type Result struct {
	Name        string       `json:"name"`
	About       string       `json:"about,omitempty"`
	Verdict     Verdict      `json:"verdict"`
	Error       string       `json:"error,omitempty"`    // what went wrong, one line
	Unstable    string       `json:"unstable,omitempty"` // the side whose runs differ from each other, by its key: "c" or "go"
	Waiting     []string     `json:"waiting,omitempty"`  // where each process was when a run was stopped
	Sides       [2]Side      `json:"sides"`
	Matched     int          `json:"matched"`     // ops of the first side that have an equal or equivalent one on the second
	Rules       []Use        `json:"rules"`       // rules without which the sides would differ
	Known       []Declared   `json:"known"`       // differences that the case declares
	Differences []Difference `json:"differences"` // the others, the first one first
	Processes   []Process    `json:"processes"`
	NotLooked   []string     `json:"not_looked_at,omitempty"` // what either side did of which the verdict says nothing
	Explored    []Explored   `json:"explored,omitempty"`      // what came of looking at all schedules, as the case says
	Seen        []Seen       `json:"seen,omitempty"`          // what people saw of the first run of each side
	Mixed       []string     `json:"mixed,omitempty"`         // combinations of one side's server with the other's clients that were run, too

	Compared string   `json:"compared,omitempty"` // "output" if calls were not compared
	Build    []string `json:"build,omitempty"`    // what a build that failed printed last

	Cause Cause `json:"-"` // of an Error

	self bool // of two runs of one side
}

// Cause is what kind of thing led to an Error, for who does not read its text.
type Cause struct {
	Side     string // the side that could not be run or is unstable, by its key; "" if it was neither alone
	Limit    bool   // a run reached one of its limits
	Unneeded bool   // the case declares a difference that there is no more
}

// Labels are what the sides are called: "C" and "Go", or two commands.
func (r *Result) Labels() [2]string { return [2]string{r.Sides[0].Label, r.Sides[1].Label} }

// Labelled are two sides of which nothing is known but what they are called.
func Labelled(labels [2]string) [2]Side { return [2]Side{{Label: labels[0]}, {Label: labels[1]}} }

// Explored is what came of looking at all schedules of a case.
type Explored struct {
	What      string `json:"what"`      // as in the case file
	Outcomes  int    `json:"outcomes"`  // of each side
	Schedules [2]int `json:"schedules"` // of each side that were run
}

// Side is one side of a case.
type Side struct {
	Label    string  `json:"label"` // what it is called
	Ops      int     `json:"ops"`
	Noise    int     `json:"noise"`
	Kinds    []Noise `json:"kinds"`              // the noise by who asked
	NoLines  bool    `json:"no_lines,omitempty"` // it has no line information, so that its sites are functions or addresses
	Work     string  `json:"work,omitempty"`     // the directory it ran in, if that was kept
	Deadlock bool    `json:"deadlock,omitempty"`
	Strayed  string  `json:"strayed,omitempty"` // where it could not follow the schedule that was to be replayed
	Cost     *Cost   `json:"cost,omitempty"`    // if it was asked for

	Sources []Source `json:"sources,omitempty"` // the files that calls stand in, the first one is that of the first process
}

// Noise is a kind of calls that no program asked for.
type Noise struct {
	Kind  string         `json:"kind"`
	Calls int            `json:"calls"`
	By    map[string]int `json:"by,omitempty"` // of which system call
	In    map[string]int `json:"in,omitempty"` // of which process
}

// Use says that a rule or a known difference was needed.
type Use struct {
	Name string `json:"name"`
	Why  string `json:"why"`
	Uses int    `json:"uses"`
}

// Declared is a known difference, which the case declares.
type Declared struct {
	Use
	Sides [2]string `json:"sides"` // what each side has there, the first time; "" for nothing
}

// Difference is one thing in which the sides differ.
type Difference struct {
	Process string   `json:"process"`
	Kind    string   `json:"kind"`              // "call", "missing", "extra", "instead", "order", "output", "terminal", "exit", "process", "file", "script", "outcome", "time"
	Sides   [2]*Ref  `json:"sides"`             // what each side has, nil for nothing
	Fields  []string `json:"fields"`            // the arguments, or "result", in which two calls differ
	Mix     string   `json:"mix,omitempty"`     // the combination, held against C alone, in which it was seen
	Call    int      `json:"call,omitempty"`    // which of its process's calls it is about, from 1; 0 if it is about none
	Offset  *int     `json:"offset,omitempty"`  // of two texts: the first byte in which they differ, from 0
	Lines   []Line   `json:"lines,omitempty"`   // of two texts: the lines around it
	Follows bool     `json:"follows,omitempty"` // it is there only because a side was cut short, by a limit or because the script could not go on
	Opening bool     `json:"opening,omitempty"` // it may be no more than the start of a runtime: code without names makes the call, before the first one that both sides make
	Next    *Ref     `json:"next,omitempty"`    // of a call that one side alone makes: what the other one does there, or did last before it was killed; nil if nothing any more

	rank   rank
	begins [2]bool // of two texts: each is the beginning of the other
}

// Process is a process of both sides, or of one.
type Process struct {
	Name  string    `json:"name"`
	Pairs []Pair    `json:"calls"`
	Other bool      `json:"other,omitempty"` // its program is none of the pair's own, but the system's, and the same on both sides
	Ends  [2]string `json:"ends"`            // how it ended on each side: "exit 0", "killed by SIGTERM", "still waiting"; "" if the side has no such process

	strand bool // one of several of its process
}

// Pair is two aligned calls, or a call that one side alone has.
type Pair struct {
	Glyph string   `json:"is"`    // "=" the same, "~" equivalent, "-" only the first side, "+" only the second, "!" different
	Sides [2]*Ref  `json:"sides"` // nil for nothing
	Rules []string `json:"rules,omitempty"`

	forms [2]*rules.Form
}
