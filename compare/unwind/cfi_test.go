package unwind

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"reflect"
	"testing"

	"github.com/go-delve/delve/pkg/dwarf/frame"
)

func TestIgnoreSigning(t *testing.T) {
	const (
		sign, nop = negateRAState, frame.DW_CFA_nop
		advance   = frame.DW_CFA_advance_loc
		advance4  = frame.DW_CFA_advance_loc4
		offset    = frame.DW_CFA_offset
		restore   = frame.DW_CFA_restore
		cfa       = frame.DW_CFA_def_cfa
		cfaOffset = frame.DW_CFA_def_cfa_offset
		expr      = frame.DW_CFA_expression
		undefined = frame.DW_CFA_undefined
	)
	endless := append([]byte{frame.DW_CFA_def_cfa_expression}, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01-"...)
	for _, test := range []struct {
		name          string
		program, want []byte
	}{
		{"alone", []byte{sign}, []byte{nop}},
		{"twice", []byte{sign, advance + 1, sign}, []byte{nop, advance + 1, nop}},
		{"a number that looks like it", []byte{cfaOffset, sign, sign}, []byte{cfaOffset, sign, nop}},
		{"two numbers", []byte{cfa, sign, 0x80 | sign, 1, sign}, []byte{cfa, sign, 0x80 | sign, 1, nop}},
		{"a register's offset", []byte{offset + 30, sign, sign}, []byte{offset + 30, sign, nop}},
		{"a register's number", []byte{restore + sign, sign}, []byte{restore + sign, nop}},
		{"four bytes", []byte{advance4, sign, sign, sign, sign, sign}, []byte{advance4, sign, sign, sign, sign, nop}},
		{"an expression", []byte{expr, 30, 2, sign, sign, sign}, []byte{expr, 30, 2, sign, sign, nop}},
		{"behind what nobody knows", []byte{0x3e, sign}, []byte{0x3e, sign}},
		{"a block beyond the end", endless, endless}, // "-" is sign
		{"a number without an end", []byte{undefined, 0x80 | sign}, []byte{undefined, 0x80 | sign}},
	} {
		got := bytes.Clone(test.program)
		if ignoreSigning(got); !bytes.Equal(got, test.want) {
			t.Errorf("%s: % x, want % x", test.name, got, test.want)
		}
	}
}

// A function that signs its return address unwinds as one that does not.
func TestSigningFunction(t *testing.T) {
	var rules [2][3]rule
	for i, first := range []byte{frame.DW_CFA_nop, negateRAState} {
		im := withCFI(t, []byte{
			first,
			frame.DW_CFA_advance_loc + 4,
			frame.DW_CFA_def_cfa_offset, 32,
			frame.DW_CFA_offset + regRA, 1,
			frame.DW_CFA_advance_loc + 4,
			frame.DW_CFA_restore + regRA,
			first,
			frame.DW_CFA_def_cfa_offset, 0,
		})
		for at := range rules[i] {
			r, err := im.cfiRule(im.elf.Section(".text").Addr + 4*uint64(at))
			if err != nil && (at == 1 || linkRegister) { // elsewhere the return address is nowhere
				t.Errorf("first operation %#x, instruction %d: %v", first, at, err)
			}
			rules[i][at] = r
		}
	}
	want := slot{how: atCFA, to: regRA, off: -8}
	if r := rules[1][1]; r.ra != want || r.off != 32 {
		t.Errorf("the return address is at %+v of CFA %+d, want %+v of +32", r.ra, r.off, want)
	}
	if !reflect.DeepEqual(rules[0], rules[1]) {
		t.Errorf("rules with signing\n%+v\nwithout\n%+v", rules[1], rules[0])
	}
}

// withCFI makes an executable of 16 bytes of code whose call-frame information is this program. The
// CFA is the stack pointer at first.
func withCFI(t *testing.T, program []byte) *image {
	b := elfBuilder{addr: 0x400000}
	text := b.section(".text", make([]byte, 16), elf.SHF_ALLOC|elf.SHF_EXECINSTR)
	record := func(parts ...[]byte) []byte {
		body := bytes.Join(parts, nil)
		body = append(body, make([]byte, -len(body)&7+4)...) // with the length a multiple of 8
		return append(binary.LittleEndian.AppendUint32(nil, uint32(len(body))), body...)
	}
	word := func(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
	const pcrelSdata4 = 0x1b
	cie := record(word(0), []byte{1, 'z', 'R', 0, 1, 0x78, regRA, 1, pcrelSdata4},
		[]byte{frame.DW_CFA_def_cfa, regSP, 0})
	at := b.addr + elfHeaders + uint64(len(b.body)+len(cie)) // of the FDE
	fde := record(word(uint32(len(cie)+4)), word(uint32(text-at-8)), word(16), []byte{0}, program)
	b.section(".eh_frame", append(append(cie, fde...), 0, 0, 0, 0), elf.SHF_ALLOC)
	im, err := newImage(bytes.NewReader(b.bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return im
}
