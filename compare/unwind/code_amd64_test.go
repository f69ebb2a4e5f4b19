package unwind

import (
	"fmt"
	"testing"
)

// TestFollow follows code to its return.
func TestFollow(t *testing.T) {
	for _, test := range []struct {
		name string
		code string
		want string // the CFA, and where registers are, counted from it
	}{
		{"ret", "\xc3", "sp+8"},
		{"pop rbx; ret", "\x5b\xc3", "sp+16 r3@-16"},
		{"add rsp,0x18; pop rbp; pop r12; ret", "\x48\x83\xc4\x18\x5d\x41\x5c\xc3", "sp+48 r6@-24 r12@-16"},
		{"lea rsp,[rsp+8]; ret", "\x48\x8d\x64\x24\x08\xc3", "sp+16"},
		{"mov rbx,[rsp+8]; add rsp,0x10; ret", "\x48\x8b\x5c\x24\x08\x48\x83\xc4\x10\xc3", "sp+24 r3@-16"},
		{"leave; ret", "\xc9\xc3", "fp+16 r6@-16"},
		{"mov rsp,rbp; pop rbp; ret", "\x48\x89\xec\x5d\xc3", "fp+16 r6@-16"},
		{"push rdi; call; pop rdi; ret", "\x57\xe8\x00\x00\x00\x00\x5f\xc3", "sp+8"},
		{"push rbx; mov ebx,1; pop rbx; ret", "\x53\xbb\x01\x00\x00\x00\x5b\xc3", "sp+8"}, // put there on this way
		{"sub rsp,8; add rsp,8; ret", "\x48\x83\xec\x08\x48\x83\xc4\x08\xc3", "sp+8"},
		{"jmp; ud2; ret", "\xeb\x02\x0f\x0b\xc3", "sp+8"},
		{"je; ud2; pop rbp; ret", "\x74\x02\x0f\x0b\x5d\xc3", "sp+16 r6@-16"},
		{"endbr64; ret", "\xf3\x0f\x1e\xfa\xc3", "sp+8"},
		{"test; jns; neg; or; ret", "\x48\x85\xc0\x79\x03\x48\xf7\xd8\xc3", "sp+8"},
		{"jmp rax", "\xff\xe0", ""},
		{"mov rsp,rax; ret", "\x48\x89\xc4\xc3", ""},
		{"xchg rsp,rax; ret", "\x48\x94\xc3", ""},
		{"and rsp,-16; ret", "\x48\x83\xe4\xf0\xc3", ""},
		{"hlt", "\xf4", ""},
		{"jmp to itself", "\xeb\xfe", ""},
		{"the end", "\x90", ""},
	} {
		r, ok := (&text{0x1000, []byte(test.code)}).follow(0x1000)
		got := ""
		if ok {
			got = fmt.Sprintf("%s+%d", map[uint8]string{regSP: "sp", regFP: "fp"}[r.reg], r.off)
			for _, s := range r.slots[:r.count] {
				got += fmt.Sprintf(" r%d@%d", s.to, s.off)
			}
			if r.ra != (slot{how: atCFA, to: regRA, off: -8}) || !r.unsure {
				t.Errorf("%s: return address %+v, unsure %v", test.name, r.ra, r.unsure)
			}
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// FuzzFollow: no code makes it fail or go on for ever.
func FuzzFollow(f *testing.F) {
	f.Add([]byte("\x48\x83\xc4\x18\x5d\x41\x5c\xc3"), uint64(0))
	f.Add([]byte("\x74\xfe\xeb\xfc"), uint64(2))
	f.Fuzz(func(t *testing.T, code []byte, next uint64) {
		(&text{0x1000, code}).follow(0x1000 + next)
		addressesTaken(code, 0x1000)
	})
}
