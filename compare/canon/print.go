package canon

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

// This file writes values and ops, for reports, for messages and for tests. Nothing reads what it
// writes.

// String is the value as one writes it down.
func (v Value) String() string { return string(v.append(nil, false)) }

// Append writes String behind b.
func (v Value) Append(b []byte) []byte { return v.append(b, false) }

// Text is String with numbers as they stand, and no names in place of those that are chance.
func (v Value) Text() string { return string(v.append(nil, true)) }

// append writes the value behind b: as it stands, or with names for what is chance. It is one
// switch, longer than functions here are: it is the table of kinds and their text.
func (v Value) append(b []byte, stands bool) []byte {
	switch v.kind {
	case Number:
		return v.appendNumber(b)
	case Flags:
		names, _ := v.data.(*abi.Names)
		return append(b, names.Flags(v.num)...)
	case Enum:
		names, _ := v.data.(*abi.Names)
		return append(b, names.Enum(v.num)...)
	case Signal:
		return append(b, abi.SignalName(int(v.num))...)
	case Signals:
		return append(b, abi.SignalSet(v.num)...)
	case Word, ProcessID, IPC:
		return append(b, *v.data.(*string)...)
	case GroupID:
		return append(append(b, '-'), *v.data.(*string)...)
	case ThreadID:
		return append(append(b, "thread of "...), *v.data.(*string)...)
	case Port:
		return append(b, v.data.(*port).key()...)
	case Object:
		return append(append(b, v.data.(*object).text().as(stands)...), ends[v.num]...)
	case Place:
		b = append(b, v.data.(*object).name...)
		if v.num > 0 {
			b = strconv.AppendUint(append(b, '+'), v.num, 10)
		}
		return b
	case Closed:
		return append(b, "closed"...)
	case Text, Path:
		return appendQuoted(b, v.data.(*text).as(stands))
	case Octets:
		return fmt.Appendf(b, "%x", v.data.(*text).raw)
	case Null:
		return append(b, "NULL"...)
	case Address:
		return append(b, "addr"...)
	case BadAddress:
		return append(b, badAddress...)
	case Variables:
		env := v.data.(*variables)
		return fmt.Appendf(b, "%d variables (sha256 %x)", env.n, env.as(!stands)[:4])
	case Span:
		return v.data.(*span).append(b)
	case Status:
		return append(b, waitStatus(uint32(v.num))...)
	case Errno:
		return append(b, abi.Errno(int(v.num))...)
	case Unanswered:
		return append(b, '?')
	case Dropped:
		return append(b, "…"...)
	case Unseen:
		if v.form == abi.Hidden {
			b = append(strconv.AppendUint(b, v.num, 10), ' ')
		}
		return append(b, "not looked into"...)
	case List:
		return append(v.appendParts(append(b, '['), ", ", stands), ']')
	case Set:
		return append(v.appendParts(append(b, '{'), " ", stands), '}')
	case Struct:
		return append(v.appendParts(append(b, '{'), ", ", stands), '}')
	case Tuple:
		return v.appendParts(b, " ", stands)
	case Halves:
		return append(v.appendParts(b, "|", stands), "<<32"...)
	case Answered:
		return v.appendParts(b, " -> ", stands)
	case Partial:
		return v.data.(*partial).append(b, stands)
	}
	return b
}

const badAddress = "bad address"

func (v Value) appendParts(b []byte, between string, stands bool) []byte {
	for i, part := range v.Elements() {
		if i > 0 {
			b = append(b, between...)
		}
		b = part.append(b, stands)
	}
	return b
}

// append writes an argument or a field behind b, with its name if that is shown.
func (a *Arg) append(b []byte, stands bool) []byte {
	if a.Label {
		b = append(append(b, a.Name...), '=')
	}
	return a.Value.append(b, stands)
}

func (v Value) appendNumber(b []byte) []byte {
	switch v.form {
	case abi.Uint, abi.Ulong, abi.Ushort, abi.Size:
		return strconv.AppendUint(b, v.num, 10)
	case abi.Octal:
		return fmt.Appendf(b, "%#o", v.num)
	case abi.Hex:
		return fmt.Appendf(b, "%#x", v.num)
	case abi.IPv4:
		return fmt.Appendf(b, "%d.%d.%d.%d", byte(v.num), byte(v.num>>8), byte(v.num>>16),
			byte(v.num>>24))
	case abi.Dev:
		return fmt.Appendf(b, "%d:%d", unix.Major(v.num), unix.Minor(v.num))
	}
	return strconv.AppendInt(b, int64(v.num), 10)
}

func (p *partial) append(b []byte, stands bool) []byte {
	b = p.Value.append(b, stands)
	if p.bad {
		b = append(b, "… ("+badAddress+")"...)
	}
	if p.more > 0 {
		b = fmt.Appendf(b, "… (%d more bytes, sha256 %x)", p.more, p.sum[:8])
	}
	return b
}

// append writes seconds and a fraction as one number: 2s, 0.25s.
func (s *span) append(b []byte) []byte {
	b = strconv.AppendInt(b, s.sec, 10)
	if s.nsec > 0 {
		b = append(append(b, '.'), strings.TrimRight(fmt.Sprintf("%09d", s.nsec), "0")...)
	}
	return append(b, 's')
}

func (t *text) as(stands bool) []byte {
	if stands || t.named == nil {
		return t.raw
	}
	return t.named
}

// waitStatus writes what wait(2) reports.
func waitStatus(v uint32) string {
	switch sig := int(v & 0x7f); {
	case v == 0xffff:
		return "continued"
	case sig == 0x7f:
		return "stopped by " + abi.SignalName(int(v>>8&0xff))
	case sig != 0:
		return "killed by " + abi.SignalName(sig)
	}
	return "exit " + strconv.Itoa(int(v>>8&0xff))
}

// longest is how many bytes of a text are written out. Of a longer one the hash of all of it is
// written too, so that two texts read the same only if they are the same.
const longest = 4096

// Quote writes bytes as a C string, as ops have them.
func Quote(b []byte) string { return string(appendQuoted(make([]byte, 0, len(b)+8), b)) }

func appendQuoted(out, b []byte) []byte {
	tail := ""
	if len(b) > longest {
		sum := sha256.Sum256(b)
		tail = fmt.Sprintf("… (%d bytes, sha256 %x)", len(b), sum[:8])
		b = b[:longest]
	}
	out = append(out, '"')
	for i, ch := range b {
		switch {
		case ch == '"' || ch == '\\':
			out = append(out, '\\', ch)
		case ch == '\n':
			out = append(out, `\n`...)
		case ch == '\t':
			out = append(out, `\t`...)
		case ch == '\r':
			out = append(out, `\r`...)
		case ch == 0 && (i+1 == len(b) || b[i+1] < '0' || b[i+1] > '9'):
			out = append(out, `\0`...)
		case ch < ' ' || ch >= 0x7f:
			out = fmt.Appendf(out, `\x%02x`, ch)
		default:
			out = append(out, ch)
		}
	}
	return append(append(out, '"'), tail...)
}

// String is the op as one writes it down: write(pipe1.w, "Who are you?\0").
func (o *Op) String() string { return o.Beside(nil) }

// Append writes String behind b.
func (o *Op) Append(b []byte) []byte { return o.append(b, nil) }

// Beside is String for an op that stands beside another one. An argument that is equal on both
// sides as it stands has no chance in it, and is written as it stands: a number that happens to be
// a process id of one run is none.
func (o *Op) Beside(other *Op) string { return string(o.append(make([]byte, 0, 64), other)) }

func (o *Op) append(b []byte, other *Op) []byte {
	b = append(append(b, o.Call...), '(')
	for i := range o.Args {
		if i > 0 {
			b = append(b, ", "...)
		}
		a := &o.Args[i]
		stands := other != nil && a.Value.hasNames() && other.Arg(a.Name).Equal(a.Value)
		b = a.append(b, stands)
	}
	b = append(b, ')')
	if o.Result.kind != Nothing {
		b = o.Result.append(append(b, " = "...), false)
	}
	return b
}
