package canon

import (
	"fmt"
	"strings"
	"testing"
)

// TestMappings: a mapping is split, cut and overwritten as munmap(2) and mmap(2) do it.
func TestMappings(t *testing.T) {
	var a, b = &object{name: "a"}, &object{name: "b"}
	begin := func() mappings {
		var m mappings
		m.add(mapping{at: 10, size: 10, of: a, began: 1})
		m.add(mapping{at: 30, size: 10, of: b, began: 2})
		return m
	}
	for _, c := range []struct {
		name     string
		at, size uint64
		since    int
		want     string
	}{
		{"nothing there", 20, 10, 9, "a 10-20 b 30-40"},
		{"before all", 0, 10, 9, "a 10-20 b 30-40"},
		{"behind all", 40, 10, 9, "a 10-20 b 30-40"},
		{"nothing", 15, 0, 9, "a 10-20 b 30-40"},
		{"a whole one", 10, 10, 9, "b 30-40"},
		{"the beginning", 5, 10, 9, "a+5 15-20 b 30-40"},
		{"the end", 15, 10, 9, "a 10-15 b 30-40"},
		{"the middle", 12, 3, 9, "a 10-12 a+5 15-20 b 30-40"},
		{"of two", 15, 20, 9, "a 10-15 b+5 35-40"},
		{"all", 0, 100, 9, ""},
		{"all up to the end of memory", 0, ^uint64(0), 9, ""},
		{"what was there at the time", 0, 100, 1, "b 30-40"},
	} {
		m := begin()
		m.remove(c.at, c.size, c.since)
		var got []string
		for _, is := range m {
			name := Value{kind: Place, num: is.offset, data: is.of}.String()
			got = append(got, fmt.Sprintf("%s %d-%d", name, is.at, is.at+is.size))
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	m := begin()
	for addr, want := range map[uint64]bool{9: false, 10: true, 19: true, 20: false, 29: false,
		39: true, 40: false} {
		if _, got := m.find(addr); got != want {
			t.Errorf("%d is in a mapping: %t", addr, got)
		}
	}
}
