package trace

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// headroom is how far below its usual place a program's stack begins, in bytes.
//
// Without address-space randomisation the stack ends at the top of user space, and main's frame
// lies as far below that as the environment is large: a few KiB. read(2) into a small buffer there,
// with a count of 8192, then fails with EFAULT before a byte is moved, because the buffer as given
// reaches beyond user space (access_ok in the kernel). With randomisation, as a shell starts a
// program, there are gigabytes of room by chance, and such a read works as long as little comes.
//
// The room counts as used stack, as a larger environment would. More of it was rejected: a program
// that nearly fills its 8 MiB must not overflow here. So was room outside the stack's mapping:
// programs that scan their stack up to where /proc says that it begins would find a hole.
const headroom = 128 << 10

// lowerStack moves what the kernel has put on the stack of a program that has just been executed
// (argc, argv, envp and the auxiliary vector: the System V ABI's initial process stack) down by
// headroom. The strings stay where they are. A stack that it cannot make sense of it leaves alone.
func (t *Thread) lowerStack() {
	var regs registers
	if regs.get(t.TID) != nil {
		return
	}
	by := uint64(headroom)
	var limit unix.Rlimit
	if unix.Prlimit(t.TID, unix.RLIMIT_STACK, nil, &limit) == nil {
		by = min(by, limit.Cur/16&^0xfff) // whole pages keep the alignment
	}
	vectors := t.initialVectors(regs.sp())
	if vectors == nil || by == 0 {
		return
	}
	// By /proc/PID/mem: process_vm_writev(2) does not let a stack grow.
	mem, err := os.OpenFile(fmt.Sprintf("/proc/%d/mem", t.TID), os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer mem.Close()
	if _, err := mem.WriteAt(vectors, int64(regs.sp()-by)); err != nil {
		return
	}
	regs.setSP(regs.sp() - by)
	regs.set(t.TID)
}

// initialVectors returns the bytes from argc to the end of the auxiliary vector, nil if they are
// not as expected.
func (t *Thread) initialVectors(sp uint64) []byte {
	const word, most = 8, 16 << 20 // the kernel allows 6 MiB of arguments and their pointers
	var b []byte
	at := func(i int) (v uint64, ok bool) { // word i
		for len(b) < (i+1)*word {
			if len(b) > most {
				return 0, false
			}
			var piece [4096]byte
			n := t.mem().Read(piece[:], sp+uint64(len(b))) &^ (word - 1)
			if n == 0 {
				return 0, false
			}
			b = append(b, piece[:n]...)
		}
		return binary.LittleEndian.Uint64(b[i*word:]), true
	}
	argc, ok := at(0)
	if !ok || argc > most/word {
		return nil
	}
	i := 1 + int(argc) + 1 // behind the null that ends argv
	for {
		v, ok := at(i)
		i++
		if !ok {
			return nil
		}
		if v == 0 {
			break // the end of envp
		}
	}
	for { // pairs of a type and a value, up to AT_NULL
		kind, ok := at(i)
		i += 2
		if _, whole := at(i - 1); !ok || !whole {
			return nil
		}
		if kind == 0 {
			return b[:i*word]
		}
	}
}
