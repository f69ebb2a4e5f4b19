package abi

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// signature writes a call as the tables do: read(fd, >buf, count). An argument that is read at
// entry has a "<", at exit a ">".
func (c *Call) signature() string {
	args := []string{}
	for _, a := range c.Args {
		args = append(args, map[When]string{In: "<", Out: ">", InOut: "<>"}[a.When]+a.Name)
	}
	return c.Name + "(" + strings.Join(args, ", ") + ")"
}

// everyForm calls f with every call of this package, and with every form of it.
func everyForm(f func(c *Call)) {
	var walk func(c *Call)
	walk = func(c *Call) {
		f(c)
		if c.forms != nil {
			for _, form := range c.forms.by {
				walk(form)
			}
		}
	}
	for _, c := range byName {
		walk(c)
	}
}

func TestLookup(t *testing.T) {
	for nr, want := range map[uint64]string{
		unix.SYS_READ: "read", unix.SYS_CLONE: "clone", unix.SYS_CLONE3: "clone3", unix.SYS_EXIT_GROUP: "exit_group", unix.SYS_ACCEPT4: "accept4",
		unix.SYS_MSEAL: "mseal", unix.SYS_SETXATTRAT: "setxattrat", unix.SYS_OPEN_TREE_ATTR: "open_tree_attr", unix.SYS_FILE_GETATTR: "file_getattr",
		400: "syscall_400", 100000: "syscall_100000", ^uint64(0): "syscall_-1",
	} {
		c := Lookup(nr)
		if c.Name != want || c.Number != int(nr) {
			t.Errorf("Lookup(%d) = %s, number %d; want %s", int64(nr), c.Name, c.Number, want)
		}
	}
	if c := Lookup(400); c.Known || len(c.Args) != 6 || c.Args[0].Kind != Unseen {
		t.Errorf("Lookup(400) = %+v, want six Unseen arguments of an unknown call", c)
	}
	args := [6]uint64{1, unix.F_SETFL}
	if n := testing.AllocsPerRun(100, func() { Lookup(unix.SYS_FCNTL).For(&args) }); n != 0 {
		t.Errorf("Lookup of a known call allocates %v times", n)
	}
}

func TestByName(t *testing.T) {
	if c, ok := ByName("write"); !ok || c != Lookup(unix.SYS_WRITE) {
		t.Errorf(`ByName("write") = %v, %v, want what Lookup gives`, c, ok)
	}
	if _, ok := ByName("no_such_call"); ok {
		t.Error(`ByName("no_such_call") found one`)
	}
	if c, ok := ByName("open"); runtime.GOARCH == "arm64" && (!ok || c.Number != -1) {
		t.Errorf(`ByName("open") = %v, %v, want one without a number`, c, ok)
	}
}

// A line of a table that is wrong in itself: a length from an argument that is not there, flags
// without names.
func TestSignatures(t *testing.T) {
	everyForm(func(c *Call) {
		bad := func(format string, v ...any) { t.Errorf("%s: %s", c.signature(), fmt.Sprintf(format, v...)) }
		if c.Name == "" || len(c.Args) > 6 {
			bad("no name, or %d arguments", len(c.Args))
		}
		if named := c.Result == Flags || c.Result == Enum ||
			c.Result == Key; named != (c.ResultNames != nil) {
			bad("result of kind %d has names %v", c.Result, c.ResultNames)
		}
		for _, a := range c.Args {
			if named := a.Kind == Flags || a.Kind == Enum || a.Kind == Key; named != (a.Names != nil) {
				bad("%s of kind %d has names %v", a.Name, a.Kind, a.Names)
			}
			if laid := a.Kind == Struct || a.Kind == Pointers || a.Kind == Iovec ||
				a.Kind == Msghdr; laid != (a.Struct != nil) {
				bad("%s of kind %d has layout %v", a.Name, a.Kind, a.Struct)
			}
			if a.Kind == None && a.When != Value || a.Kind >= Path && a.When == Value {
				bad("%s is nothing, or an address that is never read", a.Name)
			}
			if sized := a.Kind == Bytes || a.Kind == Sockaddr || a.Kind == FdSet || a.Kind == Sigset ||
				a.Kind == Dirents || a.Kind == Bits || a.Kind == CPUs || a.Kind == Pointers; sized &&
				a.Len.From == One {
				bad("%s has no length", a.Name)
			}
			switch a.Len.From {
			case ByArg, ByResult, ByPointer, CutAt:
				checkLen(c, a, bad)
			case Inside:
				if a.Kind != Struct || !slices.ContainsFunc(a.Struct.Fields,
					func(f Field) bool { return f.Off == a.Len.N && f.Kind == Uint }) {
					bad("%s has its size from byte %d, where there is none", a.Name, a.Len.N)
				}
			}
		}
	})
}

// A field that depends on another one, or has the number of what it points at there, and there is
// no such field.
func TestFields(t *testing.T) {
	everyLayout(func(s *Layout) {
		for _, f := range s.Fields {
			for _, other := range []string{f.Only.Field, f.Count} {
				if other != "" && s.Field(other) == nil {
					t.Errorf("%s.%s depends on %s, which %s has not", s.Name, f.Name, other, s.Name)
				}
			}
			if f.To != nil && (f.Kind != Addr || f.Size != 8 || f.To.When == Value ||
				f.To.Counted() != (f.Count != "")) {
				t.Errorf("%s.%s points at %+v", s.Name, f.Name, f.To)
			}
		}
	})
}

// checkLen says what is wrong with an argument whose length comes from another one.
func checkLen(c *Call, a Arg, bad func(format string, v ...any)) {
	if a.Len.N >= len(c.Args) {
		bad("%s has its length from argument %d", a.Name, a.Len.N)
		return
	}
	switch n := c.Args[a.Len.N]; {
	case a.Len.From == ByPointer && (n.Kind != Uint || n.When != InOut):
		bad("%s has its length from %s, which is no pointer to one", a.Name, n.Name)
	case a.Len.From != ByPointer && (n.When != Value || !slices.Contains([]Kind{Int, Uint, Long, Size,
		Ulong}, n.Kind)):
		bad("%s has its length from %s, which is no number", a.Name, n.Name)
	case a.Len.From == CutAt && a.Kind != Struct:
		bad("%s is cut and no structure", a.Name)
	}
}

// The calls that stay without a signature: the kernel has no such call any more, or never had one
// behind the number, and answers ENOSYS.
func TestWithoutSignature(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the list is that of amd64")
	}
	var got []string
	for _, c := range byNumber {
		if c != nil && !c.Known {
			got = append(got, c.Name)
		}
	}
	want := strings.Fields(`
		_sysctl create_module get_kernel_syms query_module nfsservctl getpmsg putpmsg afs_syscall tuxcall
		security set_thread_area get_thread_area lookup_dcookie epoll_ctl_old epoll_wait_old vserver`)
	if !slices.Equal(got, want) {
		t.Errorf("without signature:\n%s\nwant:\n%s", strings.Join(got, " "), strings.Join(want, " "))
	}
}

// What the tables say, read back as text.
func TestFor(t *testing.T) {
	const reg = 0x1234567800000000 // a 32-bit argument's register may have anything in its high half
	for _, tt := range []struct {
		name string
		args [6]uint64
		want string
	}{
		{"read", [6]uint64{}, "read(fd, >buf, count)"},
		{"accept", [6]uint64{}, "accept(sockfd, >addr, <>addrlen)"},
		{"open", [6]uint64{0, unix.O_RDONLY}, "open(<pathname, flags)"},
		{"open", [6]uint64{0, unix.O_DIRECTORY}, "open(<pathname, flags)"},
		{"open", [6]uint64{0, unix.O_WRONLY | unix.O_CREAT}, "open(<pathname, flags, mode)"},
		{"openat", [6]uint64{0, 0, unix.O_CLOEXEC}, "openat(dirfd, <pathname, flags)"},
		{"openat", [6]uint64{0, 0, unix.O_TMPFILE}, "openat(dirfd, <pathname, flags, mode)"},
		{"clone", [6]uint64{uint64(unix.SIGCHLD)}, "clone(flags, stack)"},
		{"clone", [6]uint64{unix.CLONE_VM}, "clone(flags, stack)"},
		{"mremap", [6]uint64{0, 0, 0, unix.MREMAP_MAYMOVE}, "mremap(old_address, old_size, new_size, flags)"},
		{"fcntl", [6]uint64{0, unix.F_GETFD}, "fcntl(fd, cmd)"},
		{"fcntl", [6]uint64{0, reg | unix.F_SETLK}, "fcntl(fd, cmd, <arg)"},
		{"fcntl", [6]uint64{0, unix.F_GETLK}, "fcntl(fd, cmd, <>arg)"},
		{"fcntl", [6]uint64{0, 9999}, "fcntl(fd, cmd, arg)"},
		{"ioctl", [6]uint64{0, unix.TIOCGWINSZ}, "ioctl(fd, request, >argp)"},
		{"ioctl", [6]uint64{0, unix.TIOCNOTTY}, "ioctl(fd, request)"},
		{"ioctl", [6]uint64{0, 0xdead}, "ioctl(fd, request, argp)"},
		{"fsconfig", [6]uint64{0, unix.FSCONFIG_SET_STRING}, "fsconfig(fd, cmd, <key, <value)"},
		{"fsconfig", [6]uint64{0, unix.FSCONFIG_SET_FD}, "fsconfig(fd, cmd, <key, value, aux)"},
		{"fsconfig", [6]uint64{0, unix.FSCONFIG_CMD_CREATE}, "fsconfig(fd, cmd)"},
		{"semctl", [6]uint64{0, 0, semSetall}, "semctl(semid, semnum, cmd, <arg)"},
		{"semctl", [6]uint64{0, 0, semSetval | 0x100}, "semctl(semid, semnum, cmd, arg)"},
		{"msgctl", [6]uint64{0, unix.IPC_STAT}, "msgctl(msqid, cmd, >buf)"},
		{"quotactl", [6]uint64{qSetquota | 1}, "quotactl(cmd, <special, id, <addr)"},
		{"quotactl_fd", [6]uint64{0, qGetquota}, "quotactl_fd(fd, cmd, id, >addr)"},
		{"keyctl", [6]uint64{unix.KEYCTL_UPDATE}, "keyctl(operation, key, <payload, plen)"},
		{"io_uring_enter", [6]uint64{0, 1},
			"io_uring_enter(fd, to_submit, min_complete, flags, arg, argsz)"},
		{"io_uring_enter", [6]uint64{0, 0},
			"io_uring_enter(fd, to_submit, min_complete, flags, <sig, argsz)"},
		{"futex", [6]uint64{0, futexWake | 0x80}, "futex(uaddr, futex_op, val)"},
		{"futex", [6]uint64{0, futexWakeBitset}, "futex(uaddr, futex_op, val, timeout, uaddr2, val3)"},
		{"mknod", [6]uint64{0, unix.S_IFIFO | 0o600}, "mknod(<pathname, mode)"},
		{"mknod", [6]uint64{0, unix.S_IFCHR | 0o600}, "mknod(<pathname, mode, dev)"},
		{"prctl", [6]uint64{unix.PR_CAPBSET_READ}, "prctl(option, cap)"},
		{"epoll_ctl", [6]uint64{0, unix.EPOLL_CTL_DEL}, "epoll_ctl(epfd, op, fd)"},
		{"prctl", [6]uint64{unix.PR_SET_NAME}, "prctl(option, <name)"},
		{"prctl", [6]uint64{unix.PR_GET_DUMPABLE}, "prctl(option)"},
	} {
		c, _ := ByName(tt.name)
		form := c.For(&tt.args)
		if got := form.signature(); got != tt.want || form.Number != c.Number {
			t.Errorf("%s %#x: %s, number %d; want %s, number %d", tt.name, tt.args, got, form.Number, tt.want, c.Number)
		}
	}
}

// Forms that have the same arguments and differ in what they are.
func TestForNames(t *testing.T) {
	socket, _ := ByName("socket")
	setsockopt, _ := ByName("setsockopt")
	getsockopt, _ := ByName("getsockopt")
	fcntl, _ := ByName("fcntl")
	arg := func(c *Call, i int, args ...uint64) *Arg {
		var regs [6]uint64
		copy(regs[:], args)
		return &c.For(&regs).Args[i]
	}
	for got, want := range map[string]string{
		arg(socket, 2, unix.AF_INET).Names.Enum(unix.IPPROTO_TCP):                           "IPPROTO_TCP",
		arg(socket, 2, unix.AF_NETLINK).Names.Enum(unix.NETLINK_GENERIC):                    "NETLINK_GENERIC",
		arg(setsockopt, 2, 0, unix.SOL_SOCKET).Names.Enum(unix.SO_REUSEADDR):                "SO_REUSEADDR",
		arg(setsockopt, 2, 0, unix.IPPROTO_TCP).Names.Enum(unix.TCP_NODELAY):                "TCP_NODELAY",
		arg(setsockopt, 2, 0, unix.IPPROTO_IPV6).Names.Enum(unix.IPV6_V6ONLY):               "IPV6_V6ONLY",
		arg(setsockopt, 3, 0, unix.SOL_SOCKET, unix.SO_LINGER).Struct.Name:                  "linger",
		arg(getsockopt, 3, 0, unix.SOL_SOCKET, unix.SO_PEERCRED).Struct.Name:                "ucred",
		arg(fcntl, 2, 0, unix.F_SETFL).Names.Flags(unix.O_WRONLY | unix.O_NONBLOCK):         "O_WRONLY|O_NONBLOCK",
		arg(fcntl, 2, 0, unix.F_SETFD).Names.Flags(unix.FD_CLOEXEC):                         "FD_CLOEXEC",
		fcntl.For(&[6]uint64{0, unix.F_GETFL}).ResultNames.Flags(unix.O_RDWR | O_LARGEFILE): "O_RDWR|O_LARGEFILE",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if k := arg(setsockopt, 3, 0, unix.SOL_SOCKET, unix.SO_REUSEADDR).Kind; k != Int {
		t.Errorf("SO_REUSEADDR's value is of kind %d, want Int", k)
	}
	if k := arg(setsockopt, 3, 0, unix.SOL_SOCKET, 9999).Kind; k != Bytes {
		t.Errorf("an unknown option's value is of kind %d, want Bytes", k)
	}
}

func TestExtent(t *testing.T) {
	const huge = ^uint64(0)
	for _, tt := range []struct {
		call   string
		arg    int
		args   [6]uint64
		result int64
		stored uint32
		want   int
	}{
		{"write", 1, [6]uint64{1, 0, 13}, 0, 0, 13},
		{"write", 1, [6]uint64{1, 0, huge}, 0, 0, maxExtent},
		{"read", 1, [6]uint64{0, 0, 30}, 13, 0, 13},
		{"read", 1, [6]uint64{0, 0, 30}, 0, 0, 0},
		{"read", 2, [6]uint64{0, 0, 30}, 13, 0, 0},       // a value: nothing stands anywhere
		{"recvfrom", 1, [6]uint64{0, 0, 30}, 100, 0, 30}, // MSG_TRUNC: the result is more than the buffer
		{"pipe2", 0, [6]uint64{}, 0, 0, 8},
		{"wait4", 1, [6]uint64{}, 0, 0, 0}, // WNOHANG, and no child was done
		{"wait4", 1, [6]uint64{}, 77, 0, 4},
		{"wait4", 3, [6]uint64{}, 77, 0, rusage.Size},
		{"accept", 1, [6]uint64{}, 4, 16, 16},
		{"accept", 2, [6]uint64{}, 4, 16, 4},
		{"bind", 1, [6]uint64{3, 0, 0xffffffff}, 0, 0, 0}, // addrlen -1
		{"openat", 1, [6]uint64{}, 0, 0, 0},               // ends in a NUL
		{"getcwd", 0, [6]uint64{0, 100}, 5, 0, 5},
		{"writev", 1, [6]uint64{1, 0, 3}, 0, 0, 48},
		{"recvmsg", 1, [6]uint64{}, 9, 0, 56},
		{"recvmmsg", 1, [6]uint64{3, 0, 8}, 2, 0, 128},
		{"sendmmsg", 1, [6]uint64{3, 0, 2}, 0, 0, 128},
		{"clone3", 0, [6]uint64{0, 64}, 0, 0, 64},
		{"clone3", 0, [6]uint64{0, 4096}, 0, 0, cloneArgs.Size},
		{"pselect6", 1, [6]uint64{65}, 0, 0, 16},
		{"pselect6", 1, [6]uint64{0}, 0, 0, 0},
		{"ppoll", 0, [6]uint64{0, 2}, 0, 0, 16},
		{"sched_setattr", 1, [6]uint64{}, 0, 48, 48},
		{"sched_setattr", 1, [6]uint64{}, 0, 0, schedAttr.Size},    // the first version
		{"sched_setattr", 1, [6]uint64{}, 0, 4096, schedAttr.Size}, // a later one
		{"name_to_handle_at", 2, [6]uint64{}, 0, 12, 20},
		{"io_submit", 2, [6]uint64{0, 3}, 0, 0, 24},
		{"set_mempolicy", 1, [6]uint64{2, 0, 65}, 0, 0, 8},
		{"set_mempolicy", 1, [6]uint64{2, 0, 66}, 0, 0, 16},
		{"set_mempolicy", 1, [6]uint64{2, 0, 1}, 0, 0, 0},
		{"set_mempolicy", 1, [6]uint64{2, 0, 0}, 0, 0, 0},
		{"set_mempolicy", 1, [6]uint64{2, 0, huge}, 0, 0, maxBits / 8},
		{"sched_setaffinity", 2, [6]uint64{0, 128}, 0, 0, 128},
		{"rt_sigprocmask", 1, [6]uint64{0, 0, 0, 8}, 0, 0, 8},
		{"getgroups", 1, [6]uint64{10}, 3, 0, 12},
		{"getgroups", 1, [6]uint64{0}, 3, 0, 0}, // asks for the number only
		{"pselect6", 5, [6]uint64{}, 0, 8, 8},   // the number beside the address
		{"msgsnd", 1, [6]uint64{0, 0, 7}, 0, 0, 15},
		{"msgrcv", 1, [6]uint64{0, 0, 100}, 7, 0, 15},
		{"utimensat", 2, [6]uint64{}, 0, 0, 32},
		{"epoll_pwait", 1, [6]uint64{0, 0, 128}, 2, 0, 2 * epollEvent.Size},
	} {
		c, _ := ByName(tt.call)
		a := &c.Args[tt.arg]
		if got := a.Extent(&tt.args, tt.result, tt.stored); got != tt.want {
			t.Errorf("%s's %s with %d = %d: %d bytes, want %d", tt.call, a.Name, tt.args, tt.result, got, tt.want)
		}
	}
}

func TestKindValue(t *testing.T) {
	const garbage = 0xdeadbeef00000000
	for _, tt := range []struct {
		kind Kind
		reg  uint64
		want int64
	}{
		{Int, garbage | 0xffffffff, -1},
		{AtFd, garbage | 0xffffff9c, unix.AT_FDCWD},
		{Fd, garbage | 3, 3},
		{Uint, garbage | 0xffffffff, 0xffffffff},
		{Flags, garbage | 0x80000000, 0x80000000},
		{Long, ^uint64(0), -1},
		{Size, 1 << 40, 1 << 40},
		{Offset, ^uint64(9), -10},
	} {
		if got := int64(tt.kind.Value(tt.reg)); got != tt.want {
			t.Errorf("kind %d: %#x is %d, want %d", tt.kind, tt.reg, got, tt.want)
		}
	}
}

// What stands where a field points at: as much as another field says, if the field counts at all.
func TestLeads(t *testing.T) {
	aio := func(op, n, addr uint64) []byte {
		b := make([]byte, iocb.Size)
		b[iocb.Field("aio_lio_opcode").Off] = byte(op)
		b[iocb.Field("aio_buf").Off] = byte(addr)
		b[iocb.Field("aio_nbytes").Off] = byte(n)
		return b
	}
	for _, tt := range []struct {
		op, n, addr uint64
		when        When
		want        string
	}{
		{iocbPwrite, 7, 99, In, "9 7 at 99"},
		{iocbPwrite, 7, 99, Out, ""},
		{iocbPwrite, 7, 0, In, ""},
		{iocbPwritev, 2, 99, In, "14 2 at 99"},
		{iocbPread, 7, 99, In, ""},
		{iocbPoll, 1, 99, In, ""},
	} {
		got, b := "", aio(tt.op, tt.n, tt.addr)
		for i := range iocb.Fields {
			f := &iocb.Fields[i]
			if addr, n, ok := iocb.Leads(f, b, tt.when, 0); ok {
				got += fmt.Sprintf("%s%d at %d", map[Kind]string{Bytes: "9 ", Iovec: "14 "}[f.To.Kind], n, addr)
			}
		}
		if got != tt.want {
			t.Errorf("operation %d with %d at %d: %q, want %q", tt.op, tt.n, tt.addr, got, tt.want)
		}
	}
	b := binary.LittleEndian.AppendUint64(nil, 1)
	b = binary.LittleEndian.AppendUint64(b, 32) // an address, and room for 32 bytes
	if _, n, _ := xattrGet.Leads(xattrGet.Field("value"), b, Out, 5); n != 5 {
		t.Errorf("of 5 bytes that came into room for 32 there are %d", n)
	}
	if _, n, _ := xattrGet.Leads(xattrGet.Field("value"), b, Out, 50); n != 32 {
		t.Errorf("of 50 bytes that came into room for 32 there are %d", n)
	}
}

// A field that depends on another one: of a timer's signal the thread counts only if the signal
// goes to a thread.
func TestCounts(t *testing.T) {
	b := make([]byte, sigevent.Size)
	f := sigevent.Field("sigev_notify_thread_id")
	if sigevent.Counts(f, b) {
		t.Error("a thread counts where nothing says so")
	}
	b[sigevent.Field("sigev_notify").Off] = sigevThreadID
	if !sigevent.Counts(f, b) {
		t.Error("a thread does not count where the signal goes to one")
	}
	c := make([]byte, timex.Size)
	if timex.Counts(timex.Field("freq"), c) {
		t.Error("a frequency counts that nobody wants to set")
	}
	c[0] = adjFrequency | adjStatus
	if !timex.Counts(timex.Field("freq"), c) || timex.Counts(timex.Field("tick"), c) {
		t.Error("what counts is not what the modes say")
	}
	if !sigevent.Counts(sigevent.Field("sigev_notify"), b) {
		t.Error("a field without a condition does not count")
	}
}
