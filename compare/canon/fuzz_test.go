package canon

import (
	"testing"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// FuzzMemory lets a program make any call with any registers, and anything in the memory that they
// point at: what a hostile one asks for is no reason to fail. (To make it printable is the report's
// task.)
func FuzzMemory(f *testing.F) {
	for _, call := range []string{"sendmsg", "recvmsg", "connect", "getdents64", "clone3", "execve", "ioctl", "select", "statx", "pipe2", "wait4", "readv",
		"splice", "rt_sigaction", "close_range", "dup3", "fcntl", "prctl", "prlimit64", "sendmmsg",
		"epoll_wait", "exit_group",
		"epoll_ctl", "io_submit", "seccomp", "semctl", "msgctl", "add_key", "keyctl", "sched_setaffinity",
		"set_mempolicy", "setxattrat", "fsconfig",
		"name_to_handle_at", "perf_event_open"} {
		if c, ok := abi.ByName(call); ok && c.Number >= 0 {
			f.Add(uint16(c.Number), uint64(1), uint64(2), int64(0), []byte("\x02\x00\x1f\x90\x7f\x00\x00\x01 /a/b\x00\xff\xff\xff\xff\xff\xff\xff\xff"))
			f.Add(uint16(c.Number), uint64(1), uint64(2), int64(0), []byte("\x14\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00")) // SCM_RIGHTS
			f.Add(uint16(c.Number), ^uint64(0), uint64(1)<<63, int64(-2), []byte{})
		}
	}
	f.Fuzz(func(t *testing.T, nr uint16, a, b uint64, result int64, memory []byte) {
		call := &trace.Event{Kind: trace.Call, PID: 10, TID: 10, Nr: uint64(nr), Args: [6]uint64{a, b, uint64(len(memory)), a ^ b, 4096, b}, Entered: 1, Left: 2, Result: result}
		for i := range call.Args {
			for _, when := range []abi.When{abi.In, abi.Out} {
				for _, part := range []trace.Part{trace.Whole, trace.Name, trace.Control, trace.Local,
					trace.Pointee} {
					call.Memory = append(call.Memory, trace.Memory{Arg: uint8(i), Part: part, When: when, Bytes: memory, Bad: a&1 != 0})
				}
			}
		}
		next := *call // once more, with what the first one has left of the descriptors
		next.Entered, next.Left = 3, 4
		tr := &trace.Trace{
			Programs: []*trace.Program{{Command: trace.Command{Role: Root}, PID: 10}},
			Events:   []*trace.Event{call, &next},
		}
		tr.Add(&trace.Process{PID: 10, Role: Root})
		for _, raw := range []bool{false, true} {
			live := NewLive(tr, Options{Dir: "/tmp/x", Raw: raw})
			live.Follow()
			for _, e := range tr.Events {
				_ = live.Call(e).String()
				live.Call(e).Touches()
			}
			live.Run()
		}
	})
}
