package trace

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/compare/abi"
)

func TestCapture(t *testing.T) {
	tr := traced(t, Config{}, build(t, "memory", "-static"))
	if p := tr.Processes[0]; p.Status != (Status{}) {
		t.Fatalf("the program failed: %s", tr.Programs[0].Stderr)
	}
	large := make([]byte, 20<<20)
	for i := range large {
		large[i] = byte(i * i >> 8)
	}
	rights := "\x14\x00\x00\x00\x00\x00\x00\x00" + "\x01\x00\x00\x00" + "\x01\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"
	name := find(t, tr, "getsockname").Find(1, abi.Out)
	if name == nil || len(name.Bytes) != 8 { // see unix(7), autobind: family, NUL and 5 digits
		t.Fatalf("getsockname gave %+v", name)
	}
	seen := map[string]int{}
	for _, c := range []struct {
		call   string // the events of a call, in order
		result int64
		want   []string // "argument when bytes", with "!" if not all of them could be read
	}{
		{"write", 5, []string{"1 in hello"}},
		{"read", 5, []string{"1 out hello"}},
		{"write", 5, []string{"1 in again"}},
		{"read", 2, []string{"1 out ag"}},
		{"read", 0, nil},
		{"read", -9, nil},
		{"write", 0, nil},
		{"write", -14, []string{"1 in !"}},
		{"write", -14, []string{"1 in !"}},
		{"write", -9, []string{"1 in " + strings.Repeat("e", 10000) + "!"}},
		{"write", 1 << 20, []string{"1 in " + string(large[:1<<20])}},
		{"write", 20 << 20, []string{"1 in " + string(large[:maxCapture]) + fmt.Sprintf("+%d %x", 4<<20, sha256.Sum256(large[maxCapture:]))}},

		{"openat", 3, []string{"1 in /dev/null"}},
		{"openat", -14, []string{"1 in no/such/edge!"}},
		{"openat", -2, []string{"1 in no/such"}},
		{"openat", -36, []string{"1 in " + strings.Repeat("x", maxPath) + "!"}},
		{"openat", -14, []string{"1 in !"}},
		{"openat", -14, []string{"1 in !"}},
		{"openat", -14, nil},
		{"execve", -2, []string{"0 in /no/such", "1 in a\x00\x00b c\x00", "2 in X=1\x00"}},
		{"execve", -2, []string{"0 in /no/such", "1 in a\x00\x00!"}},
		{"execve", -2, []string{"0 in /no/such", "1 in !", "2 in X=1\x00"}},

		{"writev", 6, []string{"1 in onetwo"}},
		{"readv", 6, []string{rooms(1, 4, 100), "1 out onetwo"}},
		{"pwritev", 6, []string{"1 in onetwo"}},
		{"preadv", 4, []string{rooms(1, 4), "1 out \x00one"}},
		{"writev", -9, []string{"1 in whole!"}},
		{"writev", -9, []string{"1 in !"}},
		{"writev", -9, []string{"1 in !"}},

		{"sendmsg", 7, []string{"1 in control " + rights, "1 in message", messages("in", 7, 0)}},
		{"recvmsg", 7, []string{rooms(1, 2, 100), "1 out message", messages("out", 7, 8)}},
		{"sendmmsg", 2, []string{"1 in message", messages("in", 2, 0, 5, 0)}},
		{"recvmmsg", 2, []string{rooms(1, 100), "1 out message", messages("out", 2, 0, 5, 0)}},
		{"sendmsg", -14, []string{"1 in !", messages("in")}},
		{"bind", 0, []string{"1 in \x01\x00"}},
		{"getsockname", 0, []string{"1 out NAME", "2 in n\x00\x00\x00", "2 out \x08\x00\x00\x00"}},
		{"sendto", 4, []string{"1 in self", "4 in NAME"}},
		{"recvmsg", 4, []string{rooms(1, 2, 100), "1 out name NAME", "1 out self", messages("out", 4, 0)}},
		{"recvfrom", 4, []string{"1 out self", "4 out NAME", "5 in n\x00\x00\x00", "5 out \x08\x00\x00\x00"}},
	} {
		events := every(tr, c.call)
		if c.call == "execve" {
			events = events[1:] // the launcher's
		}
		i := seen[c.call]
		seen[c.call]++
		if i >= len(events) {
			t.Errorf("%s happened only %d times", c.call, i)
			continue
		}
		for k := range c.want {
			c.want[k] = strings.ReplaceAll(c.want[k], "NAME", string(name.Bytes))
		}
		if got := pieces(events[i]); events[i].Result != c.result || !sameSet(got, c.want) {
			t.Errorf("%s number %d: result %d, want %d; %.200q, want %.200q", c.call, i+1, events[i].Result, c.result, got, c.want)
		}
	}
}

// messages is what is captured of the lengths and flags of messages.
func messages(when string, numbers ...uint32) string {
	var b []byte
	for _, n := range numbers {
		b = binary.NativeEndian.AppendUint32(b, n)
	}
	return fmt.Sprintf("1 %s messages %s", when, b)
}

// rooms is what is captured of argument i where the kernel is to fill buffers of these sizes.
func rooms(i int, sizes ...uint64) string {
	var b []byte
	for _, n := range sizes {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return fmt.Sprintf("%d in rooms %s", i, b)
}

// pieces writes an event's memory down.
func pieces(e *Event) (list []string) {
	for _, m := range e.Memory {
		when := map[abi.When]string{abi.In: "in", abi.Out: "out"}[m.When]
		part := map[Part]string{Whole: "", Name: "name ", Control: "control ", Rooms: "rooms ", Messages: "messages "}[m.Part]
		text := fmt.Sprintf("%d %s %s%s", m.Arg, when, part, m.Bytes)
		if m.Rest != nil {
			text += fmt.Sprintf("+%d %x", m.Rest.Size, m.Rest.Sum())
		}
		if m.Bad {
			text += "!"
		}
		list = append(list, text)
	}
	return list
}

func sameSet(a, b []string) bool {
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	for _, s := range b {
		count[s]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// TestScript runs a script, whose interpreter becomes the program.
func TestScript(t *testing.T) {
	life := build(t, "life", "-static")
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!"+life+" quit\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	tr := traced(t, Config{}, script, "more")
	e := find(t, tr, "execve")
	if path := e.Find(0, abi.In); string(path.Bytes) != script {
		t.Errorf("execve of %s", path.Bytes)
	}
	if argv := e.Find(1, abi.In); !bytes.Equal(argv.Bytes, []byte(script+"\x00more\x00")) {
		t.Errorf("execve with %q", argv.Bytes)
	}
	if p := tr.Processes[0]; p.Exe != life || p.Execs != 1 || p.Role != "P" || p.Parent != 0 {
		t.Errorf("%+v", p)
	}
}

// TestCaptureClaims: calls that claim far more than there is take as much memory as there is.
func TestCaptureClaims(t *testing.T) {
	page := os.Getpagesize()
	pages, err := unix.Mmap(-1, 0, 2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(pages)
	if err := unix.Mprotect(pages[page:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	const calls = 100
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := &capturer{}
	for range calls {
		b, bad := c.read(memory{tid: os.Getpid()}, uint64(uintptr(unsafe.Pointer(&pages[0]))), math.MaxInt)
		if len(b) != page || !bad {
			t.Fatalf("%d bytes of %d, bad %v", len(b), page, bad)
		}
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 2*maxCapture {
		t.Errorf("%d bytes allocated for %d", got, calls*page)
	}
}
