package sched

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/casefile"
	"paritykit/compare/trace"
)

// script carries out the steps of a case, each when nothing moves any more: as a person does who
// waits for the answer before the next line is typed, and who has all the time in the world. It
// never looks at a clock: a step that waits for something fails when nothing can happen any more
// that would bring it.
type script struct {
	path     string // of the case file
	steps    []casefile.Step
	commands map[string]trace.Command // by role
	next     int                      // the step to do
	sent     bool                     // of a stop: the signal
	found    map[string]*found        // by role
	heard    int                      // events looked through for bind(2) and listen(2)
	sockets  map[[2]string]bool       // roles that have called one, and the state that makes: {"server", "listening"}
	failure  *Step
}

// found is how much of a program's output was expected already.
type found struct{ terminal, stderr int }

// Step is a step that could not be done.
type Step struct {
	Site string // file:line of the case
	Text string
	Seen string // what was there instead
}

// newScript is the script of a case, whose file is called path in messages and whose programs run
// in dir and may listen on port.
func newScript(c *casefile.Case, path string, commands []trace.Command, dir string, port int) *script {
	p := &script{path: path, steps: c.Steps, commands: map[string]trace.Command{}, found: map[string]*found{}, sockets: map[[2]string]bool{}}
	for _, cmd := range commands {
		cmd.Dir, cmd.Args = dir, slices.Clone(cmd.Args)
		for i, a := range cmd.Args {
			cmd.Args[i] = casefile.Expand(a, port)
		}
		p.commands[cmd.Role] = cmd
	}
	return p
}

// done reports whether nothing is left to do. A script that is not there has nothing to do.
func (p *script) done() bool { return p == nil || p.next == len(p.steps) }

// Actor is the script's name among those who move. No role has such a name.
const Actor = "(script)"

// move is the next step, if it can be done now. Nothing but a waiting person is what most steps are
// about, so they come when nothing else can happen. But what is started, typed and closed could as
// well be a moment earlier: who searches through the schedules gets to choose that.
func (p *script) move(s *trace.Supervisor, policy *Policy) (m move, ok bool) {
	if p.done() || p.failure != nil {
		return m, false
	}
	step := p.steps[p.next]
	hasty := step.Verb == "start" || step.Verb == "send" || step.Verb == "close"
	if !hasty && !p.can(s, step) {
		return m, false
	}
	return move{actor: Actor, idle: !hasty, patient: true,
		call:    func() string { return written(step) },
		touches: func() []canon.Touch { return p.touches(s, policy.live, step) },
		do:      func() { p.do(s, step) }}, true
}

// touches are what a step touches.
func (p *script) touches(s *trace.Supervisor, live *canon.Live, step casefile.Step) (list []canon.Touch) {
	switch step.Verb {
	case "send", "close":
		return []canon.Touch{{Thing: canon.Input(step.Who, p.commands[step.Who].Terminal), Write: true}}
	case "stop", "kill", "signal", "resize":
		for _, proc := range s.Trace().Processes {
			if proc.Role == step.Who && !proc.Ended {
				list = append(list, live.Signalled(proc)...)
			}
		}
	}
	return list
}

func (p *script) fail(step casefile.Step, seen string) {
	p.failure = &Step{fmt.Sprintf("%s:%d", p.path, step.Line), written(step), seen}
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
	case "signal":
		if len(step.Args) == 2 {
			words = []string{step.Verb, "-" + step.Who, step.Args[0]}
		}
	}
	return strings.Join(words, " ")
}

// can reports whether a step that waits for something can be done.
func (p *script) can(s *trace.Supervisor, step casefile.Step) bool {
	switch step.Verb {
	case "until":
		if step.Args[0] == "waiting" {
			return p.alive(s, step.Who) // nothing moves, or nobody would ask
		}
		return p.socket(s, step.Who, step.Args[0])
	case "expect":
		return p.expect(s, step.Who, step.Args[0])
	case "wait", "exit":
		return p.root(s, step.Who).Ended
	case "stop":
		return !p.sent || p.root(s, step.Who).Ended
	}
	return true
}

// root is the process of a role with which its program began.
func (p *script) root(s *trace.Supervisor, who string) *trace.Process {
	return s.Trace().Process(s.Program(who).PID)
}

// do does a step, or as much of it as can be done now.
func (p *script) do(s *trace.Supervisor, step casefile.Step) {
	done, err := true, error(nil)
	switch who := step.Who; step.Verb {
	case "start":
		err = s.Start(p.commands[who])
	case "send":
		if err = s.Type(who, step.Args[0]); err != nil {
			err = fmt.Errorf("%w; %s", err, p.state(s, who))
		}
	case "close":
		s.CloseInput(who)
	case "expect":
		p.expected(s, who, step.Args[0])
	case "exit":
		if root := p.root(s, who); !has(root.Status, step.Args[0]) {
			err = fmt.Errorf("%s", p.state(s, who))
		}
	case "resize":
		columns, _ := strconv.Atoi(step.Args[0]) // the parser has checked them
		rows, _ := strconv.Atoi(step.Args[1])
		err = s.Resize(who, columns, rows)
	case "signal":
		root, sig := p.root(s, who), unix.SignalNum(step.Args[0])
		switch {
		case len(step.Args) == 2:
			err = p.signal(s, who, func(proc *trace.Process) bool { return s.InGroup(proc, root) }, sig)
		case root.Ended:
			err = fmt.Errorf("%s", p.state(s, who))
		default:
			err = s.Signal(root, sig)
		}
	case "kill":
		// All at once: neither parent nor child finds out that the other has gone.
		err = p.signal(s, who, func(*trace.Process) bool { return true }, unix.SIGKILL)
	case "stop":
		// First the program alone: a parent that learns of a child's end by the same signal
		// that ends itself would do so in one run and not in another.
		root, sig := p.root(s, who), unix.SignalNum(step.Args[0])
		switch {
		case p.sent:
			p.signal(s, who, func(proc *trace.Process) bool { return proc != root }, sig)
		case root.Ended:
			err = fmt.Errorf("%s", p.state(s, who))
		default:
			done, p.sent = false, true
			err = s.Signal(root, sig)
		}
	}
	switch {
	case err != nil:
		p.fail(step, err.Error())
	case done:
		p.next, p.sent = p.next+1, false
	}
}

// signal sends a signal to those processes of a role for which to holds.
func (p *script) signal(s *trace.Supervisor, who string, to func(*trace.Process) bool, sig syscall.Signal) error {
	n := 0
	for _, proc := range s.Trace().Processes {
		if proc.Role == who && !proc.Ended && to(proc) {
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

// alive reports whether a process of a role has not ended.
func (p *script) alive(s *trace.Supervisor, who string) bool {
	return slices.ContainsFunc(s.Trace().Processes, func(proc *trace.Process) bool { return proc.Role == who && !proc.Ended })
}

// socketState is what a socket is after a call that has succeeded, "" if the call is not about
// that.
func socketState(call *abi.Call) string {
	switch {
	case call.Changes&abi.Bound != 0:
		return "bound"
	case call.Changes&abi.Listening != 0:
		return "listening"
	}
	return ""
}

// socket reports whether a role has, or had, a socket that is bound or listens.
func (p *script) socket(s *trace.Supervisor, who, state string) bool {
	events := s.Trace().Events
	for ; p.heard < len(events); p.heard++ {
		e := events[p.heard]
		if e.Kind != trace.Call || socketState(abi.Lookup(e.Nr)) == "" {
			continue
		}
		if e.Left == 0 && e.Result == trace.NotReturned {
			break // look again when it has returned
		}
		if proc := s.Trace().Process(e.PID); proc != nil && e.Result == 0 && !netlink(e) {
			p.sockets[[2]string{proc.Role, socketState(abi.Lookup(e.Nr))}] = true
		}
	}
	return p.sockets[[2]string{who, state}]
}

// netlink reports whether a call gives a socket an address of the kernel's own: libraries ask it
// there for the machine's interfaces.
func netlink(e *trace.Event) bool {
	m := e.Find(1, abi.In)
	return m != nil && len(m.Bytes) >= 2 && binary.NativeEndian.Uint16(m.Bytes) == unix.AF_NETLINK
}

// expect reports whether a role has printed a text since the last one that was expected of it. What
// is on the terminal and on standard error is one to a person; which of the two it was the
// comparison tells.
func (p *script) expect(s *trace.Supervisor, who, text string) bool {
	f := p.foundOf(who)
	terminal, stderr := s.Output(who)
	return strings.Contains(terminal[f.terminal:], text) || strings.Contains(stderr[f.stderr:], text)
}

// expected notes how far a text was found.
func (p *script) expected(s *trace.Supervisor, who, text string) {
	f := p.foundOf(who)
	terminal, stderr := s.Output(who)
	if i := strings.Index(terminal[f.terminal:], text); i >= 0 {
		f.terminal += i + len(text)
	} else if i := strings.Index(stderr[f.stderr:], text); i >= 0 {
		f.stderr += i + len(text)
	}
}

func (p *script) foundOf(who string) *found {
	if p.found[who] == nil {
		p.found[who] = &found{}
	}
	return p.found[who]
}

// giveUp is called when nothing will ever happen. It reports whether that's the script's affair:
// processes that wait for each other while the script waits for their end, and has nothing more to
// tell them, are a deadlock of their own.
func (p *script) giveUp(s *trace.Supervisor) bool {
	if p.done() {
		return false
	}
	step := p.steps[p.next]
	if (step.Verb == "wait" || step.Verb == "exit") && len(s.Threads()) > 0 && !p.inputOpen() {
		return false
	}
	p.fail(step, p.state(s, step.Who))
	return true
}

// inputOpen reports whether somebody's input is still open.
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

// state says what is to be seen of a role: what it has printed since the last text that was
// expected of it, and whether it is still there.
func (p *script) state(s *trace.Supervisor, who string) string {
	terminal, stderr := s.Output(who)
	return p.describe(who, p.root(s, who), terminal, stderr)
}

// left is state at the end of a run.
func (p *script) left(t *trace.Trace, who string) string {
	for _, program := range t.Programs {
		if root := t.Process(program.PID); program.Command.Role == who && root != nil {
			return p.describe(who, root, string(program.Terminal), string(program.Stderr))
		}
	}
	return who + " has not begun"
}

func (p *script) describe(who string, root *trace.Process, terminal, stderr string) string {
	f := p.foundOf(who)
	var parts []string
	printed := func(text, where string) {
		if text != "" {
			parts = append(parts, "printed "+canon.Abridged(canon.Quote([]byte(text)), 150, 50)+where)
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

// has reports whether a process ended as a case says: with a number, or by a signal.
func has(s trace.Status, status string) bool {
	if s.Signal != 0 {
		return unix.SignalNum(status) == syscall.Signal(s.Signal)
	}
	return strconv.Itoa(s.Code) == status
}

func ended(s trace.Status) string {
	if s.Signal != 0 {
		return "killed by " + abi.SignalName(s.Signal)
	}
	return "exit " + strconv.Itoa(s.Code)
}
