package trace

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/unwind"
)

// before captures what stands in another process where process_vm_writev(2) is about to write: the
// address says nothing. It does so in what a file has put there and in the program's static storage
// only, which two programs that do the same have alike. What stands in a stack or in allocated
// memory may be left over from anything.
func (c *capturer) before(e *Event) {
	const remote = 3 // the argument
	m := e.Find(remote, abi.In)
	if e.Nr != unix.SYS_PROCESS_VM_WRITEV || m == nil || m.Bad {
		return
	}
	pid := int(int32(e.Args[0]))
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	program, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	maps := unwind.ParseMaps(text)
	mem := memory{tid: pid}
	c.list, c.rest = c.list[:0], nil
	for b := m.Bytes; len(b) >= 16; b = b[16:] {
		at, n := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		part := Memory{Arg: remote, Part: Before, When: abi.In, Bad: true}
		if n <= maxCapture && static(maps, program, at, n) {
			part.Bytes, part.Bad = c.read(mem, at, int(n))
			part.Rest = c.rest
		}
		c.list = append(c.list, part)
	}
	e.Memory = c.keep(e.Memory)
}

// static reports whether memory is all in one file, or in what the program has not initialised of
// its static storage, which follows its file.
func static(maps []unwind.Mapping, program string, at, n uint64) bool {
	for i, m := range maps {
		if at < m.Lo || at >= m.Hi {
			continue
		}
		follows := i > 0 && maps[i-1].Hi == m.Lo && maps[i-1].Path == program && m.Path == ""
		return n <= m.Hi-at && (m.Inode != 0 || follows)
	}
	return false
}
