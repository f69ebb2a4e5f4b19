package parity

import (
	"testing"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// TestDescriptors: what abi says of a call is all that is needed to follow the descriptor that it
// returns. Each call of the table that returns one makes an object here, which the next call uses
// and close ends. So whoever adds such a call touches abi alone: that no call's name stands
// elsewhere is abi.TestElsewhere's business.
func TestDescriptors(t *testing.T) {
	const fd = 9
	var trials []trial
	for call := range abi.Calls {
		if call.Result != abi.Fd {
			continue
		}
		makes := made{nr: call.Number, result: fd}
		for i, arg := range call.Args {
			if arg.Kind == abi.NewFd {
				makes.args[i] = fd
			}
		}
		uses := made{nr: unix.SYS_FSYNC, args: [6]uint64{fd}}
		ends := made{nr: unix.SYS_CLOSE, args: [6]uint64{fd}}
		trials = append(trials, trial{call: call, made: [2]made{makes, uses}}, trial{call: call, made: [2]made{ends, uses}})
	}
	if len(trials) < 2*30 {
		t.Errorf("only %d calls return a descriptor", len(trials)/2)
	}
	events := replay(t, trials, &memory{b: make([]byte, room)})
	for i := 0; i < len(trials); i += 2 {
		name := trials[i].call.Name
		ops := together(events[2*i : 2*i+4]).Ops
		if len(ops) != 4 {
			t.Errorf("%s: %v", name, ops)
			continue
		}
		object, used, closed, after := ops[0].Result, ops[1].Arg("fd"), ops[2].Arg("fd"), ops[3].Arg("fd")
		if !object.Is(canon.Object) || !used.Equal(object) || !closed.Equal(object) {
			t.Errorf("%s makes %v, then fsync(%v) and close(%v)", name, object, used, closed)
		}
		if !after.Is(canon.Closed) {
			t.Errorf("%s: once that is closed, fsync(%v)", name, after)
		}
	}
}

// together is what a process did that made these calls and no others.
func together(events []*trace.Event) *canon.Process {
	pid := events[0].PID
	program := &trace.Program{Command: trace.Command{Role: "P"}, PID: pid}
	tr := &trace.Trace{Tracer: 1, Programs: []*trace.Program{program}}
	for i, e := range events {
		one := *e
		one.Entered, one.Begun, one.Left = 2*i+1, 2*i+1, 2*i+2
		tr.Events = append(tr.Events, &one)
	}
	tr.Add(&trace.Process{PID: pid, Role: "P"})
	return canon.Make(tr, canon.Options{}).Process("P")
}
