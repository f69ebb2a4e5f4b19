package trace

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Cost is what a process took, from the program's first instruction (the launcher that became it is
// not counted) to its end, or to the end of the run. It is read from /proc while each thread waits
// at its exit: what wait4(2) tells of a process is mixed with what the launcher took before, and
// with the children that the process has waited for.
//
// A stop of ours makes a thread leave the CPU once; those switches are not counted. The time the
// kernel takes for our stops is the thread's own, and is in CPU: a few microseconds a call, so that
// a side with many calls looks a little dearer than it is.
type Cost struct {
	Threads     int           // that it had in all
	CPU         time.Duration // user and system time of all threads, proc_pid_schedstat(5)
	Voluntary   int           // context switches: it waited
	Involuntary int           // somebody else had the CPU next
	Peak        int           // KiB of memory that it had in RAM at most, since it last executed a program: VmHWM in proc_pid_status(5)
}

// usage is what the kernel says of a thread.
type usage struct {
	cpu                    time.Duration
	voluntary, involuntary int
	peak                   int
}

func usageOf(tid int) (u usage, err error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", tid))
	if err != nil {
		return u, err
	}
	fmt.Sscan(string(stat), &u.cpu)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	for line := range strings.Lines(string(status)) {
		fmt.Sscanf(line, "VmHWM: %d", &u.peak)
		fmt.Sscanf(line, "voluntary_ctxt_switches: %d", &u.voluntary)
		fmt.Sscanf(line, "nonvoluntary_ctxt_switches: %d", &u.involuntary)
	}
	return u, err
}

// costing is what is kept for a thread: what it had taken before it became the program, and how
// often we stopped it since.
type costing struct {
	before usage
	stops  int
	paid   bool
}

// began forgets what a thread took as the launcher.
func (s *Supervisor) began(t *Thread) {
	if s.cfg.Cost {
		t.costing.before, _ = usageOf(t.TID)
		t.costing.stops = 0
	}
}

// pay adds what a thread took to its process: at its exit, or when the run ends before.
func (s *Supervisor) pay(t *Thread) {
	if !s.cfg.Cost || t.costing.paid || t.Proc.launching() {
		return
	}
	u, err := usageOf(t.TID)
	if err != nil {
		return // killed, and already gone
	}
	t.costing.paid = true
	c := &t.Proc.Cost
	c.Threads++
	c.CPU += u.cpu - t.costing.before.cpu
	c.Voluntary += max(u.voluntary-t.costing.before.voluntary-t.costing.stops, 0)
	c.Involuntary += u.involuntary - t.costing.before.involuntary
	c.Peak = max(c.Peak, u.peak)
}

// options are those with which a program is seized. Its children inherit them.
func (s *Supervisor) options() uintptr {
	if s.cfg.Cost {
		return seizeOptions | unix.PTRACE_O_TRACEEXIT
	}
	return seizeOptions
}
