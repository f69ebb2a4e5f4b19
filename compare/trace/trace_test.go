package trace

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// TestMain lets the test binary be run as something else: as the tool that is killed, or without
// the right to ptrace.
func TestMain(m *testing.M) {
	if mode := modes[os.Getenv("TRACE_TEST_MODE")]; mode != nil {
		mode(os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

// build compiles testdata/name.c with gcc and returns the program's path.
func build(t testing.TB, name string, flags ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(name))
	args := append([]string{"-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-Wall", "-Wextra", "-Werror", "-pthread",
		"-o", path, "testdata/" + name + ".c"}, flags...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return path
}

// patience is when a run counts as hung. It's no measure of speed.
const patience = 2 * time.Minute

var runs atomic.Int64

// marked gives a command a variable in its environment by which its processes can be found.
func marked(args ...string) Command {
	mark := fmt.Sprintf("TRACE_TEST_RUN=%d.%d", os.Getpid(), runs.Add(1))
	return Command{Role: "P", Path: args[0], Args: args, Env: []string{mark}}
}

// attempt runs a command and checks what holds of every run, whether it fails or not: nobody is
// left, the record is sound.
func attempt(t *testing.T, cfg Config, cmd Command) (*Trace, error) {
	t.Helper()
	if cfg.Limits.Time == 0 {
		cfg.Limits.Time = patience
	}
	tr, err := Run(t.Context(), cfg, cmd)
	for _, pid := range marks(cmd.Env[0]) {
		t.Errorf("process %d outlives its run", pid)
	}
	sound(t, tr)
	return tr, err
}

// traced runs a program that must come to its end.
func traced(t *testing.T, cfg Config, args ...string) *Trace {
	t.Helper()
	tr, err := attempt(t, cfg, marked(args...))
	if err != nil {
		t.Fatalf("%v\n%s", err, waiting(err))
	}
	complete(t, tr)
	return tr
}

// waiting tells where everybody was when a limit was reached.
func waiting(err error) string {
	var limit *LimitError
	var b strings.Builder
	if errors.As(err, &limit) {
		for _, w := range limit.Waiting {
			fmt.Fprintf(&b, "%d/%d in", w.PID, w.TID)
			if w.Event != nil {
				fmt.Fprintf(&b, " %s%x", abi.Lookup(w.Event.Nr).Name, w.Event.Args)
			}
			if w.Stack != nil {
				for _, pc := range w.Stack.PCs {
					fmt.Fprintf(&b, " < %s", w.Stack.Space.Frames(pc)[0].Func)
				}
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// marks finds the living processes with this variable in their environment.
func marks(env string) (pids []int) {
	list, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range list {
		text, _ := os.ReadFile(dir + "/environ")
		if slices.Contains(strings.Split(string(text), "\x00"), env) {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			pids = append(pids, pid)
		}
	}
	return pids
}

// sound checks what must be true of every record.
func sound(t *testing.T, tr *Trace) {
	t.Helper()
	known := map[int]*Process{}
	for _, p := range tr.Processes {
		known[p.PID] = p
	}
	in := map[int]*Event{} // the call each thread is in
	over := map[int]bool{}
	replaced := map[int]int{}
	last := 0
	for i, e := range tr.Events {
		if e.Entered <= last {
			t.Fatalf("event %d entered at %d, after one that entered at %d", i, e.Entered, last)
		}
		last = e.Entered
		if known[e.PID] == nil {
			t.Errorf("event %d: process %d is not in the list", i, e.PID)
		}
		if over[e.PID] {
			t.Errorf("event %d: process %d goes on after its end", i, e.PID)
		}
		switch e.Kind {
		case Call:
			if (e.Left == 0) != (e.Result == NotReturned) || e.Left != 0 && e.Left <= e.Entered {
				t.Errorf("event %d: entered at %d, left at %d with %d", i, e.Entered, e.Left, e.Result)
			}
			if e.Result == 0 && abi.Lookup(e.Nr).Name == "execve" {
				replaced[e.PID] = e.Left // and with it whatever its threads were in
			}
			if before := in[e.TID]; before != nil && before.PID == e.PID &&
				(before.Left > e.Entered || before.Left == 0 && replaced[e.PID] < before.Entered) {
				t.Errorf("event %d: thread %d enters %s while in %s", i, e.TID, abi.Lookup(e.Nr).Name, abi.Lookup(before.Nr).Name)
			}
			in[e.TID] = e
		case Exit:
			over[e.PID] = true
		}
	}
	for _, p := range tr.Processes {
		program := slices.ContainsFunc(tr.Programs, func(r *Program) bool { return r.PID == p.PID })
		if program != (p.Parent == 0) || !program && known[p.Parent] == nil {
			t.Errorf("process %d: nobody knows its parent %d", p.PID, p.Parent)
		}
	}
	list, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range list {
		if state, parent, session := procStat(file); state == 'Z' && parent == os.Getpid() && (known[session] != nil || slices.ContainsFunc(tr.Programs, func(p *Program) bool { return p.Session == session })) {
			t.Errorf("%s: a zombie, left to us", file)
		}
	}
}

// complete checks that each process of a run that was not cut short has an end.
func complete(t *testing.T, tr *Trace) {
	t.Helper()
	for _, p := range tr.Processes {
		if !p.Ended {
			t.Errorf("process %d has no end", p.PID)
		}
	}
}

// tale is what a run did, one line for each process: its calls of interest with their results, the
// signals it got, and how it ended. Process ids become P, P.1, P.2 …, in order of creation; a call
// that never returned has no result.
func tale(tr *Trace, calls string) string {
	interest := strings.Fields(calls)
	names := nameProcesses(tr)
	lines := map[int]*strings.Builder{}
	for _, e := range tr.Events {
		b := lines[e.PID]
		if b == nil {
			b = &strings.Builder{}
			lines[e.PID] = b
		}
		switch e.Kind {
		case Call:
			if name := telling(e); slices.Contains(interest, name) {
				fmt.Fprintf(b, " %s%s", name, outcome(e, names))
			}
		case Signal:
			if name := unix.SignalName(syscall.Signal(e.Signo)); slices.Contains(interest, name) {
				fmt.Fprintf(b, " %s", name)
			}
		case Exit:
			fmt.Fprintf(b, " %s", ending(e.Status))
		}
	}
	var all []string
	for _, p := range tr.Processes {
		line := names[p.PID] + ":"
		if b := lines[p.PID]; b != nil {
			line += b.String()
		}
		all = append(all, line)
	}
	return strings.Join(all, "\n")
}

// nameProcesses gives processes their names by id: P, its children P.1, P.2 in the order of
// creation.
func nameProcesses(tr *Trace) map[int]string {
	names, children := map[int]string{}, map[int]int{}
	for _, p := range tr.Processes {
		names[p.PID] = p.Role
		if p.Parent != 0 {
			children[p.Parent]++
			names[p.PID] = fmt.Sprintf("%s.%d", names[p.Parent], children[p.Parent])
		}
	}
	return names
}

// telling is a call's name, of the calls that create processes and threads the idea: which of them
// a libc uses changes.
func telling(e *Event) string {
	name := abi.Lookup(e.Nr).Name
	switch name {
	case "fork", "vfork", "clone", "clone3":
		flags := e.Args[0]
		if m := e.Find(0, abi.In); name == "clone3" && m != nil {
			flags = uint64(m.Bytes[0]) | uint64(m.Bytes[1])<<8 | uint64(m.Bytes[2])<<16 | uint64(m.Bytes[3])<<24
		}
		if flags&unix.CLONE_THREAD != 0 && (name == "clone" || name == "clone3") {
			return "thread"
		}
		return "fork"
	}
	return name
}

// kernelErrnos are the codes by which the kernel tells itself to make a call again, see
// include/linux/errno.h.
var kernelErrnos = map[int64]string{512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 516: "ERESTART_RESTARTBLOCK"}

func outcome(e *Event, names map[int]string) string {
	switch r := e.Result; {
	case r == NotReturned:
		return ""
	case r < 0 && r > -4096:
		if name := unix.ErrnoName(syscall.Errno(-r)); name != "" {
			return "=" + name
		}
		return "=" + kernelErrnos[-r]
	case telling(e) == "thread":
		return ""
	case names[int(r)] != "":
		return "=" + names[int(r)]
	default:
		return fmt.Sprintf("=%d", r)
	}
}

// find is the only call of that name in a run.
func find(t *testing.T, tr *Trace, name string) *Event {
	t.Helper()
	all := every(tr, name)
	if len(all) != 1 {
		t.Fatalf("%d events %s, want one", len(all), name)
	}
	return all[0]
}

func every(tr *Trace, name string) (list []*Event) {
	for _, e := range tr.Events {
		if e.Kind == Call && abi.Lookup(e.Nr).Name == name {
			list = append(list, e)
		}
	}
	return list
}

func output(tr *Trace) string { return string(bytes.TrimSpace(tr.Programs[0].Terminal)) }

func ending(s Status) string {
	if s.Signal != 0 {
		return "killed by " + unix.SignalName(syscall.Signal(s.Signal))
	}
	return fmt.Sprintf("exit %d", s.Code)
}
