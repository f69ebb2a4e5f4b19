package canon

import (
	"testing"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// TestCarriesOn: the kernel carries a call on by the next equal one of its thread, also when that
// is interrupted as well. What comes after the last of them is a call of its own, however equal;
// and what a handler does in between is interrupted on its own account.
func TestCarriesOn(t *testing.T) {
	const read, restart = unix.SYS_READ, unix.SYS_RESTART_SYSCALL
	stack, handler := &trace.Stack{}, &trace.Stack{PCs: []uint64{1}}
	for _, c := range []struct {
		name  string
		calls []trace.Event
		want  string // of each call the place of the one that carries it on, - of none; + if it carries one on itself
	}{
		{"never interrupted", []trace.Event{{Nr: read}, {Nr: read}}, "- -"},
		{"once", []trace.Event{{Nr: read, Result: -512}, {Nr: read}, {Nr: read}}, "1 -+ -"},
		{"twice, and then a call of its own", []trace.Event{{Nr: read, Result: -512}, {Nr: read, Result: -512}, {Nr: read}, {Nr: read}}, "1 2+ -+ -"},
		{"by restart_syscall", []trace.Event{{Nr: read, Result: -516}, {Nr: restart, Result: -516}, {Nr: restart}, {Nr: read}}, "1 2+ -+ -"},
		{"another thread's is in between", []trace.Event{{Nr: read, Result: -512}, {Nr: read, TID: 2}, {Nr: read}}, "2 - -+"},
		{"a handler's is, which is interrupted too", []trace.Event{{Nr: read, Result: -512}, {Nr: read, Result: -512, Stack: handler},
			{Nr: read, Stack: handler}, {Nr: read}, {Nr: read}}, "3 2 -+ -+ -"},
		{"never again", []trace.Event{{Nr: read, Result: -512}, {Nr: unix.SYS_CLOSE}}, "- -"},
	} {
		var calls []*pending
		p := &Process{latest: map[int]*pending{}, broken: map[int][]*pending{}}
		at := map[*pending]int{}
		for i := range c.calls {
			e := &c.calls[i]
			if e.Stack == nil {
				e.Stack = stack
			}
			call := &pending{event: e, sig: abi.Lookup(e.Nr), done: true}
			at[call] = i
			p.carriesOn(call)
			p.latest[e.TID] = call
			calls = append(calls, call)
		}
		got := ""
		for _, call := range calls {
			if got != "" {
				got += " "
			}
			if call.next != nil {
				got += string(rune('0' + at[call.next]))
			} else {
				got += "-"
			}
			if call.carries != nil {
				got += "+"
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
