package unwind

import "testing"

func TestIsCall(t *testing.T) {
	tests := []struct {
		asm  string
		code string
		want bool
	}{
		{"call rel32", "\xe8\x10\x00\x00\x00", true},
		{"call *%rax", "\x00\x00\x00\xff\xd0", true},
		{"call *%r12", "\x00\x00\x41\xff\xd4", true},
		{"call *(%rdx)", "\x00\x00\x00\xff\x12", true},
		{"call *8(%rbx)", "\x00\x00\xff\x53\x08", true},
		{"call *0x20(%rsp)", "\x00\xff\x54\x24\x20", true},
		{"call *0x1000(%rax)", "\xff\x90\x00\x10\x00\x00", true},
		{"call *0x1000(%rip)", "\xff\x15\x00\x10\x00\x00", true},
		{"call *0x1000(,%rax,8)", "\xff\x14\xc5\x00\x10\x00\x00", true},
		{"call *(%rdi,%rax,8)", "\x00\xff\x14\xc7", true},
		{"jmp *%rax", "\x00\x00\x00\xff\xe0", false},
		{"push (%rax)", "\x00\x00\x00\xff\x30", false},
		{"syscall", "\x00\x00\x00\x0f\x05", false},
		{"nop", "\x90\x90\x90\x90\x90\x90\x90\x90", false},
		{"nothing", "", false},
	}
	for _, test := range tests {
		if got := isCall([]byte(test.code)); got != test.want {
			t.Errorf("isCall(%s) = %v, want %v", test.asm, got, test.want)
		}
	}
}
