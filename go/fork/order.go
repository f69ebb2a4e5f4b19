package fork

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// An order is what Start tells the child, as JSON in a sealed memfd, whose number stands in an
// environment variable.
//
// The variable alone would do, but then one that leaked into a shell's environment would start a
// role; a mark in argv shows to the program and in ps(1); the parent's pid proves nothing, because
// the parent may have ended. Nobody makes a sealed memfd with these words in it by accident.
type order struct {
	Magic   string
	Role    string // its name
	Args    []int
	Open    []descriptor
	Entered int // the pipe to write a byte into when the role begins
}

const (
	variable = "PARITYKIT_FORK"
	magic    = "paritykit fork 1"
	seals    = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	maxOrder = 1 << 24 // bytes; a hundred thousand descriptors need half of it
)

// send returns a new memfd that holds the order. It is close-on-exec, so that it can't slip into
// another goroutine's child; ForkExec clears the flag in ours.
func (o order) send() (memfd int, err error) {
	memfd, err = unix.MemfdCreate("fork", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, fmt.Errorf("memfd_create: %w", err)
	}
	text, err := json.Marshal(o)
	if err == nil {
		_, err = unix.Pwrite(memfd, text, 0)
	}
	if err == nil {
		_, err = unix.FcntlInt(uintptr(memfd), unix.F_ADD_SEALS, seals)
	}
	if err != nil {
		unix.Close(memfd)
		return -1, fmt.Errorf("write and seal a memfd: %w", err)
	}
	return memfd, nil
}

// receive returns the order to this process and the memfd that it stands in. It is not ok when
// there is none: the variable is not set, or stale, or somebody else's.
func receive() (o order, memfd int, ok bool) {
	memfd, err := strconv.Atoi(os.Getenv(variable))
	if err != nil {
		return o, memfd, false
	}
	// What is no memfd has no seals, whatever happens to be open under the number.
	if have, err := unix.FcntlInt(uintptr(memfd), unix.F_GET_SEALS, 0); err != nil || have&seals != seals {
		return o, memfd, false
	}
	var st unix.Stat_t
	if err := unix.Fstat(memfd, &st); err != nil || st.Size > maxOrder {
		return o, memfd, false
	}
	text := make([]byte, st.Size)
	if n, err := unix.Pread(memfd, text, 0); err != nil || n != len(text) {
		return o, memfd, false
	}
	return o, memfd, json.Unmarshal(text, &o) == nil && o.Magic == magic
}
