package abi

// signalCalls are signals.
var signalCalls = []*Call{
	call("rt_sigaction", Int, arg(Signal, "signum"), inS(sigaction, "act"), outS(sigaction, "oldact"), sigsetsize),
	call("rt_sigprocmask", Int, enum("how", maskHow), in(Sigset, "set", counted(3)), out(Sigset, "oldset", counted(3)), sigsetsize),
	call("rt_sigreturn", None),
	call("rt_sigpending", Int, out(Sigset, "set", counted(1)), sigsetsize),
	call("rt_sigsuspend", Int, in(Sigset, "mask", counted(1)), sigsetsize),
	call("rt_sigtimedwait", Signal, in(Sigset, "set", counted(3)), outS(siginfo, "info"), inS(timespec, "timeout"), sigsetsize),
	call("rt_sigqueueinfo", Int, arg(Pid, "tgid"), sig, inS(siginfo, "info")),
	call("rt_tgsigqueueinfo", Int, arg(Pid, "tgid"), arg(Pid, "tid"), sig, inS(siginfo, "info")),
	call("sigaltstack", Int, inS(stackT, "ss"), outS(stackT, "old_ss")),
	call("kill", Int, pid, sig),
	call("tkill", Int, arg(Pid, "tid"), sig),
	call("tgkill", Int, arg(Pid, "tgid"), arg(Pid, "tid"), sig),
	call("pause", Int),
	call("restart_syscall", Long),
	call("signalfd", Fd, fd, in(Sigset, "mask", counted(2)), sigsetsize),
	call("signalfd4", Fd, fd, in(Sigset, "mask", counted(2)), sigsetsize, flags("flags", signalfdFlags)),
}

var sigsetsize = arg(Size, "sigsetsize")
