package abi

import (
	"slices"

	"golang.org/x/sys/unix"
)

// Layout is the layout of a structure.
type Layout struct {
	Name   string // as in C
	Size   int    // in bytes, padding included
	Fields []Field
	Why    string // why what it holds is not compared; "" if it is
	Unit   int64  // of seconds and a fraction, the fractions in a second; 0 of all others

	align int
}

// Field is one field of a structure. Padding, and parts that a program does not use, are no fields.
// A field whose kind is Sockaddr, Iovec or Cmsgs is an address, and the next field says how many
// bytes (of an Iovec: elements) stand there.
type Field struct {
	Name   string
	Off    int // in bytes from the structure's beginning
	Size   int // in bytes
	Kind   Kind
	When   When    // Out: at entry the field has a leftover; otherwise Value
	Names  *Names  // of Flags, Enum and Key
	Only   Only    // when the field means anything
	Struct *Layout // of a structure inside the structure, or of what the field points at
	To     *Arg    // of an address: what stands there, and when to read it; nil if it is not read
	Count  string  // the field that says how many elements stand there; "" if there is one
	Why    string  // why it is not compared, beside the reason that its kind has; "" if it is
	WhyAt  When    // when that holds; 0 is always
	Bits   uint64  // of its bits those that are not compared, for that reason
	OfDir  string  // why it is not compared of a directory; "" if it is

	over bool // it lies where the field before it does: a union's
}

// Only says that a field counts only if another one has this value, or has some of these bits:
// otherwise there is some leftover. Without a name it always does.
type Only struct {
	Field string
	Is    uint64
	Any   uint64 // if it is not 0
}

// Counts reports whether a field means anything in the structure whose bytes are b.
func (s *Layout) Counts(f *Field, b []byte) bool {
	switch v := f.Only; {
	case v.Field == "":
		return true
	case v.Any != 0:
		return s.Field(v.Field).Value(b)&v.Any != 0
	default:
		return s.Field(v.Field).Value(b) == v.Is
	}
}

// Leads reports whether something is to be read where a field of the structure whose bytes are b
// points at: at which address, and how many elements stand there. result is what the call
// returned (at entry: 0).
func (s *Layout) Leads(f *Field, b []byte, when When, result int64) (addr uint64, n int, ok bool) {
	if f.To == nil || f.To.When&when == 0 || !s.Counts(f, b) || f.Value(b) == 0 {
		return 0, 0, false
	}
	n = 1
	if f.Count != "" {
		n = int(min(s.Field(f.Count).Value(b), maxExtent))
	}
	if f.To.Len.From == ByResult {
		n = int(min(max(result, 0), int64(n)))
	}
	return f.Value(b), n, true
}

// Directory reports whether the structure whose bytes are b says of a file that it is a directory.
func (s *Layout) Directory(b []byte) bool {
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Names == fileMode && len(b) >= f.Off+f.Size {
			return f.Value(b)&unix.S_IFMT == unix.S_IFDIR
		}
	}
	return false
}

// Field is the field with this name, or nil.
func (s *Layout) Field(name string) *Field {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return &s.Fields[i]
		}
	}
	return nil
}

// Value is the number in a field, extended by its sign if its kind has one. b are the bytes of the
// structure; if they end before the field it is 0, as the kernel reads a structure from a program
// that knew fewer fields. A field of more than 8 bytes has no value.
func (f *Field) Value(b []byte) uint64 {
	if len(b) < f.Off+f.Size || f.Size > 8 {
		return 0
	}
	var v uint64
	for i, c := range b[f.Off : f.Off+f.Size] {
		if f.Kind == Port {
			v = v<<8 | uint64(c)
		} else {
			v |= uint64(c) << (8 * i)
		}
	}
	if f.Kind.signed() {
		unused := 64 - 8*f.Size
		v = uint64(int64(v<<unused) >> unused)
	}
	return v
}

// layout lays fields out as C does: each at the next multiple of its own alignment.
func layout(name string, fields ...Field) *Layout { return lay(name, 8, fields) }

// packed lays fields out without gaps.
func packed(name string, fields ...Field) *Layout { return lay(name, 1, fields) }

func lay(name string, maxAlign int, fields []Field) *Layout {
	s := &Layout{Name: name, align: 1}
	last := 0
	for _, f := range fields {
		align := min(f.align(), maxAlign)
		s.align = max(s.align, align)
		f.Off = roundUp(s.Size, align)
		if f.over {
			f.Off = last
		}
		last = f.Off
		s.Size = max(s.Size, f.Off+f.Size)
		if f.Kind != None {
			s.Fields = append(s.Fields, f)
		}
	}
	s.Size = roundUp(s.Size, s.align)
	return s
}

func roundUp(n, align int) int { return (n + align - 1) / align * align }

func (f *Field) align() int {
	switch {
	case f.Kind == Struct:
		return f.Struct.align
	case f.Kind == None || f.Kind == Bytes || f.Kind == String || f.Kind == Path || f.Kind == IPv6:
		return 1
	}
	return f.Size
}

// num is a field of the kind's own width, sized one of another width.
func num(kind Kind, name string) Field { return sized(kind.Width(), kind, name) }

func sized(size int, kind Kind, name string) Field { return Field{Name: name, Size: size, Kind: kind} }

// named is a field of flags or of a value that has a name.
func named(size int, kind Kind, name string, names *Names) Field {
	return Field{Name: name, Size: size, Kind: kind, Names: names}
}

// inner is a structure inside a structure.
func inner(s *Layout, name string) Field {
	return Field{Name: name, Size: s.Size, Kind: Struct, Struct: s}
}

// pointer is the address of something whose length is in the next field.
func pointer(kind Kind, name string, to *Layout) Field {
	return Field{Name: name, Size: 8, Kind: kind, Struct: to}
}

// leads is the address of what another field says how many of, read at this moment.
func leads(when When, kind Kind, to *Layout, name, count string) Field {
	f := Field{Name: name, Size: 8, Kind: Addr, To: &Arg{Name: name, Kind: kind, When: when,
		Struct: to}, Count: count}
	if count != "" {
		f.To.Len.From = ByArg
	}
	return f
}

// fills is the address of a buffer in which as many bytes came as the result says, and no more
// than another field does.
func fills(name, count string) Field {
	f := leads(Out, Bytes, nil, name, count)
	f.To.Len.From = ByResult
	return f
}

// over puts a field where the one before it is.
func over(f Field) Field {
	f.over = true
	return f
}

// left is a field that the kernel writes and does not read.
func left(f Field) Field {
	f.When = Out
	return f
}

// only makes a field count where another one has this value.
func (f Field) only(field string, is uint64) Field {
	f.Only = Only{Field: field, Is: is}
	return f
}

// any makes a field count where another one has some of these bits.
func (f Field) any(field string, bits uint64) Field {
	f.Only = Only{Field: field, Any: bits}
	return f
}

// uncompared says why a field is not compared.
func (f Field) uncompared(why string) Field {
	f.Why = why
	return f
}

func (f Field) uncomparedAt(when When, why string) Field {
	f.Why, f.WhyAt = why, when
	return f
}

// measurement is a structure that holds nothing but what differs from run to run.
func measurement(name string, fields ...Field) *Layout {
	s := layout(name, fields...)
	s.Why = measured
	return s
}

// span is a structure of seconds and a fraction in units.
func span(unit int64, name string, fields ...Field) *Layout {
	s := layout(name, fields...)
	s.Unit = unit
	return s
}

// entries is a field that says of a directory how many entries it has.
func entries(f Field) Field {
	f.OfDir = entriesOf
	return f
}

// without says which of a field's bits are not compared, and why.
func (f Field) without(bits uint64, why string) Field {
	f.Bits, f.Why = bits, why
	return f
}

// pad are bytes that nobody reads.
func pad(n int) Field { return Field{Size: n} }

// Time.
var (
	timespec   = span(1e9, "timespec", num(Time, "tv_sec"), num(Time, "tv_nsec"))
	timeval    = span(1e6, "timeval", num(Time, "tv_sec"), num(Time, "tv_usec"))
	timezone   = layout("timezone", num(Int, "tz_minuteswest"), num(Int, "tz_dsttime"))
	itimerval  = layout("itimerval", inner(timeval, "it_interval"), inner(timeval, "it_value"))
	itimerspec = layout("itimerspec", inner(timespec, "it_interval"), inner(timespec, "it_value"))
	tms        = measurement("tms", num(Time, "tms_utime"), num(Time, "tms_stime"), num(Time, "tms_cutime"), num(Time, "tms_cstime"))
	utimbuf    = layout("utimbuf", num(Time, "actime"), num(Time, "modtime"))
	rusage     = measurement("rusage", inner(timeval, "ru_utime"), inner(timeval, "ru_stime"), num(Long, "ru_maxrss"),
		num(Long, "ru_ixrss"), num(Long, "ru_idrss"), num(Long, "ru_isrss"), num(Long, "ru_minflt"), num(Long, "ru_majflt"),
		num(Long, "ru_nswap"), num(Long, "ru_inblock"), num(Long, "ru_oublock"), num(Long, "ru_msgsnd"),
		num(Long, "ru_msgrcv"), num(Long, "ru_nsignals"), num(Long, "ru_nvcsw"), num(Long, "ru_nivcsw"))
)

// Files. struct stat differs between architectures.
var (
	statxTime = layout("statx_timestamp", num(Time, "tv_sec"), sized(4, Time, "tv_nsec"), pad(4))
	statx     = layout("statx", named(4, Flags, "stx_mask", statxMask), num(Uint, "stx_blksize"),
		named(8, Flags, "stx_attributes", statxAttrs), entries(num(Uint, "stx_nlink")), num(Uid, "stx_uid"), num(Gid, "stx_gid"),
		named(2, Flags, "stx_mode", fileMode), pad(2), num(Inode, "stx_ino"), entries(num(Size, "stx_size")),
		entries(num(Ulong, "stx_blocks")),
		named(8, Flags, "stx_attributes_mask", statxAttrs), inner(statxTime, "stx_atime"), inner(statxTime, "stx_btime"),
		inner(statxTime, "stx_ctime"), inner(statxTime, "stx_mtime"), sized(4, Dev, "stx_rdev_major"),
		sized(4, Dev, "stx_rdev_minor"), sized(4, Dev, "stx_dev_major"), sized(4, Dev, "stx_dev_minor"), num(Dev, "stx_mnt_id"), pad(104))
	statfs = layout("statfs", named(8, Enum, "f_type", fsMagic), num(Long, "f_bsize"), num(Ulong, "f_blocks"),
		num(Ulong, "f_bfree").uncompared(measured), num(Ulong, "f_bavail").uncompared(measured),
		num(Ulong, "f_files"), num(Ulong, "f_ffree").uncompared(measured), num(Dev, "f_fsid"),
		num(Long, "f_namelen"), num(Long, "f_frsize"), named(8, Flags, "f_flags", statfsFlags), pad(32))
	flock = layout("flock", named(2, Enum, "l_type", lockTypes), named(2, Enum, "l_whence", seekWhence),
		num(Offset, "l_start"), num(Offset, "l_len"), left(num(Pid, "l_pid")))
	fOwnerEx = layout("f_owner_ex", named(4, Enum, "type", ownerTypes), num(Pid, "pid"))
	openHow  = layout("open_how", named(8, Flags, "flags", openFlags), sized(8, Octal, "mode"),
		named(8, Flags, "resolve", resolveFlags))
	cacheRange = layout("cachestat_range", num(Ulong, "off"), num(Ulong, "len"))
	iovec      = layout("iovec", num(Addr, "iov_base"), num(Size, "iov_len"))
	// In another process an address is not that of a buffer which the call itself shows.
	remoteIovec = layout("iovec", num(Unseen, "iov_base"), num(Size, "iov_len"))
	// What a handle has, and which number a mount has, the kernel makes up.
	fileHandle = layout("file_handle", num(Uint, "handle_bytes"), left(num(Int, "handle_type")),
		sized(128, Inode, "f_handle"))
	handleRoom = layout("file_handle", num(Uint, "handle_bytes"), num(Int, "handle_type"),
		sized(128, Inode, "f_handle"))
	mntIDReq = layout("mnt_id_req", num(Uint, "size"), num(Fd, "mnt_ns_fd"), num(Inode, "mnt_id"),
		num(Hex, "param"), num(Inode, "mnt_ns_id"))
	xattrSet = layout("xattr_args", leads(In, Bytes, nil, "value", "size"), num(Uint, "size"),
		named(4, Enum, "flags", xattrFlags))
	xattrGet = layout("xattr_args", fills("value", "size"), num(Uint, "size"),
		named(4, Enum, "flags", xattrFlags))
	mntAttr = layout("mount_attr", named(8, Flags, "attr_set", mountAttrs), named(8, Flags, "attr_clr", mountAttrs),
		named(8, Flags, "propagation", mountFlags), sized(8, Fd, "userns_fd"))
)

// Processes. sched_attr is its first published version; the later fields may not be there.
var (
	rlimit    = layout("rlimit", named(8, Enum, "rlim_cur", rlimInfinity), named(8, Enum, "rlim_max", rlimInfinity))
	cloneArgs = layout("clone_args", named(8, Flags, "flags", clone3Flags), num(Addr, "pidfd").uncompared(oneIdea),
		num(Addr, "child_tid").uncompared(oneIdea), num(Addr, "parent_tid").uncompared(oneIdea),
		sized(8, Signal, "exit_signal"), num(Addr, "stack").uncompared(oneIdea),
		num(Size, "stack_size").uncompared(oneIdea), num(Addr, "tls").uncompared(oneIdea),
		leads(In, Pid, nil, "set_tid", "set_tid_size"), num(Size, "set_tid_size"),
		sized(8, Fd, "cgroup").any("flags", unix.CLONE_INTO_CGROUP))
	schedParam = layout("sched_param", num(Int, "sched_priority"))
	schedAttr  = layout("sched_attr", num(Uint, "size"), named(4, Enum, "sched_policy", schedPolicies),
		named(8, Flags, "sched_flags", schedFlags), num(Int, "sched_nice"), num(Uint, "sched_priority"),
		num(Ulong, "sched_runtime"), num(Ulong, "sched_deadline"), num(Ulong, "sched_period"))
	capHeader = layout("__user_cap_header_struct", sized(4, Hex, "version"), num(Pid, "pid"))
	capData   = layout("__user_cap_data_struct", sized(4, Hex, "effective"), sized(4, Hex, "permitted"),
		sized(4, Hex, "inheritable"))
	sockFprog = layout("sock_fprog", num(Ushort, "len"),
		leads(In, Struct, sockFilter, "filter", "len"))
	sockFilter = layout("sock_filter", sized(2, Hex, "code"), sized(1, Uint, "jt"),
		sized(1, Uint, "jf"), sized(4, Hex, "k"))
	epollSlot = layout("kcmp_epoll_slot", num(Fd, "efd"), num(Fd, "tfd"), num(Uint, "toff"))
)

// Signals. siginfo's fields after si_code depend on the signal; these are those of kill(2) and of a
// child that changed state.
var (
	sigaction = layout("sigaction", num(Handler, "sa_handler"), named(8, Flags, "sa_flags", sigactionFlags).without(SA_RESTORER, libraryReturn),
		num(Addr, "sa_restorer").uncompared(libraryReturn), sized(8, Sigset, "sa_mask"))
	stackT  = layout("stack_t", num(Addr, "ss_sp"), named(4, Flags, "ss_flags", sigstackFlags), num(Size, "ss_size"))
	siginfo = layout("siginfo_t", num(Signal, "si_signo"), num(Int, "si_errno"), num(Int, "si_code"), pad(4),
		num(Pid, "si_pid"), num(Uid, "si_uid"), num(Int, "si_status").only("si_signo", sigchld),
		over(num(Cookie, "si_value")).only("si_code", siQueue), pad(96))
	signalfdSiginfo = layout("signalfd_siginfo", num(Signal, "ssi_signo"), num(Int, "ssi_errno"),
		num(Int, "ssi_code"), num(Pid, "ssi_pid"), num(Uid, "ssi_uid"), num(Int, "ssi_fd"),
		num(Uint, "ssi_tid"), num(Uint, "ssi_band"), num(Uint, "ssi_overrun"), num(Uint, "ssi_trapno"),
		num(Int, "ssi_status"), pad(4), num(Cookie, "ssi_ptr"), // ssi_int is part of ssi_ptr
		num(Ulong, "ssi_utime").uncompared(measured), num(Ulong, "ssi_stime").uncompared(measured),
		num(Addr, "ssi_addr"), pad(48))
	sigevent = layout("sigevent", num(Cookie, "sigev_value"), num(Signal, "sigev_signo"),
		named(4, Enum, "sigev_notify", sigevNotify), num(Pid, "sigev_notify_thread_id").only("sigev_notify", sigevThreadID), pad(44))
)

// Records are, by the kind of object, the structures that a read brings where it brings no bytes of
// anybody's: there are numbers in them that are chance.
var Records = map[string]*Layout{"signalfd": signalfdSiginfo}

// Sockets.
var (
	sockaddrIn  = layout("sockaddr_in", named(2, Enum, "sin_family", families), num(Port, "sin_port"), num(IPv4, "sin_addr"), pad(8))
	sockaddrIn6 = layout("sockaddr_in6", named(2, Enum, "sin6_family", families), num(Port, "sin6_port"),
		sized(4, Hex, "sin6_flowinfo"), num(IPv6, "sin6_addr"), num(Uint, "sin6_scope_id"))
	sockaddrUn = layout("sockaddr_un", named(2, Enum, "sun_family", families), sized(108, Path, "sun_path"))
	sockaddrNl = layout("sockaddr_nl", named(2, Enum, "nl_family", families), pad(2), num(Pid, "nl_pid"),
		sized(4, Hex, "nl_groups"))
	msghdr = layout("msghdr", pointer(Sockaddr, "msg_name", nil), num(Uint, "msg_namelen"),
		pointer(Iovec, "msg_iov", iovec), num(Size, "msg_iovlen").uncomparedAt(In, oneAfterOther),
		pointer(Cmsgs, "msg_control", cmsghdr),
		num(Size, "msg_controllen"), left(named(4, Flags, "msg_flags", msgFlags)))
	mmsghdr = layout("mmsghdr", inner(msghdr, "msg_hdr"), left(num(Uint, "msg_len")))
	cmsghdr = layout("cmsghdr", num(Size, "cmsg_len"), named(4, Enum, "cmsg_level", sockLevels),
		named(4, Enum, "cmsg_type", cmsgTypes))
	ucred    = layout("ucred", num(Pid, "pid"), num(Uid, "uid"), num(Gid, "gid"))
	linger   = layout("linger", num(Int, "l_onoff"), num(Int, "l_linger"))
	ipMreq   = layout("ip_mreq", num(IPv4, "imr_multiaddr"), num(IPv4, "imr_interface"))
	ipv6Mreq = layout("ipv6_mreq", num(IPv6, "ipv6mr_multiaddr"), num(Uint, "ipv6mr_interface"))
	sembuf   = layout("sembuf", sized(2, Uint, "sem_num"), sized(2, Int, "sem_op"), named(2, Flags, "sem_flg", semFlags))
	mqFlags  = layout("mq_attr", named(8, Flags, "mq_flags", openFlags),
		left(num(Long, "mq_maxmsg")), left(num(Long, "mq_msgsize")), left(num(Long, "mq_curmsgs")),
		pad(32))
	mqAttr      = layout("mq_attr", left(num(Long, "mq_flags")), num(Long, "mq_maxmsg"), num(Long, "mq_msgsize"), left(num(Long, "mq_curmsgs")), pad(32))
	pollfd      = layout("pollfd", num(Fd, "fd"), named(2, Flags, "events", pollEvents), left(named(2, Flags, "revents", pollEvents)))
	futexWaiter = layout("futex_waitv", num(Ulong, "val"), num(Addr, "uaddr"), named(4, Flags, "flags", futex2Flags), pad(4))
)

// System V IPC, as semctl(2), shmctl(2) and msgctl(2) have it. IPC_SET looks at few fields, and
// most programs leave in the others what IPC_STAT brought.
var (
	ipcPerm = layout("ipc_perm", left(sized(4, IPCKey, "__key")), num(Uid, "uid"), num(Gid, "gid"),
		left(num(Uid, "cuid")),
		left(num(Gid, "cgid")), num(Octal, "mode"), left(sized(2, Inode, "__seq")), pad(22))
	shmidDs = layout("shmid_ds", inner(ipcPerm, "shm_perm"), left(num(Size, "shm_segsz")),
		left(num(Time, "shm_atime")),
		left(num(Time, "shm_dtime")), left(num(Time, "shm_ctime")), left(num(Pid, "shm_cpid")),
		left(num(Pid, "shm_lpid")),
		left(num(Ulong, "shm_nattch")), pad(16))
	msqidDs = layout("msqid_ds", inner(ipcPerm, "msg_perm"), left(num(Time, "msg_stime")),
		left(num(Time, "msg_rtime")),
		left(num(Time, "msg_ctime")), left(num(Ulong, "__msg_cbytes")), left(num(Ulong, "msg_qnum")),
		num(Ulong, "msg_qbytes"),
		left(num(Pid, "msg_lspid")), left(num(Pid, "msg_lrpid")), pad(16))
)

// timex is what adjtimex(2) is asked for: modes says what of it counts. What the kernel answers
// is what its clocks do.
var timex = layout("timex", named(4, Flags, "modes", timexModes),
	num(Long, "offset").any("modes", adjOffset),
	num(Long, "freq").any("modes", adjFrequency), num(Long, "maxerror").any("modes", adjMaxerror),
	num(Long, "esterror").any("modes", adjEsterror), sized(4, Hex, "status").any("modes", adjStatus),
	num(Long, "constant").any("modes", adjTimeconst|adjTAI), pad(16),
	inner(timeval, "time").any("modes", adjSetoffset),
	num(Long, "tick").any("modes", adjTick), pad(112))

// The system and its terminals. termios is the kernel's, of 19 control characters and without
// speeds.
var (
	utsname = layout("new_utsname", sized(65, String, "sysname"), sized(65, String, "nodename"), sized(65, String, "release"),
		sized(65, String, "version"), sized(65, String, "machine"), sized(65, String, "domainname"))
	sysinfo = measurement("sysinfo", num(Time, "uptime"), num(Ulong, "loads[0]"), num(Ulong, "loads[1]"), num(Ulong, "loads[2]"),
		num(Ulong, "totalram"), num(Ulong, "freeram"), num(Ulong, "sharedram"), num(Ulong, "bufferram"),
		num(Ulong, "totalswap"), num(Ulong, "freeswap"), sized(2, Uint, "procs"), pad(6), num(Ulong, "totalhigh"),
		num(Ulong, "freehigh"), num(Uint, "mem_unit"))
	winsize = layout("winsize", sized(2, Uint, "ws_row"), sized(2, Uint, "ws_col"), sized(2, Uint, "ws_xpixel"),
		sized(2, Uint, "ws_ypixel"))
	ptyNumber = layout("", sized(4, Inode, "number"))
	termios   = layout("termios", named(4, Flags, "c_iflag", termIflag), named(4, Flags, "c_oflag", termOflag),
		named(4, Flags, "c_cflag", termCflag), named(4, Flags, "c_lflag", termLflag), sized(1, Uint, "c_line"),
		sized(19, Bytes, "c_cc"))
	termios2 = layout("termios2", named(4, Flags, "c_iflag", termIflag),
		named(4, Flags, "c_oflag", termOflag), named(4, Flags, "c_cflag", termCflag),
		named(4, Flags, "c_lflag", termLflag), sized(1, Uint, "c_line"), sized(19, Bytes, "c_cc"),
		num(Uint, "c_ispeed"), num(Uint, "c_ospeed"))
	termio = layout("termio", named(2, Flags, "c_iflag", termIflag), named(2, Flags, "c_oflag",
		termOflag),
		named(2, Flags, "c_cflag", termCflag), named(2, Flags, "c_lflag", termLflag),
		sized(1, Uint, "c_line"), sized(8, Bytes, "c_cc"))
)

// What the requests of netdevice(7) have beside an interface's name, and those on files.
var (
	ifreqFlags   = layout("ifreq", ifrName, named(2, Flags, "ifr_flags", ifFlags), pad(22))
	ifreqAddr    = layout("ifreq", ifrName, inner(sockaddrIn, "ifr_addr"), pad(8))
	ifreqHwaddr  = layout("ifreq", ifrName, sized(16, Bytes, "ifr_hwaddr"), pad(8))
	ifreqIndex   = layout("ifreq", ifrName, left(num(Int, "ifr_ifindex")), pad(20))
	ifreqByIndex = layout("ifreq", left(ifrName), num(Int, "ifr_ifindex"), pad(20))
	ifreqMTU     = layout("ifreq", ifrName, num(Int, "ifr_mtu"), pad(20))
	ifreqMetric  = layout("ifreq", ifrName, num(Int, "ifr_metric"), pad(20))
	ifreqQlen    = layout("ifreq", ifrName, num(Int, "ifr_qlen"), pad(20))
	ifreqNewname = layout("ifreq", ifrName, sized(16, String, "ifr_newname"), pad(8))
	ifreqData    = layout("ifreq", ifrName, num(Unseen, "ifr_data"), pad(16))
	ifrName      = sized(16, String, "ifr_name")
	ifconf       = layout("ifconf", num(Int, "ifc_len"), leads(Out, Bytes, nil, "ifc_buf", "ifc_len"))
	fsxattr      = layout("fsxattr", sized(4, Hex, "fsx_xflags"), num(Uint, "fsx_extsize"),
		left(num(Uint, "fsx_nextents")), num(Uint, "fsx_projid"), num(Uint, "fsx_cowextsize"), pad(8))
	cloneRange = layout("file_clone_range", sized(8, Fd, "src_fd"), num(Ulong, "src_offset"),
		num(Ulong, "src_length"), num(Ulong, "dest_offset"))
	trimRange = layout("fstrim_range", num(Ulong, "start"), num(Ulong, "len"), num(Ulong, "minlen"))
)

// answered is a structure of which all but the first field is the kernel's answer.
func answered(s *Layout) *Layout {
	a := *s
	a.Fields = slices.Clone(s.Fields)
	for i := range a.Fields[1:] {
		a.Fields[i+1] = left(a.Fields[i+1])
	}
	return &a
}

// SockaddrOf is the layout of a socket address of this family, nil if there is none on file. An
// address may end early: that of a sockaddr_un has the bytes of its name and no more, and an
// abstract name begins with a NUL.
func SockaddrOf(family uint16) *Layout {
	switch family {
	case unix.AF_INET:
		return sockaddrIn
	case unix.AF_INET6:
		return sockaddrIn6
	case unix.AF_UNIX:
		return sockaddrUn
	case unix.AF_NETLINK:
		return sockaddrNl
	}
	return nil
}

// SetSize is the number of semaphores in a set of which semctl(2) gave these bytes.
func SetSize(semidDS []byte) uint64 { return semidDs.Field("sem_nsems").Value(semidDS) }
