package canon

import (
	"fmt"

	"paritykit/compare/abi"
)

// A key of System V IPC mostly comes from ftok(3), which asks for a file with stat(2) and makes the
// key of its inode number, which is chance: the file is what the program has chosen.

// keys are the files that programs have asked for, by what ftok makes of them, without the part
// that the program chooses.
type keys map[uint32]string

const fileOfKey = 1<<24 - 1

// looked notes a file that a program has asked for.
func (c *maker) looked(call *pending) {
	path, ok := call.first(abi.Path, abi.In)
	at, has := call.first(abi.Struct, abi.Out)
	if !ok || !has || len(call.args) == 0 || call.event.Result < 0 {
		return
	}
	m, s := call.event.Find(at, abi.Out), call.sig.Args[at].Struct
	inode, device := s.Field("st_ino"), s.Field("st_dev")
	file, isText := call.args[path].Value.Bytes()
	if m == nil || len(m.Bytes) < s.Size || inode == nil || device == nil || !isText {
		return
	}
	if c.keys == nil {
		c.keys = keys{}
	}
	c.keys[uint32(inode.Value(m.Bytes)&0xffff|device.Value(m.Bytes)&0xff<<16)] = string(file)
}

// ipcKey is a key as a value: a number, or what ftok has made it of.
func (c *maker) ipcKey(key uint32) Value {
	if file, made := c.keys[key&fileOfKey]; made && key != 0 {
		return c.word(fmt.Sprintf("ftok(%q, %d)", file, key>>24))
	}
	return Value{kind: Number, form: abi.Hex, num: uint64(key)}
}
