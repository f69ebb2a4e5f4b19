package abi

import "golang.org/x/sys/unix"

// openCreates are the flags with which open looks at its mode.
const openCreates = unix.O_CREAT | unix.O_TMPFILE&^unix.O_DIRECTORY

// fileCalls are files, directories, descriptors, pipes and mounts.
var fileCalls = []*Call{
	// Open and close.
	call("open", Fd, path, flags("flags", openFlags), mode).like("openat").
		makes(File, "").cloexec(1, unix.O_CLOEXEC).unless(1, 1, openCreates),
	call("openat", Fd, dirfd, path, flags("flags", openFlags), mode).fails(unix.EMFILE).
		makes(File, "").cloexec(2, unix.O_CLOEXEC).unless(1, 2, openCreates),
	call("openat2", Fd, dirfd, path, inS(openHow, "how", cutAt(3)), arg(Size, "size")).
		makes(File, "").cloexec(2, unix.O_CLOEXEC).like("openat"),
	call("creat", Fd, path, mode).
		makes(File, "").implies(unix.O_CREAT | unix.O_WRONLY | unix.O_TRUNC),
	call("close", Int, closes(fd)).fails(unix.EIO),
	call("close_range", Int, closes(arg(Uint, "first")), closes(arg(Uint, "last")), flags("flags", closeRangeFlags)).
		changes(OnExec).cloexec(2, closeRangeCloexec),
	call("memfd_create", Fd, in(String, "name"), flags("flags", memfdFlags)).
		makes(Descriptor, "memfd").cloexec(1, unix.MFD_CLOEXEC).own(),
	call("memfd_secret", Fd, flags("flags", newFdFlags)).
		makes(Descriptor, "memfd").cloexec(0, unix.O_CLOEXEC).own(),
	call("name_to_handle_at", Int, dirfd, path, at(InOut, Struct, fileHandle, "handle",
		[]Len{inside(0).plus(8)}),
		arg(Addr, "mount_id"), flags("flags", handleFlags)),
	call("open_by_handle_at", Fd, arg(AtFd, "mount_fd"), inS(handleRoom, "handle", inside(0).plus(8)),
		flags("flags", openFlags)).cloexec(2, unix.O_CLOEXEC),

	// Pipes and copies of descriptors.
	call("pipe", Int, out(Fd, "pipefd", fixed(2)).uncompared(descriptorNo)).fails(unix.EMFILE).makes(Pipe, "pipe").own(),
	call("pipe2", Int, out(Fd, "pipefd", fixed(2)).uncompared(descriptorNo), flags("flags", newFdFlags)).
		makes(Pipe, "pipe").cloexec(1, unix.O_CLOEXEC).own().like("pipe"),
	call("dup", Fd, mentions(arg(Fd, "oldfd"))).makes(Copy, "").own(),
	call("dup2", Fd, mentions(arg(Fd, "oldfd")), closes(arg(NewFd, "newfd"))).makes(Copy, ""),
	call("dup3", Fd, mentions(arg(Fd, "oldfd")), closes(arg(NewFd, "newfd")), flags("flags", newFdFlags)).
		makes(Copy, "").cloexec(2, unix.O_CLOEXEC).like("dup2"),
	call("fcntl", Int, fd, fcntlCmd, arg(Hex, "arg")).multiplexed().by(1, 0xffffffff, fcntlForms),
	call("flock", Int, fd, flags("operation", flockOps)).waits(ForLock),

	// Read and write.
	call("read", Size, takes(fd), out(Bytes, "buf", filled(2)), count).fails(unix.EIO),
	call("write", Size, puts(fd), in(Bytes, "buf", counted(2)), count).fails(unix.EIO),
	call("pread64", Size, takes(fd), out(Bytes, "buf", filled(2)), count, arg(Offset, "offset")).page("pread"),
	call("pwrite64", Size, puts(fd), in(Bytes, "buf", counted(2)), count, arg(Offset, "offset")).page("pwrite"),
	call("readv", Size, takes(fd), outIov("iov", 2), arg(Int, "iovcnt")),
	call("writev", Size, puts(fd), inIov("iov", 2), arg(Int, "iovcnt")),
	call("preadv", Size, takes(fd), outIov("iov", 2), arg(Int, "iovcnt"), arg(Offset, "pos_l")),
	call("pwritev", Size, puts(fd), inIov("iov", 2), arg(Int, "iovcnt"), arg(Offset, "pos_l")),
	call("preadv2", Size, takes(fd), outIov("iov", 2), arg(Int, "iovcnt"), arg(Offset, "pos_l"), ignored("pos_h"), flags("flags", rwfFlags)).like("preadv"),
	call("pwritev2", Size, puts(fd), inIov("iov", 2), arg(Int, "iovcnt"), arg(Offset, "pos_l"), ignored("pos_h"), flags("flags", rwfFlags)).like("pwritev"),
	call("lseek", Offset, fd, arg(Offset, "offset"), enum("whence", seekWhence)),
	call("sendfile", Size, puts(arg(Fd, "out_fd")), takes(arg(Fd, "in_fd")), inout(Offset, "offset"), count),
	call("splice", Size, takes(arg(Fd, "fd_in")), inout(Offset, "off_in"), puts(arg(Fd, "fd_out")), inout(Offset, "off_out"), length, flags("flags", spliceFlags)),
	call("tee", Size, takes(arg(Fd, "fd_in")), puts(arg(Fd, "fd_out")), length, flags("flags", spliceFlags)),
	call("vmsplice", Size, fd, inIov("iov", 2), arg(Size, "nr_segs"), flags("flags", spliceFlags)),
	call("copy_file_range", Size, takes(arg(Fd, "fd_in")), inout(Offset, "off_in"), puts(arg(Fd, "fd_out")), inout(Offset, "off_out"), length, arg(Hex, "flags")),

	// Size and storage.
	call("truncate", Int, path, arg(Offset, "length")),
	call("ftruncate", Int, fd, arg(Offset, "length")),
	call("fallocate", Int, fd, flags("mode", fallocModes), arg(Offset, "offset"), arg(Offset, "len")),
	call("fadvise64", Int, fd, arg(Offset, "offset"), arg(Offset, "len"), enum("advice", fadvice)).page("posix_fadvise"),
	call("cachestat", Int, arg(Uint, "fd"), inS(cacheRange, "cstat_range"), arg(Addr, "cstat"),
		arg(Hex, "flags")),
	call("readahead", Int, fd, arg(Offset, "offset"), count),
	call("sync", Int),
	call("fsync", Int, fd),
	call("fdatasync", Int, fd),
	call("syncfs", Int, fd),
	call("sync_file_range", Int, fd, arg(Offset, "offset"), arg(Offset, "nbytes"), flags("flags", syncRange)),

	// What a file is.
	call("stat", Int, takes(path), outS(stat, "statbuf")),
	call("fstat", Int, fd, outS(stat, "statbuf")),
	call("lstat", Int, takes(path), outS(stat, "statbuf")),
	call("newfstatat", Int, dirfd, takes(path), outS(stat, "statbuf"), flags("flags", atFlags)).page("fstatat"),
	call("statx", Int, dirfd, takes(path), flags("flags", atFlags), flags("mask", statxMask), outS(statx, "statxbuf")),
	call("statfs", Int, takes(path), outS(statfs, "buf")),
	call("fstatfs", Int, fd, outS(statfs, "buf")),
	call("access", Int, takes(path), flags("mode", accessModes)),
	call("faccessat", Int, dirfd, takes(path), flags("mode", accessModes)),
	call("faccessat2", Int, dirfd, takes(path), flags("mode", accessModes), flags("flags", faccessFlags)).like("faccessat"),
	call("chmod", Int, path, mode),
	call("fchmod", Int, fd, mode),
	call("fchmodat", Int, dirfd, path, mode),
	call("fchmodat2", Int, dirfd, path, mode, flags("flags", atFlags)).like("fchmodat"),
	call("chown", Int, path, arg(Uid, "owner"), arg(Gid, "group")),
	call("fchown", Int, fd, arg(Uid, "owner"), arg(Gid, "group")),
	call("lchown", Int, path, arg(Uid, "owner"), arg(Gid, "group")),
	call("fchownat", Int, dirfd, path, arg(Uid, "owner"), arg(Gid, "group"), flags("flags", atFlags)),
	call("utime", Int, path, inS(utimbuf, "times")),
	call("utimes", Int, path, inS(timeval, "times", fixed(2))),
	call("futimesat", Int, dirfd, path, inS(timeval, "times", fixed(2))),
	call("utimensat", Int, dirfd, path, inS(timespec, "times", fixed(2)), flags("flags", atFlags)),
	call("file_getattr", Int, dirfd, takes(path), out(Bytes, "attr", counted(3)), arg(Size, "size"), flags("at_flags", atFlags)),
	call("file_setattr", Int, dirfd, path, in(Bytes, "attr", counted(3)), arg(Size, "size"), flags("at_flags", atFlags)),
	call("umask", Octal, arg(Octal, "mask")).own(),

	// Names and directories.
	call("rename", Int, in(Path, "oldpath"), in(Path, "newpath")),
	call("renameat", Int, arg(AtFd, "olddirfd"), in(Path, "oldpath"), arg(AtFd, "newdirfd"), in(Path, "newpath")),
	call("renameat2", Int, arg(AtFd, "olddirfd"), in(Path, "oldpath"), arg(AtFd, "newdirfd"), in(Path, "newpath"), flags("flags", renameFlags)).like("renameat"),
	call("link", Int, in(Path, "oldpath"), in(Path, "newpath")),
	call("linkat", Int, arg(AtFd, "olddirfd"), in(Path, "oldpath"), arg(AtFd, "newdirfd"), in(Path, "newpath"), flags("flags", atFlags)),
	call("symlink", Int, in(Path, "target"), in(Path, "linkpath")),
	call("symlinkat", Int, in(Path, "target"), arg(AtFd, "newdirfd"), in(Path, "linkpath")),
	call("readlink", Size, takes(path), out(Path, "buf", filled(2)), arg(Size, "bufsiz")),
	call("readlinkat", Size, dirfd, takes(path), out(Path, "buf", filled(3)), arg(Size, "bufsiz")),
	call("unlink", Int, removes(path)),
	call("unlinkat", Int, dirfd, removes(path), flags("flags", atFlags)),
	call("mkdir", Int, path, mode),
	call("mkdirat", Int, dirfd, path, mode),
	call("rmdir", Int, removes(path)),
	call("mknod", Int, path, flags("mode", fileMode), arg(Dev, "dev")).by(1, unix.S_IFMT, noDevice(path, flags("mode", fileMode))),
	call("mknodat", Int, dirfd, path, flags("mode", fileMode), arg(Dev, "dev")).by(2, unix.S_IFMT, noDevice(dirfd, path, flags("mode", fileMode))),
	call("chdir", Int, takes(path)).changes(Directory),
	call("fchdir", Int, fd).changes(Directory),
	call("chroot", Int, takes(path)),
	call("getcwd", Size, out(Path, "buf", filled(1)), arg(Size, "size")).own(),
	call("getdents", Size, takes(fd), out(Bytes, "dirp", filled(2)), arg(Uint, "count")),
	call("getdents64", Size, takes(fd), out(Dirents, "dirp", filled(2)), count).page("getdents"),

	// Watches.
	call("inotify_init", Fd).makes(Descriptor, "inotify"),
	call("inotify_init1", Fd, flags("flags", inotifyInit)).
		makes(Descriptor, "inotify").cloexec(0, unix.IN_CLOEXEC).like("inotify_init"),
	call("inotify_add_watch", Int, fd, path, flags("mask", inotifyMask)),
	call("inotify_rm_watch", Int, fd, arg(Int, "wd")),
	call("fanotify_init", Fd, flags("flags", fanotifyInit), flags("event_f_flags", openFlags)).
		makes(Descriptor, "fanotify").cloexec(0, unix.FAN_CLOEXEC),
	call("fanotify_mark", Int, arg(Fd, "fanotify_fd"), flags("flags", fanotifyMark),
		flags("mask", fanotifyEvents), dirfd, path),

	// Extended attributes.
	call("setxattr", Int, path, in(String, "name"), in(Bytes, "value", counted(3)), arg(Size, "size"), enum("flags", xattrFlags)),
	call("lsetxattr", Int, path, in(String, "name"), in(Bytes, "value", counted(3)), arg(Size, "size"), enum("flags", xattrFlags)),
	call("fsetxattr", Int, fd, in(String, "name"), in(Bytes, "value", counted(3)), arg(Size, "size"), enum("flags", xattrFlags)),
	call("getxattr", Size, takes(path), in(String, "name"), out(Bytes, "value", filled(3)), arg(Size, "size")),
	call("lgetxattr", Size, takes(path), in(String, "name"), out(Bytes, "value", filled(3)), arg(Size, "size")),
	call("fgetxattr", Size, fd, in(String, "name"), out(Bytes, "value", filled(3)), arg(Size, "size")),
	call("listxattr", Size, takes(path), out(Bytes, "list", filled(2)), arg(Size, "size")),
	call("llistxattr", Size, takes(path), out(Bytes, "list", filled(2)), arg(Size, "size")),
	call("flistxattr", Size, fd, out(Bytes, "list", filled(2)), arg(Size, "size")),
	call("removexattr", Int, path, in(String, "name")),
	call("lremovexattr", Int, path, in(String, "name")),
	call("fremovexattr", Int, fd, in(String, "name")),
	call("setxattrat", Int, dirfd, path, flags("at_flags", atFlags), in(String, "name"),
		inS(xattrSet, "args", cutAt(5)), arg(Size, "size")),
	call("getxattrat", Size, dirfd, takes(path), flags("at_flags", atFlags), in(String, "name"),
		inoutS(xattrGet, "args", cutAt(5)), arg(Size, "size")),
	call("removexattrat", Int, dirfd, path, flags("at_flags", atFlags), in(String, "name")),
	call("listxattrat", Size, dirfd, takes(path), flags("at_flags", atFlags), out(Bytes, "list", filled(4)), arg(Size, "size")),

	// Mounts.
	call("mount", Int, in(String, "source"), in(Path, "target"), in(String, "filesystemtype"), flags("mountflags", mountFlags), in(String, "data")),
	call("umount2", Int, in(Path, "target"), flags("flags", umountFlags)).role(Excludes),
	call("pivot_root", Int, in(Path, "new_root"), in(Path, "put_old")),
	call("open_tree", Fd, dirfd, path, flags("flags", openTree)).cloexec(2, unix.OPEN_TREE_CLOEXEC),
	call("open_tree_attr", Fd, dirfd, path, flags("flags", openTree), inS(mntAttr, "attr", cutAt(4)), arg(Size, "size")).
		cloexec(2, unix.OPEN_TREE_CLOEXEC),
	call("mount_setattr", Int, dirfd, path, flags("flags", atFlags), inS(mntAttr, "attr", cutAt(4)), arg(Size, "size")),
	call("move_mount", Int, arg(AtFd, "from_dfd"), in(Path, "from_pathname"), arg(AtFd, "to_dfd"), in(Path, "to_pathname"), flags("flags", moveMount)),
	call("fsopen", Fd, in(String, "fsname"), flags("flags", fsopenFlags)).
		cloexec(1, unix.FSOPEN_CLOEXEC),
	call("fsconfig", Int, fd, fsconfigCmd, in(String, "key"), unseen("value"), arg(Int, "aux")).
		by(1, 0xffffffff, fsconfigForms),
	call("fsmount", Fd, fd, flags("flags", fsmountFlags), flags("attr_flags", mountAttrs)).
		cloexec(1, unix.FSMOUNT_CLOEXEC),
	call("fspick", Fd, dirfd, path, flags("flags", fspickFlags)).cloexec(2, unix.FSPICK_CLOEXEC),
	call("statmount", Int, mountReq, unseen("buf"), arg(Size, "bufsize"), arg(Hex, "flags")),
	call("listmount", Long, mountReq, out(Inode, "mnt_ids", filled(2)), arg(Size, "nr_mnt_ids"),
		arg(Hex, "flags")),
	call("listns", Long, unseen("req"), out(Inode, "ns_ids", filled(2)), arg(Size, "nr_ns_ids"),
		arg(Hex, "flags")),
	call("swapon", Int, path, arg(Hex, "swapflags")),
	call("swapoff", Int, path),
	call("acct", Int, path),
}

// noDevice are mknod's forms for files that are no devices.
func noDevice(args ...Arg) map[uint64]*Call {
	forms := map[uint64]*Call{}
	for _, kind := range []uint64{0, unix.S_IFREG, unix.S_IFIFO, unix.S_IFSOCK} {
		forms[kind] = form(Int, args...)
	}
	return forms
}

var (
	fsconfigCmd = enum("cmd", fsconfigCmds)
	mountReq    = inS(mntIDReq, "req", inside(0))
)

// fsconfigForms are fsconfig's commands, by what the value is.
var fsconfigForms = map[uint64]*Call{
	unix.FSCONFIG_SET_FLAG:   form(Int, fd, fsconfigCmd, in(String, "key")),
	unix.FSCONFIG_SET_STRING: form(Int, fd, fsconfigCmd, in(String, "key"), in(String, "value")),
	unix.FSCONFIG_SET_BINARY: form(Int, fd, fsconfigCmd, in(String, "key"), in(Bytes, "value",
		counted(4)), arg(Int, "aux")),
	unix.FSCONFIG_SET_PATH: form(Int, fd, fsconfigCmd, in(String, "key"), in(Path, "value"),
		arg(AtFd, "aux")),
	unix.FSCONFIG_SET_PATH_EMPTY: form(Int, fd, fsconfigCmd, in(String, "key"), in(Path, "value"),
		arg(AtFd, "aux")),
	unix.FSCONFIG_SET_FD: form(Int, fd, fsconfigCmd, in(String, "key"), ignored("value"),
		arg(Fd, "aux")),
	unix.FSCONFIG_CMD_CREATE:      form(Int, fd, fsconfigCmd),
	unix.FSCONFIG_CMD_RECONFIGURE: form(Int, fd, fsconfigCmd),
	fsconfigCreateExcl:            form(Int, fd, fsconfigCmd),
}

// fsconfigCreateExcl is FSCONFIG_CMD_CREATE_EXCL, which x/sys has not.
const fsconfigCreateExcl = 8

// closeRangeCloexec is CLOSE_RANGE_CLOEXEC of <linux/close_range.h>: the descriptors stay open
// until the next execve.
const closeRangeCloexec = 4

var fcntlCmd = enum("cmd", fcntlCmds)

// fcntlForms are fcntl's commands, by what the last argument is.
var fcntlForms = map[uint64]*Call{
	unix.F_DUPFD: form(Fd, mentions(fd), fcntlCmd, arg(NewFd, "arg")).makes(Copy, "").own(),
	unix.F_DUPFD_CLOEXEC: form(Fd, mentions(fd), fcntlCmd, arg(NewFd, "arg")).makes(Copy, "").
		always().own(),
	unix.F_GETFD: form(None, mentions(fd), fcntlCmd).returns(Flags, fdFlags).own(),
	unix.F_SETFD: form(Int, mentions(fd), fcntlCmd, flags("arg", fdFlags)).changes(OnExec).
		cloexec(2, unix.FD_CLOEXEC).own(),
	unix.F_GETFL:      form(None, fd, fcntlCmd).returns(Flags, openFlags),
	unix.F_SETFL:      form(Int, fd, fcntlCmd, flags("arg", openFlags)),
	unix.F_GETLK:      form(Int, fd, fcntlCmd, inoutS(flock, "arg")),
	unix.F_SETLK:      form(Int, fd, fcntlCmd, inS(flock, "arg")),
	unix.F_SETLKW:     form(Int, fd, fcntlCmd, inS(flock, "arg")).waits(ForLock),
	unix.F_OFD_GETLK:  form(Int, fd, fcntlCmd, inoutS(flock, "arg")),
	unix.F_OFD_SETLK:  form(Int, fd, fcntlCmd, inS(flock, "arg")),
	unix.F_OFD_SETLKW: form(Int, fd, fcntlCmd, inS(flock, "arg")).waits(ForLock),
	unix.F_GETOWN:     form(Pid, fd, fcntlCmd),
	unix.F_SETOWN:     form(Int, fd, fcntlCmd, arg(Pid, "arg")),
	unix.F_GETOWN_EX:  form(Int, fd, fcntlCmd, outS(fOwnerEx, "arg")),
	unix.F_SETOWN_EX:  form(Int, fd, fcntlCmd, inS(fOwnerEx, "arg")),
	unix.F_GETSIG:     form(Signal, fd, fcntlCmd),
	unix.F_SETSIG:     form(Int, fd, fcntlCmd, arg(Signal, "arg")),
	unix.F_GETLEASE:   form(None, fd, fcntlCmd).returns(Enum, lockTypes),
	unix.F_SETLEASE:   form(Int, fd, fcntlCmd, enum("arg", lockTypes)).role(Excludes),
	unix.F_NOTIFY:     form(Int, fd, fcntlCmd, flags("arg", dnotify)),
	unix.F_GETPIPE_SZ: form(Int, fd, fcntlCmd),
	unix.F_SETPIPE_SZ: form(Int, fd, fcntlCmd, arg(Int, "arg")),
	unix.F_GET_SEALS:  form(None, fd, fcntlCmd).returns(Flags, seals),
	unix.F_ADD_SEALS:  form(Int, fd, fcntlCmd, flags("arg", seals)),
}
