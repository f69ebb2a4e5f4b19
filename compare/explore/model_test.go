package explore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A model is a little concurrent program: for each actor its calls, with blanks
// between them. P is there from the start, fork:NAME makes the others, and the
// end of the calls is exit. A call blocks where the kernel's would:
//
//	fork:C       start actor C, which inherits the pipe ends
//	write:a:x    write x to pipe a; blocks while the pipe is full, fails without readers
//	read:a       read all that is in pipe a; blocks while it is empty and has writers
//	try:a        read a, or give up at any moment, as with a time limit on a slow machine
//	poll:a:b     block until a or b can be read
//	copy:a:b     read a and write it to b, as splice(2)
//	close:a.r    close an end
//	print:x      write x, and what was read last, to the terminal
//	put:f:x      append x to file f
//	look:f       read file f
//	wait         for any child
//	kill:C       end actor C
//	sleep:n      sleep until time has passed; it does when nobody can move
type model map[string]string

// full is from which length on a pipe takes no more.
const full = 2

type actor struct {
	name     string
	calls    []string
	ends     map[string]bool // open ends of pipes: a.r, a.w
	children []string
	seen     string // what the last call returned
	log      string // what all calls returned
	started  bool   // the first call has been started and blocks
	deadline int    // of a sleep that has been started
	idle     bool   // a sleep has ended since the last move
	dead     bool
	reaped   bool
}

type world struct {
	model  model
	actors []*actor // in the order of their creation
	queue  []*actor // who blocks, in the order in which they began to
	pipes  map[string]string
	files  map[string]string // and the terminal, as "tty"
	now    int
	kills  bool // the program kills, so that every move depends on being alive
}

// runner runs the model; all has the outcome contain what every actor saw, and
// not only what a user sees.
func (m model) runner(all bool) Runner {
	return func(ctx context.Context, choose func([]Move) int) (string, error) {
		w := &world{model: m, pipes: map[string]string{}, files: map[string]string{}}
		for _, calls := range m {
			w.kills = w.kills || strings.Contains(calls, "kill:")
		}
		ends := map[string]bool{}
		for _, p := range []string{"a", "b"} {
			ends[p+".r"], ends[p+".w"] = true, true
		}
		w.start("P", ends)
		for {
			var ready []Move
			var who []*actor
			for _, a := range w.actors {
				if mv, ok := w.move(a); ok {
					ready, who = append(ready, mv), append(who, a)
				}
			}
			if len(ready) == 0 {
				return w.outcome(all), nil
			}
			c := choose(ready)
			if c < 0 {
				return "abandoned", nil
			}
			w.step(who[c])
		}
	}
}

func (w *world) start(name string, ends map[string]bool) {
	w.actors = append(w.actors, &actor{name: name, calls: append(strings.Fields(w.model[name]), "exit"), ends: maps.Clone(ends)})
}

func (w *world) actor(name string) *actor {
	if i := slices.IndexFunc(w.actors, func(a *actor) bool { return a.name == name }); i >= 0 {
		return w.actors[i]
	}
	return nil
}

// move is what the actor would do next, if it can move.
func (w *world) move(a *actor) (Move, bool) {
	if a.dead {
		return Move{}, false
	}
	call := a.calls[0]
	op, arg, _ := strings.Cut(call, ":")
	if a.started {
		if op != "try" {
			return Move{}, false
		}
		call = "give up " + arg
	}
	var touches []Touch
	write := func(objects ...string) {
		for _, o := range objects {
			touches = append(touches, Touch{o, true})
		}
	}
	held := func(x *actor) {
		for _, e := range slices.Sorted(maps.Keys(x.ends)) {
			write(e[:1])
		}
	}
	arg1, arg2, _ := strings.Cut(arg, ":")
	switch op {
	case "write", "put":
		write(arg1)
	case "read", "try":
		write(arg)
	case "close":
		write(arg[:1])
	case "copy":
		write(arg1, arg2)
	case "poll":
		touches = append(touches, Touch{arg1, false}, Touch{arg2, false})
	case "look":
		touches = append(touches, Touch{arg, false})
	case "print":
		write("tty")
	case "wait":
		for _, c := range a.children {
			write("end of " + c)
		}
	case "fork":
		if w.kills {
			write("life of " + arg)
		}
	case "kill":
		write("end of "+arg, "life of "+arg)
		if x := w.actor(arg); x != nil {
			held(x)
		}
	case "exit":
		write("end of " + a.name)
		held(a)
	}
	if w.kills {
		touches = append(touches, Touch{"life of " + a.name, false})
	}
	return Move{Actor: a.name, Call: call, Touches: touches, Idle: a.idle}, true
}

// step has the actor make its move, then all go on who can.
func (w *world) step(a *actor) {
	a.idle = false
	if a.started { // a try that gives up
		w.queue = slices.DeleteFunc(w.queue, func(x *actor) bool { return x == a })
		w.returns(a, "gave up")
	} else if ok := w.do(a); !ok {
		a.started = true
		w.queue = append(w.queue, a)
	}
	for {
		i := slices.IndexFunc(w.queue, func(x *actor) bool { return w.do(x) })
		if i < 0 {
			break
		}
		w.queue = slices.Delete(w.queue, i, i+1)
	}
	for _, x := range w.actors {
		if _, ok := w.move(x); ok {
			return
		}
	}
	// Nobody can move: time passes.
	var wake []*actor
	for _, x := range w.queue {
		if x.deadline > 0 && (len(wake) == 0 || x.deadline <= wake[0].deadline) {
			if len(wake) > 0 && x.deadline < wake[0].deadline {
				wake = nil
			}
			wake = append(wake, x)
		}
	}
	for _, x := range wake {
		w.now = x.deadline
		x.deadline, x.idle = 0, true
		w.queue = slices.DeleteFunc(w.queue, func(y *actor) bool { return x == y })
		w.returns(x, "slept")
	}
}

func (w *world) returns(a *actor, result string) {
	a.seen = result
	a.log += result + ";"
	a.started = false
	a.calls = a.calls[1:]
}

func (w *world) open(end string) bool {
	return slices.ContainsFunc(w.actors, func(a *actor) bool { return !a.dead && a.ends[end] })
}

// readable reports whether a read would not block.
func (w *world) readable(pipe string) bool { return w.pipes[pipe] != "" || !w.open(pipe+".w") }

// do makes the actor's call, or goes on with it; it is false if it blocks.
func (w *world) do(a *actor) bool {
	op, arg, _ := strings.Cut(a.calls[0], ":")
	arg1, arg2, _ := strings.Cut(arg, ":")
	result := ""
	switch op {
	case "write":
		switch {
		case !a.ends[arg1+".w"]:
			result = "EBADF"
		case !w.open(arg1 + ".r"):
			result = "EPIPE"
		case len(w.pipes[arg1]) >= full:
			return false
		default:
			w.pipes[arg1] += arg2
		}
	case "read", "try":
		switch {
		case !a.ends[arg+".r"]:
			result = "EBADF"
		case !w.readable(arg):
			return false
		default:
			result = "[" + w.pipes[arg] + "]"
			w.pipes[arg] = ""
		}
	case "copy":
		if !w.readable(arg1) {
			return false
		}
		w.pipes[arg2] += w.pipes[arg1]
		w.pipes[arg1] = ""
	case "poll":
		if !w.readable(arg1) && !w.readable(arg2) {
			return false
		}
		result = fmt.Sprint(w.readable(arg1), w.readable(arg2))
	case "close":
		delete(a.ends, arg)
	case "print":
		w.files["tty"] += a.name + ":" + arg + a.seen + " "
	case "put":
		w.files[arg1] += arg2
	case "look":
		result = w.files[arg]
	case "fork":
		a.children = append(a.children, arg)
		w.start(arg, a.ends)
	case "kill":
		if x := w.actor(arg); x != nil && !x.dead {
			x.log += "killed"
			w.end(x)
		}
	case "wait":
		result = "no child"
		for _, c := range a.children {
			if x := w.actor(c); !x.reaped {
				if result = ""; x.dead {
					x.reaped = true
					result = c
					break
				}
			}
		}
		if result == "" {
			return false
		}
	case "sleep":
		if a.deadline == 0 {
			a.deadline = w.now + len(arg)
		}
		return false
	case "exit":
		a.log += "exit"
		w.end(a)
		return true
	default:
		panic("no such call: " + a.calls[0])
	}
	w.returns(a, result)
	return true
}

func (w *world) end(a *actor) {
	a.dead, a.started, a.deadline = true, false, 0
	w.queue = slices.DeleteFunc(w.queue, func(x *actor) bool { return x == a })
}

func (w *world) outcome(all bool) string {
	var b strings.Builder
	for _, f := range slices.Sorted(maps.Keys(w.files)) {
		fmt.Fprintf(&b, "%s=%s\n", f, w.files[f])
	}
	byName := func(x, y *actor) int { return strings.Compare(x.name, y.name) }
	for _, a := range slices.SortedFunc(slices.Values(w.queue), byName) {
		fmt.Fprintf(&b, "%s blocks in %s\n", a.name, a.calls[0])
	}
	if all {
		for _, a := range slices.SortedFunc(slices.Values(w.actors), byName) {
			fmt.Fprintf(&b, "%s saw %s\n", a.name, a.log)
		}
	}
	return b.String()
}
