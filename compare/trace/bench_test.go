package trace

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"

	"paritykit/compare/unwind"
)

// BenchmarkCall measures a call of interest, its stack included, and one that is let pass. Beside
// them: the bare ptrace loop of scripts/ptraceloop.c. Costs of the start are spread over all calls:
// take -benchtime 100000x or more.
func BenchmarkCall(b *testing.B) {
	dir := b.TempDir()
	compile(b, dir, "calls", "ptraceloop")
	os.Rename(build(b, "life", "-static"), dir+"/life")
	for _, c := range []struct {
		name, call string
		cfg        Config
	}{
		{"write", "write", Config{}},
		{"write/NoStack", "write", Config{NoStack: true}},
		{"passed", "clock", Config{Pass: []uint64{228}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			if _, err := Run(b.Context(), c.cfg, marked(dir+"/calls", c.call, strconv.Itoa(b.N))); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.Run("held", func(b *testing.B) { // while a policy holds another thread
		hold := enter(func(_ *Supervisor, _ *Thread, e *Event) Action {
			if called(e, "pause") {
				return Hold()
			}
			return Proceed()
		})
		Run(b.Context(), Config{Policy: hold, Limits: Limits{Calls: b.N}},
			marked(dir+"/life", "block"), marked(dir+"/calls", "write", strconv.Itoa(b.N)))
	})
	b.Run("write/bare", func(b *testing.B) {
		if out, err := exec.Command(dir+"/ptraceloop", dir+"/calls", "write", strconv.Itoa(b.N)).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	})
}

// compile builds programs of scripts/ in a directory.
func compile(t testing.TB, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		out, err := exec.Command("gcc", "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-o", dir+"/"+name, "../../scripts/"+name+".c").CombinedOutput()
		if err != nil {
			t.Fatalf("gcc: %v\n%s", err, out)
		}
	}
}

// TestCallAllocatesNothing: of calls from a place that was seen before only what is kept of them
// needs memory, and that comes in blocks.
func TestCallAllocatesNothing(t *testing.T) {
	dir := t.TempDir()
	compile(t, dir, "calls")
	images := unwind.NewImages()
	allocations := func(calls int) int64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Run(t.Context(), Config{Images: images}, marked(dir+"/calls", "write", strconv.Itoa(calls))); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return int64(after.Mallocs - before.Mallocs)
	}
	allocations(10) // reads what is to know of the program
	const more = 4000
	if n := allocations(10+more) - allocations(10); n > more/10 {
		t.Errorf("%d calls more took %d allocations more", more, n)
	}
}
