package abi

import "golang.org/x/sys/unix"

// cloneUsesTids are the flags with which clone looks at more than its flags and its stack.
const cloneUsesTids = unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_SETTID | unix.CLONE_CHILD_CLEARTID | unix.CLONE_SETTLS | unix.CLONE_PIDFD

// processCalls are processes and threads, their scheduling, and what controls them.
var processCalls = []*Call{
	// Birth and death.
	call("fork", Pid).fails(unix.EAGAIN).makes(Task, ""),
	call("vfork", Pid).
		makes(Task, "").implies(unix.CLONE_VM | unix.CLONE_VFORK).waits(ForProgram).like("fork"),
	call("clone", Pid, cloneArguments...).
		makes(Task, Pidfd).flagsAt(0).waits(ForProgram).like("fork").unless(3, 0, cloneUsesTids),
	call("clone3", Pid, inS(cloneArgs, "cl_args", cutAt(1)), arg(Size, "size").uncompared(oneIdea)).
		makes(Task, Pidfd).flagsAt(0).waits(ForProgram).like("fork"),
	call("execve", Int, takes(path), in(Strings, "argv"), in(Strings, "envp")).changes(Program),
	call("execveat", Int, dirfd, takes(path), in(Strings, "argv"), in(Strings, "envp"), flags("flags", atFlags)).
		changes(Program),
	call("exit", None, arg(Int, "status")).page("_exit").ends(EndsThread).own(),
	call("exit_group", None, arg(Int, "status")).page("_exit").ends(EndsProcess),
	call("wait4", Pid, pid, out(Status, "wstatus", ifResult), flags("options", waitOptions), outS(rusage, "rusage", ifResult)).fails(unix.ECHILD).
		waits(ForChild),
	call("waitid", Int, enum("idtype", waitIDs), arg(Pid, "id"), outS(siginfo, "infop"), flags("options", waitOptions), outS(rusage, "rusage")).
		waits(ForChild).
		by(0, 0xffffffff, map[uint64]*Call{
			unix.P_PIDFD: form(Int, enum("idtype", waitIDs), arg(Fd, "id"), outS(siginfo, "infop"), flags("options", waitOptions),
				outS(rusage, "rusage")),
		}),
	call("getrusage", Int, enum("who", rusageWho), outS(rusage, "usage")).own(),
	call("getpid", Pid).own(),
	call("getppid", Pid).touches(ItsParent),
	call("gettid", Pid).own(),
	call("set_tid_address", Pid, arg(Addr, "tidptr")).own().role(Unwrapped),
	call("set_robust_list", Int, arg(Addr, "head"), arg(Size, "len")).own().role(Unwrapped),
	call("get_robust_list", Int, pid, arg(Addr, "head_ptr"), arg(Addr, "len_ptr")),
	call("rseq", Int, arg(Addr, "rseq"), arg(Uint, "rseq_len"), flags("flags", rseqFlags), arg(Hex, "sig")).
		own().role(Unwrapped),
	call("unshare", Int, flags("flags", clone3Flags)),
	call("setns", Int, fd, flags("nstype", clone3Flags)),

	// Groups and sessions.
	call("getpgrp", Pid).own(),
	call("getpgid", Pid, pid).own(),
	call("setpgid", Int, pid, arg(Pid, "pgid")).touches(Processes),
	call("getsid", Pid, pid).own(),
	call("setsid", Pid).touches(Processes),

	// Descriptors of processes.
	call("pidfd_open", Fd, pid, flags("flags", pidfdFlags)).makes(Descriptor, Pidfd).always(),
	call("pidfd_getfd", Fd, arg(Fd, "pidfd"), arg(Fd, "targetfd"), arg(Hex, "flags")).always(),
	call("pidfd_send_signal", Int, arg(Fd, "pidfd"), sig, inS(siginfo, "info"), arg(Hex, "flags")).
		sends(),
	call("process_madvise", Size, arg(Fd, "pidfd"), inS(iovec, "iovec", counted(2)), arg(Size, "vlen"),
		enum("advice", madvice), arg(Hex, "flags")),
	call("process_mrelease", Int, arg(Fd, "pidfd"), arg(Hex, "flags")),
	call("process_vm_readv", Size, pid, outIov("local_iov", 2), arg(Ulong, "liovcnt"), inS(iovec, "remote_iov", counted(4)), riovcnt, arg(Hex, "flags")),
	call("process_vm_writev", Size, pid, inIov("local_iov", 2), arg(Ulong, "liovcnt"), remoteIov, riovcnt, arg(Hex, "flags")),
	call("kcmp", Int, kcmpPids[0], kcmpPids[1], enum("type", kcmpTypes)).by(2, 0xffffffff,
		map[uint64]*Call{
			kcmpFile: form(Int, kcmpPids[0], kcmpPids[1], enum("type", kcmpTypes), arg(Fd, "idx1"),
				arg(Fd, "idx2")),
			kcmpEpollTfd: form(Int, kcmpPids[0], kcmpPids[1], enum("type", kcmpTypes), arg(Fd, "idx1"),
				inS(epollSlot, "idx2")),
		}),

	// Scheduling and limits.
	call("sched_yield", Int).own().untraced(asksNothing),
	call("sched_setaffinity", Int, pid, arg(Size, "cpusetsize").uncompared(setSays), in(CPUs, "mask", counted(1))),
	call("sched_getaffinity", Size, pid, arg(Size, "cpusetsize"), out(CPUs, "mask", filled(1))).
		own(),
	call("sched_setscheduler", Int, pid, flags("policy", schedPolicies), inS(schedParam, "param")),
	call("sched_getscheduler", None, pid).returns(Flags, schedPolicies),
	call("sched_setparam", Int, pid, inS(schedParam, "param")),
	call("sched_getparam", Int, pid, outS(schedParam, "param")),
	call("sched_setattr", Int, pid, inS(schedAttr, "attr", inside(0)), arg(Hex, "flags")),
	call("sched_getattr", Int, pid, outS(schedAttr, "attr", cutAt(2)), arg(Uint, "size"), arg(Hex, "flags")),
	call("sched_get_priority_max", Int, enum("policy", schedPolicies)),
	call("sched_get_priority_min", Int, enum("policy", schedPolicies)),
	call("sched_rr_get_interval", Int, pid, outS(timespec, "tp")),
	call("getpriority", Int, enum("which", prioWhich), arg(Pid, "who")),
	call("ioprio_get", Int, enum("which", ioprioWhich), arg(Pid, "who")),
	call("ioprio_set", Int, enum("which", ioprioWhich), arg(Pid, "who"), arg(Hex, "ioprio")),
	call("setpriority", Int, enum("which", prioWhich), arg(Pid, "who"), arg(Int, "prio")),
	call("getrlimit", Int, enum("resource", rlimits), outS(rlimit, "rlim")).own(),
	call("setrlimit", Int, enum("resource", rlimits), inS(rlimit, "rlim")).own(),
	call("prlimit64", Int, pid, enum("resource", rlimits), inS(rlimit, "new_limit"), outS(rlimit, "old_limit")).page("prlimit").
		own(),
	call("getcpu", Int, out(Uint, "cpu"), out(Uint, "node"), arg(Addr, "tcache")).
		own().untraced(inVDSO),
	call("membarrier", Int, enum("cmd", membarrierCmds), arg(Hex, "flags"), arg(Int, "cpu_id")).
		own(),
	call("rseq_slice_yield", Int),

	// Control.
	call("prctl", Int, prctlOption, unseen("arg2"), unseen("arg3"), unseen("arg4"), unseen("arg5")).
		own().
		by(0, 0xffffffff, prctlForms()),
	call("arch_prctl", Int, enum("code", archPrctls), arg(Addr, "addr")).own(),
	call("ptrace", Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"), unseen("data")).
		role(Traces).
		by(0, 0xffffffff, map[uint64]*Call{
			unix.PTRACE_TRACEME:    form(Long, enum("request", ptraceRequests)).role(OffersTracing),
			unix.PTRACE_ATTACH:     form(Long, enum("request", ptraceRequests), pid),
			unix.PTRACE_INTERRUPT:  form(Long, enum("request", ptraceRequests), pid),
			unix.PTRACE_LISTEN:     form(Long, enum("request", ptraceRequests), pid),
			unix.PTRACE_CONT:       form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"), arg(Signal, "data")),
			unix.PTRACE_SYSCALL:    form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"), arg(Signal, "data")),
			unix.PTRACE_DETACH:     form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"), arg(Signal, "data")),
			unix.PTRACE_SETOPTIONS: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"), flags("data", ptraceOptions)),
			unix.PTRACE_POKETEXT: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"),
				arg(Cookie, "data")),
			unix.PTRACE_POKEDATA: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"),
				arg(Cookie, "data")),
			unix.PTRACE_POKEUSR: form(Long, enum("request", ptraceRequests), pid, arg(Ulong, "addr"),
				arg(Cookie, "data")),
			unix.PTRACE_PEEKUSR: form(Long, enum("request", ptraceRequests), pid, arg(Ulong, "addr"),
				arg(Addr, "data")),
			unix.PTRACE_PEEKTEXT: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"),
				arg(Addr, "data")),
			unix.PTRACE_PEEKDATA: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"),
				arg(Addr, "data")),
			unix.PTRACE_KILL: form(Long, enum("request", ptraceRequests), pid),
			unix.PTRACE_SINGLESTEP: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"),
				arg(Signal, "data")),
			unix.PTRACE_GETSIGINFO: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"),
				outS(siginfo, "data")),
			unix.PTRACE_SETSIGINFO: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"),
				inS(siginfo, "data")),
			unix.PTRACE_GETEVENTMSG: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"),
				arg(Addr, "data")),
			unix.PTRACE_GETSIGMASK: form(Long, enum("request", ptraceRequests), pid, arg(Size, "addr"),
				out(Sigset, "data", counted(2))),
			unix.PTRACE_SETSIGMASK: form(Long, enum("request", ptraceRequests), pid, arg(Size, "addr"),
				in(Sigset, "data", counted(2))),
			unix.PTRACE_SEIZE: form(Long, enum("request", ptraceRequests), pid, arg(Addr, "addr"), flags("data", ptraceOptions)),
		}),
	call("seccomp", Int, enum("operation", seccompOps), flags("flags", seccompFlags), unseen("args")).
		own().
		by(0, 0xffffffff, map[uint64]*Call{
			unix.SECCOMP_SET_MODE_STRICT: form(Int, enum("operation", seccompOps),
				flags("flags", seccompFlags), arg(Addr, "args")).own().role(EntersStrict),
			unix.SECCOMP_GET_ACTION_AVAIL: form(Int, enum("operation", seccompOps),
				flags("flags", seccompFlags), in(Uint, "args")),
			unix.SECCOMP_SET_MODE_FILTER: form(Int, enum("operation", seccompOps),
				flags("flags", seccompFlags), inS(sockFprog, "args")).own().changes(Filter),
		}),
	call("personality", None, flags("persona", personalities)).returns(Flags, personalities),
	call("capget", Int, inoutS(capHeader, "hdrp"), outS(capData, "datap", fixed(2))).own(),
	call("capset", Int, inoutS(capHeader, "hdrp"), inS(capData, "datap", fixed(2))),
}

var (
	// Of what is read from another process local_iov shows it; where something is written does not
	// show.
	remoteIov   = inS(remoteIovec, "remote_iov", counted(4))
	kcmpPids    = [2]Arg{arg(Pid, "pid1"), arg(Pid, "pid2")}
	riovcnt     = arg(Ulong, "riovcnt")
	prctlOption = enum("option", prctlOptions)
)

// prctlForms are prctl's options. Of those that are not here the arguments are not looked into.
func prctlForms() map[uint64]*Call {
	forms := map[uint64]*Call{
		unix.PR_SET_NAME: form(Int, prctlOption, in(String, "name")),
		unix.PR_GET_NAME: form(Int, prctlOption, out(String, "name")).
			role(TellsProgram).own(),
		unix.PR_SET_PDEATHSIG:       form(Int, prctlOption, arg(Signal, "sig")),
		unix.PR_GET_PDEATHSIG:       form(Int, prctlOption, out(Signal, "sig")),
		unix.PR_GET_CHILD_SUBREAPER: form(Int, prctlOption, out(Int, "isset")),
		unix.PR_SET_PTRACER:         form(Int, prctlOption, arg(Pid, "pid")),
		unix.PR_SET_SECCOMP: form(Int, prctlOption, enum("mode", seccompModes), inS(sockFprog, "filter")).
			changes(Filter).own().
			by(1, ^uint64(0), map[uint64]*Call{
				unix.SECCOMP_MODE_STRICT: form(Int, prctlOption, enum("mode", seccompModes)).own().role(EntersStrict)}),
		unix.PR_CAP_AMBIENT: form(Int, prctlOption, enum("arg2", ambientOps),
			enum("cap", capabilities)),
		unix.PR_MCE_KILL: form(Int, prctlOption, arg(Ulong, "arg2"), arg(Ulong, "arg3")),
		unix.PR_GET_TSC:  form(Int, prctlOption, out(Int, "flag")),
		unix.PR_SET_SPECULATION_CTRL: form(Int, prctlOption, arg(Ulong, "misfeature"),
			arg(Hex, "val")),
		unix.PR_SET_SYSCALL_USER_DISPATCH: form(Int, prctlOption, arg(Ulong, "mode"), arg(Addr, "off"),
			arg(Size, "size"), arg(Addr, "switch")),
		unix.PR_SET_MM: form(Int, prctlOption, arg(Ulong, "arg2"), arg(Addr, "addr"),
			arg(Size, "arg4")),
		unix.PR_SET_THP_DISABLE: form(Int, prctlOption, arg(Ulong, "arg2"), arg(Ulong, "arg3")),
		unix.PR_SCHED_CORE: form(Int, prctlOption, arg(Ulong, "cs_cmd"), pid,
			arg(Int, "pidtype"), arg(Addr, "cookie")),
		unix.PR_TASK_PERF_EVENTS_DISABLE: form(Int, prctlOption),
		unix.PR_TASK_PERF_EVENTS_ENABLE:  form(Int, prctlOption),
		unix.PR_SET_VMA:                  form(Int, prctlOption, arg(Ulong, "attr"), arg(Addr, "addr"), arg(Size, "size"), in(String, "val")),
		unix.PR_GET_TID_ADDRESS:          form(Int, prctlOption, out(Addr, "addrp")),
		unix.PR_CAPBSET_READ:             form(Int, prctlOption, enum("cap", capabilities)),
		unix.PR_CAPBSET_DROP:             form(Int, prctlOption, enum("cap", capabilities)),
		unix.PR_GET_SPECULATION_CTRL:     form(Int, prctlOption, arg(Ulong, "misfeature")),
	}
	for _, option := range []uint64{
		unix.PR_GET_DUMPABLE, unix.PR_GET_KEEPCAPS, unix.PR_GET_TIMING, unix.PR_GET_SECCOMP, unix.PR_GET_SECUREBITS, unix.PR_GET_TIMERSLACK,
		unix.PR_GET_NO_NEW_PRIVS, unix.PR_GET_THP_DISABLE, unix.PR_GET_IO_FLUSHER, unix.PR_GET_MDWE, unix.PR_MCE_KILL_GET,
		unix.PR_GET_MEMORY_MERGE,
	} {
		forms[option] = form(Int, prctlOption)
	}
	for _, option := range []uint64{
		unix.PR_SET_DUMPABLE, unix.PR_SET_KEEPCAPS, unix.PR_SET_TIMING, unix.PR_SET_SECUREBITS, unix.PR_SET_TIMERSLACK,
		unix.PR_SET_CHILD_SUBREAPER, unix.PR_SET_NO_NEW_PRIVS, unix.PR_SET_TSC, unix.PR_SET_IO_FLUSHER,
		unix.PR_SET_MDWE,
		unix.PR_SET_MEMORY_MERGE,
	} {
		forms[option] = form(Int, prctlOption, arg(Ulong, "arg2"))
	}
	forms[unix.PR_GET_SECCOMP].own().role(AsksFilter)
	return forms
}
