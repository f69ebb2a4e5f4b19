package parity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	casefile "paritykit/compare/case"
	"paritykit/compare/trace"
)

// script carries out the steps of a case, each when nothing moves any more: as a person does who waits for the answer before
// the next line is typed, and who has all the time in the world. It never looks at a clock: a step that waits for something
// fails when nothing can happen any more that would bring it.
type script struct {
	path     string // of the case file
	steps    []casefile.Step
	commands map[string]trace.Command // by role
	next     int                      // the step to do
	sent     bool                     // of a stop: the signal
	found    map[string]*found        // by role
	heard    int                      // events looked through for listen(2)
	listen   map[string]bool          // roles that have called it
	failure  *failure
}

// found is how much of a program's output was expected already.
type found struct{ terminal, stderr int }

// failure is a step that could not be done.
type failure struct {
	site string // file:line of the case
	step string
	seen string // what was there instead
}

// newScript is the script of a case, whose file is called path in messages and whose programs run in dir and may listen on port.
func newScript(c *casefile.Case, path string, commands []trace.Command, dir string, port int) *script {
	p := &script{path: path, steps: c.Steps, commands: map[string]trace.Command{}, found: map[string]*found{}, listen: map[string]bool{}}
	for _, cmd := range commands {
		cmd.Dir, cmd.Args = dir, slices.Clone(cmd.Args)
		for i, a := range cmd.Args {
			if a == "$PORT" {
				cmd.Args[i] = strconv.Itoa(port)
			}
		}
		p.commands[cmd.Role] = cmd
	}
	return p
}

// done says whether nothing is left to do. A script that is not there has nothing to do.
func (p *script) done() bool { return p == nil || p.next == len(p.steps) }

// act does the next step. It says no if there's none, or if that one still waits for something, or fails.
func (p *script) act(s *trace.Supervisor) bool {
	if p.done() || p.failure != nil {
		return false
	}
	step := p.steps[p.next]
	done, moved, err := p.try(s, step)
	switch {
	case err != nil:
		p.fail(step, err.Error())
		return false
	case done:
		p.next, p.sent = p.next+1, false
	}
	return done || moved
}

func (p *script) fail(step casefile.Step, seen string) {
	p.failure = &failure{fmt.Sprintf("%s:%d", p.path, step.Line), written(step), seen}
}

// at is the step that is to be done.
func (p *script) at() string {
	step := p.steps[p.next]
	return fmt.Sprintf("%s:%d: %s", p.path, step.Line, written(step))
}

// written is a step as it stands in the case file.
func written(step casefile.Step) string {
	words := append([]string{step.Verb, step.Who}, step.Args...)
	switch step.Verb {
	case "send", "expect":
		words[2] = strconv.Quote(words[2])
	}
	return strings.Join(words, " ")
}

// try does a step, or as much of it as can be done now. moved says that it has done something without being done.
func (p *script) try(s *trace.Supervisor, step casefile.Step) (done, moved bool, err error) {
	who := step.Who
	if step.Verb == "start" {
		return true, true, s.Start(p.commands[who])
	}
	root := s.Trace().Process(s.Program(who).PID)
	switch step.Verb {
	case "send":
		if err = s.Type(who, step.Args[0]); err != nil {
			err = fmt.Errorf("%w; %s", err, p.state(s, who))
		}
		return true, true, err
	case "close":
		s.CloseInput(who)
		return true, true, nil
	case "until":
		return p.listening(s, who), false, nil
	case "expect":
		return p.expect(s, who, step.Args[0]), false, nil
	case "wait":
		return root.Ended, false, nil
	case "kill":
		// All at once: neither parent nor child finds out that the other has gone.
		return true, true, p.signal(s, who, nil, unix.SIGKILL)
	case "stop":
		// First the program alone: a parent that learns of a child's end by the same signal that ends itself would do so in one
		// run and not in another.
		sig := unix.SignalNum(step.Args[0])
		if !p.sent {
			if root.Ended {
				return false, false, fmt.Errorf("%s", p.state(s, who))
			}
			p.sent = true
			return false, true, s.Signal(root, sig)
		}
		if !root.Ended {
			return false, false, nil
		}
		p.signal(s, who, root, sig)
		return true, true, nil
	}
	return false, false, fmt.Errorf("no such verb")
}

// signal sends a signal to all processes of a role but one.
func (p *script) signal(s *trace.Supervisor, who string, but *trace.Process, sig syscall.Signal) error {
	n := 0
	for _, proc := range s.Trace().Processes {
		if proc.Role == who && proc != but && !proc.Ended {
			if err := s.Signal(proc, sig); err != nil {
				return err
			}
			n++
		}
	}
	if n == 0 {
		return fmt.Errorf("%s", p.state(s, who))
	}
	return nil
}

// listening says whether a role has a socket that listens.
func (p *script) listening(s *trace.Supervisor, who string) bool {
	events := s.Trace().Events
	for ; p.heard < len(events); p.heard++ {
		e := events[p.heard]
		if e.Kind != trace.Call || abi.Lookup(e.Nr).Name != "listen" {
			continue
		}
		if e.Left == 0 && e.Result == trace.NotReturned {
			break // look again when it has returned
		}
		if proc := s.Trace().Process(e.PID); proc != nil && e.Result == 0 {
			p.listen[proc.Role] = true
		}
	}
	return p.listen[who]
}

// expect says whether a role has printed a text since the last one that was expected of it. What is on the terminal and on
// standard error is one to a person; which of the two it was the comparison tells.
func (p *script) expect(s *trace.Supervisor, who, text string) bool {
	f := p.found[who]
	if f == nil {
		f = &found{}
		p.found[who] = f
	}
	terminal, stderr := s.Output(who)
	if i := strings.Index(terminal[f.terminal:], text); i >= 0 {
		f.terminal += i + len(text)
		return true
	}
	if i := strings.Index(stderr[f.stderr:], text); i >= 0 {
		f.stderr += i + len(text)
		return true
	}
	return false
}

// giveUp is called when nothing will ever happen. It says whether that's the script's affair: processes that wait for each other
// while the script waits for their end, and has nothing more to tell them, are a deadlock of their own.
func (p *script) giveUp(s *trace.Supervisor) bool {
	if p.done() {
		return false
	}
	step := p.steps[p.next]
	if step.Verb == "wait" && len(s.Threads()) > 0 && !p.inputOpen() {
		return false
	}
	p.fail(step, p.state(s, step.Who))
	return true
}

// inputOpen says whether somebody's input is still open.
func (p *script) inputOpen() bool {
	open := 0
	for _, step := range p.steps[:p.next] {
		switch {
		case step.Verb == "start" && p.commands[step.Who].Typed:
			open++
		case step.Verb == "close":
			open--
		}
	}
	return open > 0
}

// state says what is to be seen of a role.
func (p *script) state(s *trace.Supervisor, who string) string {
	program := s.Program(who)
	root := s.Trace().Process(program.PID)
	f := p.found[who]
	if f == nil {
		f = &found{}
	}
	terminal, stderr := s.Output(who)
	var parts []string
	printed := func(text, where string) {
		if text != "" {
			parts = append(parts, "printed "+abridged(canon.Quote([]byte(text)))+where)
		}
	}
	printed(terminal[f.terminal:], "")
	printed(stderr[f.stderr:], " on standard error")
	if len(parts) == 0 {
		parts = append(parts, "printed nothing more")
	}
	if root.Ended {
		parts = append(parts, "has ended ("+ended(root.Status)+")")
	} else {
		parts = append(parts, "is still there")
	}
	return who + " has " + strings.TrimPrefix(strings.Join(parts, " and "), "has ")
}

// abridged cuts the middle out of a long text.
func abridged(s string) string {
	const head, tail = 150, 50
	if len(s) <= head+tail {
		return s
	}
	return strings.ToValidUTF8(s[:head], "") + "…" + strings.ToValidUTF8(s[len(s)-tail:], "")
}

func ended(s trace.Status) string {
	if s.Signal != 0 {
		return "killed by " + abi.SignalName(s.Signal)
	}
	return "exit " + strconv.Itoa(s.Code)
}
