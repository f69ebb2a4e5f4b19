package unwind

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMaps(t *testing.T) {
	tests := []struct {
		line string
		want []Mapping
	}{
		{"00400000-0049f000 r-xp 00001000 fe:01 1057 /tmp/a b/prog\n",
			[]Mapping{{Lo: 0x400000, Hi: 0x49f000, Off: 0x1000, Exec: true, Inode: 1057, Path: "/tmp/a b/prog"}}},
		{"00400000-0049f000 rw-p 00001000 fe:01 1057       /tmp/prog (deleted)",
			[]Mapping{{Lo: 0x400000, Hi: 0x49f000, Off: 0x1000, Inode: 1057, Path: "/tmp/prog (deleted)"}}},
		{"7ffd8c5e2000-7ffd8c5e4000 r-xp 00000000 00:00 0                          [vdso]\n",
			[]Mapping{{Lo: 0x7ffd8c5e2000, Hi: 0x7ffd8c5e4000, Exec: true, Path: "[vdso]"}}},
		{"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n",
			[]Mapping{{Lo: 0xffffffffff600000, Hi: 0xffffffffff601000, Exec: true, Path: "[vsyscall]"}}},
		{"c000000000-c000400000 rw-p 00000000 00:00 0 \n",
			[]Mapping{{Lo: 0xc000000000, Hi: 0xc000400000}}},
		{"c000000000-c000400000 rw-p 00000000 00:00 0", []Mapping{{Lo: 0xc000000000, Hi: 0xc000400000}}},
		{"", nil},
		{"\n\n", nil},
		{"not a mapping", nil},
		{"2000-1000 r-xp 00000000 00:00 0 /upside/down", nil},
		{"1000-2000 r-xp 00000000 00:00", nil},
		{"1000-20000000000000000 r-xp 00000000 00:00 0", nil},
		{"1000-2000 r-xp 00000000 00:00 0 /a\ngarbage\n3000-4000 r--p 00000000 00:00 0 /b\n",
			[]Mapping{{Lo: 0x1000, Hi: 0x2000, Exec: true, Path: "/a"}, {Lo: 0x3000, Hi: 0x4000, Path: "/b"}}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, ParseMaps([]byte(test.line))); diff != "" {
			t.Errorf("ParseMaps(%q) (-want +got):\n%s", test.line, diff)
		}
	}
}

func FuzzMaps(f *testing.F) {
	self, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(self)
	f.Add([]byte("1000-2000 r-xp 00000000 00:00 0 /a b (deleted)\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, m := range ParseMaps(text) {
			if m.Lo >= m.Hi {
				t.Errorf("mapping %#x-%#x holds nothing", m.Lo, m.Hi)
			}
		}
	})
}
