package abi

import "golang.org/x/sys/unix"

// memoryCalls are memory, and the System V and POSIX ways to share it or to pass messages.
var memoryCalls = []*Call{
	call("mmap", Addr, addr, length, flags("prot", prots), flags("flags", mapFlags), fd, arg(Offset, "offset")),
	call("munmap", Int, addr, length),
	call("mprotect", Int, addr, length, flags("prot", prots)),
	call("pkey_mprotect", Int, addr, length, flags("prot", prots), arg(Int, "pkey")),
	call("pkey_alloc", Int, arg(Hex, "flags"), flags("access_rights", pkeyRights)),
	call("pkey_free", Int, arg(Int, "pkey")),
	call("brk", Addr, addr),
	call("mremap", Addr, arg(Addr, "old_address"), arg(Size, "old_size"), arg(Size, "new_size"), flags("flags", remapFlags), arg(Addr, "new_address")).
		unless(1, 3, unix.MREMAP_FIXED|unix.MREMAP_DONTUNMAP),
	call("remap_file_pages", Int, addr, arg(Size, "size"), flags("prot", prots), arg(Size, "pgoff"), flags("flags", mapFlags)),
	call("madvise", Int, addr, length, enum("advice", madvice)),
	call("msync", Int, addr, length, flags("flags", msyncFlags)),
	call("mincore", Int, addr, length, arg(Addr, "vec")),
	call("mlock", Int, addr, length),
	call("mlock2", Int, addr, length, flags("flags", mlockFlags)),
	call("munlock", Int, addr, length),
	call("mlockall", Int, flags("flags", mlockallFlags)),
	call("munlockall", Int),
	call("mseal", Int, addr, length, arg(Hex, "flags")),
	call("mbind", Int, addr, length, enum("mode", mempolicies), arg(Addr, "nodemask"), arg(Ulong, "maxnode"), arg(Hex, "flags")),
	call("set_mempolicy", Int, enum("mode", mempolicies), arg(Addr, "nodemask"), arg(Ulong, "maxnode")),
	call("get_mempolicy", Int, out(Enum, "mode"), arg(Addr, "nodemask"), arg(Ulong, "maxnode"), addr, arg(Hex, "flags")),
	call("userfaultfd", Fd, flags("flags", newFdFlags)),

	call("shmget", Int, arg(Hex, "key"), arg(Size, "size"), flags("shmflg", ipcFlags)),
	call("shmat", Addr, arg(Int, "shmid"), addr, flags("shmflg", shmFlags)),
	call("shmdt", Int, addr),
	call("shmctl", Int, arg(Int, "shmid"), flags("cmd", ipcCmds), arg(Addr, "buf")),
	call("semget", Int, arg(Hex, "key"), arg(Int, "nsems"), flags("semflg", ipcFlags)),
	call("semop", Int, arg(Int, "semid"), inS(sembuf, "sops", counted(2)), arg(Size, "nsops")),
	call("semtimedop", Int, arg(Int, "semid"), inS(sembuf, "sops", counted(2)), arg(Size, "nsops"), inS(timespec, "timeout")),
	call("semctl", Int, arg(Int, "semid"), arg(Int, "semnum"), flags("cmd", ipcCmds), arg(Hex, "arg")),
	call("msgget", Int, arg(Hex, "key"), flags("msgflg", ipcFlags)),
	call("msgsnd", Int, arg(Int, "msqid"), in(Bytes, "msgp", counted(2).plus(8)), arg(Size, "msgsz"), flags("msgflg", messageFlags)),
	call("msgrcv", Size, arg(Int, "msqid"), out(Bytes, "msgp", filled(2).plus(8)), arg(Size, "msgsz"), arg(Long, "msgtyp"), flags("msgflg", messageFlags)),
	call("msgctl", Int, arg(Int, "msqid"), flags("cmd", ipcCmds), arg(Addr, "buf")),
	call("mq_open", Fd, in(Path, "name"), flags("oflag", openFlags), mode, inS(mqAttr, "attr")).unless(2, 1, unix.O_CREAT),
	call("mq_unlink", Int, in(Path, "name")),
	call("mq_timedsend", Int, fd, in(Bytes, "msg_ptr", counted(2)), arg(Size, "msg_len"), arg(Uint, "msg_prio"), inS(timespec, "abs_timeout")),
	call("mq_timedreceive", Size, fd, out(Bytes, "msg_ptr", filled(2)), arg(Size, "msg_len"), out(Uint, "msg_prio"), inS(timespec, "abs_timeout")),
	call("mq_notify", Int, fd, inS(sigevent, "sevp")),
}

var addr = arg(Addr, "addr")
