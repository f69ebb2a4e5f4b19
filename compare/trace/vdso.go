package trace

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"sync"
)

// Programs read the clocks without a system call: by functions that the kernel maps into each of
// them, vdso(7). To let them see another time, these functions begin, in each program that is
// executed, with a jump to a few instructions which copy what the supervisor wrote beside them. Of
// the kernel's own code there they take the place of clock_gettime's, the largest of them.
//
// A page that all processes share would have to be mapped into each one by calls that it makes
// itself, some twenty stops. This costs one write for each program, and one for each process when
// the time changes; fork(2) copies it, as all of a process's memory. To hide the vDSO from programs
// (AT_SYSINFO_EHDR in getauxval(3)) would do, too, but each reading would then be a traced call.

// What programs copy from: seconds and nanoseconds of the two clocks, the microseconds of the first
// one, and whether they are to ask.
const clockSize = 6 * 8

// vdsoPatch is the changed part of the vDSO.
type vdsoPatch struct {
	offset int // of code in the vDSO
	code   []byte
	clock  int    // offset in the vDSO of what programs copy from
	end    uint64 // offset in the vDSO of the end of our own instructions
	random int    // offset in the vDSO of the function that gives random bytes; 0 if there is none
}

// ownVDSO is how the vDSO is changed, which is the same one in every 64-bit process. There is no
// code in it if nothing can be changed.
var ownVDSO = sync.OnceValue(func() (p vdsoPatch) {
	auxv, _ := os.ReadFile("/proc/self/auxv")
	base, ok := auxvValue(auxv, atSysinfoEHDR)
	if !ok {
		return p
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		return p
	}
	defer mem.Close()
	image := make([]byte, 64<<10)
	n, _ := mem.ReadAt(image, int64(base))
	p, _ = patchVDSO(image[:n])
	p.random = vdsoRandom(image[:n])
	return p
})

// atSysinfoEHDR is the entry of an auxiliary vector that has the address of the vDSO.
const atSysinfoEHDR = 33

// auxvValue finds an entry of an auxiliary vector.
func auxvValue(auxv []byte, kind uint64) (value uint64, ok bool) {
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if binary.LittleEndian.Uint64(auxv) == kind {
			value = binary.LittleEndian.Uint64(auxv[8:])
			return value, value != 0
		}
	}
	return 0, false
}

// vdsoRandom finds the function that gives random bytes; 0 if there is none.
func vdsoRandom(image []byte) (offset int) {
	file, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return 0
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return 0
	}
	for _, s := range symbols {
		if s.Name == vdsoGetrandom && s.Size >= uint64(len(vdsoRefuses)) && s.Value+s.Size <= uint64(len(image)) {
			return int(s.Value)
		}
	}
	return 0
}

// patchVDSO plans the change of a vDSO. It reports false if one of the functions is missing, or if
// none of them has room for ours.
func patchVDSO(image []byte) (p vdsoPatch, ok bool) {
	file, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return p, false
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return p, false
	}
	places, home := map[string]elf.Symbol{}, elf.Symbol{}
	for _, s := range symbols {
		if _, wanted := vdsoFunctions[s.Name]; wanted && s.Value+s.Size <= uint64(len(image)) {
			places[s.Name] = s
			if s.Size > home.Size {
				home = s
			}
		}
	}
	const room = 16 // for the jump with which the function begins
	if len(places) < len(vdsoFunctions) || home.Size < uint64(room+len(vdsoClock)) {
		return p, false
	}
	p.clock = (int(home.Value) + room) &^ 7
	p.end = uint64(p.clock + len(vdsoClock))
	low, high := p.clock, int(p.end)
	copy(image[p.clock:], vdsoClock)
	for name, s := range places {
		jump := vdsoJump(int(s.Value), p.clock+vdsoFunctions[name])
		if s.Size < uint64(len(jump)) {
			return vdsoPatch{}, false
		}
		copy(image[s.Value:], jump)
		low, high = min(low, int(s.Value)), max(high, int(s.Value)+len(jump))
	}
	p.offset, p.code = low, image[low:high]
	return p, true
}
