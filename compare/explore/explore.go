// Package explore runs a concurrent program again and again until every
// schedule that can matter has been seen, and collects what came out. It knows
// the program only as a [Runner]: something that asks, whenever anything
// can happen next, which actor shall move.
//
// # What a schedule is
//
// A move is one call of one actor. The call may block; then the actor is not
// ready until a move of another lets it go on, and what the blocked call had
// left to do happens in that other move. So a schedule is a sequence of names,
// and there is no such thing as a move that cannot be made: an actor is ready
// or absent.
//
// # Reduction
//
// Two neighbouring moves of different actors that touch no object in common,
// or only read it, can be swapped: nobody sees the difference. Schedules that
// become equal by such swaps are one class (a Mazurkiewicz trace), and one run
// for each is enough. Search finds them by source-set dynamic partial-order
// reduction with sleep sets (Abdulla, Aronis, Jonsson, Sagonas: "Optimal
// dynamic partial order reduction", POPL 2014): it looks at each run for races,
// moves that depend on each other with nothing between them that forces their
// order, and goes back to make a run in which the order is the other one. Sleep
// sets keep it from finishing two runs of one class. It begins some that it must
// abandon ([Result.Abandoned]); the optimal variant of the same paper would
// not, at the price of trees of what is yet to do, which is more machinery than
// the runs that it saves are worth here.
//
// Besides the order of dependent moves, three things order moves and cannot be
// raced for: an actor's own sequence; that an actor was created or woken by a
// move; and that time passed because all were blocked ([Move.Idle]). The
// first two are read off the sets of ready actors.
//
// # What the reduction rests on
//
//   - The program does the same under the same schedule. What was ready is
//     compared whenever a prefix is run again; a difference is an error.
//   - Touches are complete. A move that lets another go on, or takes its move
//     away, must touch something that the other's call touches: where it does not,
//     the Runner has forgotten an object, and that is an error as well. Other
//     omissions cannot be seen from here.
//   - Names of actors and objects do not depend on the schedule: not "the third
//     pipe of the run" but "the second pipe of P.1".
//   - Every run ends.
package explore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A Runner runs the program once. Whenever somebody can move it calls choose
// with all who can, and makes that one move whose index choose returns. A
// negative index abandons the run: the Runner ends the program, and what it
// returns as the outcome does not count. It returns when nobody can move any
// more, with the outcome: everything that a user can tell one run from another
// by, in one text. What no move touches does not belong there: not who of two that
// wait for ever began to wait first.
//
// choose keeps what it is given.
type Runner func(ctx context.Context, choose func(ready []Move) int) (outcome string, err error)

// A Move is what an actor would do next.
type Move struct {
	Actor   string  // its name, the same in all runs; without blanks and '*', see [Witness]
	Call    string  // the call in canonical form: for people, and to see that a run repeats
	Touches []Touch // at least all that the call uses, also when it blocks first and goes on later

	// Process is what the actor is a strand of, "" if it is alone: the strands of
	// one share its memory, in which one can wake another without a call.
	Process string

	// Idle says that the actor can move only because at some moment nobody
	// could: its sleep or its time limit ended. This comes after everything that
	// led to that moment, though it touches none of it.
	Idle bool

	// Patient says that by default the move comes after whatever else can happen, also after
	// others of the same actor's. In other schedules it comes whenever it likes.
	Patient bool
}

func (m Move) String() string { return m.Actor + ": " + m.Call }

func (m Move) equal(n Move) bool { return m.same(n) && slices.Equal(m.Touches, n.Touches) }

// same reports whether the two are one move. What it touches may have changed
// since, as for a kill when its victim closes a pipe.
func (m Move) same(n Move) bool { return m.Actor == n.Actor && m.Call == n.Call && m.Idle == n.Idle }

// beside reports whether the actors of two moves are strands of one process.
func (m Move) beside(n Move) bool { return m.Process != "" && m.Process == n.Process }

// A Touch is the use of one object by a call. Whatever changes what another
// call on the object does or returns is a write: reading from a pipe, too.
type Touch struct {
	Object any // two that are equal are one
	Write  bool
}

// dependent reports whether the order of two moves matters.
func dependent(a, b []Touch) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Object == y.Object && (x.Write || y.Write) {
				return true
			}
		}
	}
	return false
}

// A Step is one move of a run: who could move here, and who did.
type Step struct {
	Ready  []Move
	Chosen int // index into Ready
}

// Move is the move that was made.
func (s Step) Move() Move { return s.Ready[s.Chosen] }

// Unbounded as [Options.Preemptions] allows any number of them.
const Unbounded = -1

// Options bound a search.
type Options struct {
	// Max is how many runs to make at most, abandoned ones included; 0 is no
	// limit. The search goes depth first, so what a limit leaves out are mostly
	// early deviations from the default schedule: combine it with Random.
	Max int

	// Preemptions, when not negative, leaves only schedules in which that many
	// times at most an actor has to give way though it could go on. Most bugs
	// need one or two, and the number of schedules grows with a power of the
	// program's length in place of exponentially. Reduction is off then: the
	// schedule that stands for its class may be one that the bound forbids,
	// while another of the class is allowed.
	Preemptions int

	// Random is how many further runs to make with random priorities when Max or
	// Preemptions have left something out. Seed selects them.
	Random int
	Seed   uint64

	// Brute turns reduction off: all schedules, to check the reduction by.
	Brute bool

	// Progress, if set, is called after every run with the result so far.
	Progress func(*Result)
}

// A Result is what a search has found.
type Result struct {
	Schedules  int       // runs that went to their end
	Abandoned  int       // runs that were given up because others cover what could come of them
	Classes    int       // of Schedules: different ones, when the order of independent moves does not count
	Exhaustive bool      // nothing was left out
	Outcomes   []Outcome // in the order in which they were first seen; the default schedule's is the first
}

// An Outcome is one thing that can come out.
type Outcome struct {
	Text      string
	Witness   Witness // of the schedules found that lead here: the first among those with the fewest switches
	Schedules int     // how many of the schedules run lead here; how likely it is, this does not say
}

// Search runs the program under all schedules that can matter. After an error
// the result so far comes with it.
func Search(ctx context.Context, run Runner, o Options) (*Result, error) {
	s := &search{run: run, o: o, result: &Result{}, actors: map[string]int{}, classes: map[string]bool{}}
	s.brute = o.Brute || o.Preemptions >= 0

	for more := true; more; more = s.advance() {
		if o.Max > 0 && s.result.Schedules+s.result.Abandoned >= o.Max {
			s.cut = true
			break
		}
		if err := s.once(ctx, s.deeper); err != nil {
			return s.result, err
		}
	}
	s.result.Exhaustive = !s.cut

	for i := range o.Random {
		if s.result.Exhaustive {
			break
		}
		s.path = nil
		if err := s.once(ctx, priorities(rand.New(rand.NewPCG(o.Seed, uint64(i))), i%4, s.longest)); err != nil {
			return s.result, err
		}
	}
	return s.result, nil
}

// A search is a depth-first walk through the tree of schedules. Only the path
// from the root to the run at hand is kept: each of its nodes knows which
// branches are still to be taken and which need not be.
type search struct {
	run     Runner
	o       Options
	brute   bool // no reduction
	path    []*node
	actors  map[string]int // index of each actor in the clocks
	classes map[string]bool
	longest int  // steps of the longest run
	cut     bool // something was left out
	result  *Result
}

// A node is one step of the run at hand. What its move did (the fields of
// event) is known as soon as the run has come to the next one.
type node struct {
	Step
	event

	// todo are the actors to move here, now or later. It grows while runs below
	// this node reveal races.
	todo map[string]bool
	// sleep are the actors that need not move here, because all that can follow was
	// seen elsewhere, with what their moves touch: those that have moved here
	// before, and those that would do nothing here that they have not done
	// before an earlier, independent move.
	sleep map[string][]Touch
	// preemptions that the schedule has up to here
	preemptions int
}

// A pick chooses among the ready at a new node; a negative index abandons the run.
type pick func(n *node, prev string) int

// once runs the program along the path and from its end on as pick says.
func (s *search) once(ctx context.Context, pick pick) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var wrong error
	abandoned := false
	k := 0
	choose := func(ready []Move) int {
		if wrong == nil && !abandoned {
			abandoned, wrong = s.arrive(k, ready, pick)
		}
		if wrong != nil || abandoned {
			return -1
		}
		k++
		return s.path[k-1].Chosen
	}
	outcome, err := s.run(ctx, choose)
	switch {
	case ctx.Err() != nil:
		wrong = context.Cause(ctx) // what a run was that was cut short says nothing
	case wrong != nil:
	case err != nil:
		wrong = err
	case abandoned:
	case k < len(s.path):
		wrong = unrepeatable(k, s.path[k].Ready, nil)
	case k > 0:
		wrong = s.settle(k-1, nil)
	}
	if wrong != nil {
		return fmt.Errorf("schedule %q: %w", s.witness()[:k], wrong)
	}

	s.longest = max(s.longest, k)
	if abandoned {
		s.result.Abandoned++
	} else {
		s.record(outcome)
	}
	if s.o.Progress != nil {
		s.o.Progress(s.result)
	}
	return nil
}

// arrive is told who is ready after k steps. Afterwards the path has a node for
// that, unless the run is to be abandoned.
func (s *search) arrive(k int, ready []Move, pick pick) (abandon bool, err error) {
	if err := check(ready); err != nil {
		return false, err
	}
	if k < len(s.path) {
		if !slices.EqualFunc(s.path[k].Ready, ready, Move.equal) {
			return false, unrepeatable(k, s.path[k].Ready, ready)
		}
		return false, nil
	}

	n := &node{Step: Step{Ready: ready}, todo: map[string]bool{}, sleep: map[string][]Touch{}}
	prev := ""
	if k > 0 {
		if err := s.settle(k-1, ready); err != nil {
			return false, err
		}
		last := s.path[k-1]
		prev = last.Move().Actor
		n.preemptions = last.preemptions
		if k > 1 {
			n.preemptions += last.preemption(s.path[k-2].Move().Actor, prev)
		}
		if !s.brute {
			for actor, touches := range last.sleep {
				if actor != prev && !dependent(touches, last.touches) {
					n.sleep[actor] = touches
				}
			}
		}
	}
	if n.Chosen = pick(n, prev); n.Chosen < 0 {
		return true, nil
	}
	s.path = append(s.path, n)
	return false, nil
}

// deeper picks the default at a new node of the search, and says what else is to
// be done there: all the rest by brute force, otherwise only what races will show.
func (s *search) deeper(n *node, prev string) int {
	c := byDefault(n.Ready, prev, func(actor string) bool { _, asleep := n.sleep[actor]; return asleep })
	if c >= 0 {
		n.todo[n.Ready[c].Actor] = true
	}
	if s.brute {
		for _, m := range n.Ready {
			if s.o.Preemptions >= 0 && n.preemptions+n.preemption(prev, m.Actor) > s.o.Preemptions {
				s.cut = true
				continue
			}
			n.todo[m.Actor] = true
		}
	}
	return c
}

// byDefault is the default schedule: an actor goes on for as long as it can, then
// the first that is ready, then the first that is patient. It passes over those who
// sleep, and is negative when all do.
func byDefault(ready []Move, prev string, asleep func(actor string) bool) int {
	first, patient := -1, -1
	for c, m := range ready {
		switch {
		case asleep(m.Actor):
		case m.Patient:
			if patient < 0 {
				patient = c
			}
		case m.Actor == prev:
			return c
		case first < 0:
			first = c
		}
	}
	if first < 0 {
		return patient
	}
	return first
}

// preemption is 1 if prev, which moved last, has to give way here to actor though it could go on.
func (n *node) preemption(prev, actor string) int {
	if prev != actor && find(n.Ready, prev) != nil {
		return 1
	}
	return 0
}

// advance turns the path to the deepest branch that is still to be taken, if there is one.
func (s *search) advance() bool {
	for i, n := range slices.Backward(s.path) {
		n.sleep[n.Move().Actor] = n.touches
		for c, m := range n.Ready {
			if _, asleep := n.sleep[m.Actor]; n.todo[m.Actor] && !asleep {
				n.Chosen = c
				s.path = s.path[:i+1]
				return true
			}
		}
	}
	return false
}

// record takes down what the run along the path has led to.
func (s *search) record(outcome string) {
	r := s.result
	r.Schedules++
	if c := s.class(); !s.classes[c] {
		s.classes[c] = true
		r.Classes++
	}
	w := s.witness()
	i := slices.IndexFunc(r.Outcomes, func(o Outcome) bool { return o.Text == outcome })
	if i < 0 {
		r.Outcomes = append(r.Outcomes, Outcome{Text: outcome, Witness: w, Schedules: 1})
		return
	}
	known := &r.Outcomes[i]
	known.Schedules++
	if w.switches() < known.Witness.switches() {
		known.Witness = w
	}
}

func (s *search) witness() Witness {
	w := make(Witness, len(s.path))
	for i, n := range s.path {
		w[i] = n.Move().Actor
	}
	return w
}

// priorities picks at random as PCT does (Burckhardt, Kothari, Musuvathi,
// Nagarakatte: "A randomized scheduler with probabilistic guarantees of finding
// bugs", ASPLOS 2010): each actor has a random priority, the highest that is ready
// moves, and at a few random steps of about length the one that would move
// falls below all others. A bug that needs changes+1 moves in a certain order is hit
// with a probability that falls only with the power of changes of the length;
// with a coin tossed at every step it would fall exponentially.
func priorities(rng *rand.Rand, changes, length int) pick {
	change := map[int]bool{}
	for range changes {
		change[rng.IntN(max(length, 1))] = true
	}
	priority := map[string]float64{}
	step := 0
	return func(n *node, _ string) int {
		for _, m := range n.Ready {
			if _, ok := priority[m.Actor]; !ok {
				priority[m.Actor] = rng.Float64()
			}
		}
		highest := func() int {
			best := 0
			for c, m := range n.Ready {
				if priority[m.Actor] > priority[n.Ready[best].Actor] {
					best = c
				}
			}
			return best
		}
		if change[step] {
			priority[n.Ready[highest()].Actor] = -float64(step) - 1
		}
		step++
		return highest()
	}
}

// find returns the actor's move, if it is ready.
func find(ready []Move, actor string) *Move {
	if i := slices.IndexFunc(ready, func(m Move) bool { return m.Actor == actor }); i >= 0 {
		return &ready[i]
	}
	return nil
}

// check refuses what no search or witness can be based on.
func check(ready []Move) error {
	if len(ready) == 0 {
		return errors.New("the runner asked for a move where nobody is ready")
	}
	for i, m := range ready {
		if !validName(m.Actor) {
			return fmt.Errorf("actor name %q: it must not be empty or have blanks or '*' in it", m.Actor)
		}
		if find(ready[:i], m.Actor) != nil {
			return fmt.Errorf("actor %s is ready twice, for %s and %s", m.Actor, find(ready[:i], m.Actor).Call, m.Call)
		}
	}
	return nil
}

// ErrUnrepeatable is why a search ends that finds a run to be another one than before.
var ErrUnrepeatable = errors.New("the program does not repeat itself under the same schedule")

func unrepeatable(k int, before, now []Move) error {
	same := func(list []Move) func(Move) bool {
		return func(m Move) bool { return slices.ContainsFunc(list, m.equal) }
	}
	b, n := list(before), list(now)
	left, right := slices.DeleteFunc(slices.Clone(before), same(now)), slices.DeleteFunc(slices.Clone(now), same(before))
	if len(left) > 0 && len(right) > 0 {
		b, n = list(left), list(right) // those that are alike say nothing
	}
	if b == n && len(b) < longest {
		b, n = fmt.Sprintf("%+v", before), fmt.Sprintf("%+v", now) // they differ in what they touch
	}
	return fmt.Errorf("%w: at step %d, ready were %s, and now %s", ErrUnrepeatable, k+1, b, n)
}

// longest is how much of a move a message shows, in bytes.
const longest = 300

func list(ready []Move) string {
	texts := make([]string, len(ready))
	for i, m := range ready {
		texts[i] = m.String()
		if len(texts[i]) > longest {
			texts[i] = strings.ToValidUTF8(texts[i][:longest], "") + "…"
		}
	}
	return cmp.Or(strings.Join(texts, ", "), "nobody")
}
