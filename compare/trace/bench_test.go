package trace

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// BenchmarkCall measures a call of interest, its stack included, and one that is let pass. Beside them: the bare ptrace loop
// of scripts/ptraceloop.c. Costs of the start are spread over all calls: take -benchtime 100000x or more.
func BenchmarkCall(b *testing.B) {
	dir := b.TempDir()
	for _, name := range []string{"calls", "ptraceloop"} {
		out, err := exec.Command("gcc", "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-o", dir+"/"+name, "../../scripts/"+name+".c").CombinedOutput()
		if err != nil {
			b.Fatalf("gcc: %v\n%s", err, out)
		}
	}
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
		Run(b.Context(), Config{Policy: hold, Limits: Limits{Events: b.N}},
			marked(dir+"/life", "block"), marked(dir+"/calls", "write", strconv.Itoa(b.N)))
	})
	b.Run("write/bare", func(b *testing.B) {
		if out, err := exec.Command(dir+"/ptraceloop", dir+"/calls", "write", strconv.Itoa(b.N)).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	})
}
