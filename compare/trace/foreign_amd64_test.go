package trace

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestForeignCalls checks that 32-bit calls, whose numbers mean something else, are refused and not
// misread.
func TestForeignCalls(t *testing.T) {
	small := filepath.Join(t.TempDir(), "exit32")
	if err := os.WriteFile(small, exit32(), 0o755); err != nil {
		t.Fatal(err)
	}
	life := build(t, "life", "-static")
	for _, c := range []struct {
		name string
		args []string
		want string // also right, because so does a kernel without CONFIG_IA32_EMULATION
	}{
		{"32-bit program", []string{small}, "cannot start " + small + ": not a program for this machine, nor a script with a #! line"},
		{"32-bit call", []string{life, "int80"}, "<nil>, P: SIGSEGV killed by SIGSEGV"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, err := attempt(t, Config{}, marked(c.args...))
			got := fmt.Sprint(err)
			if err == nil {
				got += ", " + tale(tr, "SIGSEGV")
			}
			if !strings.Contains(got, "makes system calls of another architecture") && got != c.want {
				t.Errorf("got: %s", got)
			}
		})
	}
}

// exit32 is the smallest 32-bit program: exit(7).
func exit32() []byte {
	const base, header, program = 0x8048000, 52, 32
	code := []byte{0xb8, 1, 0, 0, 0, 0xbb, 7, 0, 0, 0, 0xcd, 0x80} // mov $1, %eax; mov $7, %ebx; int $0x80
	size := uint32(header + program + len(code))
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, elf.Header32{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS32), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_386), Version: uint32(elf.EV_CURRENT),
		Entry: base + header + program, Phoff: header, Ehsize: header, Phentsize: program, Phnum: 1,
	})
	binary.Write(&b, binary.LittleEndian, elf.Prog32{Type: uint32(elf.PT_LOAD), Vaddr: base, Paddr: base,
		Filesz: size, Memsz: size, Flags: uint32(elf.PF_R | elf.PF_X), Align: 0x1000})
	b.Write(code)
	return b.Bytes()
}
