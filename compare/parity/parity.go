// Package parity runs a case on both sides and reports whether they behave the same.
package parity

import (
	"paritykit/compare/canon"
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
	Unstable    string       `json:"unstable,omitempty"` // the side whose runs differ from each other: "c" or "go"
	Waiting     []string     `json:"waiting,omitempty"`  // where each process was when a run was stopped
	C           Side         `json:"c"`
	Go          Side         `json:"go"`
	Matched     int          `json:"matched"`     // ops of C that have an equal or equivalent one in Go
	Rules       []Use        `json:"rules"`       // rules without which the sides would differ
	Known       []Declared   `json:"known"`       // differences that the case declares
	Differences []Difference `json:"differences"` // the others, the first one first
	Processes   []Process    `json:"processes"`
	NotLooked   []string     `json:"not_looked_at,omitempty"` // what either side did of which the verdict says nothing
	Explored    []Explored   `json:"explored,omitempty"`      // what came of looking at all schedules, as the case says
	Seen        []Seen       `json:"seen,omitempty"`          // what people saw of the first run of each side
	Mixed       []string     `json:"mixed,omitempty"`         // combinations of one side's server with the other's clients that were run, too

	Labels [2]string `json:"labels"` // what the sides are called: "C" and "Go", or two commands

	self bool // of two runs of one side
}

// Explored is what came of looking at all schedules of a case.
type Explored struct {
	What     string `json:"what"`     // as in the case file
	Outcomes int    `json:"outcomes"` // of each side
	C        int    `json:"c"`        // schedules of C that were run
	Go       int    `json:"go"`
}

// Side is one side of a case.
type Side struct {
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
	C  string `json:"c,omitempty"` // what each side has there, the first time
	Go string `json:"go,omitempty"`
}

// Difference is one thing in which the sides differ.
type Difference struct {
	Process string   `json:"process"`
	Kind    string   `json:"kind"` // "call", "missing", "extra", "instead", "order", "output", "terminal", "exit", "process", "file", "script", "outcome"
	C       *Ref     `json:"c"`
	Go      *Ref     `json:"go"`
	Fields  []string `json:"fields"`            // the arguments, or "result", in which two calls differ
	Mix     string   `json:"mix,omitempty"`     // the combination, held against C alone, in which it was seen
	Call    int      `json:"call,omitempty"`    // which of its process's calls it is about, from 1; 0 if it is about none
	Offset  *int     `json:"offset,omitempty"`  // of two texts: the first byte in which they differ, from 0
	Lines   []Line   `json:"lines,omitempty"`   // of two texts: the lines around it
	Follows bool     `json:"follows,omitempty"` // it is there only because a side was cut short, by a limit or because the script could not go on
	Next    *Ref     `json:"next,omitempty"`    // of a call that one side alone makes: what the other one does there, or did last before it was killed; nil if nothing any more

	rank   rank
	begins [2]bool // of two texts: each is the beginning of the other
}

// Ref is what one side has.
type Ref struct {
	Op   string `json:"op"`   // the call; of another kind of difference the bytes, the status, the file's content
	Site string `json:"site"` // the source line; "" if it is about no call

	// Of a call.
	Place         // the line or, where lines are not known, the function
	Step  string  `json:"step,omitempty"`  // the step that the line belongs to
	Via   []Place `json:"via,omitempty"`   // from a line in a function without steps out to the line that has the step
	Seq   int     `json:"seq,omitempty"`   // its place, from 1, in the order in which all calls of the side took effect
	Began int     `json:"began,omitempty"` // how many of them had taken effect when it began: it waited for those from there to seq
	After int     `json:"after,omitempty"` // the place of the call of another process without which it could not have come to its end

	Killed string `json:"killed,omitempty"` // "SIGPIPE": the signal that its process died of after it

	op *canon.Op // of a call: that, in the common form of all rules
}

// makes reports whether it is a call of this name.
func (ref *Ref) makes(call string) bool { return ref != nil && ref.op != nil && ref.op.Call == call }

// Process is a process of both sides, or of one.
type Process struct {
	Name  string `json:"name"`
	Pairs []Pair `json:"calls"`
	Other bool   `json:"other,omitempty"` // its program is none of the pair's own, but the system's, and the same on both sides
	CEnd  string `json:"c_end,omitempty"` // how it ended: "exit 0", "killed by SIGTERM", "still waiting"; "" if the side has no such process
	GoEnd string `json:"go_end,omitempty"`
}

// Pair is two aligned calls, or a call that one side alone has.
type Pair struct {
	Glyph string   `json:"is"` // "=" the same, "~" equivalent, "-" only C, "+" only Go, "!" different
	C     *Ref     `json:"c,omitempty"`
	Go    *Ref     `json:"go,omitempty"`
	Rules []string `json:"rules,omitempty"`

	forms [2]*rules.Form
}

// Side is what C has, if i is 0, or Go, if it is 1; nil if that side has nothing.
func (p *Pair) Side(i int) *Ref {
	if i == 0 {
		return p.C
	}
	return p.Go
}
