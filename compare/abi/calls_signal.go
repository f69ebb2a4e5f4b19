package abi

import "golang.org/x/sys/unix"

// signalCalls are signals.
var signalCalls = []*Call{
	call("rt_sigaction", Int, arg(Signal, "signum"), inS(sigaction, "act"), outS(sigaction, "oldact"), sigsetsize).page("sigaction").
		touches(OwnSignals).changes(Dispositions),
	call("rt_sigprocmask", Int, enum("how", maskHow), in(Sigset, "set", counted(3)), out(Sigset, "oldset", counted(3)), sigsetsize).page("sigprocmask").
		touches(OwnSignals).changes(Mask),
	call("rt_sigreturn", None).page("sigreturn").role(EndsHandler),
	call("rt_sigpending", Int, out(Sigset, "set", counted(1)), sigsetsize).page("sigpending").touches(OwnSignals),
	call("rt_sigsuspend", Int, in(Sigset, "mask", counted(1)), sigsetsize).page("sigsuspend").
		touches(OwnSignals).waits(ForSignal),
	call("rt_sigtimedwait", Signal, in(Sigset, "set", counted(3)), outS(siginfo, "info"), inS(timespec, "timeout"), sigsetsize).page("sigtimedwait").
		touches(OwnSignals).waits(ForSignal),
	call("rt_sigqueueinfo", Int, arg(Pid, "tgid"), sig, inS(siginfo, "info")).sends(),
	call("rt_tgsigqueueinfo", Int, arg(Pid, "tgid"), arg(Pid, "tid"), sig, inS(siginfo, "info")).
		sends(),
	call("sigaltstack", Int, inS(stackT, "ss"), outS(stackT, "old_ss")).own(),
	call("kill", Int, pid, sig).sends(),
	call("tkill", Int, arg(Pid, "tid"), sig).sends(),
	call("tgkill", Int, arg(Pid, "tgid"), arg(Pid, "tid"), sig).sends(),
	call("pause", Int).touches(OwnSignals).waits(ForSignal),
	call("restart_syscall", Long).role(Resumes),
	call("signalfd", Fd, fd, in(Sigset, "mask", counted(2)), sigsetsize).
		makes(Descriptor, "signalfd").touches(OwnSignals),
	call("signalfd4", Fd, fd, in(Sigset, "mask", counted(2)), sigsetsize, flags("flags", signalfdFlags)).
		makes(Descriptor, "signalfd").cloexec(3, unix.SFD_CLOEXEC).touches(OwnSignals).like("signalfd"),
}

var sigsetsize = arg(Size, "sigsetsize")
