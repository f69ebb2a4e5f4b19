package abi

import "golang.org/x/sys/unix"

// Until says when a call stops waiting, whatever it waits for. The zero Until has no end.
type Until struct {
	Form    Form   // how the end is written down
	Arg     int    // the argument that has it, or its address
	Since   Since  // from when on it counts
	Clock   int    // of an end on one of several clocks: the argument that says on which
	Expired int64  // the call's result when the time is over
	Left    bool   // the kernel writes there how much of the time was left
	Rem     Place  // where else it does, if the call is interrupted
	Effect  Effect // what the end of the time does
	Of      Place  // how many descriptors it waits for: none, and nothing but time ends it
}

// Form is how an end, or the time until then, is written down.
type Form uint8

const (
	Endless      Form = iota // not at all
	Milliseconds             // an int in the register; below zero it's none
	TimespecAt               // seconds and nanoseconds at the address; none if that is null
	TimevalAt                // seconds and microseconds
	RcvTimeo                 // in the socket's SO_RCVTIMEO
	SndTimeo                 // and SO_SNDTIMEO
)

// Since is from when on an end counts.
type Since uint8

const (
	SinceCall      Since = iota // a span
	SinceEpoch                  // the time of CLOCK_REALTIME
	SinceClock                  // that of the clock in argument Clock
	SinceAbsolute               // the same if argument Clock+1 has TIMER_ABSTIME, else a span
	SinceFutexFlag              // that of CLOCK_MONOTONIC, or the other if futex's operation says so
)

// Effect is what the end of the time does to a call, beside ending it.
type Effect uint8

const (
	Returns  Effect = iota // nothing
	Sleeps                 // it is what the call is for
	Empties                // select's three sets, which its first arguments count and have
	Restless               // a handler interrupts the call, as it does not without an end (SA_RESTART)
	Last                   // the kernel looks at the clock only when a message has come
)

// untils are the calls that have an end, futexUntils the operations of futex that have.
var untils = map[string]Until{
	"nanosleep":       {Form: TimespecAt, Arg: 0, Rem: place(1), Effect: Sleeps},
	"clock_nanosleep": {Form: TimespecAt, Arg: 2, Since: SinceAbsolute, Clock: 0, Rem: place(3), Effect: Sleeps},
	"poll":            {Form: Milliseconds, Arg: 2, Of: place(1)},
	"ppoll":           {Form: TimespecAt, Arg: 2, Left: true, Of: place(1)},
	"select":          {Form: TimevalAt, Arg: 4, Left: true, Effect: Empties, Of: place(0)},
	"pselect6":        {Form: TimespecAt, Arg: 4, Left: true, Effect: Empties, Of: place(0)},
	"epoll_wait":      {Form: Milliseconds, Arg: 3},
	"epoll_pwait":     {Form: Milliseconds, Arg: 3},
	"epoll_pwait2":    {Form: TimespecAt, Arg: 3},
	"futex_waitv":     {Form: TimespecAt, Arg: 3, Since: SinceClock, Clock: 4, Expired: -timedOut, Effect: Restless},
	"futex_wait":      {Form: TimespecAt, Arg: 4, Since: SinceClock, Clock: 5, Expired: -timedOut, Effect: Restless},
	"rt_sigtimedwait": {Form: TimespecAt, Arg: 2, Expired: -again},
	"semtimedop":      {Form: TimespecAt, Arg: 3, Expired: -again},
	"mq_timedsend":    {Form: TimespecAt, Arg: 4, Since: SinceEpoch, Expired: -timedOut},
	"mq_timedreceive": {Form: TimespecAt, Arg: 4, Since: SinceEpoch, Expired: -timedOut},
	"io_getevents":    {Form: TimespecAt, Arg: 4},
	"io_pgetevents":   {Form: TimespecAt, Arg: 4},
	"recvmmsg":        {Form: TimespecAt, Arg: 4, Left: true, Effect: Last},

	"read": received, "readv": received, "recvfrom": received, "recvmsg": received, "preadv2": received,
	"accept": received, "accept4": received,
	"write": sent, "writev": sent, "sendto": sent, "sendmsg": sent, "sendmmsg": sent, "pwritev2": sent,
	"connect": {Form: SndTimeo, Expired: -int64(unix.EINPROGRESS)},
}

var (
	received = Until{Form: RcvTimeo, Expired: -again}
	sent     = Until{Form: SndTimeo, Expired: -again}
)

var futexUntils = map[uint64]Until{
	futexWait:          {Form: TimespecAt, Arg: 3, Expired: -timedOut, Effect: Restless},
	futexWaitBitset:    {Form: TimespecAt, Arg: 3, Since: SinceFutexFlag, Expired: -timedOut, Effect: Restless},
	futexWaitRequeuePI: {Form: TimespecAt, Arg: 3, Since: SinceFutexFlag, Expired: -timedOut, Effect: Restless},
	futexLockPI:        {Form: TimespecAt, Arg: 3, Since: SinceEpoch, Expired: -timedOut, Effect: Restless},
	futexLockPI2:       {Form: TimespecAt, Arg: 3, Since: SinceFutexFlag, Expired: -timedOut, Effect: Restless},
}

const (
	again    = int64(unix.EAGAIN)
	timedOut = int64(unix.ETIMEDOUT)
)

// Timing is what a call has to do with time, if it does not wait for it.
type Timing uint8

const (
	Timeless       Timing = iota
	SetsAlarm             // the process's one timer of real time, in seconds
	SetsInterval          // the same, and others of CPU time, with a period
	AsksInterval          //
	MakesTimer            // one of many, timer_create(2)
	SetsTimer             //
	AsksTimer             //
	CountsOverrun         //
	DeletesTimer          //
	SetsTimerfd           // a timer that is a descriptor
	AsksTimerfd           //
	SetsOption            // of a socket, SO_RCVTIMEO among others
	AsksOption            //
	ReadsClock            // of those that the kernel counts in nanoseconds
	ReadsTimeOfDay        // in microseconds
	ReadsSeconds          //
)

var timings = map[string]Timing{
	"alarm": SetsAlarm, "setitimer": SetsInterval, "getitimer": AsksInterval,
	"timer_create": MakesTimer, "timer_settime": SetsTimer, "timer_gettime": AsksTimer,
	"timer_getoverrun": CountsOverrun, "timer_delete": DeletesTimer,
	"timerfd_settime": SetsTimerfd, "timerfd_gettime": AsksTimerfd,
	"setsockopt": SetsOption, "getsockopt": AsksOption,
	"clock_gettime": ReadsClock, "gettimeofday": ReadsTimeOfDay, "time": ReadsSeconds,
}

// Dates are the times of a file in a structure: each is a number of seconds, and what there is
// beside them.
type Dates struct {
	Arg      int   // whose address the structure has
	At       []int // where they stand in it
	Fraction int   // the size in bytes of what stands beside the seconds, 0 if nothing does
	Unit     int   // of which there are so many in a second
	Inode    int   // where the file's number stands, which a call tells beside its times
}

// dated are the calls that tell a file's times, and its number; dating those that set the times.
var dated = map[string]*Dates{
	"stat": inStat(1), "lstat": inStat(1), "fstat": inStat(1), "newfstatat": inStat(2),
	"statx": {Arg: 4, At: []int{64, 80, 96, 112}, Fraction: 4, Unit: 1e9, Inode: 32},
}

func inStat(arg int) *Dates { return &Dates{arg, []int{72, 88, 104}, 8, 1e9, 8} }

var dating = map[string]*Dates{
	"utime":     {Arg: 1, At: []int{0, 8}},
	"utimes":    {Arg: 1, At: []int{0, 16}, Fraction: 8, Unit: 1e6},
	"futimesat": {Arg: 2, At: []int{0, 16}, Fraction: 8, Unit: 1e6},
	"utimensat": {Arg: 2, At: []int{0, 16}, Fraction: 8, Unit: 1e9},
}

// tell gives the calls what the tables here say of them.
func tell(names map[string]*Call) {
	for name, u := range untils {
		names[name].Until = u
	}
	for op, u := range futexUntils {
		names["futex"].forms.by[op].Until = u
	}
	for name, timing := range timings {
		names[name].everywhere(timing)
	}
	for name, d := range dated {
		names[name].Dated = d
	}
	for name, d := range dating {
		names[name].Dating = d
	}
}

// everywhere gives a call and its forms their timing.
func (c *Call) everywhere(timing Timing) {
	c.Timing = timing
	if c.forms != nil {
		for _, form := range c.forms.by {
			form.everywhere(timing)
		}
	}
}
