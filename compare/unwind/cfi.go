package unwind

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/go-delve/delve/pkg/dwarf/frame"
)

// callFrames are all entries of an image's call-frame information, sorted by
// pc. All are parsed at once although a trace asks for few: for glibc's 3,700
// entries that takes 1 to 2 ms, once per tool run. (.eh_frame_hdr's search table
// would allow to parse single entries in 20 µs, for 60 lines of code.)
type callFrames struct{ entries frame.FrameDescriptionEntries }

func (im *image) callFrames() *callFrames {
	if im.cfi == nil {
		im.cfi = &callFrames{}
		for _, s := range []*elf.Section{im.section(".eh_frame"), im.section(".debug_frame", ".zdebug_frame")} {
			if s != nil {
				im.cfi.read(s) // on an error: without this section
			}
		}
	}
	return im.cfi
}

// read adds a section's entries. In .eh_frame pointers are relative to where
// they stand; delve knows .debug_frame by an address of 0.
func (c *callFrames) read(s *elf.Section) (err error) {
	defer recovered(&err)
	data, err := s.Data()
	if err != nil {
		return err
	}
	var addr uint64
	if s.Name == ".eh_frame" {
		addr = s.Addr
	}
	entries, err := frame.Parse(data, binary.LittleEndian, 0, 8, addr)
	if err != nil {
		return err
	}
	for _, e := range entries {
		ignoreSigning(e.CIE.InitialInstructions)
		ignoreSigning(e.Instructions)
	}
	c.entries = c.entries.Append(entries)
	return nil
}

// negateRAState is DW_CFA_AARCH64_negate_ra_state: from here on the return address is signed, or
// no longer. (Its number means DW_CFA_GNU_window_save on SPARC, and nothing on amd64.)
const negateRAState = 0x2d

// operands are what follows an operation of call-frame information (DWARF 5, section 6.4.2): a
// LEB128 number (n), a block with its length before it (b), or so many bytes (1, 2, 4, 8).
var operands = map[byte]string{
	frame.DW_CFA_nop:                "",
	frame.DW_CFA_set_loc:            "8",
	frame.DW_CFA_advance_loc1:       "1",
	frame.DW_CFA_advance_loc2:       "2",
	frame.DW_CFA_advance_loc4:       "4",
	frame.DW_CFA_offset_extended:    "nn",
	frame.DW_CFA_restore_extended:   "n",
	frame.DW_CFA_undefined:          "n",
	frame.DW_CFA_same_value:         "n",
	frame.DW_CFA_register:           "nn",
	frame.DW_CFA_remember_state:     "",
	frame.DW_CFA_restore_state:      "",
	frame.DW_CFA_def_cfa:            "nn",
	frame.DW_CFA_def_cfa_register:   "n",
	frame.DW_CFA_def_cfa_offset:     "n",
	frame.DW_CFA_def_cfa_expression: "b",
	frame.DW_CFA_expression:         "nb",
	frame.DW_CFA_offset_extended_sf: "nn",
	frame.DW_CFA_def_cfa_sf:         "nn",
	frame.DW_CFA_def_cfa_offset_sf:  "n",
	frame.DW_CFA_val_offset:         "nn",
	frame.DW_CFA_val_offset_sf:      "nn",
	frame.DW_CFA_val_expression:     "nb",
	frame.DW_CFA_GNU_args_size:      "n",
	negateRAState:                   "",
	// These carry their first operand in the lower six bits.
	frame.DW_CFA_advance_loc: "",
	frame.DW_CFA_offset:      "n",
	frame.DW_CFA_restore:     "",
}

// ignoreSigning replaces negateRAState, at which delve gives the whole entry up, by an operation
// that does nothing. Nothing is lost: a walk removes the signature of every return address, see
// walk.signature. It stops at an operation that it does not know, as delve does.
func ignoreSigning(program []byte) {
	for at := 0; at < len(program); {
		op := program[at]
		if op == negateRAState {
			program[at] = frame.DW_CFA_nop
		}
		if op&0xc0 != 0 {
			op &= 0xc0
		}
		kinds, ok := operands[op]
		if !ok {
			return
		}
		at++
		for _, kind := range kinds {
			size := uint64(kind - '0')
			if kind == 'n' || kind == 'b' {
				v, n := binary.Uvarint(program[min(at, len(program)):])
				if n <= 0 {
					return
				}
				at += n
				if size = 0; kind == 'b' {
					size = v
				}
			}
			if size > uint64(len(program)) { // so that the sum cannot overflow
				return
			}
			at += int(size)
		}
	}
}

// fde returns the entry for pc, or nil.
func (im *image) fde(pc uint64) *frame.FrameDescriptionEntry {
	fde, err := im.callFrames().entries.FDEForPC(pc)
	if err != nil {
		return nil
	}
	return fde
}

var errNoCFI = errors.New("no call-frame information for this pc")

// cfiRule returns the row of the call-frame table for pc.
func (im *image) cfiRule(pc uint64) (r rule, err error) {
	defer recovered(&err)
	fde := im.fde(pc)
	if fde == nil {
		return rule{}, errNoCFI
	}
	ctx, err := fde.EstablishFrame(pc)
	if err != nil {
		return rule{}, err
	}
	if ctx.RetAddrReg != regRA {
		return rule{}, fmt.Errorf("return address is in column %d, want %d", ctx.RetAddrReg, regRA)
	}
	switch ctx.CFA.Rule {
	case frame.RuleCFA:
		if ctx.CFA.Reg >= uint64(len(Regs{}.R)) || ctx.CFA.Offset != int64(int32(ctx.CFA.Offset)) {
			return rule{}, fmt.Errorf("CFA is register %d + %d", ctx.CFA.Reg, ctx.CFA.Offset)
		}
		r = rule{how: cfaRegister, reg: uint8(ctx.CFA.Reg), off: int32(ctx.CFA.Offset)}
	case frame.RuleExpression:
		r = rule{how: cfaExpression, exprs: [][]byte{ctx.CFA.Expression}}
	default:
		return rule{}, errNoCFI
	}
	for reg, dw := range ctx.Regs {
		s, ok := cfiSlot(dw)
		switch {
		case ok && (s.how == atExpression || s.how == isExpression):
			s.off = int32(len(r.exprs))
			r.exprs = append(r.exprs, dw.Expression)
			r.set(reg, s)
		case ok:
			r.set(reg, s)
		case reg == regRA && undefinesRA(fde):
			return rule{how: outermost}, nil
		}
	}
	if r.ra.how == same && !linkRegister {
		return rule{}, errNoCFI
	}
	return r, nil
}

// cfiSlot converts a register's rule. The second result is false if it is undefined.
func cfiSlot(dw frame.DWRule) (slot, bool) {
	if dw.Offset < math.MinInt32 || dw.Offset > math.MaxInt32 || dw.Reg >= uint64(len(Regs{}.R)) {
		return slot{}, false
	}
	switch dw.Rule {
	case frame.RuleSameVal:
		return slot{how: same}, true
	case frame.RuleOffset:
		return slot{how: atCFA, off: int32(dw.Offset)}, true
	case frame.RuleValOffset:
		return slot{how: isCFA, off: int32(dw.Offset)}, true
	case frame.RuleRegister:
		return slot{how: inRegister, reg: uint8(dw.Reg)}, true
	case frame.RuleExpression:
		return slot{how: atExpression}, true
	case frame.RuleValExpression:
		return slot{how: isExpression}, true
	}
	return slot{}, false
}

// undefinesRA tells a return address that is declared undefined, which marks
// the outermost frame, from one that delve reports so because an epilogue
// restored it (DW_CFA_restore): that one is unchanged.
func undefinesRA(fde *frame.FrameDescriptionEntry) bool {
	op := []byte{frame.DW_CFA_undefined, regRA}
	return bytes.Contains(fde.Instructions, op) || bytes.Contains(fde.CIE.InitialInstructions, op)
}
