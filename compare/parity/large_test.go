package parity

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// large is a side of one process that has made n calls: it reads, which looks the same each time,
// and writes what it has not written before. On the side that differs one call in a thousand goes
// to another descriptor.
func large(n int, differs bool) *outcome {
	tty, stderr, in := canon.ObjectOf("tty", "tty", ""), canon.ObjectOf("stderr", "stderr", ""), canon.ObjectOf("file", "file:in", "")
	events, ops := make([]trace.Event, n), make([]*canon.Op, n)
	origin := &attrib.Origin{Site: attrib.Site{File: "main.c", Line: 10, Func: "main", Module: "prog"}}
	for i := range ops {
		events[i] = trace.Event{PID: 1, TID: 1, Entered: 2*i + 1, Begun: 2*i + 1, Left: 2*i + 2}
		op := &canon.Op{Call: "write", Origin: origin, Event: &events[i]}
		fd := canon.Arg{Name: "fd", Value: tty}
		if differs && i%1000 == 500 {
			fd.Value = stderr
		}
		op.Args = []canon.Arg{fd, {Name: "buf", Value: canon.TextOf(fmt.Sprintf("line %d\n", i))}}
		if i%2 == 1 {
			op.Call, op.Args = "read", []canon.Arg{{Name: "fd", Value: in}, {Name: "buf", Value: canon.TextOf("y\n"), Out: true}, {Name: "count", Value: canon.Int(512)}}
		}
		ops[i] = op
	}
	run := &canon.Run{Processes: []*canon.Process{{Name: "P", Ops: ops, Status: "exit 0"}}}
	return &outcome{run: run, order: callOrder(run), sources: newSources("")}
}

// hold compares two sides, as Options.both does when they have run. It returns the CPU time and the
// memory that this took: all that was allocated, so that it can't have been more at any moment.
func hold(t testing.TB, n int, c, g *outcome) (cpu time.Duration, bytes uint64) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // as in the command
	debug.FreeOSMemory()                              // so that few calls, too, begin with memory that the kernel has yet to give, and not with what others left
	var before, after runtime.MemStats
	var begin, end unix.Rusage
	runtime.ReadMemStats(&before)
	unix.Getrusage(unix.RUSAGE_SELF, &begin)
	r := &Result{}
	compare(r, c, g, false)
	r.detail([2]*outcome{c, g})
	unix.Getrusage(unix.RUSAGE_SELF, &end)
	runtime.ReadMemStats(&after)
	if want := n / 1000; len(r.Differences) != want || r.Matched != n-want {
		t.Fatalf("%d calls: %d differences and %d matched, want %d and %d", n, len(r.Differences), r.Matched, want, n-want)
	}
	used := func(r unix.Rusage) int64 { return r.Utime.Nano() + r.Stime.Nano() }
	return time.Duration(used(end) - used(begin)), after.TotalAlloc - before.TotalAlloc
}

// TestLarge: ten times as many calls take about ten times as long, and as much memory.
func TestLarge(t *testing.T) {
	fastest := func(n int) (least time.Duration, bytes uint64) {
		c, g := large(n, false), large(n, true)
		for i := range 5 {
			cpu, b := hold(t, n, c, g)
			if bytes = b; i == 0 || cpu < least {
				least = cpu
			}
		}
		return least, bytes
	}
	few, fewBytes := fastest(20_000) // and not so few that a processor's caches have room for them
	many, manyBytes := fastest(200_000)
	if many > 15*few {
		t.Errorf("20,000 calls took %v, 200,000 took %v", few, many)
	}
	if manyBytes > 11*fewBytes || manyBytes > 120<<20 {
		t.Errorf("20,000 calls took %d bytes, 200,000 took %d", fewBytes, manyBytes)
	}
}

// busy is the trace of a server whose calls are interrupted, which forks, and whose descriptors
// come and go: in each twenty events a read that a signal interrupts and the kernel makes again,
// every fifth time for a child's end; an open, a dup and their closes; calls of children that never
// return, because they end; and one child in four that is killed in a read.
func busy(n int, stack *trace.Stack) *trace.Trace {
	nr := func(name string) uint64 {
		c, ok := abi.ByName(name)
		if !ok || c.Number < 0 {
			panic(name)
		}
		return uint64(c.Number)
	}
	read, openat, dup, closes, fork, exit, wait := nr("read"), nr("openat"), nr("dup"), nr("close"), nr("clone"), nr("exit_group"), nr("wait4")
	const root, restartSys = 10, -512
	t := &trace.Trace{Programs: []*trace.Program{{Command: trace.Command{Role: canon.Root}, PID: root}}}
	t.Add(&trace.Process{PID: root, Role: canon.Root})
	clock, children := 0, root
	call := func(pid int, nr uint64, result int64, args ...uint64) *trace.Event {
		clock += 2
		e := &trace.Event{PID: pid, TID: pid, Nr: nr, Entered: clock - 1, Begun: clock - 1, Left: clock, Result: result, Stack: stack}
		copy(e.Args[:], args)
		t.Events = append(t.Events, e)
		return e
	}
	never := func(e *trace.Event) { e.Left, e.Result = 0, trace.NotReturned }
	ended := func(pid int, s trace.Status) {
		clock++
		t.Events = append(t.Events, &trace.Event{Kind: trace.Exit, PID: pid, TID: pid, Entered: clock, Status: s})
		t.Process(pid).Ended = true
	}
	for i := 0; len(t.Events) < n; i++ {
		call(root, read, restartSys, 0, 0x1000, 100)
		clock++
		t.Events = append(t.Events, &trace.Event{Kind: trace.Signal, PID: root, TID: root, Signo: int(unix.SIGWINCH), Entered: clock})
		call(root, read, 0, 0, 0x1000, 100)
		call(root, openat, 3, 0xffffff9c, 0x2000, 0)
		call(root, dup, 4, 3)
		call(root, closes, 0, 3)
		call(root, closes, 0, 4)
		if i%5 > 0 {
			continue
		}
		children++
		made := call(root, fork, int64(children), uint64(unix.SIGCHLD))
		t.Add(&trace.Process{PID: children, Parent: root, Role: canon.Root, Made: made})
		if i%4 == 0 {
			never(call(children, read, 0, 0, 0x1000, 100))
			ended(children, trace.Status{Signal: int(unix.SIGKILL)})
		} else {
			never(call(children, exit, 0))
			ended(children, trace.Status{})
		}
		call(root, wait, int64(children), ^uint64(0))
	}
	return t
}

// TestLargeTrace: what is done with a trace while it grows and when it is over grows with it, and
// no faster, however many calls are interrupted and however many processes there are. Twice the
// size would take four times as long if anything looked at all later calls, or at all processes,
// for each.
func TestLargeTrace(t *testing.T) {
	program, err := (&Options{Root: root, Count: 1, Timeout: time.Minute}).Trace(t.Context(), []string{original(t, "c/pipe1")})
	if err != nil {
		t.Fatal(err)
	}
	stack := program.Process(canon.Root).Ops[0].Event.Stack // of a line of the program's own
	defer debug.SetGCPercent(debug.SetGCPercent(400))       // as in the command
	took := func(n int) time.Duration {
		events := busy(n, stack)
		debug.FreeOSMemory()
		var begin, end unix.Rusage
		unix.Getrusage(unix.RUSAGE_SELF, &begin)
		var sides [2]*outcome
		for i := range sides {
			growing := *events
			live := canon.NewLive(&growing, canon.Options{})
			for at := 0; at < n; at += 100 {
				growing.Events = events.Events[:min(at, len(events.Events))]
				live.Follow()
			}
			growing.Events = events.Events
			run := live.Run()
			sides[i] = &outcome{run: run, order: callOrder(run), sources: newSources("")}
		}
		r := &Result{}
		compare(r, sides[0], sides[1], false)
		r.detail([2]*outcome{sides[0], sides[1]})
		unix.Getrusage(unix.RUSAGE_SELF, &end)
		if len(r.Differences) > 0 || r.Matched < n/2 {
			t.Fatalf("%d events: %d matched, %s", n, r.Matched, say(r))
		}
		used := func(r unix.Rusage) int64 { return r.Utime.Nano() + r.Stime.Nano() }
		return time.Duration(used(end) - used(begin))
	}
	few, many := took(100_000), took(1_000_000)
	t.Logf("100,000 events %v, 1,000,000 events %v", few, many)
	if many > 20*few {
		t.Errorf("100,000 events took %v, 1,000,000 took %v", few, many)
	}
}

// BenchmarkLarge is for scripts/bench.
func BenchmarkLarge(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, g := large(n, false), large(n, true)
			var cpu time.Duration
			var bytes uint64
			for b.Loop() {
				took, n := hold(b, n, c, g)
				cpu, bytes = cpu+took, n
			}
			b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
			b.ReportMetric(float64(bytes)/1e6, "MB")
		})
	}
}
