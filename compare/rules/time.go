package rules

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// When a program does something is compared, too: the clock of a run stands still but while all
// wait for it, so it's exact. A wait that is over at the same time is the same wait, whether a call
// makes it, or the timers of a runtime, which no call shows.

var wait = &Rule{
	Name: "wait",
	Why: "one side waits by a call (sleep), the other by what shows none (time.Sleep, a timer, a deadline): what follows comes at " +
		"the same time on both sides",
	Passes: passes,
	Also: func(op *canon.Op) *canon.Op {
		if op.Call != "nanosleep" || !succeeded(op) && !op.Result.Is(canon.Unanswered) {
			return nil
		}
		return with(op, abi.Sleep, canon.Arg{Name: "req", Value: op.Arg("req")})
	},
	Alike: []Example{
		one(ex("nanosleep", "req", span(2*time.Second), "rem", null), ex(abi.Sleep, "req", span(2*time.Second))),
		{C: []*canon.Op{ex("nanosleep", "req", span(time.Second)), ex("nanosleep", "req", span(time.Second)), at(2*time.Second, ex("getpid"))},
			Go: []*canon.Op{ex(abi.Sleep, "req", span(2*time.Second)), at(2*time.Second, ex("getpid"))}},
		{C: []*canon.Op{ex("nanosleep", "req", canon.TextOf("2s")), at(2*time.Second, ex("getpid"))}, Go: []*canon.Op{at(2*time.Second, ex("getpid"))}},
		{C: []*canon.Op{at(2*time.Second, ex("getpid"))}, Go: []*canon.Op{ex("nanosleep", "req", canon.TextOf("1s")),
			ex("nanosleep", "req", canon.TextOf("1s")), at(2*time.Second, ex("getpid"))}},
	},
	Unlike: []Example{
		{C: []*canon.Op{ex("nanosleep", "req", span(time.Microsecond)), at(time.Microsecond, ex("getpid"))},
			Go: []*canon.Op{ex(abi.Sleep, "req", span(2*time.Microsecond)), at(2*time.Microsecond, ex("getpid"))}},
		{C: []*canon.Op{ex(abi.Sleep, "req", span(time.Microsecond)), at(time.Microsecond, ex("getpid"))},
			Go: []*canon.Op{ex(abi.Sleep, "req", span(2*time.Microsecond)), at(2*time.Microsecond, ex("getpid"))}},
		{C: []*canon.Op{ex("nanosleep", "req", span(2*time.Second)), at(2*time.Second, ex("getpid"))},
			Go: []*canon.Op{ex(abi.Sleep, "req", span(time.Second)), at(time.Second, ex("getpid"))}},
		one(failed(ex("nanosleep", "req", span(-1*time.Second), "rem", null), unix.EINVAL), ex(abi.Sleep, "req", span(-1*time.Second))),
		{C: []*canon.Op{ex("nanosleep", "req", canon.TextOf("2s")), at(2*time.Second, ex("getpid"))}, Go: []*canon.Op{at(1500*time.Millisecond, ex("getpid"))}},
		{C: []*canon.Op{ex("nanosleep", "req", canon.TextOf("2s")), at(trace.Unsure, ex("getpid"))}, Go: []*canon.Op{at(trace.Unsure, ex("getpid"))}},
		{C: []*canon.Op{ex("pause"), at(2*time.Second, ex("getpid"))}, Go: []*canon.Op{at(2*time.Second, ex("getpid"))}},
		// Both say by a call how long they wait.
		{C: []*canon.Op{ex("nanosleep", "req", canon.TextOf("2s")), at(2*time.Second, ex("getpid"))},
			Go: []*canon.Op{ex("nanosleep", "req", canon.TextOf("1s")), ex("nanosleep", "req", canon.TextOf("1s")), at(2*time.Second, ex("getpid"))}},
	},
}

// passes reports whether an op does nothing but let time pass.
func passes(op *canon.Op) bool {
	if op.Call == abi.Sleep {
		return true
	}
	call, known := abi.ByName(op.Call)
	if !known {
		return false
	}
	if of, has := call.Until.Of.Arg(); has {
		return op.Event != nil && op.Event.Kind == trace.Call && uint32(op.Event.Args[of]) == 0
	}
	return call.Until.Effect == abi.Sleeps
}

// Passed finds those of the ops that one side makes alone, between two that both make, which only
// let time pass, so that the other side need not have them: if it makes no call there that does,
// and both make their next op at the same time. A goroutine's sleep is no call: no call of the
// other side says how long it has to be; and where nothing follows, on either side, it makes no
// difference. Where both sides have such an op, it is known exactly when each ends. By is
// the rule that says so.
func Passed(list []*Rule, own, other []*Form, next [2]*Form) (spare []*Form, by string) {
	last := next[0] == nil && next[1] == nil
	if last {
		if len(other) > 0 || slices.ContainsFunc(own, func(f *Form) bool { return !sleeps(f) }) {
			return nil, ""
		}
	} else if a, b, known := Times(next[0], next[1]); !known || Apart(a, b) ||
		a != b && slices.ContainsFunc(own, waits) && slices.ContainsFunc(other, waits) {
		return nil, ""
	}
	for _, r := range list {
		if r.Passes == nil {
			continue
		}
		byCall := func(f *Form) bool { return !sleeps(f) && r.Passes(f.Op) }
		called := slices.ContainsFunc(other, byCall)
		for _, f := range own {
			if r.Passes(f.Op) && !(called && byCall(f)) {
				spare, by = append(spare, f), r.Name
			}
		}
	}
	return spare, by
}

// sleeps reports whether a goroutine sleeps, waits whether it does or a call lets time pass.
func sleeps(f *Form) bool { return f.Call == abi.Sleep }
func waits(f *Form) bool  { return passes(f.Op) }

// Times is when two forms were made. It reports false if that is not known of both.
func Times(f, g *Form) (a, b time.Duration, known bool) {
	if f.Event == nil || g.Event == nil {
		return 0, 0, false
	}
	a, b = f.Event.At, g.Event.At
	return a, b, a != trace.Unsure && b != trace.Unsure
}

// Apart reports whether two times are not the same. Go's runtime waits in whole milliseconds,
// unless the program's debug information tells until when.
func Apart(a, b time.Duration) bool { return max(a-b, b-a) >= time.Millisecond }
