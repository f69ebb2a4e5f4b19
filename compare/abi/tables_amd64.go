package abi

// archNumbers are the numbers of amd64's system calls up to 423
// (arch/x86/entry/syscalls/syscall_64.tbl); the later ones are in commonNumbers.
var archNumbers = [...]string{
	0: "read", "write", "open", "close", "stat", "fstat", "lstat", "poll", "lseek", "mmap",
	10: "mprotect", "munmap", "brk", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "ioctl", "pread64", "pwrite64",
	19: "readv",
	20: "writev", "access", "pipe", "select", "sched_yield", "mremap", "msync", "mincore", "madvise", "shmget",
	30: "shmat", "shmctl", "dup", "dup2", "pause", "nanosleep", "getitimer", "alarm", "setitimer", "getpid",
	40: "sendfile", "socket", "connect", "accept", "sendto", "recvfrom", "sendmsg", "recvmsg", "shutdown", "bind",
	50: "listen", "getsockname", "getpeername", "socketpair", "setsockopt", "getsockopt", "clone", "fork", "vfork",
	59: "execve",
	60: "exit", "wait4", "kill", "uname", "semget", "semop", "semctl", "shmdt", "msgget", "msgsnd",
	70: "msgrcv", "msgctl", "fcntl", "flock", "fsync", "fdatasync", "truncate", "ftruncate", "getdents", "getcwd",
	80: "chdir", "fchdir", "rename", "mkdir", "rmdir", "creat", "link", "unlink", "symlink", "readlink",
	90: "chmod", "fchmod", "chown", "fchown", "lchown", "umask", "gettimeofday", "getrlimit", "getrusage", "sysinfo",
	100: "times", "ptrace", "getuid", "syslog", "getgid", "setuid", "setgid", "geteuid", "getegid", "setpgid",
	110: "getppid", "getpgrp", "setsid", "setreuid", "setregid", "getgroups", "setgroups", "setresuid", "getresuid",
	119: "setresgid",
	120: "getresgid", "getpgid", "setfsuid", "setfsgid", "getsid", "capget", "capset", "rt_sigpending",
	128: "rt_sigtimedwait", "rt_sigqueueinfo",
	130: "rt_sigsuspend", "sigaltstack", "utime", "mknod", "uselib", "personality", "ustat", "statfs", "fstatfs",
	139: "sysfs",
	140: "getpriority", "setpriority", "sched_setparam", "sched_getparam", "sched_setscheduler", "sched_getscheduler",
	146: "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval", "mlock",
	150: "munlock", "mlockall", "munlockall", "vhangup", "modify_ldt", "pivot_root", "_sysctl", "prctl", "arch_prctl",
	159: "adjtimex",
	160: "setrlimit", "chroot", "sync", "acct", "settimeofday", "mount", "umount2", "swapon", "swapoff", "reboot",
	170: "sethostname", "setdomainname", "iopl", "ioperm", "create_module", "init_module", "delete_module",
	177: "get_kernel_syms", "query_module", "quotactl",
	180: "nfsservctl", "getpmsg", "putpmsg", "afs_syscall", "tuxcall", "security", "gettid", "readahead", "setxattr",
	189: "lsetxattr",
	190: "fsetxattr", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr", "removexattr",
	198: "lremovexattr", "fremovexattr",
	200: "tkill", "time", "futex", "sched_setaffinity", "sched_getaffinity", "set_thread_area", "io_setup", "io_destroy",
	208: "io_getevents", "io_submit",
	210: "io_cancel", "get_thread_area", "lookup_dcookie", "epoll_create", "epoll_ctl_old", "epoll_wait_old",
	216: "remap_file_pages", "getdents64", "set_tid_address", "restart_syscall",
	220: "semtimedop", "fadvise64", "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete",
	227: "clock_settime", "clock_gettime", "clock_getres",
	230: "clock_nanosleep", "exit_group", "epoll_wait", "epoll_ctl", "tgkill", "utimes", "vserver", "mbind",
	238: "set_mempolicy", "get_mempolicy",
	240: "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr", "kexec_load", "waitid",
	248: "add_key", "request_key",
	250: "keyctl", "ioprio_set", "ioprio_get", "inotify_init", "inotify_add_watch", "inotify_rm_watch", "migrate_pages",
	257: "openat", "mkdirat", "mknodat",
	260: "fchownat", "futimesat", "newfstatat", "unlinkat", "renameat", "linkat", "symlinkat", "readlinkat", "fchmodat",
	269: "faccessat",
	270: "pselect6", "ppoll", "unshare", "set_robust_list", "get_robust_list", "splice", "tee", "sync_file_range",
	278: "vmsplice", "move_pages",
	280: "utimensat", "epoll_pwait", "signalfd", "timerfd_create", "eventfd", "fallocate", "timerfd_settime",
	287: "timerfd_gettime", "accept4", "signalfd4",
	290: "eventfd2", "epoll_create1", "dup3", "pipe2", "inotify_init1", "preadv", "pwritev", "rt_tgsigqueueinfo",
	298: "perf_event_open", "recvmmsg",
	300: "fanotify_init", "fanotify_mark", "prlimit64", "name_to_handle_at", "open_by_handle_at", "clock_adjtime",
	306: "syncfs", "sendmmsg", "setns", "getcpu",
	310: "process_vm_readv", "process_vm_writev", "kcmp", "finit_module", "sched_setattr", "sched_getattr", "renameat2",
	317: "seccomp", "getrandom", "memfd_create",
	320: "kexec_file_load", "bpf", "execveat", "userfaultfd", "membarrier", "mlock2", "copy_file_range", "preadv2",
	328: "pwritev2", "pkey_mprotect",
	330: "pkey_alloc", "pkey_free", "statx", "io_pgetevents", "rseq", "uretprobe", "uprobe",
}

// clone has its last two arguments the other way round on arm64.
var cloneArguments = []Arg{
	flags("flags", cloneFlags), arg(Addr, "stack").uncompared(oneIdea),
	out(Int, "parent_tid").uncompared(oneIdea), arg(Addr, "child_tid").uncompared(oneIdea), arg(Addr, "tls").uncompared(oneIdea),
}

// O_LARGEFILE is what the kernel adds to every open file's flags on 64-bit machines;
// x/sys, as the C library, has 0.
const O_LARGEFILE = 0x8000

var archPrctls = names([]entry{
	{0x1001, "ARCH_SET_GS"}, {0x1002, "ARCH_SET_FS"}, {0x1003, "ARCH_GET_FS"}, {0x1004, "ARCH_GET_GS"}, {0x1011, "ARCH_GET_CPUID"},
	{0x1012, "ARCH_SET_CPUID"}, {0x1021, "ARCH_GET_XCOMP_SUPP"}, {0x1022, "ARCH_GET_XCOMP_PERM"}, {0x1023, "ARCH_REQ_XCOMP_PERM"},
	{0x5001, "ARCH_SHSTK_ENABLE"}, {0x5002, "ARCH_SHSTK_DISABLE"}, {0x5003, "ARCH_SHSTK_LOCK"}, {0x5004, "ARCH_SHSTK_UNLOCK"},
	{0x5005, "ARCH_SHSTK_STATUS"},
}).inBase(16)

var stat = layout("stat", num(Dev, "st_dev"), num(Inode, "st_ino"), entries(sized(8, Uint, "st_nlink")), named(4, Flags, "st_mode", fileMode),
	num(Uid, "st_uid"), num(Gid, "st_gid"), pad(4), num(Dev, "st_rdev"), entries(num(Size, "st_size")), num(Long, "st_blksize"), entries(num(Long, "st_blocks")),
	inner(timespec, "st_atim"), inner(timespec, "st_mtim"), inner(timespec, "st_ctim"), pad(24))

var epollEvent = packed("epoll_event", named(4, Flags, "events", epollEvents), num(Cookie, "data"))

// semidDs has no two architectures alike: here it has room beside its times for longer ones.
var semidDs = layout("semid_ds", inner(ipcPerm, "sem_perm"), left(num(Time, "sem_otime")), pad(8),
	left(num(Time, "sem_ctime")), pad(8),
	left(num(Ulong, "sem_nsems")), pad(16))
