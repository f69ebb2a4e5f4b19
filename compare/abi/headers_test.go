package abi

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The tables against what the C headers and x/sys say.

// The C headers come in two families that cannot be included together: the C library's and the
// kernel's.
const (
	libcHeaders = `
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <termios.h>
#include <utime.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <net/if.h>
struct termios2 { char size[44]; }; // for the numbers of TCGETS2 and its kin
`
	kernelHeaders = `
#include <stddef.h>
#include <stdio.h>
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/aio_abi.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/fanotify.h>
#include <linux/fcntl.h>
#include <linux/fiemap.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <linux/memfd.h>
#include <linux/mempolicy.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/quota.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/timex.h>
#include <linux/utsname.h>
#include <linux/wait.h>
`
)

// kernelLayouts are the structures that the C library has not, or has in another shape.
var kernelLayouts = []*Layout{
	sigaction, siginfo, sigevent, stackT, termios, winsize, statx, statxTime, openHow, mntAttr, fOwnerEx, cloneArgs, schedAttr, capHeader, capData,
	sockFprog, sockFilter, sockaddrNl, futexWaiter, utsname, termios2, iocb, ioEvent, uringParams,
	perfAttr, bpfMap, bpfProg, bpfInsn,
	landlockRuleset, landlockPath, landlockPort, quota, quotaInfo, epollSlot, fsxattr, cloneRange,
	trimRange, mntIDReq, xattrSet, xattrGet,
	cacheRange, timex,
}

// cUnions are those that C does not call a structure.
var cUnions = []string{"bpf_attr"}

// withoutOffset are fields that are bits in C, or of any length.
var withoutOffset = []string{"perf_event_attr.flags", "file_handle.f_handle"}

// cSizes are the sizes of structures of which only a part is on file.
var cSizes = map[string]string{
	"sched_attr":  "SCHED_ATTR_SIZE_VER0",
	"file_handle": "sizeof(struct file_handle) + MAX_HANDLE_SZ",
}

// gcc compiles a C text and gives what the compiler wrote to its output.
func gcc(t *testing.T, text string, flags ...string) string {
	t.Helper()
	path, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("needs gcc: the tables are compared with the C headers")
	}
	var stdout, stderr strings.Builder
	cmd := exec.Command(path, append(flags, "-std=gnu17", "-w", "-x", "c", "-")...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("#define _GNU_SOURCE\n"+text), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, stderr.String())
	}
	return stdout.String()
}

// runC compiles and runs a C program and gives its output.
func runC(t *testing.T, headers, body string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "c")
	gcc(t, headers+"int main(void) {\n"+body+"}\n", "-o", program)
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// everyLayout calls f with every layout that an argument, a socket address or another layout has.
func everyLayout(f func(s *Layout)) {
	seen := map[*Layout]bool{nil: true}
	var visit func(s *Layout)
	visit = func(s *Layout) {
		if seen[s] {
			return
		}
		seen[s] = true
		f(s)
		for _, field := range s.Fields {
			visit(field.Struct)
		}
	}
	everyForm(func(c *Call) {
		for _, a := range c.Args {
			visit(a.Struct)
		}
	})
	for family := range uint16(64) {
		visit(SockaddrOf(family))
	}
}

// Each structure and each field is where C has it.
func TestLayouts(t *testing.T) {
	var libc, libcWant, kernel, kernelWant strings.Builder
	libcWords, kernelWords := wordsOf(t, libcHeaders), wordsOf(t, kernelHeaders)
	checked, missing := 0, []string{}
	everyLayout(func(s *Layout) {
		body, out, words := &libc, &libcWant, libcWords
		if slices.Contains(kernelLayouts, s) {
			body, out, words = &kernel, &kernelWant, kernelWords
		}
		ctype := "struct " + s.Name
		switch {
		case slices.Contains(cUnions, s.Name):
			ctype = "union " + s.Name
		case strings.HasSuffix(s.Name, "_t"):
			ctype = s.Name
		}
		lacks := func(name, path string) bool { // the headers are older
			name, _, _ = strings.Cut(name, "[")
			if !words[name] {
				missing = append(missing, path)
			}
			return !words[name]
		}
		if lacks(s.Name, s.Name) {
			return
		}
		whole := !slices.Contains(cUnions, s.Name)
		for _, f := range s.Fields {
			if path := s.Name + "." + f.Name; slices.Contains(withoutOffset, path) || lacks(f.Name, path) {
				whole = whole && words[f.Name]
				continue
			}
			checked++
			fmt.Fprintf(body, "printf(\"%s.%s %%d %%d\\n\", (int)offsetof(%[3]s, %[2]s), "+
				"(int)sizeof(((%[3]s *)0)->%[2]s));\n", s.Name, f.Name, ctype)
			fmt.Fprintf(out, "%s.%s %d %d\n", s.Name, f.Name, f.Off, f.Size)
		}
		if !whole {
			return
		}
		size := cSizes[s.Name]
		if size == "" {
			size = "sizeof(" + ctype + ")"
		}
		fmt.Fprintf(body, "printf(\"%s %%d\\n\", (int)%s);\n", s.Name, size)
		fmt.Fprintf(out, "%s %d\n", s.Name, s.Size)
	})
	t.Logf("%d fields compared; not in the headers: %s", checked, strings.Join(missing, " "))
	if len(missing) > checked/20 {
		t.Errorf("%d fields are not in the headers, of %d that are", len(missing), checked)
	}
	compareLines(t, runC(t, libcHeaders, libc.String()), libcWant.String())
	compareLines(t, runC(t, kernelHeaders, kernel.String()), kernelWant.String())
}

// wordsOf are the words of headers, names of macros included.
func wordsOf(t *testing.T, headers string) map[string]bool {
	words := map[string]bool{}
	for _, word := range regexp.MustCompile(`\b[a-z_]\w*`).FindAllString(gcc(t, headers, "-E", "-dD"),
		-1) {
		words[word] = true
	}
	return words
}

func compareLines(t *testing.T, c, table string) {
	t.Helper()
	have := strings.Split(c, "\n")
	for i, line := range strings.Split(table, "\n") {
		if have[i] != line {
			t.Errorf("C has %q, the table %q", have[i], line)
		}
	}
}

// headersDiffer are names to which the C library gives another value than the kernel.
var headersDiffer = []string{
	"O_LARGEFILE", // 0 in the C library, where every file is large
	"SIGRTMIN",    // the C library keeps the first two to itself
}

// Each name has the value that the C headers give it, as far as they have it.
func TestValues(t *testing.T) {
	values := map[string]uint64{}
	everyNames(func(n *Names, _ Kind) {
		for _, e := range n.list {
			if v, ok := values[e.name]; ok && v != e.value {
				t.Errorf("%s is %#x in one list and %#x in another", e.name, v, e.value)
			}
			values[e.name] = e.value
		}
	})
	checked := map[string]bool{}
	for _, headers := range []string{libcHeaders, kernelHeaders} {
		for line := range strings.Lines(runC(t, headers, printValues(t, headers, values))) {
			name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
			v, err := strconv.ParseUint(number, 10, 64)
			if err != nil {
				t.Fatalf("C wrote %q", line)
			}
			negative := v>>31 == 1<<33-1 && uint64(uint32(v)) == values[name] // an int, of which we have 32 bits
			shifted := strings.HasPrefix(name, "Q_") && v<<8 == values[name]  // which quotactl(2) gets
			if v != values[name] && !negative && !shifted && !slices.Contains(headersDiffer, name) {
				t.Errorf("%s is %#x in C, %#x here", name, v, values[name])
			}
			checked[name] = true
		}
	}
	t.Logf("%d of %d names compared", len(checked), len(values))
	if len(checked) < len(values)*3/4 {
		t.Errorf("only %d of %d names are in the headers", len(checked), len(values))
	}
}

// printValues is a C text that prints all names that the headers have, as macros or as words of the
// preprocessed text, which are enumerators.
func printValues(t *testing.T, headers string, values map[string]uint64) string {
	words := map[string]bool{}
	for _, word := range regexp.MustCompile(`\b[A-Z_]\w+`).FindAllString(gcc(t, headers, "-E", "-P"), -1) {
		words[word] = true
	}
	var body strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		print := fmt.Sprintf("printf(\"%s %%llu\\n\", (unsigned long long)(%[1]s));\n", name)
		if words[name] {
			body.WriteString(print)
		} else {
			fmt.Fprintf(&body, "#ifdef %s\n%s#endif\n", name, print)
		}
	}
	return body.String()
}

// An entry {unix.X, "Y"} of which X is not Y.
func TestNamesMatchConstants(t *testing.T) {
	files, err := filepath.Glob("flags_*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no flags_*.go", err)
	}
	entry := regexp.MustCompile(`\{unix\.(\w+), "(\w+)"\}`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range entry.FindAllSubmatch(text, -1) {
			if !bytes.Equal(m[1], m[2]) {
				t.Errorf("%s: %s", file, m[0])
			}
		}
	}
}

// sysnum is where x/sys has an architecture's numbers.
func sysnum(t *testing.T, arch string) map[int]string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	if err != nil {
		t.Fatalf("go list -m golang.org/x/sys: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "unix", "zsysnum_linux_"+arch+".go"))
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[int]string{}
	for _, m := range regexp.MustCompile(`SYS_(\w+)\s+= (\d+)`).FindAllSubmatch(text, -1) {
		nr, _ := strconv.Atoi(string(m[2]))
		numbers[nr] = strings.ToLower(string(m[1]))
	}
	delete(numbers, 244) // arm64's arch_specific_syscall is where a range of numbers begins, and no call
	if arch == "amd64" {
		numbers[244] = "mq_notify"
	}
	return numbers
}

// The numbers of both architectures, whichever this is: read from the sources, because only one of
// them is compiled.
func TestNumbers(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		got := map[int]string{}
		numbersIn(t, "tables_"+arch+".go", got)
		numbersIn(t, "numbers.go", got)
		want := sysnum(t, arch)
		if len(want) < 300 {
			t.Fatalf("%s: only %d numbers found in x/sys", arch, len(want))
		}
		if !maps.Equal(got, want) {
			for nr := range 1000 {
				if got[nr] != want[nr] {
					t.Errorf("%s: %d is %q, in x/sys %q", arch, nr, got[nr], want[nr])
				}
			}
		}
		byName := map[string]int{}
		for nr, name := range got {
			if other, ok := byName[name]; ok {
				t.Errorf("%s: %s is %d and %d", arch, name, nr, other)
			}
			byName[name] = nr
		}
	}
}

// numbersIn reads the numbered names in a file's variable whose name ends in Numbers.
func numbersIn(t *testing.T, file string, into map[int]string) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasSuffix(v.Names[0].Name, "Numbers") {
			return true
		}
		next := 0
		for _, e := range v.Values[0].(*ast.CompositeLit).Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				next, _ = strconv.Atoi(kv.Key.(*ast.BasicLit).Value)
				e = kv.Value
			}
			name, _ := strconv.Unquote(e.(*ast.BasicLit).Value)
			if other, ok := into[next]; ok {
				t.Errorf("%s: %d is both %s and %s", file, next, name, other)
			}
			into[next] = name
			next++
		}
		return false
	})
}

// Every number that this machine's headers have is named as there.
func TestNumbersInHeaders(t *testing.T) {
	macros := gcc(t, "#include <asm/unistd.h>\n", "-E", "-dM")
	found := regexp.MustCompile(`(?m)^#define __NR_(\w+) (\d+)$`).FindAllStringSubmatch(macros, -1)
	if len(found) < 300 {
		t.Fatalf("only %d calls in <asm/unistd.h>", len(found))
	}
	for _, m := range found {
		name := m[1]
		nr, _ := strconv.Atoi(m[2])
		if name == "arch_specific_syscall" || name == "syscalls" {
			continue
		}
		if got := Lookup(uint64(nr)).Name; got != name {
			t.Errorf("%d is %s, in <asm/unistd.h> %s", nr, got, name)
		}
	}
}

func TestFieldValue(t *testing.T) {
	for _, tt := range []struct {
		layout *Layout
		field  string
		bytes  string
		want   int64
	}{
		{sockaddrIn, "sin_family", "\x02\x00\x1f\x90\x7f\x00\x00\x01", 2},
		{sockaddrIn, "sin_port", "\x02\x00\x1f\x90\x7f\x00\x00\x01", 8080},
		{pollfd, "fd", "\xff\xff\xff\xff\x01\x00\x00\x00", -1},
		{pollfd, "events", "\xff\xff\xff\xff\x01\x80\x00\x00", 0x8001},
		{timespec, "tv_sec", "\x02\x00\x00\x00\x00\x00\x00\x00", 2},
		{cloneArgs, "cgroup", "\x02\x00\x00\x00\x00\x00\x00\x00", 0}, // an older, shorter structure
		{utsname, "sysname", "Linux", 0},
	} {
		if got := int64(tt.layout.Field(tt.field).Value([]byte(tt.bytes))); got != tt.want {
			t.Errorf("%s.%s of %q = %d, want %d", tt.layout.Name, tt.field, tt.bytes, got, tt.want)
		}
	}
	if f := timespec.Field("no_such_field"); f != nil {
		t.Errorf("found %v", f)
	}
}

// TestArm64 holds README and LIMITS.md to it that all packages compile for arm64, where nobody runs
// them.
func TestArm64(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles everything for another architecture")
	}
	cmd := exec.Command("go", "build", "paritykit/...")
	cmd.Env = append(os.Environ(), "GOARCH=arm64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("GOARCH=arm64 go build: %v\n%s", err, out)
	}
}
