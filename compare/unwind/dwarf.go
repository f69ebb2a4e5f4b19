package unwind

import (
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"slices"
)

// dwarfIndex finds the compilation unit of a pc. Units are read when a pc in
// them is asked for. It serves C code; Go code has its own table.
type dwarfIndex struct {
	data  *dwarf.Data
	units []unitRange

	// The bytes of .debug_info. There are at most as many entries: whoever walks them stops
	// there, since debug/dwarf returns empty ones for ever where the section is truncated.
	size uint64
}

type unitRange struct {
	lo, hi uint64
	unit   *unit
}

// unit is what a compilation unit says of code.
type unit struct {
	entry  *dwarf.Entry
	loaded bool
	rows   []lineRow // sorted by addr
	scopes []scope
}

// lineRow is a row of the line table: it holds up to the next row.
type lineRow struct {
	addr uint64
	file string
	line int
	end  bool // no code from here on
}

// scope is a range of addresses of a function's own code or of a call inlined
// into another. A function in several pieces has several.
type scope struct {
	lo, hi   uint64
	name     string
	depth    int // of nesting
	inlined  bool
	callFile string // where the inlined call stands
	callLine int
}

func (s scope) covers(pc uint64) bool { return s.lo <= pc && pc < s.hi }

// dwarfIndex returns the image's index, an empty one if it has no DWARF.
func (im *image) dwarfIndex() *dwarfIndex {
	if im.dwarf == nil {
		im.dwarf = &dwarfIndex{}
		if info := im.section(".debug_info", ".zdebug_info"); info != nil {
			im.dwarf.size = info.Size
			im.dwarf.read(im.elf) // on an error: what was read until then
		}
	}
	return im.dwarf
}

// read finds the units.
func (x *dwarfIndex) read(f *elf.File) (err error) {
	defer recovered(&err)
	x.data, err = f.DWARF()
	if err != nil {
		return err
	}
	r := x.data.Reader()
	for range x.size {
		e, err := r.Next()
		if e == nil || err != nil {
			break
		}
		if e.Tag == dwarf.TagCompileUnit {
			u := &unit{entry: e}
			ranges, _ := x.data.Ranges(e)
			for _, r := range ranges {
				x.units = append(x.units, unitRange{r[0], r[1], u})
			}
		}
		r.SkipChildren()
	}
	return nil
}

// unit returns the loaded unit of pc, or nil.
func (x *dwarfIndex) unit(pc uint64) *unit {
	for _, r := range x.units {
		if r.lo <= pc && pc < r.hi {
			if !r.unit.loaded {
				r.unit.loaded = true
				x.load(r.unit) // on an error: what was read until then
			}
			return r.unit
		}
	}
	return nil
}

// load reads a unit's line table and functions.
func (x *dwarfIndex) load(u *unit) (err error) {
	defer recovered(&err)
	lines, err := x.data.LineReader(u.entry)
	if err != nil {
		return err
	}
	var files []*dwarf.LineFile
	if lines != nil {
		var e dwarf.LineEntry
		for lines.Next(&e) == nil {
			row := lineRow{addr: e.Address, line: e.Line, end: e.EndSequence}
			if e.File != nil {
				row.file = e.File.Name
			}
			u.rows = append(u.rows, row)
		}
		files = lines.Files()
	}
	// The end of one sequence may be the start of another: the end first.
	slices.SortStableFunc(u.rows, func(a, b lineRow) int {
		if c := cmp.Compare(a.addr, b.addr); c != 0 || a.end == b.end {
			return c
		}
		if a.end {
			return -1
		}
		return 1
	})
	return x.loadScopes(u, files)
}

// loadScopes walks the unit's tree of entries once.
func (x *dwarfIndex) loadScopes(u *unit, files []*dwarf.LineFile) error {
	r := x.data.Reader()
	r.Seek(u.entry.Offset)
	depth := 0
	for {
		e, err := r.Next()
		if e == nil || err != nil {
			return err
		}
		if e.Tag == dwarf.TagCompileUnit && e.Offset != u.entry.Offset {
			return nil
		}
		if e.Tag == dwarf.TagSubprogram || e.Tag == dwarf.TagInlinedSubroutine {
			x.addScope(u, e, files, depth)
		}
		switch {
		case e.Tag == 0:
			depth--
		case e.Children:
			depth++
		}
		if depth <= 0 {
			return nil
		}
	}
}

func (x *dwarfIndex) addScope(u *unit, e *dwarf.Entry, files []*dwarf.LineFile, depth int) {
	ranges, err := x.data.Ranges(e)
	if err != nil || len(ranges) == 0 {
		return
	}
	s := scope{name: x.name(e), depth: depth, inlined: e.Tag == dwarf.TagInlinedSubroutine}
	if file, ok := e.Val(dwarf.AttrCallFile).(int64); ok && file >= 0 && file < int64(len(files)) && files[file] != nil {
		s.callFile = files[file].Name
	}
	if line, ok := e.Val(dwarf.AttrCallLine).(int64); ok {
		s.callLine = int(line)
	}
	for _, r := range ranges {
		s.lo, s.hi = r[0], r[1]
		u.scopes = append(u.scopes, s)
	}
}

// name returns the name of a function's entry. Inlined and out-of-line copies
// refer to the abstract function, which may refer to its declaration.
func (x *dwarfIndex) name(e *dwarf.Entry) string {
	const hops = 4
	r := x.data.Reader()
	for range hops {
		for _, attr := range []dwarf.Attr{dwarf.AttrLinkageName, dwarf.AttrName} {
			if name, ok := e.Val(attr).(string); ok {
				return name
			}
		}
		off, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			off, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset)
		}
		if !ok {
			break
		}
		r.Seek(off)
		next, err := r.Next()
		if err != nil || next == nil {
			break
		}
		e = next
	}
	return ""
}

// row returns the line of pc.
func (u *unit) row(pc uint64) (lineRow, bool) {
	i, _ := slices.BinarySearchFunc(u.rows, pc, func(r lineRow, pc uint64) int {
		if r.addr <= pc {
			return -1
		}
		return 1
	})
	if i == 0 || u.rows[i-1].end || u.rows[i-1].line == 0 {
		return lineRow{}, false
	}
	return u.rows[i-1], true
}

// frames returns the logical frames at pc, innermost first, nil if there is
// no information. The line table knows where the innermost one is; each
// inlined call says from where it was called.
func (x *dwarfIndex) frames(pc uint64) []Frame {
	u := x.unit(pc)
	if u == nil {
		return nil
	}
	row, _ := u.row(pc)
	at := Frame{File: row.file, Line: row.line}
	var fs []Frame
	for _, s := range slices.Backward(u.scopesAt(pc)) {
		at.Func, at.Inlined, at.Offset = s.name, s.inlined, 0
		if !s.inlined {
			at.Offset = pc - s.lo
		}
		fs = append(fs, at)
		if !s.inlined {
			return fs
		}
		at = Frame{File: s.callFile, Line: s.callLine}
	}
	at.Inlined = false
	return append(fs, at) // the function itself has no entry
}

// scopesAt returns the scopes around pc, outermost first.
func (u *unit) scopesAt(pc uint64) []scope {
	var around []scope
	for _, s := range u.scopes {
		if s.covers(pc) {
			around = append(around, s)
		}
	}
	slices.SortStableFunc(around, func(a, b scope) int { return cmp.Compare(a.depth, b.depth) })
	return around
}

// end returns the largest line of the function at entry that is in the
// function's own file and not inlined into it.
func (x *dwarfIndex) end(fn string, entry uint64) (Frame, bool) {
	u := x.unit(entry)
	if u == nil {
		return Frame{}, false
	}
	first, ok := u.row(entry)
	if !ok {
		return Frame{}, false
	}
	var own []scope
	for _, s := range u.scopes {
		if s.name == fn && !s.inlined {
			own = append(own, s)
		}
	}
	last := Frame{Func: fn, File: first.file}
	for _, row := range u.rows {
		inOwn := slices.ContainsFunc(own, func(s scope) bool { return s.covers(row.addr) })
		if !inOwn || row.end || row.file != first.file || row.line <= last.Line {
			continue
		}
		if around := u.scopesAt(row.addr); !around[len(around)-1].inlined {
			last.Line, last.Offset = row.line, row.addr-entry
		}
	}
	return last, last.Line > 0
}
