package trace_test

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// seen is one thing that one of the two witnesses saw.
type seen struct {
	tid    int
	call   string // its name; of the calls that create processes and threads the idea: which of them a libc uses changes
	args   []field
	result string // a number in decimal, the name of an error, "?"
	suffix string // strace: what came back besides
	event  *trace.Event

	end    string // not a call: how a process ended
	signal string // or a signal
	sender int    // and the process that it came from, where both know it
}

func (s *seen) what() string { return s.call + s.end + s.signal }

func (s *seen) String() string {
	if s.call == "" {
		return s.what()
	}
	v := value{kind: '{', fields: s.args}
	return fmt.Sprintf("%s(%s) = %s%s", s.call, strings.Trim(v.String(), "{}"), s.result, s.suffix)
}

// testimony is all that one of the two saw, by thread: P, its children P.1, P.2; the threads of P
// that are not its first are P+1, P+2.
type testimony map[string][]*seen

// handlesChildren reports whether a call sets a handler for SIGCHLD.
func (s *seen) handlesChildren() bool {
	return s.call == "rt_sigaction" && s.args[0].text == "SIGCHLD" && strings.Contains(s.args[1].String(), "{sa_handler=") &&
		!strings.Contains(s.args[1].String(), "{sa_handler=SIG_")
}

// number is an argument as a number, 0 if it is none.
func (s *seen) number(i int) int {
	n, _ := strconv.Atoi(s.args[i].text)
	return n
}

// creates reports whether a call creates a process or a thread.
func creates(call string) bool { return call == "fork" || call == "thread" }

// testify sorts what was seen by thread. Left out is what depends on when a child ends: SIGCHLD,
// the return from its handler, and the first part of calls that it interrupts; and the wait for a
// thread's end, for which nobody waits if it has come.
func testify(list []*seen, root int, p *program) testimony {
	keep := regexp.MustCompile(p.only)
	names := map[int]string{root: "P"}
	counts := map[string]int{}
	for again := true; again; { // a child's lines can stand before its creator's
		again = false
		for _, s := range list {
			child, err := strconv.Atoi(s.result)
			if err != nil || child <= 0 || !creates(s.call) || names[s.tid] == "" || names[child] != "" {
				continue
			}
			again = true
			sign := map[string]string{"fork": ".", "thread": "+"}[s.call]
			mother, _, _ := strings.Cut(names[s.tid], "+")
			counts[mother+sign]++
			names[child] = fmt.Sprint(mother, sign, counts[mother+sign])
		}
	}
	all := testimony{}
	children := map[int]int{} // threads that handle a SIGCHLD
	handled := slices.ContainsFunc(list, (*seen).handlesChildren)
	for _, s := range list {
		name := names[s.tid]
		switch {
		case s.signal == "SIGCHLD":
			if handled {
				children[s.tid]++
			}
		case s.call == "rt_sigreturn" && children[s.tid] > 0:
			children[s.tid]--
		case s.call == "futex" && len(s.args) > 2 && names[s.number(2)] != "":
		case strings.HasPrefix(s.result, "ERESTART") && s.call != "read":
		case s.end != "" && strings.Contains(name, "+"): // of a thread
		case keep.MatchString(s.String()):
			if p.mixed {
				name, _, _ = strings.Cut(name, "+")
			}
			all[name] = append(all[name], s)
		}
	}
	return all
}

// record is what our tracer saw.
func record(tr *trace.Trace, p *program) testimony {
	var list []*seen
	for _, e := range tr.Events {
		s := &seen{tid: e.TID, event: e}
		switch e.Kind {
		case trace.Signal:
			s.signal = abi.SignalName(e.Signo)
			if e.Code <= 0 { // another process sent it, see sigaction(2)
				s.sender = e.Sender
			}
		case trace.Exit:
			s.tid, s.end = e.PID, trace.Ending(e.Status)
		case trace.Call:
			op := canon.Decode(e)
			s.call = op.Call
			for _, a := range op.Args {
				s.args = append(s.args, field{name: a.Name, value: word(a.Value.String())}) // taken apart when it's known what strace has
			}
			s.result = fmt.Sprint(e.Result)
			if e.Result == trace.NotReturned {
				s.result = "?"
			} else if e.Result < 0 && e.Result >= -4095 {
				s.result = abi.Errno(int(-e.Result))
			}
			s.creation(flagsOf(e))
		}
		list = append(list, s)
	}
	return testify(list, tr.Programs[0].PID, p)
}

// creation gives calls that create something the name of what they do.
func (s *seen) creation(flags uint64) {
	switch s.call {
	case "fork", "vfork", "clone", "clone3":
		s.call = "fork"
		if flags&unix.CLONE_THREAD != 0 {
			s.call = "thread"
		}
	}
}

func flagsOf(e *trace.Event) uint64 {
	switch m := e.Find(0, abi.In); {
	case e.Nr == unix.SYS_CLONE:
		return e.Args[0]
	case e.Nr == unix.SYS_CLONE3 && m != nil && len(m.Bytes) >= 4:
		return uint64(m.Bytes[0]) | uint64(m.Bytes[1])<<8 | uint64(m.Bytes[2])<<16
	}
	return 0
}

var (
	resumed = regexp.MustCompile(`^<\.\.\. \w+ resumed>(.*)$`)
	plain   = regexp.MustCompile(`^(\w+)\((.*)\) += (.*)$`)
	signals = regexp.MustCompile(`^--- (SIG\w+) \{(.*)\} ---$`)
	sender  = regexp.MustCompile(`si_code=(SI_USER|SI_TKILL|SI_QUEUE), si_pid=(\d+)`)
	exited  = regexp.MustCompile(`^\+\+\+ exited with (\d+) \+\+\+$`)
	killed  = regexp.MustCompile(`^\+\+\+ killed by (SIG\w+)( \(core dumped\))? \+\+\+$`)
	status  = regexp.MustCompile(`\[\{(WIF\w+)\(s\)(?: && W\w+\(s\) == (\w+))?(?: && WCOREDUMP\(s\))?\}\]`)
	either  = regexp.MustCompile(`\b([A-Z]\w+) or ([A-Z]\w+)\b`)
	address = regexp.MustCompile(`inet_pton\(AF_INET6, "([^"]*)", &sin6_addr\)`)
)

// parseStrace is what strace has in its log.
func parseStrace(t *testing.T, log string, p *program) testimony {
	t.Helper()
	var list []*seen
	halves := map[int]string{}
	open := map[int]*seen{}
	for line := range strings.Lines(log) {
		tidText, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		tid, err := strconv.Atoi(tidText)
		if err != nil {
			t.Fatalf("strace: %q", line)
		}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "???") || strings.HasPrefix(rest, "<... ???") || strings.HasPrefix(rest, "--- stopped by") {
			continue // a thread of which strace learned nothing before it was killed; a group-stop
		}
		s := &seen{tid: tid}
		if begin, ok := strings.CutSuffix(rest, "<unfinished ...>"); ok {
			halves[tid], open[tid] = begin, s
			list = append(list, s) // its place
			continue
		}
		if m := resumed.FindStringSubmatch(rest); m != nil && open[tid] != nil {
			open[tid].read(t, halves[tid]+m[1])
			delete(open, tid)
			continue
		}
		s.read(t, rest)
		list = append(list, s)
	}
	if len(list) == 0 {
		t.Fatal("strace: an empty log")
	}
	root := list[0].tid
	list = slices.DeleteFunc(list, func(s *seen) bool { return s.what() == "" })
	begin := 1 // what our own program did: see trace.Strace
	for begin < len(list) && list[begin].call != "execve" {
		begin++
	}
	return testify(list[min(begin, len(list)):], root, p)
}

// read takes a line of strace's apart.
func (s *seen) read(t *testing.T, line string) {
	t.Helper()
	if m := signals.FindStringSubmatch(line); m != nil {
		s.signal = m[1]
		if from := sender.FindStringSubmatch(m[2]); from != nil {
			s.sender, _ = strconv.Atoi(from[2])
		}
	} else if m := exited.FindStringSubmatch(line); m != nil {
		s.end = "exit " + m[1]
	} else if m := killed.FindStringSubmatch(line); m != nil {
		s.end = "killed by " + m[1]
	} else if m := plain.FindStringSubmatch(line); m != nil {
		s.call = m[1]
		text := status.ReplaceAllStringFunc(m[2], waitStatus)
		text = address.ReplaceAllString(text, `sin6_addr="$1"`)
		text = either.ReplaceAllString(text, "$1/$2")
		r := &reader{text: text, strace: true}
		s.args = r.values(0)
		s.returned(m[3])
		flags := int64(0)
		for _, f := range s.args {
			if strings.Contains(f.String(), "CLONE_THREAD") {
				flags = unix.CLONE_THREAD
			}
		}
		s.creation(uint64(flags))
		if call, known := abi.ByName(s.call); known {
			for i := range min(len(call.Args), len(s.args)) {
				s.args[i].name = cmp.Or(s.args[i].name, call.Args[i].Name)
			}
		}
	} else {
		t.Fatalf("strace: cannot read %q", line)
	}
}

// waitStatus writes strace's words for a wait status in canon's.
func waitStatus(text string) string {
	m := status.FindStringSubmatch(text)
	switch m[1] {
	case "WIFEXITED":
		return "exit_" + m[2]
	case "WIFSIGNALED":
		return "killed_by_" + m[2]
	case "WIFSTOPPED":
		return "stopped_by_" + m[2]
	}
	return "continued"
}

// returned reads a result: "3", "-1 ENOENT (No such file or directory)", "? ERESTARTSYS (To be
// restarted)", "0x2 (flags O_RDWR)", "1 ([{fd=3, revents=POLLIN}])".
func (s *seen) returned(text string) {
	first, rest, _ := strings.Cut(text, " ")
	second, _, _ := strings.Cut(rest, " ")
	switch {
	case (first == "?" || first == "-1") && second != "" && second[0] != '(':
		s.result = second
		if s.result == "ENOTSUP" {
			s.result = "EOPNOTSUPP"
		}
	case first == "?":
		s.result = "?"
	default:
		s.result = plainWord(first)
		s.suffix = strings.TrimSuffix(strings.TrimPrefix(rest, "("), ")")
	}
}
