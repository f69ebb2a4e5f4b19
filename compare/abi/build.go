package abi

// The words that the tables are written in. A line such as
//
//	call("read", Size, fd, out(Bytes, "buf", filled(2)), arg(Size, "count"))
//
// reads: read returns a size; its second argument is a buffer, filled at exit with as many bytes as
// the result says, and no more than argument 2, the count.

// call is a call with its result and its arguments.
func call(name string, result Kind, args ...Arg) *Call {
	return &Call{Name: name, Args: args, Result: result, Known: true}
}

// returns names the values of a result.
func (c *Call) returns(kind Kind, names *Names) *Call {
	c.Result, c.ResultNames = kind, names
	return c
}

// by gives the call forms: another signature for each of these values of an argument's bits under
// mask.
func (c *Call) by(arg int, mask uint64, by map[uint64]*Call) *Call {
	c.forms = &forms{arg, mask, by}
	return c
}

// unless says that the last n arguments count only if an argument has one of these bits.
func (c *Call) unless(n, arg int, bits uint64) *Call {
	short := &Call{Args: c.Args[:len(c.Args)-n], Result: c.Result, ResultNames: c.ResultNames, Known: true}
	return c.by(arg, bits, map[uint64]*Call{0: short})
}

// form is one signature among several of a call, from which register gives it its name.
func form(result Kind, args ...Arg) *Call { return call("", result, args...) }

// arg is an argument that is a value.
func arg(kind Kind, name string) Arg { return Arg{Name: name, Kind: kind} }

// unseen is the address of something that is not looked into.
func unseen(name string) Arg { return Arg{Name: name, Kind: Unseen} }

// ignored is an argument that the kernel does not look at and that has others behind it: the
// register has some leftover.
func ignored(name string) Arg { return Arg{Name: name} }

// flags and enum are values that have names.
func flags(name string, names *Names) Arg { return Arg{Name: name, Kind: Flags, Names: names} }
func enum(name string, names *Names) Arg  { return Arg{Name: name, Kind: Enum, Names: names} }

// in, out and inout are addresses of numbers, text or bytes.
func in(kind Kind, name string, n ...Len) Arg    { return at(In, kind, nil, name, n) }
func out(kind Kind, name string, n ...Len) Arg   { return at(Out, kind, nil, name, n) }
func inout(kind Kind, name string, n ...Len) Arg { return at(InOut, kind, nil, name, n) }

// inS, outS and inoutS are addresses of structures.
func inS(s *Layout, name string, n ...Len) Arg    { return at(In, Struct, s, name, n) }
func outS(s *Layout, name string, n ...Len) Arg   { return at(Out, Struct, s, name, n) }
func inoutS(s *Layout, name string, n ...Len) Arg { return at(InOut, Struct, s, name, n) }

// inIov and outIov are iovecs that are written from and read into; argument n has their number.
func inIov(name string, n int) Arg  { return at(In, Iovec, iovec, name, []Len{counted(n)}) }
func outIov(name string, n int) Arg { return at(Out, Iovec, iovec, name, []Len{counted(n)}) }

// named gives a number in memory its names.
func (a Arg) named(names *Names) Arg {
	a.Names = names
	return a
}

// uncompared says why an argument is not compared.
func (a Arg) uncompared(why string) Arg {
	a.Why = why
	return a
}

func at(when When, kind Kind, s *Layout, name string, n []Len) Arg {
	a := Arg{Name: name, Kind: kind, When: when, Struct: s}
	if len(n) > 0 {
		a.Len = n[0]
	}
	return a
}

func fixed(n int) Len    { return Len{From: Fixed, N: n} }
func counted(n int) Len  { return Len{From: ByArg, N: n} }
func filled(n int) Len   { return Len{From: ByResult, N: n} }
func lengthAt(n int) Len { return Len{From: ByPointer, N: n} }
func cutAt(n int) Len    { return Len{From: CutAt, N: n} }
func inside(n int) Len   { return Len{From: Inside, N: n} }

// plus is a length and some bytes that it does not count.
func (l Len) plus(n int) Len {
	l.Plus = n
	return l
}

var ifResult, pack = Len{From: IfResult}, Len{From: Packed}

// Arguments that many calls have.
var (
	fd     = arg(Fd, "fd")
	dirfd  = arg(AtFd, "dirfd")
	path   = in(Path, "pathname")
	mode   = arg(Octal, "mode")
	count  = arg(Size, "count")
	pid    = arg(Pid, "pid")
	sig    = arg(Signal, "sig")
	length = arg(Size, "length")
)
