package trace

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/unwind"
)

// A goroutine that sleeps makes no call: the runtime parks it, and some thread waits for the timers
// of all of them at once. So what its sleep is, and where, is read from the runtime's own lists.
// That is done when the clock is about to move: nobody moves then, and each sleep that has begun
// since the clock moved last has begun at this very moment.

// maxGoroutines is of how many goroutines a process may have had for that, at most at a time.
const maxGoroutines = 100_000

// Sleeps records the sleeps of goroutines (time.Sleep) that have begun, as events. It returns, for
// each process of which something is known, when the first sleep of one of its goroutines ends.
func (s *Supervisor) Sleeps() (first map[*Process]time.Duration) {
	if s.cfg.NoStack || s.cfg.Clock == nil || s.loose {
		return nil
	}
	var procs []*Thread // one of each process
	for _, t := range s.threads {
		if t.Proc.space != nil && !slices.ContainsFunc(procs, func(o *Thread) bool { return o.Proc == t.Proc }) {
			procs = append(procs, t)
		}
	}
	slices.SortFunc(procs, func(a, b *Thread) int { return a.Proc.PID - b.Proc.PID })
	for _, t := range procs {
		for _, g := range s.goroutinesAsleep(t) {
			if first == nil {
				first = map[*Process]time.Duration{}
			}
			if at, known := first[t.Proc]; !known || g.until < at {
				first[t.Proc] = g.until
			}
			if t.Proc.slept[g.id] != g.until {
				s.sleep(t, g)
			}
		}
	}
	return first
}

// parkedGoroutine is a goroutine that waits.
type parkedGoroutine struct {
	id         uint64
	timer      uint64        // address of its own one, 0 if it has none
	until      time.Duration // of the run: when it sleeps no longer
	pc, sp, fp uint64
}

// goroutinesAsleep lists the goroutines of a process that sleep, in the order of their creation.
func (s *Supervisor) goroutinesAsleep(t *Thread) (list []parkedGoroutine) {
	at, _ := t.Proc.space.Goroutines()
	list = slices.DeleteFunc(goroutinesParked(t), func(g parkedGoroutine) bool { return g.timer == 0 })
	var timers []byte
	for _, g := range list {
		timers = binary.LittleEndian.AppendUint64(timers, g.timer)
	}
	ends, ok := t.mem().readEach(timers, at.When, 8)
	if !ok {
		return nil
	}
	for i := range list {
		list[i].until = time.Duration(binary.LittleEndian.Uint64(ends[8*i:])) - s.cfg.Clock.Monotonic
	}
	return slices.DeleteFunc(list, func(g parkedGoroutine) bool { return g.until <= s.now })
}

// goroutinesParked lists the goroutines of a process that wait, in the order of their creation.
func goroutinesParked(t *Thread) (list []parkedGoroutine) {
	at, known := t.Proc.space.Goroutines()
	var head [16]byte
	if !known || !t.Read(head[:], at.List) {
		return nil
	}
	word := binary.LittleEndian.Uint64
	n := word(head[8:])
	if n == 0 || n > maxGoroutines {
		return nil
	}
	pointers := make([]byte, 8*n)
	if !t.Read(pointers, word(head[:])) {
		return nil
	}
	size := 8 + max(at.ID, at.Status, at.PC, at.SP, at.FP, at.Timer)
	all, ok := t.mem().readEach(pointers, 0, size)
	if !ok {
		return nil
	}
	for g := range slices.Chunk(all, size) {
		const waiting = 4 // runtime._Gwaiting
		if binary.LittleEndian.Uint32(g[at.Status:]) == waiting {
			list = append(list, parkedGoroutine{id: word(g[at.ID:]), timer: word(g[at.Timer:]),
				pc: word(g[at.PC:]), sp: word(g[at.SP:]), fp: word(g[at.FP:])})
		}
	}
	slices.SortFunc(list, func(a, b parkedGoroutine) int { return cmp.Compare(a.id, b.id) })
	return list
}

// sleep records one, if it is one: the runtime may use a goroutine's timer for something else, too.
func (s *Supervisor) sleep(t *Thread, g parkedGoroutine) {
	space := t.Proc.space
	regs := unwind.Parked(g.pc, g.sp, g.fp)
	pcs := space.Stack(&regs, t.mem(), nil)
	inside := slices.IndexFunc(pcs, func(pc uint64) bool {
		return slices.ContainsFunc(space.Frames(pc), func(f unwind.Frame) bool { return f.Func == "time.Sleep" })
	})
	if inside < 0 {
		return
	}
	if t.Proc.slept == nil {
		t.Proc.slept = map[uint64]time.Duration{}
	}
	t.Proc.slept[g.id] = g.until
	e := s.newEvent()
	*e = Event{Kind: Sleep, PID: t.Proc.PID, TID: t.Proc.PID, Goroutine: g.id,
		Args: [6]uint64{uint64(g.until - s.now)}, Stack: s.stacks.intern(space, pcs[inside+1:])}
	s.record(e) // a limit that this reaches the next call reaches, too
}

// waitingGoroutines tells where the goroutines of a process are that wait.
func (s *Supervisor) waitingGoroutines(t *Thread) (list []Waiting) {
	if t.Proc.space == nil || s.cfg.NoStack {
		return nil
	}
	for _, g := range goroutinesParked(t) {
		regs := unwind.Parked(g.pc, g.sp, g.fp)
		pcs := t.Proc.space.Stack(&regs, t.mem(), nil)
		asked := slices.IndexFunc(pcs, func(pc uint64) bool { return !inGoRuntime(t.Proc.space, pc) })
		if asked >= 0 { // else it is one of the runtime's own
			list = append(list, Waiting{PID: t.Proc.PID, TID: t.TID, Stack: s.stacks.intern(t.Proc.space, pcs[asked:]), Goroutine: g.id})
		}
	}
	return list
}

// inGoRuntime reports whether the runtime's code is at an address.
func inGoRuntime(space *unwind.Space, pc uint64) bool {
	return !slices.ContainsFunc(space.Frames(pc), func(f unwind.Frame) bool { return !strings.HasPrefix(f.Func, "runtime.") })
}

// readEach reads size bytes at offset from each of the addresses in pointers.
func (m memory) readEach(pointers []byte, offset, size int) ([]byte, bool) {
	const most = 1024 // IOV_MAX, see process_vm_readv(2)
	all := make([]byte, len(pointers)/8*size)
	into := all
	remote := make([]unix.RemoteIovec, 0, min(most, len(pointers)/8))
	for len(pointers) > 0 {
		remote = remote[:0]
		for len(pointers) > 0 && len(remote) < most {
			remote = append(remote, unix.RemoteIovec{Len: size,
				Base: uintptr(binary.LittleEndian.Uint64(pointers)) + uintptr(offset)})
			pointers = pointers[8:]
		}
		want := len(remote) * size
		local := []unix.Iovec{{Base: unsafe.SliceData(into), Len: uint64(want)}}
		if n, err := unix.ProcessVMReadv(m.tid, local, remote, 0); err != nil || n != want {
			return nil, false
		}
		into = into[want:]
	}
	return all, true
}
