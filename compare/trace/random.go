package trace

import "os"

// giveRandom gives a program that has just been executed, whose auxiliary vector is auxv, the
// random bytes of the run in place of the kernel's, and lets it ask for all others by a call: what
// the vDSO gives (Linux 6.11 and newer) nobody could replace. Without it programs do as on an older
// kernel.
func (s *Supervisor) giveRandom(t *Thread, mem *os.File, auxv []byte) {
	const atRandom, size = 25, 16
	if s.cfg.Random == nil {
		return
	}
	if addr, ok := auxvValue(auxv, atRandom); ok {
		var b [size]byte
		s.cfg.Random(s.trace, t.Proc, b[:])
		mem.WriteAt(b[:], int64(addr))
	}
	if base, ok := auxvValue(auxv, atSysinfoEHDR); ok && ownVDSO().random != 0 {
		mem.WriteAt(vdsoRefuses, int64(base)+int64(ownVDSO().random))
	}
}
