package abi

import "golang.org/x/sys/unix"

// memoryCalls are memory, and the System V and POSIX ways to share it or to pass messages.
var memoryCalls = []*Call{
	call("mmap", MapAddr, addr, length, flags("prot", prots), flags("flags", mapFlags), mentions(fd), arg(Offset, "offset")).
		own().changes(Code | Mapped).maps(1),
	call("munmap", Int, addr, length).own().unmaps(0, 1),
	call("mprotect", Int, addr, length, flags("prot", prots)).own().changes(Code),
	call("pkey_mprotect", Int, addr, length, flags("prot", prots), arg(Int, "pkey")).changes(Code),
	call("pkey_alloc", Int, arg(Hex, "flags"), flags("access_rights", pkeyRights)),
	call("pkey_free", Int, arg(Int, "pkey")),
	call("brk", Addr, arg(Addr, "addr")).own(),
	call("mremap", MapAddr, arg(MapAddr, "old_address"), arg(Size, "old_size"), arg(Size, "new_size"),
		flags("flags", remapFlags), arg(MapAddr, "new_address")).
		own().changes(Code).maps(2).unmaps(0, 1).
		unless(1, 3, unix.MREMAP_FIXED|unix.MREMAP_DONTUNMAP),
	call("remap_file_pages", Int, addr, arg(Size, "size"), flags("prot", prots), arg(Size, "pgoff"), flags("flags", mapFlags)),
	call("madvise", Int, addr, length, enum("advice", madvice)).own(),
	call("msync", Int, addr, length, flags("flags", msyncFlags)),
	call("mincore", Int, addr, length, arg(Addr, "vec")).own(),
	call("mlock", Int, addr, length).own(),
	call("mlock2", Int, addr, length, flags("flags", mlockFlags)).like("mlock"),
	call("munlock", Int, addr, length).own(),
	call("mlockall", Int, flags("flags", mlockallFlags)),
	call("munlockall", Int),
	call("mseal", Int, addr, length, arg(Hex, "flags")),
	call("mbind", Int, addr, length, flags("mode", mempolicies), in(Bits, "nodemask", nodes(4)),
		arg(Ulong, "maxnode"), flags("flags", mbindFlags)),
	call("set_mempolicy", Int, flags("mode", mempolicies), in(Bits, "nodemask", nodes(2)),
		arg(Ulong, "maxnode")),
	call("get_mempolicy", Int, at(Out, Flags, nil, "mode", nil).named(mempolicies),
		out(Bits, "nodemask", nodes(2)), arg(Ulong, "maxnode"), addr,
		flags("flags", getPolicyFlags)),
	call("set_mempolicy_home_node", Int, addr, length, arg(Ulong, "home_node"), arg(Hex, "flags")),
	call("migrate_pages", Long, pid, arg(Ulong, "maxnode"), in(Bits, "old_nodes", nodes(1)),
		in(Bits, "new_nodes", nodes(1))),
	call("move_pages", Long, pid, arg(Ulong, "count"), in(Addr, "pages", counted(1)), in(Int, "nodes",
		counted(1)), out(Int, "status", counted(1)),
		flags("flags", mbindFlags)),
	call("map_shadow_stack", Addr, addr, arg(Size, "size"), arg(Hex, "flags")),
	call("userfaultfd", Fd, flags("flags", newFdFlags)).
		makes(Descriptor, "userfaultfd").cloexec(0, unix.O_CLOEXEC),

	call("shmget", ShmID, arg(IPCKey, "key"), arg(Size, "size"), flags("shmflg", ipcFlags)).
		makes(IPC, "shm").sized(1),
	call("shmat", MapAddr, arg(ShmID, "shmid"), addr, flags("shmflg", shmFlags)).changes(Shared).maps(-1),
	call("shmdt", Int, addr).unmaps(0, -1),
	call("shmctl", Int, arg(ShmID, "shmid"), shmCmd, unseen("buf")).by(1, 0xff, map[uint64]*Call{
		unix.IPC_RMID: form(Int, arg(ShmID, "shmid"), shmCmd),
		unix.IPC_SET:  form(Int, arg(ShmID, "shmid"), shmCmd, inS(shmidDs, "buf")),
		unix.IPC_STAT: form(Int, arg(ShmID, "shmid"), shmCmd, outS(shmidDs, "buf")),
		shmLock:       form(Int, arg(ShmID, "shmid"), shmCmd),
		shmUnlock:     form(Int, arg(ShmID, "shmid"), shmCmd),
		shmStat:       form(Int, arg(ShmID, "shmid"), shmCmd, outS(shmidDs, "buf")),
	}),
	call("semget", SemID, arg(IPCKey, "key"), arg(Int, "nsems"), flags("semflg", ipcFlags)).
		makes(IPC, "sem"),
	call("semop", Int, arg(SemID, "semid"), inS(sembuf, "sops", counted(2)), arg(Size, "nsops")).
		waits(ForMessage),
	call("semtimedop", Int, arg(SemID, "semid"), inS(sembuf, "sops", counted(2)), arg(Size, "nsops"),
		inS(timespec, "timeout")).waits(ForMessage),
	call("semctl", Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd, unseen("arg")).by(2, 0xff,
		map[uint64]*Call{
			unix.IPC_RMID: form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd),
			unix.IPC_SET:  form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd, inS(semidDs, "arg")),
			unix.IPC_STAT: form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd, outS(semidDs, "arg")),
			semGetpid:     form(Pid, arg(SemID, "semid"), arg(Int, "semnum"), semCmd),
			semGetval:     form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd),
			semGetall: form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd, out(Ushort, "arg",
				semaphores)),
			semGetncnt: form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd),
			semGetzcnt: form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd),
			semSetval:  form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd, arg(Int, "arg")),
			semSetall: form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd, in(Ushort, "arg",
				semaphores)),
			semStat: form(Int, arg(SemID, "semid"), arg(Int, "semnum"), semCmd, outS(semidDs, "arg")),
		}),
	call("msgget", MsgID, arg(IPCKey, "key"), flags("msgflg", ipcFlags)).makes(IPC, "msgq"),
	call("msgsnd", Int, arg(MsgID, "msqid"), in(Bytes, "msgp", counted(2).plus(8)), arg(Size, "msgsz"),
		flags("msgflg", messageFlags)).waits(ForMessage),
	call("msgrcv", Size, arg(MsgID, "msqid"), out(Bytes, "msgp", filled(2).plus(8)),
		arg(Size, "msgsz"), arg(Long, "msgtyp"), flags("msgflg", messageFlags)).waits(ForMessage),
	call("msgctl", Int, arg(MsgID, "msqid"), msgCmd, unseen("buf")).by(1, 0xff, map[uint64]*Call{
		unix.IPC_RMID: form(Int, arg(MsgID, "msqid"), msgCmd),
		unix.IPC_SET:  form(Int, arg(MsgID, "msqid"), msgCmd, inS(msqidDs, "buf")),
		unix.IPC_STAT: form(Int, arg(MsgID, "msqid"), msgCmd, outS(msqidDs, "buf")),
		msgStat:       form(Int, arg(MsgID, "msqid"), msgCmd, outS(msqidDs, "buf")),
	}),
	call("mq_open", Fd, in(Path, "name"), flags("oflag", openFlags), mode, inS(mqAttr, "attr")).
		makes(Descriptor, "mq").always().unless(2, 1, unix.O_CREAT),
	call("mq_unlink", Int, in(Path, "name")),
	call("mq_timedsend", Int, puts(fd), in(Bytes, "msg_ptr", counted(2)), arg(Size, "msg_len"), arg(Uint, "msg_prio"), inS(timespec, "abs_timeout")).
		waits(ForMessage),
	call("mq_timedreceive", Size, takes(fd), out(Bytes, "msg_ptr", filled(2)), arg(Size, "msg_len"), out(Uint, "msg_prio"), inS(timespec, "abs_timeout")).
		waits(ForMessage),
	call("mq_getsetattr", Int, fd, inS(mqFlags, "newattr"), outS(mqFlags, "oldattr")),
	call("mq_notify", Int, fd, inS(sigevent, "sevp")),
}

var (
	addr   = arg(MapAddr, "addr")
	shmCmd = flags("cmd", shmCmds)
	semCmd = flags("cmd", semCmds)
	msgCmd = flags("cmd", msgCmds)

	semaphores = Len{From: Semaphores, N: 0}
)

// nodes is how long a set of nodes is of which argument n says one more than there are bits,
// set_mempolicy(2).
func nodes(n int) Len { return counted(n).plus(-1) }

// The commands beside those of all System V IPC (<linux/sem.h>, <linux/shm.h>, <linux/msg.h>).
const (
	semGetpid  = 11
	semGetval  = 12
	semGetall  = 13
	semGetncnt = 14
	semGetzcnt = 15
	semSetval  = 16
	semSetall  = 17
	semStat    = 18
	shmLock    = 11
	shmUnlock  = 12
	shmStat    = 13
	msgStat    = 11
)
