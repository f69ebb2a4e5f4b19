package unwind

import "debug/dwarf"

// Goroutines is where Go's runtime keeps its goroutines, and what of them stands where: offsets in
// a runtime.g, and When that in a runtime.timer.
type Goroutines struct {
	List                          uint64 // the slice runtime.allgs of pointers to each
	ID, Status, PC, SP, FP, Timer int
	When                          int
}

// Goroutines is that of the process; ok is false of a program that is none of Go's, or has no debug
// information.
func (s *Space) Goroutines() (g Goroutines, ok bool) {
	if s.main == nil || !s.main.image.isGo {
		return g, false
	}
	g = s.main.image.goroutines()
	known := g.List != 0
	g.List += s.main.bias
	return g, known
}

// Parked is the registers of a goroutine that does not run, as its runtime.g has them.
func Parked(pc, sp, fp uint64) (r Regs) {
	r.PC, r.R[regSP], r.R[regFP] = pc, sp, fp
	return r
}

// goroutines is that of the file's own addresses, without a List if nothing is known.
func (im *image) goroutines() Goroutines {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.goroutinesAt == nil {
		at := &Goroutines{}
		func() {
			var err error
			defer recovered(&err) // of a malformed file nothing is known
			if known := im.dwarfIndex().goroutines(); known != nil {
				at = known
			}
		}()
		im.goroutinesAt = at
	}
	return *im.goroutinesAt
}

func (x *dwarfIndex) goroutines() *Goroutines {
	addr, typ, found := x.variable("runtime.allgs")
	list := fieldOf(typ, "array")
	if !found || list == nil {
		return nil
	}
	pointer, ok := list.Type.(*dwarf.PtrType)
	if !ok {
		return nil
	}
	g := &Goroutines{List: addr}
	missing := false
	offset := func(typ dwarf.Type, fields ...string) (n int) {
		for _, name := range fields {
			f := fieldOf(typ, name)
			if f == nil {
				missing = true
				return 0
			}
			n, typ = n+int(f.ByteOffset), f.Type
		}
		return n
	}
	g.ID, g.Status = offset(pointer.Type, "goid"), offset(pointer.Type, "atomicstatus")
	g.PC, g.SP, g.FP = offset(pointer.Type, "sched", "pc"), offset(pointer.Type, "sched", "sp"), offset(pointer.Type, "sched", "bp")
	g.Timer = offset(pointer.Type, "timer")
	if f := fieldOf(pointer.Type, "timer"); f != nil {
		g.When = offset(f.Type, "when")
	}
	if missing {
		return nil
	}
	return g
}
