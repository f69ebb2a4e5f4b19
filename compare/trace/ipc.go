package trace

import (
	"bytes"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// What a program makes in the kernel that outlives all processes: objects of System V IPC
// (sysvipc(7)) and POSIX message queues (mq_overview(7)). The next run would find them there, and
// the run after that, so those that a run has made are removed at its end, unless Config.Keep is
// set. What was there before stays, whatever the programs have done with it.

// remains are the objects that a run has made.
type remains struct {
	objects map[remainder]bool
	queues  map[string]bool // POSIX message queues, by name
}

// remainder is an object of System V IPC.
type remainder struct {
	control uintptr // the number of the call that removes it
	id      int
}

// makesIPC reports whether a call that is about to happen will make an object that nobody has made
// yet, if it succeeds. We ask the kernel for the object first. (That finds none of another
// namespace, so calls in those are none of our business. Nothing removes what is made there either,
// but it is gone with the namespace.)
func makesIPC(t *Thread, e *Event) bool {
	var errno unix.Errno
	switch e.Nr {
	case unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_SHMGET:
		if e.Args[0] == unix.IPC_PRIVATE {
			return sameIPC(t.TID)
		}
		flags := e.Args[2]
		if e.Nr == unix.SYS_MSGGET {
			flags = e.Args[1]
		}
		if flags&unix.IPC_CREAT == 0 {
			return false
		}
		_, _, errno = unix.Syscall(uintptr(e.Nr), uintptr(uint32(e.Args[0])), 0, 0)
	case unix.SYS_MQ_OPEN:
		name := e.Find(0, abi.In)
		if e.Args[1]&unix.O_CREAT == 0 || name == nil || name.Bad {
			return false
		}
		errno = openQueue(name.Bytes)
	}
	return errno == unix.ENOENT && sameIPC(t.TID)
}

// sameIPC reports whether a process has the objects of IPC that the tool has, see
// ipc_namespaces(7).
func sameIPC(tid int) bool {
	own, err := os.Readlink("/proc/self/ns/ipc")
	its, errToo := os.Readlink(fmt.Sprintf("/proc/%d/ns/ipc", tid))
	return err == nil && errToo == nil && own == its
}

// openQueue says why a queue can't be opened, 0 if it can.
func openQueue(name []byte) unix.Errno {
	name = append(bytes.TrimSuffix(name, []byte{0}), 0)
	fd, _, errno := unix.Syscall6(unix.SYS_MQ_OPEN, uintptr(unsafe.Pointer(&name[0])),
		unix.O_RDONLY|unix.O_CLOEXEC, 0, 0, 0, 0)
	if errno == 0 {
		unix.Close(int(fd))
	}
	return errno
}

// note notes what a call has made that was to make something.
func (r *remains) note(e *Event) {
	if e.Result < 0 {
		return
	}
	control := uintptr(unix.SYS_MSGCTL)
	switch e.Nr {
	case unix.SYS_SEMGET:
		control = unix.SYS_SEMCTL
	case unix.SYS_SHMGET:
		control = unix.SYS_SHMCTL
	case unix.SYS_MQ_OPEN:
		if r.queues == nil {
			r.queues = map[string]bool{}
		}
		r.queues[string(e.Find(0, abi.In).Bytes)] = true
		return
	}
	if r.objects == nil {
		r.objects = map[remainder]bool{}
	}
	r.objects[remainder{control, int(e.Result)}] = true
}

// remove removes what the run has made and not removed itself. An id of System V IPC is given to
// another object only after thousands of others.
func (r *remains) remove() {
	for o := range r.objects {
		if o.control == unix.SYS_SEMCTL {
			unix.Syscall(o.control, uintptr(o.id), 0, unix.IPC_RMID)
		} else {
			unix.Syscall(o.control, uintptr(o.id), unix.IPC_RMID, 0)
		}
	}
	for name := range r.queues {
		name, _ := unix.ByteSliceFromString(string(bytes.TrimSuffix([]byte(name), []byte{0})))
		if name != nil {
			unix.Syscall(unix.SYS_MQ_UNLINK, uintptr(unsafe.Pointer(&name[0])), 0, 0)
		}
	}
}
