// The signals that a Go program wants, or ignores, are ops, at the line that says so; what its runtime does for itself is not.
package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 1 {
		syscall.Kill(os.Getpid(), syscall.SIGWINCH)
		return
	}
	syscall.Kill(os.Getpid(), syscall.SIGURG) // as the runtime's own, to preempt: nobody asked for it
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGCHLD, syscall.SIGUSR1, syscall.SIGUSR2)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	<-c
	syscall.Kill(os.Getpid(), syscall.SIGCHLD)
	<-c
	syscall.Write(1, []byte("signal\n"))
	signal.Ignore(syscall.SIGUSR2)
	syscall.Kill(os.Getpid(), syscall.SIGUSR2)
	signal.Stop(c) // from here on nobody asks for it, although the runtime has a handler that would end the program
	signal.Ignore(syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	// A child's end means nothing any more, and it begins without a signal that it wants.
	exec.Command("/proc/self/exe", "child").Run()
}

/* ops:
P  getpid() = P  :16
P  kill(P, SIGURG)  :16
P  notify(SIGCHLD)  :18
P  notify(SIGUSR1)  :18
P  notify(SIGUSR2)  :18
P  getpid() = P  :19
P  kill(P, SIGUSR1)  :19
P  SIGUSR1(P)  (handler)
P  getpid() = P  :21
P  kill(P, SIGCHLD)  :21
P  SIGCHLD(P)  (handler)
P  write(tty, "signal\n")  :23
P  rt_sigaction(SIGUSR2, {sa_handler=SIG_IGN, sa_flags=SA_SIGINFO|SA_ONSTACK|SA_RESTART, sa_mask=~[]}, NULL, 8)  :24
P  getpid() = P  :25
P  kill(P, SIGUSR2)  :25
P  rt_sigaction(SIGUSR1, {sa_handler=SIG_IGN, sa_flags=SA_SIGINFO|SA_ONSTACK|SA_RESTART, sa_mask=~[]}, NULL, 8)  :27
P  getpid() = P  :28
P  kill(P, SIGUSR1)  :28
P  openat(AT_FDCWD, "/dev/null", O_RDONLY|O_CLOEXEC) = file:/dev/null  :30
P  openat(AT_FDCWD, "/dev/null", O_WRONLY|O_CLOEXEC) = file:/dev/null#2  :30
P  openat(AT_FDCWD, "/dev/null", O_WRONLY|O_CLOEXEC) = file:/dev/null#3  :30
P  vfork() = P.1  :30
P  close(file:/dev/null)  :30
P  close(file:/dev/null#2)  :30
P  close(file:/dev/null#3)  :30
P  waitid(P_PIDFD, pidfd1, {si_signo=SIGCHLD, si_errno=0, si_code=1, si_pid=P.1, si_uid=0, si_status=0}, WEXITED, …)  :30
P  exit(0)  :31
P  exit 0
P.1  dup3(file:/dev/null, stdin, 0) = file:/dev/null  :30
P.1  dup3(file:/dev/null#2, tty, 0) = file:/dev/null#2  :30
P.1  dup3(file:/dev/null#3, stderr, 0) = file:/dev/null#3  :30
P.1  execve("/proc/self/exe", ["/proc/self/exe", "child"], 1 variables (sha256 5976b152), {0=file:/dev/null, 1=file:/dev/null#2, 2=file:/dev/null#3}, ignored=[SIGUSR1 SIGUSR2])  :30
P.1  getpid() = P.1  :13
P.1  kill(P.1, SIGWINCH)  :13
P.1  exit(0)  :31
P.1  exit 0
a helper  exit 0
*/
