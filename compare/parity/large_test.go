package parity

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/canon"
	"paritykit/compare/trace"
	"paritykit/compare/who"
)

// large is a side of one process that has made n calls: it reads, which looks the same each time, and writes what it has not written
// before. On the side that differs one call in a thousand goes to another descriptor.
func large(n int, differs bool) *outcome {
	events, ops := make([]trace.Event, n), make([]*canon.Op, n)
	asker := &who.Asker{Site: who.Site{File: "main.c", Line: 10, Func: "main", Module: "prog"}}
	for i := range ops {
		events[i] = trace.Event{PID: 1, TID: 1, Entered: 2*i + 1, Begun: 2*i + 1, Left: 2*i + 2}
		op := &canon.Op{Call: "write", Asker: asker, Event: &events[i]}
		fd := canon.Arg{Name: "fd", Value: "tty"}
		if differs && i%1000 == 500 {
			fd.Value = "stderr"
		}
		op.Args = []canon.Arg{fd, {Name: "buf", Value: fmt.Sprintf("\"line %d\\n\"", i)}}
		if i%2 == 1 {
			op.Call, op.Args = "read", []canon.Arg{{Name: "fd", Value: "file:in"}, {Name: "buf", Value: `"y\n"`, Out: true}, {Name: "count", Value: "512"}}
		}
		ops[i] = op
	}
	run := &canon.Run{Processes: []*canon.Process{{Name: "P", Ops: ops, Status: "exit 0"}}}
	return &outcome{run: run, order: callOrder(run), sources: newSources("")}
}

// hold compares two sides, as Options.both does when they have run. It returns the CPU time and the memory that this took: all that was allocated,
// so that it can't have been more at any moment.
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
	few, fewBytes := fastest(10_000)
	many, manyBytes := fastest(100_000)
	if many > 15*few {
		t.Errorf("10,000 calls took %v, 100,000 took %v", few, many)
	}
	if manyBytes > 11*fewBytes || manyBytes > 100<<20 {
		t.Errorf("10,000 calls took %d bytes, 100,000 took %d", fewBytes, manyBytes)
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
