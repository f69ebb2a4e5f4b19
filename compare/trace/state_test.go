package trace

import "testing"

// TestStates: whichever way a thread goes from state to state, the supervisor knows how many are
// held and how many wait for their turn.
func TestStates(t *testing.T) {
	s, th := &Supervisor{}, &Thread{}
	for i, c := range []struct {
		to             state
		held, queued   int
		inStop, isKept bool
	}{
		{stopped, 0, 0, true, false},
		{held, 1, 0, true, true},
		{held, 1, 0, true, true},
		{stopped, 0, 0, true, false},
		{queued, 0, 1, true, true},
		{running, 0, 0, false, false},
		{parked, 0, 0, false, false},
		{frozen, 0, 0, true, true},
		{queued, 0, 1, true, true},
		{gone, 0, 0, false, false},
	} {
		s.to(th, c.to)
		if s.held != c.held || s.queued != c.queued || th.inStop() != c.inStop || th.kept() != c.isKept {
			t.Errorf("step %d: %d held, %d queued, in a stop %v, kept %v", i, s.held, s.queued, th.inStop(), th.kept())
		}
	}
}
