package unwind

import (
	"debug/dwarf"
	"encoding/binary"
	"strings"
)

// Global returns where in the process a field of a global structure of a Go program lies, as the program's debug information
// says; ok is false without any. It is for what the runtime knows and no call tells. The first time it takes some ten
// milliseconds for each program, to read that information.
func (s *Space) Global(variable, field string) (addr uint64, size int, ok bool) {
	if s.main == nil || !s.main.image.isGo {
		return 0, 0, false
	}
	if addr, size, ok = s.main.image.global(variable, field); !ok {
		return 0, 0, false
	}
	return s.main.bias + addr, size, true
}

// variablePlace is the answer of global, which takes some time to find.
type variablePlace struct {
	addr uint64
	size int
	ok   bool
}

// global is where the field stands in the file's own addresses.
func (im *image) global(variable, field string) (addr uint64, size int, ok bool) {
	im.mu.Lock()
	defer im.mu.Unlock()
	key := variable + "." + field
	if known, ok := im.globals[key]; ok {
		return known.addr, known.size, known.ok
	}
	defer func() {
		ok = recover() == nil && ok // a malformed file, see recovered
		if im.globals == nil {
			im.globals = map[string]variablePlace{}
		}
		im.globals[key] = variablePlace{addr, size, ok}
	}()
	data := im.dwarfIndex().data
	if data == nil {
		return 0, 0, false
	}
	pkg := variable[:strings.LastIndexByte(variable, '.')]
	r := data.Reader()
	for e, err := r.Next(); e != nil && err == nil; e, err = r.Next() {
		name, _ := e.Val(dwarf.AttrName).(string)
		switch {
		case e.Tag == dwarf.TagCompileUnit && name == pkg:
			continue
		case e.Tag == dwarf.TagVariable && name == variable:
			return structField(data, e, field)
		case e.Children:
			r.SkipChildren()
		}
	}
	return 0, 0, false
}

func structField(data *dwarf.Data, variable *dwarf.Entry, field string) (addr uint64, size int, ok bool) {
	const opAddr = 3 // DW_OP_addr
	at, _ := variable.Val(dwarf.AttrLocation).([]byte)
	off, _ := variable.Val(dwarf.AttrType).(dwarf.Offset)
	typ, err := data.Type(off)
	s, isStruct := typ.(*dwarf.StructType)
	if err != nil || !isStruct || len(at) != 9 || at[0] != opAddr {
		return 0, 0, false
	}
	for _, f := range s.Field {
		if f.Name == field {
			return binary.LittleEndian.Uint64(at[1:]) + uint64(f.ByteOffset), int(f.Type.Size()), true
		}
	}
	return 0, 0, false
}
