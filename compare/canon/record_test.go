package canon

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
	"paritykit/compare/attrib"
	"paritykit/compare/trace"
)

// reread is a run that was written and read again.
func reread(t *testing.T, run *Run) (*Run, *Record) {
	t.Helper()
	var rec Record
	through := func(from, to any) {
		b, err := json.Marshal(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, to); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
	}
	form := run.Record()
	through(form.Names, &rec.Names)
	through(form.Links, &rec.Links)
	through(form.Objects, &rec.Objects)
	through(form.Processes, &rec.Processes)
	for i := range form.Processes {
		through(form.Processes[i].Ops, &rec.Processes[i].Ops)
	}
	again, err := rec.Run()
	if err != nil {
		t.Fatal(err)
	}
	return again, &rec
}

// TestRecord: of a run that was written and read again each value is equal to what it was, has the
// same hash and reads the same, as it stands and with names; and it is written in the same way.
func TestRecord(t *testing.T) {
	run := &Run{names: map[string]string{"4711": "P.1", "4712": "P.1", "99": "port(sock1)"},
		called: []called{{"./a", "program(P)", false, false}, {"a", "comm(P)", true, false}}}
	p := &Process{Name: "P", strands: 1}
	values := different()
	for _, hostile := range []string{"\x01", "\x01P.1\x014711\x01\x01", "\xff\xfe\x00", "\u202e\u2028\u0085", "\"\\\n\t\r'",
		"<&>", "4712 and 99 and 4711", "\ufffd", "{\"quoted\":\"x\"}", "a of ./a is a"} {
		v := TextOf(hostile)
		if strings.HasPrefix(hostile, "a ") {
			v = v.fromKernel()
		}
		run.nameIn(v)
		values = append(values, v, ObjectOf("file", "file:"+hostile, ""), WordOf(hostile))
	}
	values = append(values, Bits(unix.O_WRONLY|unix.O_CREAT|1<<62, abi.CloneFlags), Bits(1<<63, nil), OneOf(1<<40, nil))
	origin := &attrib.Origin{Site: attrib.Site{File: "a\xff.c", Line: 3, Func: "f"}, Idiom: &attrib.Idiom{Name: "stdio"},
		Callers: []attrib.Site{{Func: "g", Offset: 7, Module: "m"}}, Handler: true}
	for i, v := range values {
		e := &trace.Event{Nr: unix.SYS_OPENAT, Entered: 10 * i, Left: 10*i + 5, At: trace.Unsure}
		p.Ops = append(p.Ops, &Op{Call: "openat", Args: []Arg{{Name: "a", Value: v, Out: true}}, Result: v, Event: e, Origin: origin})
	}
	run.Processes = []*Process{p}
	again, rec := reread(t, run)
	seed := maphash.MakeSeed()
	for i, v := range values {
		op := again.Processes[0].Ops[i]
		for _, w := range []Value{op.Result, op.Arg("a")} {
			if !v.equal(w, false) || !v.equal(w, true) || v.String() != w.String() || v.Text() != w.Text() || v.Why() != w.Why() {
				t.Errorf("%s %s came back as %s", v.kind, v.Text(), w.Text())
			}
		}
		if op.Sums(seed) != p.Ops[i].Sums(seed) {
			t.Errorf("%s %s: another sum", v.kind, v.Text())
		}
		if op.Site != origin.Site || op.Callers[0] != origin.Callers[0] || op.Idiom.Name != "stdio" || !op.Handler {
			t.Errorf("origin %+v", op.Origin)
		}
	}
	first, _ := json.Marshal(rec)
	if second, _ := json.Marshal(again.Record()); !bytes.Equal(first, second) {
		t.Errorf("written:\n%s\nread and written again:\n%s", first, second)
	}
}

// TestRecordOfEvents: what a comparison asks of an event comes back: the form of the call, its
// flags, whether it makes a process, and the order.
func TestRecordOfEvents(t *testing.T) {
	clone3 := trace.Memory{When: abi.In, Bytes: make([]byte, 88)}
	clone3.Bytes[2] = unix.CLONE_THREAD >> 16
	events := []*trace.Event{
		{Nr: unix.SYS_FCNTL, Args: [6]uint64{3, unix.F_SETFL, unix.O_APPEND}, Entered: 50, Begun: 60, Left: 70},
		{Nr: unix.SYS_CLONE, Args: [6]uint64{uint64(unix.SIGCHLD), 1 << 40}, Entered: 10, Left: 20, Result: 4711},
		{Nr: unix.SYS_CLONE3, Memory: []trace.Memory{clone3}, Entered: 30, Left: 40, Result: 4712},
		{Nr: 9999, Entered: 80},
		{Kind: trace.Signal, Signo: 1, Entered: 90},
	}
	p := &Process{Name: "P", strands: 1}
	for _, e := range events {
		p.Ops = append(p.Ops, &Op{Call: "call", Event: e, Origin: &attrib.Origin{}})
	}
	again, _ := reread(t, &Run{Processes: []*Process{p}})
	for i, op := range again.Processes[0].Ops {
		was := p.Ops[i]
		if op.Event.Kind != was.Event.Kind || op.Sig().Name != was.Sig().Name || op.Forks() != was.Forks() || op.Event.Nr != was.Event.Nr {
			t.Errorf("call %d, %s: came back as %+v", i, was.Sig().Name, op.Event)
		}
		for k, other := range again.Processes[0].Ops {
			if (op.Event.Entered < other.Event.Entered) != (was.Event.Entered < p.Ops[k].Event.Entered) {
				t.Errorf("calls %d and %d: another order", i, k)
			}
		}
	}
}

// TestRecordOfNonsense: what no Record is gives an error, and no panic.
func TestRecordOfNonsense(t *testing.T) {
	op := func(v ValueRecord) *Record {
		return &Record{Processes: []ProcessRecord{{Name: "P", Strands: 1, Ops: []OpRecord{{Call: "read", Args: []ValueRecord{v}}}}}}
	}
	for want, rec := range map[string]*Record{
		"no kind of value":    op(ValueRecord{Kind: "frob"}),
		"no object":           op(ValueRecord{Kind: "object", Value: Quoted("x")}),
		"part of nothing":     op(ValueRecord{Kind: "partial"}),
		"without its sums":    op(ValueRecord{Kind: "variables", Sum: "00"}),
		"name without an end": {Processes: []ProcessRecord{{Output: []StreamRecord{{Data: Quoted("\x01P")}}}}},
		"a name without":      op(ValueRecord{Kind: "text", Value: Quoted("\x01P")}),
		"no name \"P\"":       op(ValueRecord{Kind: "path", Value: Quoted("\x01P\x01")}),
		"no system call frob": {Processes: []ProcessRecord{{Name: "P", Ops: []OpRecord{{Call: "frob"}}}}},
		"no argument 9": {Processes: []ProcessRecord{{Name: "P", Ops: []OpRecord{{Call: "read",
			EventRecord: EventRecord{Values: map[int]uint64{9: 1}}}}}}},
		"no thread 3":     {Processes: []ProcessRecord{{Name: "P", Ops: []OpRecord{{Call: "read", Strand: 3}}}}},
		"no process Q":    {Objects: []ObjectRecord{{Key: "x", Maker: "Q"}}},
		"no connection 2": {Objects: []ObjectRecord{{Key: "x", Link: 2}}},
		"-1 threads":      {Processes: []ProcessRecord{{Name: "P", Strands: -1}}},
		"9 threads":       {Processes: []ProcessRecord{{Name: "P", Strands: 9}}},
		"began one itself": {Objects: []ObjectRecord{{Key: "x", Link: 1}, {Key: "y", Link: 2}},
			Links: []LinkRecord{{Socket: "x", Peer: "y"}, {Socket: "y", Peer: "x"}}},
		"no object y": {Links: []LinkRecord{{Socket: "y"}}},
	} {
		if _, err := rec.Run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
