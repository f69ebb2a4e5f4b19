package explore

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// An event is what the move of a node turned out to do.
type event struct {
	actor   int     // index in the clocks
	touches []Touch // the move's own, and those of the calls that it let go on
	wakes   []wake  // who can move because of it
	clock   clock   // how many moves of each actor happen before it or are it
}

// A wake is that an actor has come to be ready, or to be ready for another call,
// by the move of another actor, or by time that passed after its own.
type wake struct {
	actor string
	idle  bool // by time that passed, because after this move nobody was ready
}

// A clock is a vector clock: for each actor, how many of its moves happen before.
type clock []int

func (c clock) of(actor int) int {
	if actor < len(c) {
		return c[actor]
	}
	return 0
}

// join makes c the union of the pasts c and d.
func (c *clock) join(d clock) {
	for len(*c) < len(d) {
		*c = append(*c, 0)
	}
	for i, n := range d {
		(*c)[i] = max((*c)[i], n)
	}
}

// before reports whether e happens before whatever has the clock c, or is it.
func (e *event) before(c clock) bool { return e.clock.of(e.actor) <= c.of(e.actor) }

// settle finds out what the move of step k did, now that it is known who is
// ready after it, and plans the runs that its races call for.
func (s *search) settle(k int, next []Move) error {
	n := s.path[k]
	m := n.Move()
	n.event = event{actor: s.index(m.Actor), touches: slices.Clip(m.Touches)}
	if err := s.effects(k, next); err != nil {
		return err
	}

	// The past that cannot be raced for: what the actor did itself, and what
	// woke it since.
	for j := range k {
		p := s.path[j]
		if p.actor == n.actor {
			n.clock.join(p.clock)
		}
		for _, w := range p.wakes {
			if w.actor != m.Actor {
				continue
			}
			n.clock.join(p.clock)
			if w.idle {
				for _, q := range s.path[:j] {
					n.clock.join(q.clock)
				}
			}
		}
	}
	// The rest of the past are dependent moves. Going backward, one that no move
	// in between has brought into the past already is a race.
	var races []int
	for j, p := range slices.Backward(s.path[:k]) {
		if !p.before(n.clock) && dependent(p.touches, n.touches) {
			races = append(races, j)
			n.clock.join(p.clock)
		}
	}
	var self clock = make([]int, n.actor+1)
	self[n.actor] = n.clock.of(n.actor) + 1
	n.clock.join(self)

	if !s.brute {
		for _, j := range races {
			s.reverse(j, k)
		}
	}
	return nil
}

// effects finds whom the move of step k has woken, and whose move it has taken
// away, by comparing who was ready before and after it. What a woken call
// had left to do was done by this move, so it counts as touched by it.
func (s *search) effects(k int, next []Move) error {
	n := s.path[k]
	var affected []Move // the calls that the move has let go on or taken away
	for _, was := range n.Ready {
		if was.Actor == n.Move().Actor {
			continue
		}
		if is := find(next, was.Actor); is == nil || !is.same(was) {
			// Killed, or answered while it could as well have given up. What it would
			// have done is in no run yet in which this move comes first, so no race
			// between moves that were made will ever ask for it.
			if !s.brute {
				n.todo[was.Actor] = true
			}
			affected = append(affected, was)
		}
	}
	for _, is := range next {
		was := find(n.Ready, is.Actor)
		switch {
		case is.Actor == n.Move().Actor:
			if is.Idle { // its move was the last before time passed
				n.wakes = append(n.wakes, wake{is.Actor, true})
			}
			continue
		case was != nil && was.same(is):
			continue
		}
		n.wakes = append(n.wakes, wake{is.Actor, is.Idle})
		if pending := s.lastMove(is.Actor, k); was == nil && pending != nil && !is.Idle {
			affected = append(affected, *pending)
		}
	}
	affected = slices.DeleteFunc(affected, func(m Move) bool { return n.Move().beside(m) }) // in memory

	// One woken call can wake the next, so who shares no object with the move
	// itself may share one with a call that it woke.
	for len(affected) > 0 {
		i := slices.IndexFunc(affected, func(m Move) bool { return dependent(m.Touches, n.touches) })
		if i < 0 {
			// One that another strand of its process has woken, which was woken by this move.
			i = slices.IndexFunc(affected, func(m Move) bool { return s.reaches(n, m, k) })
		}
		if i < 0 {
			return fmt.Errorf("step %d, %v, has let %v go on or taken it away, but touches nothing that this uses: an object is missing in what they touch",
				k+1, n.Move(), affected[0])
		}
		for _, t := range affected[i].Touches {
			if !slices.Contains(n.touches, t) {
				n.touches = append(n.touches, t)
			}
		}
		affected = slices.Delete(affected, i, i+1)
	}
	return nil
}

// reaches reports whether the move of a node touches something that another strand of m's process
// waits for, and so may have woken m's actor, too.
func (s *search) reaches(n *node, m Move, k int) bool {
	seen := map[string]bool{}
	for _, p := range slices.Backward(s.path[:k]) {
		if o := p.Move(); o.beside(m) && !seen[o.Actor] {
			seen[o.Actor] = true
			if dependent(o.Touches, n.touches) {
				return true
			}
		}
	}
	return false
}

// lastMove is the last move that the actor made before step k.
func (s *search) lastMove(actor string, k int) *Move {
	for _, n := range slices.Backward(s.path[:k]) {
		if m := n.Move(); m.Actor == actor {
			return &m
		}
	}
	return nil
}

// index is the actor's place in the clocks.
func (s *search) index(actor string) int {
	i, ok := s.actors[actor]
	if !ok {
		i = len(s.actors)
		s.actors[actor] = i
	}
	return i
}

// reverse sees to it that there will be a run in which step k, which races with
// step j, comes before it.
//
// Such a run makes, from node j on, the moves v: those after j that do not
// happen after it, and then k. It can begin with each move of v that no other of v
// happens before. If the actor of one of these has moved at node j, or will, or need
// not, then a run of the wanted class exists or will; otherwise one is to be added.
func (s *search) reverse(j, k int) {
	var v []*node
	for _, n := range s.path[j+1 : k] {
		if !s.path[j].before(n.clock) {
			v = append(v, n)
		}
	}
	v = append(v, s.path[k])

	var first []string
	for i, n := range v {
		if !slices.ContainsFunc(v[:i], func(p *node) bool { return p.before(n.clock) }) {
			first = append(first, n.Move().Actor)
		}
	}
	at := s.path[j]
	for _, actor := range first {
		if _, asleep := at.sleep[actor]; asleep || at.todo[actor] {
			return
		}
	}
	// The last of them is the nearest to the race.
	for _, actor := range slices.Backward(first) {
		if find(at.Ready, actor) != nil {
			at.todo[actor] = true
			return
		}
	}
	// Not reached as long as what is said of Touches holds: what happens before
	// these moves has happened at node j, so they are ready there.
	for _, m := range at.Ready {
		at.todo[m.Actor] = true
	}
}

// class is the same for two runs exactly if one becomes the other by swapping
// neighbours that are independent: the past of every move of every actor.
func (s *search) class() string {
	var pasts [][]clock
	for _, n := range s.path {
		for len(pasts) <= n.actor {
			pasts = append(pasts, nil)
		}
		pasts[n.actor] = append(pasts[n.actor], n.clock)
	}
	var b []byte
	for _, clocks := range pasts {
		b = binary.AppendUvarint(b, uint64(len(clocks)))
		for _, c := range clocks {
			b = binary.AppendUvarint(b, uint64(len(c)))
			for _, n := range c {
				b = binary.AppendUvarint(b, uint64(n))
			}
		}
	}
	return string(b)
}
