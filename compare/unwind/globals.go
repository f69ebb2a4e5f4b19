package unwind

import (
	"debug/dwarf"
	"encoding/binary"
	"slices"
	"strings"
)

// Global returns where in the process a field of a global structure of a Go program lies, as the
// program's debug information says; ok is false without any. It is for what the runtime knows and
// no call tells. The first time it takes some ten milliseconds for each program, to read that
// information.
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
	addr, typ, found := im.dwarfIndex().variable(variable)
	f := fieldOf(typ, field)
	if !found || f == nil {
		return 0, 0, false
	}
	return addr + uint64(f.ByteOffset), int(f.Type.Size()), true
}

// variable is where a global variable of a Go program stands in the file's own addresses, and its
// type.
func (x *dwarfIndex) variable(variable string) (addr uint64, typ dwarf.Type, ok bool) {
	if x.data == nil {
		return 0, nil, false
	}
	pkg := variable[:strings.LastIndexByte(variable, '.')]
	r := x.data.Reader()
	for range x.size { // at most, see dwarfIndex.read
		e, err := r.Next()
		if e == nil || err != nil {
			break
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		switch {
		case e.Tag == dwarf.TagCompileUnit && name == pkg:
			continue
		case e.Tag == dwarf.TagVariable && name == variable:
			const opAddr = 3 // DW_OP_addr
			at, _ := e.Val(dwarf.AttrLocation).([]byte)
			off, _ := e.Val(dwarf.AttrType).(dwarf.Offset)
			typ, err := x.data.Type(off)
			if err != nil || len(at) != 9 || at[0] != opAddr {
				return 0, nil, false
			}
			return binary.LittleEndian.Uint64(at[1:]), typ, true
		case e.Children:
			r.SkipChildren()
		}
	}
	return 0, nil, false
}

// fieldOf is a field of a structure, or of the one that typ points at; nil if it has none.
func fieldOf(typ dwarf.Type, field string) *dwarf.StructField {
	for range 4 {
		switch t := typ.(type) {
		case *dwarf.TypedefType:
			typ = t.Type
		case *dwarf.PtrType:
			typ = t.Type
		case *dwarf.StructType:
			for _, f := range t.Field {
				if f.Name == field {
					return f
				}
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}

// WantedSignals returns where in the process Go's runtime keeps the set of signals that the program
// asked for (runtime.sig.wanted): as the debug information says, or, of a program without any, as
// the code does that puts a signal into the set.
func (s *Space) WantedSignals() (addr uint64, size int, ok bool) {
	if addr, size, ok = s.Global("runtime.sig", "wanted"); ok || s.main == nil || !s.main.image.isGo {
		return addr, size, ok
	}
	if addr, size, ok = s.main.image.wantedByCode(); !ok {
		return 0, 0, false
	}
	return s.main.bias + addr, size, true
}

// wantedByCode looks into signal_enable, which sets a bit in the set of the signals that are wanted
// and then clears it in that of those that are ignored. The one set stands right before the other
// one, and both are taken the address of in this order.
func (im *image) wantedByCode() (addr uint64, size int, ok bool) {
	const setSize = 12 // a bit for each of 65 signals, in words of 32
	im.mu.Lock()
	defer im.mu.Unlock()
	fn, found := im.goTable().named("os/signal.signal_enable")
	if !found || fn.end <= fn.entry || fn.end-fn.entry > 4096 {
		return 0, 0, false
	}
	code := make([]byte, fn.end-fn.entry)
	if !im.read(code, fn.entry) {
		return 0, 0, false
	}
	taken := addressesTaken(code, fn.entry)
	for i, a := range taken {
		if slices.Contains(taken[i+1:], a+setSize) {
			return a, setSize, true
		}
	}
	return 0, 0, false
}
