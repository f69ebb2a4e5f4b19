package abi

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Names gives names to bits or values.
type Names struct {
	list  []entry
	field uint64 // these bits are not flags but hold one value: O_ACCMODE of open's flags
	base  int    // in which a number without a name is written: 8, 10 or 16; 0 is 10 for a value and 16 for bits
}

// entry is one name. In a list of flags a combination (O_SYNC) stands before its parts (O_DSYNC);
// where two names have one value (EAGAIN, EWOULDBLOCK) the first is used.
type entry struct {
	value uint64
	name  string
}

// allNames are all lists that there are.
var allNames []*Names

func (n *Names) listed() *Names {
	allNames = append(allNames, n)
	return n
}

// NamesOf finds names with which a value, or flags, read as text does; nil if there are none, as if
// text is a number. It is for what was written down and is read again: which list it was is not
// written, and where two have the same names for all of it they are as good as each other.
func NamesOf(v uint64, flags bool, text string) *Names {
	reads := func(n *Names) bool {
		if flags {
			return n.Flags(v) == text
		}
		return n.Enum(v) == text
	}
	if reads(nil) {
		return nil
	}
	if i := slices.IndexFunc(allNames, reads); i >= 0 {
		return allNames[i]
	}
	return nil
}

// names is a list of values, or of flags.
func names(list []entry) *Names { return (&Names{list: list}).listed() }

// with is a list of flags of which the bits in field are one value.
func (n *Names) with(field uint64, list []entry) *Names {
	return (&Names{list: slices.Concat(list, n.list), field: field, base: n.base}).listed()
}

// inBase says how numbers without a name are written.
func (n *Names) inBase(base int) *Names {
	n.base = base
	return n
}

// Enum is the name of v, or v as a number.
func (n *Names) Enum(v uint64) string {
	if n == nil {
		return strconv.FormatUint(v, 10)
	}
	if name, ok := n.find(v); ok {
		return name
	}
	return n.number(v, 10)
}

// Flags are the names of v's bits, joined by "|": "O_WRONLY|O_CREAT|O_TRUNC|0x40000000". Bits
// without a name stay visible as one number at the end. Without any bit it is the name of 0, if
// that has one (PROT_NONE), or "0". Where some of the bits are one value, its name comes first
// (S_IFREG|0644, SOCK_STREAM|SOCK_CLOEXEC), also if it is 0 and has a name (O_RDONLY|O_CLOEXEC).
func (n *Names) Flags(v uint64) string {
	if parts := n.Parts(v); len(parts) > 0 {
		return strings.Join(parts, "|")
	}
	return n.Enum(0)
}

// Parts are the names that Flags puts together, none if no bit is set.
func (n *Names) Parts(v uint64) (parts []string) {
	if n == nil {
		return []string{fmt.Sprintf("%#x", v)}
	}
	if n.field != 0 {
		if name, ok := n.find(v & n.field); ok {
			parts = append(parts, name)
		} else if v&n.field != 0 {
			parts = append(parts, n.number(v&n.field, 10))
		}
		v &^= n.field
	}
	for _, e := range n.list {
		if e.value != 0 && e.value&n.field == 0 && v&e.value == e.value {
			parts = append(parts, e.name)
			v &^= e.value
		}
	}
	if v != 0 {
		parts = append(parts, n.number(v, 16))
	}
	return parts
}

func (n *Names) find(v uint64) (string, bool) {
	for _, e := range n.list {
		if e.value == v {
			return e.name, true
		}
	}
	return "", false
}

// number writes v in the list's base, or in this one if it has none. Then a value that is a
// negative int is written as one.
func (n *Names) number(v uint64, base int) string {
	if n.base != 0 {
		base = n.base
	}
	switch {
	case base == 16 && v != 0:
		return fmt.Sprintf("%#x", v)
	case base == 8:
		return fmt.Sprintf("%#o", v)
	case n.base == 0 && v>>31 == 1:
		return strconv.Itoa(int(int32(v)))
	}
	return strconv.FormatUint(v, 10)
}

// kernelErrnos are errors of which programs never hear.
var kernelErrnos = map[int]string{
	int(ERESTARTSYS): "ERESTARTSYS", int(ERESTARTNOINTR): "ERESTARTNOINTR",
	int(ERESTARTNOHAND): "ERESTARTNOHAND", 515: "ENOIOCTLCMD",
	int(ERESTART_RESTARTBLOCK): "ERESTART_RESTARTBLOCK",
	517:                        "EPROBE_DEFER", 518: "EOPENSTALE", 519: "ENOPARAM", 524: "ENOTSUPP", 530: "EIOCBQUEUED",
}

// Errno is the name of an error number (positive), also of the kernel's own: "ENOENT",
// "ERESTARTSYS". One without a name gives the number in decimal.
func Errno(e int) string {
	if name, ok := kernelErrnos[e]; ok {
		return name
	}
	if e == int(unix.EOPNOTSUPP) { // x/sys has the other name, ENOTSUP; sockets, where it is seen most, say this one
		return "EOPNOTSUPP"
	}
	if name := unix.ErrnoName(syscall.Errno(e)); e > 0 && name != "" {
		return name
	}
	return strconv.Itoa(e)
}

// The kernel's real-time signals. The C library keeps the first two to itself and calls the third
// SIGRTMIN; strace counts as here.
const sigRTMin, sigRTMax = 32, 64

// SignalName is the name of a signal: "SIGCHLD". Real-time signals are SIGRTMIN, SIGRT_1 …
// SIGRT_32, as strace has them. A number that is no signal, 0 included, stays a number.
func SignalName(n int) string {
	switch {
	case n == sigRTMin:
		return "SIGRTMIN"
	case sigRTMin < n && n <= sigRTMax:
		return "SIGRT_" + strconv.Itoa(n-sigRTMin)
	}
	if name := unix.SignalName(syscall.Signal(n)); name != "" {
		return name
	}
	return strconv.Itoa(n)
}

// SignalSet writes a set of signals, whose bit n-1 stands for signal n: "[SIGINT SIGCHLD]". A set
// of more than half of all signals is written by what it lacks: "~[SIGKILL SIGSTOP]".
func SignalSet(set uint64) string {
	var have, lack []string
	for n := 1; n <= sigRTMax; n++ {
		if set>>(n-1)&1 != 0 {
			have = append(have, SignalName(n))
		} else {
			lack = append(lack, SignalName(n))
		}
	}
	if len(have) > sigRTMax/2 {
		return "~[" + strings.Join(lack, " ") + "]"
	}
	return "[" + strings.Join(have, " ") + "]"
}
