package trace

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// TestOracle holds the record of a run against what strace says of another run of the same program: the same processes,
// each with the same calls in the same order, with the same arguments, bytes and results.
//
// Of a C program every call is compared, the loader's included, and every argument; addresses are the same in both runs because
// neither is randomised. Of a Go program the runtime's calls differ at every run, in number too. Compared is what the programs
// are about and the runtime does not do by itself: processes, pipes, and the messages that are written and read. That's less
// than package canon compares, which asks each call's stack who wanted it; but strace has no stacks of Go programs.
func TestOracle(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		const how = "no strace; run: apt-get install -y --no-install-recommends strace"
		if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	const (
		all      = ""
		unpolled = `^(read|kill|fork|ptrace|rt_sigreturn|rt_sigaction|pipe2|execve|exit_group|exit|killed|SIG)\b` // what doesn't ask for states
		messages = `^(pipe2|execve|exit_group|fork|wait4|exit)\b|^write\(1, |Who are you|Thank you`
	)
	static, dynamic := build(t, "life", "-static"), build(t, "life")
	type program struct {
		name string
		args []string
		only string // of which calls
	}
	programs := []program{
		{"memory", []string{build(t, "memory")}, all},
		{"spawn", []string{dynamic, "spawn"}, all},
		{"vforks", []string{dynamic, "vforks"}, all},
		{"clone_parent", []string{static, "clone_parent"}, all},
		{"trace_me", []string{static, "trace_me"}, unpolled},
		{"exec_missing", []string{static, "exec_missing"}, all},
		{"own_filter", []string{static, "own_filter"}, all},
		{"close_all", []string{static, "close_all"}, all},
		{"segv", []string{static, "segv"}, all},
		{"interrupt", []string{static, "interrupt"}, unpolled},
		{"restart", []string{static, "restart"}, unpolled},
		{"kill_blocked", []string{static, "kill_blocked"}, unpolled},
	}
	dir := t.TempDir()
	must := func(name string, args ...string) {
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
	}
	must("go", "build", "-buildvcs=false", "-o", dir, "../../go/pipe1", "../../go/pipe2", "../../go/pipe3")
	for _, name := range []string{"pipe1", "pipe2", "pipe3"} {
		must("gcc", "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-o", dir+"/"+name+".c", "../../c/"+name+".c")
		programs = append(programs, program{"c/" + name, []string{dir + "/" + name + ".c"}, all}, program{"go/" + name, []string{dir + "/" + name}, messages})
	}
	for _, p := range programs {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			cmd := marked(p.args...)
			log := make(chan string, 1)
			go func() { log <- strace(t, marked(p.args...)) }() // beside our own run: pipe2 takes five seconds
			tr, err := attempt(t, Config{}, cmd)
			want := testified(t, <-log, p.only)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, recorded(tr, p.only)); diff != "" {
				t.Errorf("strace saw -, we saw +:\n%s", diff)
			}
			if len(want["P"]) < 4 {
				t.Errorf("too little to compare: %q", want)
			}
		})
	}
}

// witness is what one of the two saw, before it's made comparable.
type witness struct {
	tid    int
	call   string
	args   []string // numbers and Go-quoted strings; "_" is not compared
	result string
	pid    bool // the result is a process
}

func (w *witness) line(names map[int]string) string {
	if w.result == "" {
		return w.call // a signal or an end
	}
	if w.result == "?" && !strings.HasPrefix(w.call, "exit") {
		w.args = nil // strace does not know all of them: some it only reads at the exit
	}
	if n, err := strconv.Atoi(w.result); err == nil && w.pid && names[n] != "" {
		w.result = names[n]
	}
	return fmt.Sprintf("%s(%s) = %s", w.call, strings.Join(w.args, ", "), w.result)
}

// lines sorts what was seen by process. Left out is what depends on when a child ends: SIGCHLD, and the first part of calls that
// it interrupts.
func lines(list []witness, names, procs map[int]string, only string) map[string][]string {
	keep := regexp.MustCompile(only)
	all := map[string][]string{}
	for i := range list {
		w := &list[i]
		if w.call == "SIGCHLD" || strings.HasPrefix(w.result, "ERESTART") && w.call != "read" {
			continue
		}
		if line := w.line(names); keep.MatchString(line) {
			all[procs[w.tid]] = append(all[procs[w.tid]], line)
		}
	}
	return all
}

// recorded is our own record.
func recorded(tr *Trace, only string) map[string][]string {
	names := nameProcesses(tr)
	procs := map[int]string{}
	var list []witness
	for _, e := range tr.Events {
		procs[e.TID] = names[e.PID]
		w := witness{tid: e.TID}
		switch e.Kind {
		case Signal:
			w.call = unix.SignalName(syscall.Signal(e.Signo))
		case Exit:
			w.call = ending(e.Status)
		case Call:
			call := abi.Lookup(e.Nr).For(&e.Args)
			w.call, w.pid = telling(e), call.Result == abi.Pid
			for i := range call.Args {
				w.args = append(w.args, argument(e, i, &call.Args[i], names))
			}
			w.args = comparable(w.call, w.args)
			w.result = strings.TrimPrefix(outcome(e, nil), "=")
			if w.result == "" {
				w.result = "?"
			}
			if call.Result == abi.Addr && e.Result > 0 {
				w.result = fmt.Sprint(uint64(e.Result))
			}
		}
		list = append(list, w)
	}
	return lines(list, names, procs, only)
}

func ending(s Status) string {
	if s.Signal != 0 {
		return "killed by " + unix.SignalName(syscall.Signal(s.Signal))
	}
	return fmt.Sprintf("exit %d", s.Code)
}

// argument writes an argument as the oracle's are written.
func argument(e *Event, i int, a *abi.Arg, names map[int]string) string {
	value := int64(a.Kind.Value(e.Args[i]))
	switch {
	case a.When == abi.Value && a.Kind == abi.Pid && names[int(value)] != "":
		return names[int(value)]
	case a.When == abi.Value || value == 0:
		return fmt.Sprint(value)
	}
	when := abi.In
	if a.When == abi.Out {
		when = abi.Out
	}
	if when == abi.Out && (e.Result < 0 || e.Result == NotReturned) {
		return "_"
	}
	m := e.Find(i, when)
	if m == nil {
		m = &Memory{}
	}
	switch a.Kind {
	case abi.Bytes, abi.Path, abi.String, abi.Iovec:
		if !m.Bad && len(m.Bytes) <= longest {
			return strconv.Quote(string(m.Bytes))
		}
	case abi.Strings:
		if !m.Bad {
			return fmt.Sprintf("%q", bytes.Split(bytes.TrimSuffix(m.Bytes, []byte{0}), []byte{0}))
		}
	case abi.Fd:
		var fds []uint32
		for b := m.Bytes; len(b) >= 4; b = b[4:] {
			fds = append(fds, binary.NativeEndian.Uint32(b))
		}
		return fmt.Sprint(fds)
	}
	return "_"
}

// longest is how many bytes of a buffer strace is asked to write down; longer ones are not compared here.
const longest = 1 << 16

// comparable takes out the arguments that differ from run to run, or that strace writes in an order of its own.
func comparable(call string, args []string) []string {
	switch call {
	case "fork", "thread", "rseq":
		return nil
	case "execve":
		args = args[:2] // the environments have different marks
	case "getrandom":
		args[0] = "_"
	}
	return args
}

// testified is what strace has in its log.
func testified(t *testing.T, log, only string) map[string][]string {
	t.Helper()
	var list []witness
	halves := map[int]string{}
	for line := range strings.Lines(log) {
		tidText, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		tid, err := strconv.Atoi(tidText)
		if err != nil {
			t.Fatalf("strace: %q", line)
		}
		rest = strings.TrimSpace(rest)
		if strings.Contains(rest, "???") || strings.HasPrefix(rest, "--- stopped by") {
			continue // a thread of which strace learned nothing before it was killed; a group-stop
		}
		if begin, ok := strings.CutSuffix(rest, "<unfinished ...>"); ok {
			halves[tid] = begin
			list = append(list, witness{tid: tid, call: "unfinished"}) // its place
			continue
		}
		w := witness{tid: tid}
		if m := resumed.FindStringSubmatch(rest); m != nil {
			w.read(t, halves[tid]+m[1])
			for i := range list {
				if list[i].tid == tid && list[i].call == "unfinished" {
					list[i] = w
				}
			}
			continue
		}
		w.read(t, rest)
		list = append(list, w)
	}
	names, procs := oracleNames(list)
	list = slices.DeleteFunc(list, func(w witness) bool {
		threadEnd := w.result == "" && names[w.tid] == "" && !strings.HasPrefix(w.call, "SIG")
		return threadEnd || w.call == "unfinished"
	})
	for i := range list {
		list[i].name(names)
	}
	return lines(list, names, procs, only)
}

var (
	resumed = regexp.MustCompile(`^<\.\.\. \w+ resumed>(.*)$`)
	plain   = regexp.MustCompile(`^(\w+)\((.*)\) += (.*)$`)
	signals = regexp.MustCompile(`^--- (SIG\w+) .*---$`)
	exited  = regexp.MustCompile(`^\+\+\+ exited with (\d+) \+\+\+$`)
	killed  = regexp.MustCompile(`^\+\+\+ killed by (SIG\w+)( \(core dumped\))? \+\+\+$`)
	flagged = regexp.MustCompile(`flags=(0x[0-9a-f]+)`)
	based   = regexp.MustCompile(`iov_base=("[^"]*"|[^",]*)`)
	quoted  = regexp.MustCompile(`^"(\\x[0-9a-f]{2})*"$`)
)

// read takes a line of strace's apart.
func (w *witness) read(t *testing.T, line string) {
	t.Helper()
	if m := signals.FindStringSubmatch(line); m != nil {
		w.call = m[1]
	} else if m := exited.FindStringSubmatch(line); m != nil {
		w.call = "exit " + m[1]
	} else if m := killed.FindStringSubmatch(line); m != nil {
		w.call = "killed by " + m[1]
	} else if m := plain.FindStringSubmatch(line); m != nil {
		w.call, w.args, w.result = m[1], splitArgs(m[2]), m[3]
		w.interpret(m[2])
	} else {
		t.Fatalf("strace: cannot read %q", line)
	}
}

// interpret brings a call of strace's into the form of ours.
func (w *witness) interpret(args string) {
	call, _ := abi.ByName(w.call)
	switch w.call {
	case "fork", "vfork", "clone", "clone3":
		flags := uint64(0)
		if m := flagged.FindStringSubmatch(args); m != nil {
			flags, _ = strconv.ParseUint(m[1], 0, 64)
		}
		w.call = "fork"
		if flags&unix.CLONE_THREAD != 0 {
			w.call = "thread"
		}
	}
	var regs [6]uint64
	for i := range min(len(w.args), len(regs)) {
		w.args[i] = number(w.args[i])
		n, _ := strconv.ParseInt(w.args[i], 10, 64)
		regs[i] = uint64(n)
	}
	call = call.For(&regs)
	w.pid = call.Result == abi.Pid
	w.args = w.args[:min(len(w.args), len(call.Args))]
	for i := range w.args {
		w.args[i] = oracleArg(&call.Args[i], w.args[i])
	}
	w.args = comparable(w.call, w.args)
	switch fields := strings.Fields(w.result); {
	case fields[0] == "?" && len(fields) > 1:
		w.result = fields[1] // ERESTARTSYS and the like
	case fields[0] == "-1" && len(fields) > 1:
		w.result = fields[1]
	default:
		w.result = number(fields[0])
	}
}

func oracleArg(a *abi.Arg, text string) string {
	_, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err == nil && (a.When == abi.Value || text == "0"):
		if a.When == abi.Value && a.Kind.Width() == 4 { // strace writes some unsigned that are signed, and the other way round
			n, _ := strconv.ParseInt(text, 10, 64)
			return fmt.Sprint(int64(a.Kind.Value(uint64(n))))
		}
		return text
	case a.When == abi.Value:
		return text
	}
	switch a.Kind {
	case abi.Bytes, abi.Path, abi.String:
		if quoted.MatchString(text) {
			return unquote(text)
		}
	case abi.Strings:
		var list []string
		for _, s := range splitArgs(strings.Trim(text, "[]")) {
			if !quoted.MatchString(s) {
				return "_"
			}
			s, _ = strconv.Unquote(s)
			list = append(list, s)
		}
		return fmt.Sprintf("%q", list)
	case abi.Iovec:
		whole := ""
		for _, m := range based.FindAllStringSubmatch(text, -1) {
			s, err := strconv.Unquote(m[1])
			if err != nil {
				return "_"
			}
			whole += s
		}
		if strings.HasPrefix(text, "[") {
			return strconv.Quote(whole)
		}
	case abi.Fd:
		return strings.ReplaceAll(text, ",", "")
	}
	return "_"
}

func unquote(text string) string {
	s, _ := strconv.Unquote(text)
	return strconv.Quote(s)
}

// number writes a number of any base in decimal, and leaves everything else alone.
func number(text string) string {
	if text == "NULL" {
		return "0"
	}
	if n, err := strconv.ParseUint(text, 0, 64); err == nil {
		return fmt.Sprint(int64(n))
	}
	return text
}

// splitArgs splits at the commas that stand in no bracket and no string.
func splitArgs(text string) (args []string) {
	depth, begin, inside := 0, 0, false
	for i, c := range text {
		switch {
		case c == '"':
			inside = !inside // with -xx there's no quote in a string
		case inside:
		case strings.ContainsRune("([{", c):
			depth++
		case strings.ContainsRune(")]}", c):
			depth--
		case c == ',' && depth == 0:
			args = append(args, strings.TrimSpace(text[begin:i]))
			begin = i + 1
		}
	}
	if last := strings.TrimSpace(text[begin:]); last != "" {
		args = append(args, last)
	}
	return args
}

// oracleNames names the processes in strace's log, and says whose each thread is.
func oracleNames(list []witness) (names, procs map[int]string) {
	root := list[0].tid
	names, procs = map[int]string{root: "P"}, map[int]string{root: "P"}
	children := map[string]int{}
	for again := true; again; { // a child's lines can stand before its creator's
		again = false
		for _, w := range list {
			child, err := strconv.Atoi(w.result)
			if w.call != "fork" && w.call != "thread" || err != nil || child <= 0 || procs[w.tid] == "" || procs[child] != "" {
				continue
			}
			again = true
			procs[child] = procs[w.tid]
			if w.call == "fork" {
				children[procs[w.tid]]++
				procs[child] = fmt.Sprintf("%s.%d", procs[w.tid], children[procs[w.tid]])
				names[child] = procs[child]
			}
		}
	}
	return names, procs
}

// name puts names in the place of process ids in arguments.
func (w *witness) name(names map[int]string) {
	call, ok := abi.ByName(w.call)
	if !ok {
		return
	}
	for i := range min(len(w.args), len(call.Args)) {
		if n, err := strconv.Atoi(w.args[i]); err == nil && call.Args[i].Kind == abi.Pid && names[n] != "" {
			w.args[i] = names[n]
		}
	}
}

// strace runs a command under strace, with the descriptors and the session that our own launcher gives, and returns its log.
func strace(t *testing.T, cmd Command) string {
	c, err := openConsole(&Program{Command: cmd})
	if err != nil {
		t.Error(err)
		return ""
	}
	log := filepath.Join(t.TempDir(), "strace")
	s := exec.Command("strace", append([]string{"-f", "-X", "raw", "-xx", "-v", "-s", strconv.Itoa(longest), "-o", log, "--"}, cmd.Args...)...)
	s.Stdin, s.Stdout, s.Stderr = c.theirs[0], c.theirs[1], c.theirs[2]
	s.Env, s.SysProcAttr = cmd.Env, &syscall.SysProcAttr{Setsid: true}
	unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC) // what the test itself was started with
	onThread(func() {                                      // it, and what it starts, gets addresses that are not randomised, as from our launcher
		const addrNoRandomize = 0x0040000
		syscall.RawSyscall(unix.SYS_PERSONALITY, addrNoRandomize, 0, 0)
		err = s.Start()
	})
	c.drain(new(atomic.Int64), 0, nil)
	if err == nil {
		s.Wait() // it ends as the program does
	}
	c.finish()
	text, readErr := os.ReadFile(log)
	if err := errors.Join(err, readErr); err != nil {
		t.Error(err)
	}
	return string(text)
}
