package parity

import (
	"golang.org/x/sys/unix"

	"paritykit/compare/sched"
)

// Failures are those of a result's calls that can fail, of each line the first two (it may make two
// such calls) and the first that finds the end of what it reads: what the kernel may say of any
// call of that name. An interrupted one is not among them: a kernel that restarts calls never says
// so.
func (r *Result) Failures() (list []sched.Failure) {
	seen := map[string]int{} // by call and line
	for _, p := range r.Processes {
		counts := map[string]int{}
		for _, pair := range p.Pairs {
			if pair.Sides[0] == nil {
				continue
			}
			op := pair.Sides[0].op
			call := op.Call
			errno, ok := usual[call]
			if !ok {
				continue
			}
			counts[call]++
			key := call + " " + pair.Sides[0].Site
			most := 2
			if b, whole := op.Arg("buf").Bytes(); call == "read" && whole && len(b) == 0 {
				key, most = key+" at the end", 1
			}
			if seen[key] < most {
				seen[key]++
				list = append(list, sched.Failure{Process: p.Name, Call: call, Nth: counts[call], Errno: errno, Site: pair.Sides[0].Site})
			}
		}
	}
	return list
}

// usual is how calls fail when there is too little of something, or what they speak to is broken.
var usual = map[string]unix.Errno{
	"accept": unix.EMFILE, "bind": unix.EADDRINUSE, "close": unix.EIO, "connect": unix.ETIMEDOUT, "fork": unix.EAGAIN, "listen": unix.EADDRINUSE,
	"openat": unix.EMFILE, "pipe": unix.EMFILE, "read": unix.EIO, "shutdown": unix.ENOTCONN, "socket": unix.EMFILE, "wait4": unix.ECHILD,
	"write": unix.EIO,
}
