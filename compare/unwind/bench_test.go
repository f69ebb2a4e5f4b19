package unwind

import (
	"strings"
	"testing"
)

// BenchmarkStack unwinds a stack that was seen before, from a copy of its
// memory: what the package costs at each system call.
func BenchmarkStack(b *testing.B) {
	b.Run("C", func(b *testing.B) {
		benchmarkStack(b, gcc(b, "prog.c", "-O2", "-g"), func(s stop) bool { return strings.Contains(s.written(), "compare@") })
	})
	b.Run("Go", func(b *testing.B) {
		benchmarkStack(b, goBuild(b, "prog.go"), func(s stop) bool { return s.written() == "done\n" })
	})
}

func benchmarkStack(b *testing.B, program string, wanted func(stop) bool) {
	var at stop
	var mem memory
	trace(b, NewImages(), program, func(s stop) {
		if mem.data == nil && wanted(s) {
			at = s
			mem = memory{base: s.regs.SP(), data: make([]byte, 64<<10)}
			mem.data = mem.data[:vm(s.tid).Read(mem.data, mem.base)]
		}
	})
	if mem.data == nil {
		b.Fatal("the program did not make the call that was wanted")
	}
	buf := at.space.Stack(&at.regs, &mem, nil)
	b.Run("Stack", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf = at.space.Stack(&at.regs, &mem, buf[:0])
		}
		b.ReportMetric(float64(len(buf)), "frames")
	})
	b.Run("Frames", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, pc := range buf {
				at.space.Frames(pc)
			}
		}
	})
	b.Run("Read", func(b *testing.B) { // the part of Stack that is not ours
		for b.Loop() {
			at.space.walk.mem = &mem
			at.space.walk.load(mem.base, pageSize)
		}
	})
}

// The figures of BenchmarkStack, as a test: nothing is allocated.
func TestStackAllocatesNothing(t *testing.T) {
	s := self(t, NewImages())
	var r Regs
	mem := &memory{base: 0x1000, data: make([]byte, 8192)}
	pcs, _ := here()
	r.PC, r.R[regSP] = uint64(pcs[0]), 0x1000
	for i := range mem.data {
		mem.data[i] = byte(pcs[1] >> (i % 8 * 8)) // every word is a return address
	}
	buf := s.Stack(&r, mem, nil)
	if len(buf) < 10 {
		t.Fatalf("%d frames: too few to measure", len(buf))
	}
	n := testing.AllocsPerRun(100, func() {
		buf = s.Stack(&r, mem, buf[:0])
		for _, pc := range buf {
			s.Frames(pc)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
