package trace

import (
	"encoding/binary"
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

// prepare makes of the memory of a program that has just been executed what it is to find there. A
// stack that it cannot make sense of it leaves alone.
func (s *Supervisor) prepare(t *Thread) {
	var regs registers
	if regs.get(t.TID) != nil {
		return
	}
	vectors, auxv := t.initialVectors(regs.sp())
	mem, err := t.openMemory()
	if err != nil {
		return
	}
	defer mem.Close()
	s.giveClock(t, mem, vectors[auxv:])
	s.giveRandom(t, mem, vectors[auxv:])
	if vectors != nil {
		t.lowerStack(mem, &regs, vectors)
	}
}

// lowerStack moves what the kernel has put on the stack (argc, argv, envp and the auxiliary vector:
// the System V ABI's initial process stack) down by headroom. The strings stay where they are.
func (t *Thread) lowerStack(mem *os.File, regs *registers, vectors []byte) {
	by := uint64(headroom)
	var limit unix.Rlimit
	if unix.Prlimit(t.TID, unix.RLIMIT_STACK, nil, &limit) == nil {
		by = min(by, limit.Cur/16&^0xfff) // whole pages keep the alignment
	}
	if by == 0 {
		return
	}
	if _, err := mem.WriteAt(vectors, int64(regs.sp()-by)); err != nil {
		return
	}
	regs.setSP(regs.sp() - by)
	regs.set(t.TID)
}

// initialVectors returns the bytes from argc to the end of the auxiliary vector, and where that
// begins; nil if they are not as expected.
func (t *Thread) initialVectors(sp uint64) (vectors []byte, auxv int) {
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
		return nil, 0
	}
	i := 1 + int(argc) + 1 // behind the null that ends argv
	for {
		v, ok := at(i)
		i++
		if !ok {
			return nil, 0
		}
		if v == 0 {
			break // the end of envp
		}
	}
	auxv = i * word
	for { // pairs of a type and a value, up to AT_NULL
		kind, ok := at(i)
		i += 2
		if _, whole := at(i - 1); !ok || !whole {
			return nil, 0
		}
		if kind == 0 {
			return b[:i*word], auxv
		}
	}
}
