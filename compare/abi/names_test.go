package abi

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFlags(t *testing.T) {
	for _, tt := range []struct {
		names *Names
		v     uint64
		want  string
	}{
		{openFlags, unix.O_RDONLY, "O_RDONLY"},
		{openFlags, unix.O_CLOEXEC, "O_RDONLY|O_CLOEXEC"},
		{openFlags, unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC, "O_WRONLY|O_CREAT|O_TRUNC"},
		{openFlags, unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC | 0x40000000, "O_WRONLY|O_CREAT|O_TRUNC|0x40000000"},
		{openFlags, unix.O_RDWR | unix.O_SYNC, "O_RDWR|O_SYNC"},
		{openFlags, unix.O_RDWR | unix.O_DSYNC, "O_RDWR|O_DSYNC"},
		{openFlags, unix.O_RDWR | unix.O_TMPFILE, "O_RDWR|O_TMPFILE"},
		{openFlags, unix.O_DIRECTORY, "O_RDONLY|O_DIRECTORY"},
		{openFlags, 3, "3"},
		{newFdFlags, 0, "0"},
		{newFdFlags, unix.O_CLOEXEC | unix.O_DIRECT, "O_CLOEXEC|O_DIRECT"},
		{newFdFlags, 1, "0x1"},
		{prots, 0, "PROT_NONE"},
		{prots, unix.PROT_READ | unix.PROT_EXEC, "PROT_READ|PROT_EXEC"},
		{mapFlags, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS, "MAP_PRIVATE|MAP_ANONYMOUS"},
		{socketTypes, unix.SOCK_STREAM, "SOCK_STREAM"},
		{socketTypes, unix.SOCK_STREAM | unix.SOCK_CLOEXEC, "SOCK_STREAM|SOCK_CLOEXEC"},
		{socketTypes, 15 | unix.SOCK_NONBLOCK, "15|SOCK_NONBLOCK"},
		{socketTypes, 0, "0"},
		{cloneFlags, uint64(unix.SIGCHLD), "SIGCHLD"},
		{cloneFlags, unix.CLONE_VM | unix.CLONE_VFORK | uint64(unix.SIGCHLD), "SIGCHLD|CLONE_VM|CLONE_VFORK"},
		{clone3Flags, unix.CLONE_CLEAR_SIGHAND | unix.CLONE_NEWTIME, "CLONE_NEWTIME|CLONE_CLEAR_SIGHAND"},
		{futexOps, futexWait | 0x80, "FUTEX_WAIT|FUTEX_PRIVATE_FLAG"},
		{futexOps, futexWakeBitset, "FUTEX_WAKE_BITSET"},
		{fileMode, unix.S_IFREG | 0o644, "S_IFREG|0644"},
		{fileMode, unix.S_IFDIR | unix.S_ISVTX | 0o777, "S_IFDIR|S_ISVTX|0777"},
		{fileMode, 0o600, "0600"},
		{waitOptions, unix.WNOHANG | unix.WUNTRACED, "WNOHANG|WUNTRACED"},
		{pollEvents, unix.POLLIN | unix.POLLHUP, "POLLIN|POLLHUP"},
		{epollEvents, unix.EPOLLIN | unix.EPOLLET, "EPOLLIN|EPOLLET"},
		{inotifyMask, unix.IN_ALL_EVENTS | unix.IN_ONESHOT, "IN_ALL_EVENTS|IN_ONESHOT"},
	} {
		if got := tt.names.Flags(tt.v); got != tt.want {
			t.Errorf("Flags(%#x) = %s, want %s", tt.v, got, tt.want)
		}
	}
}

func TestEnum(t *testing.T) {
	for _, tt := range []struct {
		names *Names
		v     uint64
		want  string
	}{
		{families, unix.AF_INET, "AF_INET"},
		{families, 250, "250"},
		{families, Enum.Value(^uint64(0)), "-1"},
		{ioctls, unix.TIOCGWINSZ, "TIOCGWINSZ"},
		{ioctls, 0x8004abcd, "0x8004abcd"},
		{rusageWho, Enum.Value(^uint64(0)), "RUSAGE_CHILDREN"},
		{rlimInfinity, unix.RLIM_INFINITY, "RLIM_INFINITY"},
		{rlimInfinity, 1 << 31, "2147483648"},
		{sockLevels, unix.SOL_SOCKET, "SOL_SOCKET"},
		{shutdownHow, unix.SHUT_WR, "SHUT_WR"},
		{maskHow, unix.SIG_SETMASK, "SIG_SETMASK"},
	} {
		if got := tt.names.Enum(tt.v); got != tt.want {
			t.Errorf("Enum(%#x) = %s, want %s", tt.v, got, tt.want)
		}
	}
}

// Each name of each list can be reached, two flags of a list give both names (or the one for both),
// and an unknown bit is seen.
func TestEveryName(t *testing.T) {
	everyNames(func(n *Names, kind Kind) {
		for _, e := range n.list {
			if got := n.Enum(e.value); got != e.name {
				t.Errorf("%s is hidden: its value %#x gives %s", e.name, e.value, got)
			}
		}
		if kind != Flags {
			return
		}
		zero := "" // what stands first if the part that is one value is 0
		if name, ok := n.find(0); ok && n.field != 0 {
			zero = name + "|"
		}
		check := func(v uint64, want string) {
			if got := n.Flags(v); got != zero+want {
				t.Errorf("Flags(%#x) = %s, want %s", v, got, zero+want)
			}
		}
		var before entry
		for _, e := range n.list {
			if e.value&n.field != 0 || e.value == 0 || e.value&(e.value-1) != 0 {
				continue // not a flag of one bit
			}
			if both, ok := n.find(before.value | e.value); ok && before.name != "" {
				check(before.value|e.value, both)
			} else if before.name != "" {
				check(before.value|e.value, before.name+"|"+e.name)
			}
			before = e
		}
		check(before.value|1<<60, strings.TrimPrefix(before.name+"|"+n.number(1<<60, 16), "|"))
	})
}

// everyNames calls f with every list of names that a call or a structure has, and whether it names
// flags or values.
func everyNames(f func(n *Names, kind Kind)) {
	seen := map[*Names]bool{nil: true}
	visit := func(n *Names, kind Kind) {
		if !seen[n] {
			seen[n] = true
			f(n, kind)
		}
	}
	everyForm(func(c *Call) {
		visit(c.ResultNames, c.Result)
		for _, a := range c.Args {
			visit(a.Names, a.Kind)
		}
	})
	everyLayout(func(s *Layout) {
		for _, field := range s.Fields {
			visit(field.Names, field.Kind)
		}
	})
}

func TestErrno(t *testing.T) {
	for e, want := range map[int]string{
		2: "ENOENT", 4: "EINTR", 11: "EAGAIN", 32: "EPIPE", 95: "EOPNOTSUPP", 110: "ETIMEDOUT",
		512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 516: "ERESTART_RESTARTBLOCK",
		0: "0", 9999: "9999", -5: "-5",
	} {
		if got := Errno(e); got != want {
			t.Errorf("Errno(%d) = %s, want %s", e, got, want)
		}
	}
}

func TestSignalName(t *testing.T) {
	for n, want := range map[int]string{
		1: "SIGHUP", 9: "SIGKILL", 17: "SIGCHLD", 23: "SIGURG", 29: "SIGIO", 31: "SIGSYS", 32: "SIGRTMIN", 33: "SIGRT_1", 35: "SIGRT_3",
		64: "SIGRT_32", 0: "0", 65: "65", -1: "-1",
	} {
		if got := SignalName(n); got != want {
			t.Errorf("SignalName(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestSignalSet(t *testing.T) {
	for set, want := range map[uint64]string{
		0:                     "[]",
		1<<1 | 1<<16:          "[SIGINT SIGCHLD]",
		1 << 63:               "[SIGRT_32]",
		^uint64(0):            "~[]",
		^uint64(1<<8 | 1<<18): "~[SIGKILL SIGSTOP]",
	} {
		if got := SignalSet(set); got != want {
			t.Errorf("SignalSet(%#x) = %s, want %s", set, got, want)
		}
	}
}
