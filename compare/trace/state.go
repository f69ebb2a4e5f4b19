package trace

// state is where a thread stands: on its own, or why it does not go on.
type state uint8

const (
	running state = iota // it runs, or sleeps in the kernel
	stopped              // in a ptrace stop that is handled now
	early                // in its first stop, which came before its creator's: see newborn
	held                 // at the entry of a call, by a policy: until Supervisor.Release
	frozen               // wherever it was, by a policy: until Supervisor.Thaw
	queued               // until it has its turn, see Config.Turns
	parked               // in a group-stop (SIGSTOP and its like), until the program's SIGCONT
	gone                 // it has ended, or its process has executed another program
)

// to moves a thread to another state. What it does with the thread is the caller's.
func (s *Supervisor) to(t *Thread, next state) {
	s.count(t.state, -1)
	s.count(next, 1)
	t.state = next
}

// count keeps the numbers of threads by which wait knows whether it has to watch for standstill.
func (s *Supervisor) count(st state, n int) {
	switch st {
	case held:
		s.held += n
	case queued:
		s.queued += n
	}
}

// inStop reports whether a thread is in a ptrace stop that we have not ended.
func (t *Thread) inStop() bool { return t.state != running && t.state != parked && t.state != gone }

// kept reports whether a thread is in a stop on purpose, until somebody lets it go.
func (t *Thread) kept() bool { return t.state == held || t.state == frozen || t.state == queued }
