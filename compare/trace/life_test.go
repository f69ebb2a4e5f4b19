package trace

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestLife runs what a process tree can do to its tracer, and holds the record against what must
// have happened.
func TestLife(t *testing.T) {
	life := build(t, "life", "-static")
	const forms = "fork thread execve exit_group "
	for _, c := range []struct{ way, calls, want string }{
		{"exec_thread", forms + "exit futex", `
			P: execve=0 thread futex execve=0 exit_group exit 7`},
		{"exec_crowd", "execve exit exit_group", `
			P: execve=0 exit execve=0 exit_group exit 7`},
		{"exec_leader", "execve exit exit_group", `
			P: execve=0 execve=0 exit_group exit 7`},
		{"vforks", forms, `
			P: execve=0 fork=P.1 exit_group exit 3
			P.1: execve=0 fork=P.1.1 exit_group exit 2
			P.1.1: execve=0 fork=P.1.1.1 exit_group exit 1
			P.1.1.1: execve=0 exit_group exit 0`},
		{"spawn", forms, `
			P: execve=0 fork=P.1 exit_group exit 5
			P.1: execve=0 exit_group exit 5`},
		{"clone_parent", forms, `
			P: execve=0 fork=P.1 exit_group exit 4
			P.1: fork=P.1.1 exit_group exit 3
			P.1.1: exit_group exit 4`},
		{"untraced", forms + "getppid", `
			P: execve=0 fork=P.1 exit_group exit 6
			P.1: getppid=P exit_group exit 6`},
		{"untraced3", forms + "getppid", `
			P: execve=0 fork=P.1 exit_group exit 6
			P.1: getppid=P exit_group exit 6`},
		{"leader_first", forms + "exit", `
			P: execve=0 thread exit exit_group exit 5
			> alone`},
		{"daemon", forms + "setsid", `
			P: execve=0 fork=P.1 exit_group exit 0
			P.1: setsid=P.1 fork=P.1.1 exit_group exit 0
			P.1.1: exit_group exit 8
			> daemon`},
		{"orphan", forms, `
			P: execve=0 fork=P.1 exit_group exit 1
			P.1: exit_group exit 2
			> orphan`},
		{"zombies", "exit_group", `
			P: exit_group exit 0
			P.1: exit_group exit 0
			P.2: exit_group exit 1
			P.3: exit_group exit 2`},
		{"stop_self", forms + "SIGSTOP SIGTERM", `
			P: execve=0 fork=P.1 exit_group exit 143
			P.1: SIGSTOP SIGTERM killed by SIGTERM`},
		{"stop_sibling", "read write kill SIGSTOP SIGCONT", `
			P: write=1 kill=0 exit 1
			P.1: read=ERESTARTSYS SIGSTOP SIGCONT read=1 exit 1
			P.2: kill=0 exit 0`},
		{"stop_threads", "kill thread exit_group SIGSTOP SIGCONT", `
			P: kill=0 exit_group exit 3
			P.1: thread thread thread thread thread thread thread thread SIGSTOP SIGCONT exit_group exit 3`},
		{"stop_kill", forms + "kill SIGSTOP", `
			P: execve=0 fork=P.1 kill=0 exit_group exit 137
			P.1: SIGSTOP killed by SIGKILL`},
		{"kill_blocked", forms + "kill read", `
			P: execve=0 fork=P.1 kill=0 exit_group exit 137
			P.1: read killed by SIGKILL`},
		{"kill_computing", forms + "kill read", `
			P: execve=0 fork=P.1 read=1 kill=0 exit_group exit 137
			P.1: killed by SIGKILL`},
		{"kill_threads", "fork execve kill", `
			P: execve=0 fork=P.1 kill=0 exit 137
			P.1: killed by SIGKILL`},
		{"kill_vfork", forms, `
			P: execve=0 fork=P.1 exit_group exit 0
			P.1: fork killed by SIGKILL
			P.1.1: exit_group exit 4`},
		{"close_all", forms + "close_range", `
			P: execve=0 close_range=0 fork=P.1 exit_group exit 2
			P.1: exit_group exit 2`},
		{"alone", "fcntl rmdir", `
			P: fcntl=0 rmdir=0 exit 0`},
		{"trace_me", "ptrace SIGTERM", `
			P: ptrace=EPERM ptrace=EPERM exit 143
			P.1: SIGTERM killed by SIGTERM`},
		{"own_filter", "seccomp getppid setuid", `
			P: seccomp=0 getppid=EXDEV setuid=0 exit 3
			P.1: getppid=EXDEV setuid=0 exit 3`},
		{"filter_trap", "seccomp getppid SIGSYS", `
			P: seccomp=0 getppid=110 SIGSYS exit 0`}, // its own number: the kernel takes such a call back
		{"filter_kill", "seccomp getppid", `
			P: exit 159
			P.1: seccomp=0 getppid=110 killed by SIGSYS`},
		{"filter_trace", "seccomp getppid", `
			P: seccomp=0 getppid=ENOSYS exit 0`},
		{"own_traps", "rt_sigqueueinfo SIGTRAP SIGCHLD", `
			P: SIGTRAP rt_sigqueueinfo=0 SIGTRAP rt_sigqueueinfo=0 SIGTRAP rt_sigqueueinfo=0 SIGTRAP rt_sigqueueinfo=0 SIGTRAP rt_sigqueueinfo=0 SIGTRAP rt_sigqueueinfo=0 SIGTRAP rt_sigqueueinfo=0 SIGCHLD SIGTRAP exit 0`},
		{"rename_self", forms + "prctl", `
			P: execve=0 prctl=0 fork=P.1 exit_group exit 2
			P.1: exit_group exit 2`},
		{"exec_missing", forms, `
			P: execve=0 execve=ENOENT execve=EACCES exit_group exit 4`},
		{"interrupt", "read rt_sigreturn SIGUSR1", `
			P: read=ERESTARTSYS SIGUSR1 rt_sigreturn=EINTR exit 0
			P.1: exit 0`},
		{"restart", "read rt_sigreturn SIGUSR1", `
			P: read=ERESTARTSYS SIGUSR1 rt_sigreturn=0 read=1 exit 0
			P.1: exit 0`},
		{"segv", "SIGSEGV", `
			P: SIGSEGV killed by SIGSEGV`},
	} {
		t.Run(c.way, func(t *testing.T) {
			t.Parallel()
			tr := traced(t, Config{}, life, c.way)
			got := tale(tr, c.calls)
			if out := output(tr); out != "" {
				got += "\n> " + out
			}
			if want := strings.ReplaceAll(strings.TrimSpace(c.want), "\t", ""); got != want {
				t.Errorf("got:\n%s\nwant:\n%s\n%s", got, want, tr.Programs[0].Stderr)
			}
		})
	}
}

// TestFirstThreadGone looks at a call that is made when the process's first thread has ended, and
// with it what /proc says of the process.
func TestFirstThreadGone(t *testing.T) {
	e := find(t, traced(t, Config{}, build(t, "life", "-static"), "leader_first"), "write")
	if got := pieces(e); len(got) != 1 || got[0] != "1 in alone\n" {
		t.Errorf("it wrote %q", got)
	}
	if got := places([]Waiting{{Event: e, Stack: e.Stack}}); got[0] != "write in after_leader" {
		t.Errorf("by %q", got)
	}
}

// TestCrowds runs what makes so many processes that they are only counted.
func TestCrowds(t *testing.T) {
	life := build(t, "life", "-static")
	ends := func(tr *Trace) (list []string) {
		for _, p := range tr.Processes {
			list = append(list, fmt.Sprintf("%d/%d", p.Status.Code, p.Status.Signal))
		}
		return list
	}
	t.Run("short_lives", func(t *testing.T) {
		want := []string{"0/0"}
		for i := range 1000 {
			want = append(want, fmt.Sprintf("%d/0", i%100))
		}
		if got := ends(traced(t, Config{}, life, "short_lives")); !slices.Equal(got, want) {
			t.Errorf("ends: %v", got)
		}
	})
	t.Run("thread_forks", func(t *testing.T) {
		want := []string{"0/0"}
		for i := range 64 {
			want = append(want, fmt.Sprintf("%d/0", i))
		}
		tr := traced(t, Config{}, life, "thread_forks")
		got := ends(tr)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("ends: %v", got)
		}
		for _, p := range tr.Processes[1:] {
			if p.Parent != tr.Programs[0].PID {
				t.Errorf("process %d has parent %d", p.PID, p.Parent)
			}
		}
	})
	t.Run("exec_race", func(t *testing.T) {
		tr := traced(t, Config{}, life, "exec_race")
		done := 0
		for _, e := range every(tr, "execve") {
			if e.Result == 0 {
				done++
			} else if e.Result != NotReturned {
				t.Errorf("an execve returned %d", e.Result)
			}
		}
		if got := ends(tr); done != 2 || !slices.Equal(got, []string{"7/0"}) { // one of them the launcher's
			t.Errorf("%d programs executed, ends %v", done, got)
		}
	})
	t.Run("kill_newborn", func(t *testing.T) {
		tr := traced(t, Config{}, life, "kill_newborn")
		got := ends(tr)
		if got[0] != "0/0" || len(got) != 201 {
			t.Errorf("%d processes, ends %v", len(got), got)
		}
		for _, e := range every(tr, "kill") {
			if p := tr.Process(int(e.Args[0])); p == nil || p.Parent != e.PID {
				t.Errorf("process %d, which was killed, has the record %+v", e.Args[0], p)
			}
		}
	})
	t.Run("kill_storm", func(t *testing.T) {
		got := ends(traced(t, Config{}, life, "kill_storm"))
		if got[0] != "0/0" || slices.ContainsFunc(got[1:], func(s string) bool { return s != "0/9" }) {
			t.Errorf("ends: %v", got)
		}
	})
}
