package abi

import "golang.org/x/sys/unix"

// timeCalls are clocks, timers and sleep. What is left of a sleep is written only when a signal
// ends it, so that an Out argument, which is read on success, would give whatever stood there
// before: it is an Addr.
var timeCalls = []*Call{
	call("nanosleep", Int, inS(timespec, "req"), arg(Addr, "rem")).own().waits(ForTime),
	call("clock_nanosleep", Int, clock, flags("flags", timerFlags), inS(timespec, "request"), arg(Addr, "remain")).
		own().waits(ForTime),
	call("clock_gettime", Int, clock, outS(timespec, "tp")).own().untraced(inVDSO),
	call("clock_settime", Int, clock, inS(timespec, "tp")),
	call("clock_getres", Int, clock, outS(timespec, "res")).own().untraced(inVDSO),
	call("clock_adjtime", Int, clock, inS(timex, "buf")),
	call("adjtimex", Int, inS(timex, "buf")),
	call("gettimeofday", Int, outS(timeval, "tv"), outS(timezone, "tz")).own().untraced(inVDSO),
	call("settimeofday", Int, inS(timeval, "tv"), inS(timezone, "tz")),
	call("time", Time, out(Time, "tloc")).own().untraced(inVDSO),
	call("times", Time, outS(tms, "buf")).own(),
	call("alarm", Time, arg(Time, "seconds")).own(),
	call("getitimer", Int, enum("which", itimers), outS(itimerval, "curr_value")).own(),
	call("setitimer", Int, enum("which", itimers), inS(itimerval, "new_value"), outS(itimerval, "old_value")).
		own(),
	call("timer_create", Int, clock, inS(sigevent, "sevp"), out(Int, "timerid")),
	call("timer_settime", Int, arg(Int, "timerid"), flags("flags", timerFlags), inS(itimerspec, "new_value"), outS(itimerspec, "old_value")),
	call("timer_gettime", Int, arg(Int, "timerid"), outS(itimerspec, "curr_value")),
	call("timer_getoverrun", Int, arg(Int, "timerid")),
	call("timer_delete", Int, arg(Int, "timerid")),
	call("timerfd_create", Fd, clock, flags("flags", timerfdFlags)).
		makes(Descriptor, "timerfd").cloexec(1, unix.TFD_CLOEXEC).own(),
	call("timerfd_settime", Int, fd, flags("flags", timerfdSet), inS(itimerspec, "new_value"), outS(itimerspec, "old_value")),
	call("timerfd_gettime", Int, fd, outS(itimerspec, "curr_value")),
}

var clock = enum("clockid", clocks)

// pollCalls wait until something is ready, and wake who waits. Timeouts that the kernel overwrites
// with what is left are In: what is left is a matter of luck.
var pollCalls = []*Call{
	call("poll", Int, inoutS(pollfd, "fds", counted(1)), arg(Uint, "nfds"), arg(Int, "timeout")).
		touches(Descriptors).waits(ForReady),
	call("ppoll", Int, inoutS(pollfd, "fds", counted(1)), arg(Uint, "nfds"), inS(timespec, "tmo_p"), in(Sigset, "sigmask", counted(4)), sigsetsize).
		touches(Descriptors).waits(ForReady),
	call("select", Int, nfds, readfds, writefds, exceptfds, inS(timeval, "timeout")).
		touches(Descriptors).waits(ForReady),
	call("pselect6", Int, nfds, readfds, writefds, exceptfds, inS(timespec, "timeout"), in(Sigset, "sigmask", pack)).page("pselect").
		touches(Descriptors).waits(ForReady),
	call("epoll_create", Fd, arg(Int, "size")).makes(Descriptor, "epoll").own(),
	call("epoll_create1", Fd, flags("flags", epollFlags)).
		makes(Descriptor, "epoll").cloexec(0, unix.EPOLL_CLOEXEC).own().like("epoll_create"),
	call("epoll_ctl", Int, epfd, enum("op", epollOps), fd, inS(epollEvent, "event")).by(1, 0xffffffff, map[uint64]*Call{
		unix.EPOLL_CTL_DEL: form(Int, epfd, enum("op", epollOps), fd),
	}),
	call("epoll_wait", Int, epfd, ready, maxevents, arg(Int, "timeout")).
		touches(Descriptors).waits(ForReady),
	call("epoll_pwait", Int, epfd, ready, maxevents, arg(Int, "timeout"), in(Sigset, "sigmask", counted(5)), sigsetsize).
		touches(Descriptors).waits(ForReady),
	call("epoll_pwait2", Int, epfd, ready, maxevents, inS(timespec, "timeout"), in(Sigset, "sigmask", counted(5)), sigsetsize).
		touches(Descriptors).waits(ForReady).like("epoll_pwait"),
	call("eventfd", Fd, arg(Uint, "initval")).own(),
	call("eventfd2", Fd, arg(Uint, "initval"), flags("flags", eventfdFlags)).
		makes(Descriptor, "eventfd").cloexec(1, unix.EFD_CLOEXEC).own().like("eventfd"),
	call("futex", Int, uaddr, futexOp, arg(Uint, "val"), arg(Addr, "timeout"), arg(Addr, "uaddr2"), arg(Uint, "val3")).
		touches(Memory).flagsAt(1).waits(ForMemory).role(Unwrapped).by(1, 0x7f, map[uint64]*Call{
		futexWait:       form(Int, uaddr, futexOp, arg(Uint, "val"), inS(timespec, "timeout")),
		futexWake:       form(Int, uaddr, futexOp, arg(Uint, "val")),
		futexRequeue:    form(Int, uaddr, futexOp, arg(Uint, "val"), arg(Uint, "val2"), arg(Addr, "uaddr2")),
		futexCmpRequeue: form(Int, uaddr, futexOp, arg(Uint, "val"), arg(Uint, "val2"), arg(Addr, "uaddr2"), arg(Uint, "val3")),
		futexCmpRequeuePI: form(Int, uaddr, futexOp, arg(Uint, "val"), arg(Uint, "val2"),
			arg(Addr, "uaddr2"), arg(Uint, "val3")),
		futexWaitRequeuePI: form(Int, uaddr, futexOp, arg(Uint, "val"), inS(timespec, "timeout"),
			arg(Addr, "uaddr2")),
		futexWakeOp: form(Int, uaddr, futexOp, arg(Uint, "val"), arg(Uint, "val2"),
			arg(Addr, "uaddr2"), arg(Hex, "val3")),
		futexLockPI:     form(Int, uaddr, futexOp, arg(Uint, "val"), inS(timespec, "timeout")),
		futexLockPI2:    form(Int, uaddr, futexOp, arg(Uint, "val"), inS(timespec, "timeout")),
		futexUnlockPI:   form(Int, uaddr, futexOp),
		futexTrylockPI:  form(Int, uaddr, futexOp),
		futexWaitBitset: form(Int, uaddr, futexOp, arg(Uint, "val"), inS(timespec, "timeout"), ignored("uaddr2"), arg(Uint, "val3")),
		futexWakeBitset: form(Int, uaddr, futexOp, arg(Uint, "val"), ignored("timeout"), ignored("uaddr2"), arg(Uint, "val3")),
	}),
	call("futex_waitv", Int, inS(futexWaiter, "waiters", counted(1)), arg(Uint, "nr_futexes"), arg(Hex, "flags"), inS(timespec, "timeout"), clock).
		touches(Memory).waits(ForMemory),
	call("futex_wait", Int, uaddr, arg(Ulong, "val"), arg(Hex, "mask"), flags("flags", futex2Flags), inS(timespec, "timeout"), clock).
		touches(Memory).waits(ForMemory),
	call("futex_wake", Int, uaddr, arg(Hex, "mask"), arg(Int, "nr"), flags("flags", futex2Flags)).
		touches(Memory),
	call("futex_requeue", Int, inS(futexWaiter, "waiters", fixed(2)), arg(Hex, "flags"), arg(Int, "nr_wake"), arg(Int, "nr_requeue")).
		touches(Memory),
}

var (
	nfds      = arg(Int, "nfds")
	readfds   = inout(FdSet, "readfds", counted(0))
	writefds  = inout(FdSet, "writefds", counted(0))
	exceptfds = inout(FdSet, "exceptfds", counted(0))
	epfd      = arg(Fd, "epfd")
	ready     = outS(epollEvent, "events", filled(2))
	maxevents = arg(Int, "maxevents")
	uaddr     = arg(Addr, "uaddr")
	futexOp   = flags("futex_op", futexOps)
)

// The operations of futex that do not look at all six arguments (<linux/futex.h>; x/sys has none of
// them).
const (
	futexWait       = 0
	futexWake       = 1
	futexRequeue    = 3
	futexCmpRequeue = 4
	futexLockPI     = 6
	futexUnlockPI   = 7
	futexTrylockPI  = 8
	futexWaitBitset = 9
	futexWakeBitset = 10
	futexLockPI2    = 13

	futexWakeOp        = 5
	futexWaitRequeuePI = 11
	futexCmpRequeuePI  = 12
)
