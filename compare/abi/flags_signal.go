package abi

import "golang.org/x/sys/unix"

var maskHow = names([]entry{
	{unix.SIG_BLOCK, "SIG_BLOCK"}, {unix.SIG_UNBLOCK, "SIG_UNBLOCK"}, {unix.SIG_SETMASK, "SIG_SETMASK"},
})
var sigactionFlags = names([]entry{
	{1, "SA_NOCLDSTOP"}, {2, "SA_NOCLDWAIT"}, {4, "SA_SIGINFO"}, {0x400, "SA_UNSUPPORTED"}, {0x800, "SA_EXPOSE_TAGBITS"},
	{0x4000000, "SA_RESTORER"}, {0x8000000, "SA_ONSTACK"}, {0x10000000, "SA_RESTART"}, {0x40000000, "SA_NODEFER"},
	{0x80000000, "SA_RESETHAND"},
})
var sigstackFlags = names([]entry{{1, "SS_ONSTACK"}, {2, "SS_DISABLE"}, {0x80000000, "SS_AUTODISARM"}})
var sigevNotify = names([]entry{{0, "SIGEV_SIGNAL"}, {1, "SIGEV_NONE"}, {2, "SIGEV_THREAD"}, {sigevThreadID, "SIGEV_THREAD_ID"}})

const sigevThreadID = 4

// Of a siginfo, when its fields count: sigqueue(3)'s si_code, and the signal of a child.
const siQueue, sigchld = ^uint64(0), 17

var signalfdFlags = names([]entry{{unix.SFD_CLOEXEC, "SFD_CLOEXEC"}, {unix.SFD_NONBLOCK, "SFD_NONBLOCK"}})
