package trace

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// network reports whether a packet waits in the kernel for one of this machine's sockets. The
// loopback device hands packets over in the sender's own call, except when the machine is busy:
// then a kernel thread does it later, and until then neither end of the connection shows that
// something is under way. Other programs' packets are counted too, which only costs another look.
type network struct {
	stat int // descriptor of /proc/net/softnet_stat, open as long as the run goes on; 0: not yet opened, -1: not in every container
	buf  [16 << 10]byte
}

// backlog is the column with the length of a CPU's queue, since Linux 5.10.
const backlog = 11

func (n *network) busy() bool {
	if n.stat == 0 {
		n.stat, _ = unix.Open("/proc/net/softnet_stat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	if n.stat < 0 {
		return false // the looks at the threads must do
	}
	size, err := unix.Pread(n.stat, n.buf[:], 0)
	if err != nil {
		return false
	}
	for line := range bytes.Lines(n.buf[:size]) {
		for column := 0; len(line) > 0; column++ {
			var word []byte
			word, line, _ = bytes.Cut(line, []byte(" "))
			if column == backlog && len(bytes.Trim(word, "0\n")) > 0 {
				return true
			}
		}
	}
	return false
}

func (n *network) close() {
	if n.stat > 0 {
		unix.Close(n.stat)
	}
	n.stat = 0
}

// sendAtOnce sets TCP_NODELAY for a socket that a process has just made, and so for those that it
// will accept there. Without, the second of two small writes waits until the other end has said
// that it has got the first: for 40 ms if it has nothing else to say, so that what a read finds is
// up to the clock, and no thread shows that something is under way. That other sockets have no such
// option does not matter.
func sendAtOnce(pid, fd int) {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(process)
	if own, err := unix.PidfdGetfd(process, fd, 0); err == nil {
		unix.SetsockoptInt(own, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		unix.Close(own)
	}
}
