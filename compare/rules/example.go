package rules

import (
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"paritykit/compare/attrib"
	"paritykit/compare/canon"
	"paritykit/compare/trace"
)

// This file has the words in which examples are written.

// ex makes an op for an example: name and value of each argument in turn.
func ex(call string, args ...any) *canon.Op {
	op := &canon.Op{Call: call, Origin: &attrib.Origin{}}
	for i := 0; i+1 < len(args); i += 2 {
		op.Args = append(op.Args, canon.Arg{Name: args[i].(string), Value: args[i+1].(canon.Value)})
	}
	return op
}

func one(c, g *canon.Op) Example { return Example{[]*canon.Op{c}, []*canon.Op{g}} }

// handler is an op that a signal handler makes.
func handler(op *canon.Op) *canon.Op {
	op.Origin = &attrib.Origin{Handler: true}
	return op
}

// stdio is an op that stdio makes for a function of the program's.
func stdio(op *canon.Op) *canon.Op { return idiom("stdio", op) }

// idiom is an op that is part of an idiom.
func idiom(name string, op *canon.Op) *canon.Op {
	op.Origin = &attrib.Origin{Idiom: &attrib.Idiom{Name: name}}
	return op
}

// piece is an op that goes on with the print that the one before it began.
func piece(op *canon.Op) *canon.Op {
	op.Piece = true
	return op
}

// failed is an op with an error.
func failed(op *canon.Op, e unix.Errno) *canon.Op { return gives(op, canon.Failed(e)) }

// gives is an op with a result.
func gives(op *canon.Op, result canon.Value) *canon.Op {
	op.Result = result
	return op
}

// fatal is the last op of a process that a signal killed.
func fatal(op *canon.Op, signal string) *canon.Op {
	op.Fatal = signal
	return op
}

var (
	null       = canon.Only(canon.Null)
	address    = canon.Only(canon.Address)
	badAddress = canon.Only(canon.BadAddress)
	unanswered = canon.Only(canon.Unanswered)
	nothing    = canon.Value{}
)

// obj is what a descriptor stands for: pipe1.w, tty, sock1.
func obj(name string) canon.Value {
	name, end, ended := strings.Cut(name, ".")
	if ended {
		end = "." + end
	}
	return canon.ObjectOf(strings.TrimRight(name, "0123456789"), name, end)
}

func num(n int64) canon.Value           { return canon.Int(n) }
func bits(v uint64) canon.Value         { return canon.Bits(v, nil) }
func enum(v uint64) canon.Value         { return canon.OneOf(v, nil) }
func text(s string) canon.Value         { return canon.TextOf(s) }
func file(path string) canon.Value      { return canon.PathOf(path) }
func word(s string) canon.Value         { return canon.WordOf(s) }
func process(name string) canon.Value   { return canon.ProcessOf(name) }
func sig(s unix.Signal) canon.Value     { return canon.SignalOf(s) }
func span(d time.Duration) canon.Value  { return canon.SpanOf(d) }
func set(v ...canon.Value) canon.Value  { return canon.SetOf(v...) }
func list(v ...canon.Value) canon.Value { return canon.ListOf(v...) }

// mask is a set of signals.
func mask(signals ...unix.Signal) canon.Value {
	var set uint64
	for _, s := range signals {
		set |= 1 << (s - 1)
	}
	return canon.SignalSet(set)
}

// exited is the status of a child that has exited.
func exited(code int) canon.Value { return canon.StatusOf(unix.WaitStatus(code << 8)) }

// inet is the address of a family.
func inet(family uint64) canon.Value {
	return canon.StructOf(canon.Arg{Name: "sin_family", Value: enum(family)})
}

// at is an op that is made some time after the run began.
func at(when time.Duration, op *canon.Op) *canon.Op {
	op.Event = &trace.Event{At: when}
	return op
}
