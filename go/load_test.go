package ports

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Both servers, of either language, with many clients at the same time: each message comes back,
// none is lost, and what a client costs is measured. scripts/bench prints the table of a run with
// 500.

var (
	clients   = flag.Int("clients", 50, "`number` of clients that TestLoad connects at the same time")
	tableFile = flag.String("table", "", "`file` for TestLoad's table")
)

const (
	messages = 20 // of each client
	backlog  = 5  // of the servers' listen
	alone    = 8  // clients that come one at a time before the load where there is a storer, which ends after ten messages
)

// messageSize is what echo_mpclient sends at most in one write. echo_storeserv's clients can say
// less: after ten reads nobody reads its pipe any more, and once that is full, every child blocks
// (c/NOTES.md). Sixteen pages are in a pipe (pipe(7)); one is left for what does not fit at the end
// of the others.
func messageSize(t *testing.T, program string) int {
	size := 29
	if program == "echo_storeserv" {
		size = min(size, (64<<10-4<<10)/(*clients*messages+alone+1))
	}
	if longest := len(text(*clients+alone, messages)); *clients < 2 || size < longest {
		t.Fatalf("-clients %d: from 2 to as many as can send %d messages of %d bytes through one pipe", *clients, messages, longest)
	}
	return size
}

func text(client, n int) string { return fmt.Sprint(client, ":", n) }

// message is what a client sends as its nth, no two of them the same.
func message(client, n, size int) []byte { return fmt.Appendf(nil, "%-*s", size, text(client, n)) }

// A load is what one server did, and what a client costs there.
type load struct {
	first    time.Duration      // from connecting to the first answer, when there is no other client; see serveAlone
	exec     time.Duration      // to execute the server's program
	start    time.Duration      // from there to its main
	accept   time.Duration      // from one client's accept to the next one's, while others wait: what a fork takes
	echo     time.Duration      // from one message's answer to the next one's, of whatever client
	memory   map[string]float64 // see process.memory
	unwaited int                // children that had ended, but the server had not waited for
}

func TestLoad(t *testing.T) {
	adoptOrphans(t)
	k := build(t)
	var table strings.Builder
	title := fmt.Sprintf("%d clients at once, %d messages each", *clients, messages)
	fmt.Fprintf(&table, "%-54s %9s %9s %7s\n", title, "C", "Go", "Go/C")
	row := func(what string, c, g float64) { fmt.Fprintf(&table, "%-54s %9.1f %9.1f %7.1f\n", what, c, g, g/c) }
	micros := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	goes := func(what string, g time.Duration) { fmt.Fprintf(&table, "%-54s %9s %9.1f\n", what, "", micros(g)) }

	programs := []string{"echo_mpserv", "echo_storeserv"}
	sizes := make(map[string]int)
	for _, program := range programs {
		sizes[program] = messageSize(t, program)
	}
	for _, program := range programs {
		size := sizes[program]
		loads := make(map[string]load)
		for _, side := range sides {
			t.Run(side+" "+program, func(t *testing.T) { loads[side] = k.load(t, side, program, size) })
		}
		if t.Failed() {
			return
		}
		c, g := loads["c"], loads["go"]
		fmt.Fprintf(&table, "%s, messages of %d bytes\n", program, size)
		row("  KiB a client: memory (PSS)", c.memory["Pss"], g.memory["Pss"])
		row("    of it anonymous: stack, heap, data", c.memory["Pss_Anon"], g.memory["Pss_Anon"])
		row("  KiB a client: page tables", c.memory["VmPTE"], g.memory["VmPTE"])
		row("  threads a client", c.memory["Threads"], g.memory["Threads"])
		row("  µs a client: accept and fork, others waiting", micros(c.accept), micros(g.accept))
		row("  µs a client: connect to first answer, alone (median)", micros(c.first), micros(g.first))
		row("  µs a message, all talking", micros(c.echo), micros(g.echo))
		fmt.Fprintf(&table, "%-54s %9d %9d\n", "  children never waited for (merged SIGCHLD)", c.unwaited, g.unwaited)

		// Where the time of Go's fork goes, of a client that comes alone: when others wait, the end
		// of one child's start and the beginning of the next one's share the CPUs.
		fmt.Fprintln(&table, "  where Go's goes, alone (C's column: what C would pay, if it executed itself again)")
		row("    µs: clone(CLONE_VFORK) and execve", micros(c.exec), micros(g.exec))
		row("    µs: from there to main: loader, libc, Go's runtime", micros(c.start), micros(g.start))
		more := g.first - c.first
		goes("    µs: order to the child, first use of its code", more-g.exec-g.start)
		goes("    µs: together, what Go takes more than C", more)
	}

	t.Logf("\n%s", &table)
	if *tableFile != "" {
		if err := os.WriteFile(*tableFile, []byte(table.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func (k kit) load(t *testing.T, side, program string, size int) (l load) {
	server := k.serve(t, side, program)
	n := *clients
	if server.storer {
		n = alone
	}
	l.first, l.exec, l.start = server.serveAlone(n, size)

	// No more wait for their accept than the backlog holds: the kernel drops what is too many, and
	// the client's kernel tries again after a second, so that time would be TCP's. And no fewer, or
	// the server would wait for clients.
	before := server.memory()
	var conns []*net.TCPConn
	connect := func() {
		if len(conns) < *clients {
			conns = append(conns, server.dial())
		}
	}
	for range backlog {
		connect()
	}
	var accepted []time.Time
	for range *clients {
		server.wantLine("new client connected...")
		accepted = append(accepted, time.Now())
		connect()
	}
	l.accept = accepted[*clients-1].Sub(accepted[0]) / time.Duration(*clients-1)

	// The answer shows that the server has forked for the last of them. It must be out of printf
	// when a child ends, here the storer: the handler's own printf would print the same line again
	// (c/NOTES.md).
	if err := echo(conns[*clients-1], message(*clients-1, messages, size)); err != nil {
		t.Fatal(err)
	}

	var talking sync.WaitGroup
	began := time.Now()
	for i, conn := range conns {
		talking.Go(func() {
			for n := range messages {
				if err := echo(conn, message(i, n, size)); err != nil {
					t.Errorf("client %d, message %d: %v", i, n, err)
					return
				}
			}
		})
	}
	talking.Wait()
	l.echo = time.Since(began) / time.Duration(*clients*messages)
	if server.storer {
		server.wantLine(removed)
		server.storer = false
		checkStored(t, read(t, filepath.Join(server.cmd.Dir, "echomsg.txt")), size)
	}
	l.memory = server.memory()
	for name := range l.memory {
		l.memory[name] = (l.memory[name] - before[name]) / float64(*clients)
	}

	for _, conn := range conns {
		conn.CloseWrite()
	}
	for i, conn := range conns {
		conn.SetDeadline(time.Now().Add(patience))
		if rest, err := io.ReadAll(conn); len(rest) > 0 || err != nil {
			t.Errorf("client %d: after all answers came %q, %v", i, rest, err)
		}
	}
	for range conns {
		server.wantLineAmong("client disconnected...", removed)
	}

	// What is printed from here on may be garbled, since children still end: nobody reads it.
	last := server.dial()
	if err := echo(last, message(*clients, 0, size)); err != nil {
		t.Errorf("a client after the load: %v", err)
	}
	last.Close()
	server.cmd.Process.Signal(unix.SIGTERM)
	status, left := server.wait()
	if status != "signal: terminated" || slices.ContainsFunc(left, func(s unix.WaitStatus) bool { return s != 0 }) {
		t.Errorf("%s, and left children that ended with status %#x, want 0", status, left)
	}
	l.unwaited = len(left)
	return l
}

const removed = `removed proc id: [1-9]\d* `

// serveAlone lets n clients come and go one at a time, each with one message. It returns the
// medians of the time from connecting to the answer, and of that which the same program takes when
// it is only started, in turns because the machine's mood changes.
func (p *process) serveAlone(n, size int) (first, exec, start time.Duration) {
	p.t.Helper()
	var firsts, execs, starts []time.Duration
	for i := range n {
		began := time.Now()
		conn := p.dial()
		if err := echo(conn, message(*clients+i, 0, size)); err != nil {
			p.t.Fatal(err)
		}
		firsts = append(firsts, time.Since(began))
		conn.Close()
		p.wantLine("new client connected...")
		p.wantLine("client disconnected...")
		p.wantLine(removed)
		exec, start := launch(p.t, p.cmd.Path)
		execs, starts = append(execs, exec), append(starts, start)
	}
	return median(firsts), median(execs), median(starts)
}

func (p *process) dial() *net.TCPConn {
	p.t.Helper()
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+p.port, patience)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// echo sends a message and wants it back.
func echo(conn net.Conn, message []byte) error {
	conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(message); err != nil {
		return err
	}
	got := make([]byte, len(message))
	if n, err := io.ReadFull(conn, got); err != nil {
		return fmt.Errorf("%w after %d bytes of its echo", err, n)
	}
	if !bytes.Equal(got, message) {
		return fmt.Errorf("echo is %q, want %q", got, message)
	}
	return nil
}

// wantLineAmong wants a line, before which there may be some that other says.
func (p *process) wantLineAmong(want, other string) {
	p.t.Helper()
	others := regexp.MustCompile("^" + other + "$")
	line := p.line()
	for others.MatchString(line) {
		line = p.line()
	}
	if line != want {
		p.t.Fatalf("%q printed %q, want %q", p.cmd.Args, line, want)
	}
}

// checkStored wants whole messages, as many as ten reads of at most 30 bytes take. A read of less
// has emptied the pipe, so each takes one at least; the last may cut one.
func checkStored(t *testing.T, stored string, size int) {
	t.Helper()
	if len(stored) < 10*size || len(stored) > 10*30 {
		t.Errorf("%d bytes are stored, want from %d to %d", len(stored), 10*size, 10*30)
	}
	sent := make(map[string]bool)
	for i := range *clients + alone {
		for n := range messages + 1 {
			sent[string(message(i, n, size))] = true
		}
	}
	for ; len(stored) >= size; stored = stored[size:] {
		if m := stored[:size]; !sent[m] {
			t.Errorf("%q is stored, which was not sent, or twice", m)
		}
		delete(sent, stored[:size])
	}
}

// memory adds up the numbers in /proc/PID/status and /proc/PID/smaps_rollup of the process and its
// children, by name; sizes are in KiB. What several processes share counts as one in Pss.
func (p *process) memory() map[string]float64 {
	p.t.Helper()
	sum := make(map[string]float64)
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		if group, err := unix.Getpgid(pid); err != nil || group != p.cmd.Process.Pid {
			continue
		}
		for _, file := range []string{"status", "smaps_rollup"} {
			for line := range strings.Lines(read(p.t, filepath.Join(dir, file))) {
				name, value, _ := strings.Cut(line, ":")
				if fields := strings.Fields(value); len(fields) > 0 {
					n, _ := strconv.ParseFloat(fields[0], 64)
					sum[name] += n
				}
			}
		}
	}
	return sum
}

// launch starts a program without arguments, which makes it say in main how it is used, and exit.
// It returns how long it takes until the program is executed, and from there until it says so.
func launch(t *testing.T, path string) (exec, start time.Duration) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	began := time.Now()
	pid, err := syscall.ForkExec(path, []string{path}, &syscall.ProcAttr{Files: []uintptr{0, uintptr(fds[1]), 2}})
	executed := time.Now()
	unix.Close(fds[1])
	if err != nil {
		t.Fatal(err)
	}
	n, _ := unix.Read(fds[0], make([]byte, 1))
	said := time.Now()
	if _, err := unix.Wait4(pid, nil, 0, nil); err != nil || n != 1 {
		t.Fatalf("%s without arguments says %d bytes; %v", path, n, err)
	}
	return executed.Sub(began), said.Sub(executed)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
