package trace_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"paritykit/compare/trace"
)

// TestTampered shows that the oracle's comparison can fail: whatever is changed in what one of the
// two saw is found, one thing at a time: every word, every text and every number in every
// structure, every result, every event left out, doubled, or in another place. What may go
// unnoticed is what no comparison of two runs can know.
func TestTampered(t *testing.T) {
	needTools(t, "strace")
	chance := regexp.MustCompile(`^(` +
		`\w+\.statbuf\.st_(ino|dev|rdev|[acm]time|[acm]time_nsec)|` + // numbers that the file system gives, and its clock's
		`fork=|set_tid_address=|` + // a process id that is seen once (what becomes of the child is compared in its own place)
		`getrandom\.buf|` +
		`\w+\.events?\.data\.u32|pselect6\.sigmask\.sigsetsize|` + // strace has it twice, or it is fixed
		`epoll_ctl\.event)$`) // of EPOLL_CTL_DEL, which does not look at it
	dir := t.TempDir()
	must(t, "gcc", "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-o", filepath.Join(dir, "pipe1"), "../../c/pipe1.c")
	for _, p := range []*program{
		{name: "pipe1", args: []string{filepath.Join(dir, "pipe1")}},
		{name: "descriptors", args: []string{trace.Build(t, "oracle/descriptors", "-Wno-unused-result")}},
		{name: "waits", args: []string{trace.Build(t, "oracle/waits", "-Wno-stringop-overflow")}},
	} {
		t.Run(p.name, func(t *testing.T) {
			ours, log := p.watch(t)
			theirs := parseStrace(t, log, p)
			found := func() bool {
				c := newComparison(writings)
				c.compare(ours, theirs)
				return len(c.problems) > 0
			}
			if found() {
				t.Fatal("they differ before anything is changed: see TestOracle")
			}
			n := 0
			missed := map[string]int{}
			check := func(what string) {
				n++
				if !found() {
					missed[what]++
				}
			}
			for name, list := range theirs {
				for i, s := range list {
					theirs[name] = slices.Delete(slices.Clone(list), i, i+1)
					check(s.what() + " left out")
					theirs[name] = slices.Insert(slices.Clone(list), i, s)
					check(s.what() + " doubled")
					if i > 0 && list[i-1].what() != s.what() {
						other := slices.Clone(list)
						other[i-1], other[i] = s, list[i-1]
						theirs[name] = other
						check(s.what() + " before its predecessor")
					}
					theirs[name] = list
					if s.call == "" {
						continue
					}
					result := s.result
					s.result = "7777"
					check(s.call + "=")
					s.result = result
					for k := range s.args {
						tamper(s.call+"."+s.args[k].name, &s.args[k].value, check)
					}
				}
			}
			for _, what := range slices.Sorted(maps.Keys(missed)) {
				if !chance.MatchString(what) {
					t.Errorf("%s: was changed, and that was missed, %d times", what, missed[what])
				}
			}
			t.Logf("%d changes, of which %v were not found", n, missed)
		})
	}
}

// tamper changes each word and each text within a value, one after the other.
func tamper(path string, v *value, check func(string)) {
	before := *v
	switch v.kind {
	case 'w':
		v.text = strings.TrimPrefix(v.text+"7", "0")
		check(path)
	case '"':
		*v = quoted(v.raw + "7")
		check(path)
	case '[':
		for i := range v.list {
			tamper(path, &v.list[i], check)
		}
		v.list = append(slices.Clone(v.list), word("7"))
		check(path + " longer")
	case '{':
		for i := range v.fields {
			tamper(path+"."+v.fields[i].name, &v.fields[i].value, check)
		}
	}
	*v = before
}
