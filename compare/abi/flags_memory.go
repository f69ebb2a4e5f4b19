package abi

import (
	"slices"

	"golang.org/x/sys/unix"
)

var prots = names([]entry{
	{unix.PROT_NONE, "PROT_NONE"}, {unix.PROT_READ, "PROT_READ"}, {unix.PROT_WRITE, "PROT_WRITE"}, {unix.PROT_EXEC, "PROT_EXEC"},
	{8, "PROT_SEM"}, {unix.PROT_GROWSDOWN, "PROT_GROWSDOWN"}, {unix.PROT_GROWSUP, "PROT_GROWSUP"},
})
var mapFlags = names([]entry{
	{unix.MAP_FIXED, "MAP_FIXED"}, {unix.MAP_ANONYMOUS, "MAP_ANONYMOUS"}, {unix.MAP_GROWSDOWN, "MAP_GROWSDOWN"},
	{unix.MAP_DENYWRITE, "MAP_DENYWRITE"}, {unix.MAP_EXECUTABLE, "MAP_EXECUTABLE"}, {unix.MAP_LOCKED, "MAP_LOCKED"},
	{unix.MAP_NORESERVE, "MAP_NORESERVE"}, {unix.MAP_POPULATE, "MAP_POPULATE"}, {unix.MAP_NONBLOCK, "MAP_NONBLOCK"},
	{unix.MAP_STACK, "MAP_STACK"}, {unix.MAP_HUGETLB, "MAP_HUGETLB"}, {unix.MAP_SYNC, "MAP_SYNC"},
	{unix.MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"},
}).with(unix.MAP_TYPE, []entry{
	{unix.MAP_SHARED, "MAP_SHARED"}, {unix.MAP_PRIVATE, "MAP_PRIVATE"}, {unix.MAP_SHARED_VALIDATE, "MAP_SHARED_VALIDATE"},
	{unix.MAP_DROPPABLE, "MAP_DROPPABLE"},
})
var remapFlags = names([]entry{
	{unix.MREMAP_MAYMOVE, "MREMAP_MAYMOVE"}, {unix.MREMAP_FIXED, "MREMAP_FIXED"}, {unix.MREMAP_DONTUNMAP, "MREMAP_DONTUNMAP"},
})
var madvice = names([]entry{
	{unix.MADV_NORMAL, "MADV_NORMAL"}, {unix.MADV_RANDOM, "MADV_RANDOM"}, {unix.MADV_SEQUENTIAL, "MADV_SEQUENTIAL"},
	{unix.MADV_WILLNEED, "MADV_WILLNEED"}, {unix.MADV_DONTNEED, "MADV_DONTNEED"}, {unix.MADV_FREE, "MADV_FREE"},
	{unix.MADV_REMOVE, "MADV_REMOVE"}, {unix.MADV_DONTFORK, "MADV_DONTFORK"}, {unix.MADV_DOFORK, "MADV_DOFORK"},
	{unix.MADV_MERGEABLE, "MADV_MERGEABLE"}, {unix.MADV_UNMERGEABLE, "MADV_UNMERGEABLE"}, {unix.MADV_HUGEPAGE, "MADV_HUGEPAGE"},
	{unix.MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE"}, {unix.MADV_DONTDUMP, "MADV_DONTDUMP"}, {unix.MADV_DODUMP, "MADV_DODUMP"},
	{unix.MADV_WIPEONFORK, "MADV_WIPEONFORK"}, {unix.MADV_KEEPONFORK, "MADV_KEEPONFORK"}, {unix.MADV_COLD, "MADV_COLD"},
	{unix.MADV_PAGEOUT, "MADV_PAGEOUT"}, {unix.MADV_POPULATE_READ, "MADV_POPULATE_READ"},
	{unix.MADV_POPULATE_WRITE, "MADV_POPULATE_WRITE"}, {unix.MADV_DONTNEED_LOCKED, "MADV_DONTNEED_LOCKED"},
	{unix.MADV_COLLAPSE, "MADV_COLLAPSE"}, {unix.MADV_HWPOISON, "MADV_HWPOISON"}, {0x65, "MADV_SOFT_OFFLINE"},
})
var msyncFlags = names([]entry{
	{unix.MS_ASYNC, "MS_ASYNC"}, {unix.MS_INVALIDATE, "MS_INVALIDATE"}, {unix.MS_SYNC, "MS_SYNC"},
})
var mlockFlags = names([]entry{{unix.MLOCK_ONFAULT, "MLOCK_ONFAULT"}})
var mlockallFlags = names([]entry{
	{unix.MCL_CURRENT, "MCL_CURRENT"}, {unix.MCL_FUTURE, "MCL_FUTURE"}, {unix.MCL_ONFAULT, "MCL_ONFAULT"},
})
var mempolicies = names([]entry{
	{unix.MPOL_F_STATIC_NODES, "MPOL_F_STATIC_NODES"}, {unix.MPOL_F_RELATIVE_NODES,
		"MPOL_F_RELATIVE_NODES"},
	{unix.MPOL_F_NUMA_BALANCING, "MPOL_F_NUMA_BALANCING"},
}).with(0x1fff, []entry{
	{unix.MPOL_DEFAULT, "MPOL_DEFAULT"}, {unix.MPOL_PREFERRED, "MPOL_PREFERRED"}, {unix.MPOL_BIND, "MPOL_BIND"},
	{unix.MPOL_INTERLEAVE, "MPOL_INTERLEAVE"}, {unix.MPOL_LOCAL, "MPOL_LOCAL"},
	{unix.MPOL_PREFERRED_MANY, "MPOL_PREFERRED_MANY"},
})
var mbindFlags = names([]entry{
	{unix.MPOL_MF_STRICT, "MPOL_MF_STRICT"}, {unix.MPOL_MF_MOVE, "MPOL_MF_MOVE"},
	{unix.MPOL_MF_MOVE_ALL, "MPOL_MF_MOVE_ALL"},
})
var getPolicyFlags = names([]entry{
	{unix.MPOL_F_NODE, "MPOL_F_NODE"}, {unix.MPOL_F_ADDR, "MPOL_F_ADDR"}, {unix.MPOL_F_MEMS_ALLOWED,
		"MPOL_F_MEMS_ALLOWED"},
})
var pkeyRights = names([]entry{{1, "PKEY_DISABLE_ACCESS"}, {2, "PKEY_DISABLE_WRITE"}})

// System V IPC and POSIX message queues.
var ipcFlags = names([]entry{{unix.IPC_CREAT, "IPC_CREAT"}, {unix.IPC_EXCL, "IPC_EXCL"}, {unix.IPC_NOWAIT, "IPC_NOWAIT"}}).inBase(8)
var messageFlags = names([]entry{{unix.IPC_NOWAIT, "IPC_NOWAIT"}, {0x1000, "MSG_NOERROR"}, {0x2000, "MSG_EXCEPT"}, {0x4000, "MSG_COPY"}})

// ipcCommands are the commands of a kind of System V IPC: those of all, and these.
func ipcCommands(own ...entry) *Names {
	return names([]entry{{0x100, "IPC_64"}}).with(0xff, slices.Concat([]entry{
		{unix.IPC_RMID, "IPC_RMID"}, {unix.IPC_SET, "IPC_SET"}, {unix.IPC_STAT, "IPC_STAT"}, {3,
			"IPC_INFO"},
	}, own))
}

var semCmds = ipcCommands(entry{semGetpid, "GETPID"}, entry{semGetval, "GETVAL"}, entry{semGetall,
	"GETALL"}, entry{semGetncnt, "GETNCNT"},
	entry{semGetzcnt, "GETZCNT"}, entry{semSetval, "SETVAL"}, entry{semSetall, "SETALL"},
	entry{semStat, "SEM_STAT"},
	entry{19, "SEM_INFO"}, entry{20, "SEM_STAT_ANY"})
var shmCmds = ipcCommands(entry{shmLock, "SHM_LOCK"}, entry{shmUnlock, "SHM_UNLOCK"}, entry{shmStat,
	"SHM_STAT"},
	entry{14, "SHM_INFO"}, entry{15, "SHM_STAT_ANY"})
var msgCmds = ipcCommands(entry{msgStat, "MSG_STAT"}, entry{12, "MSG_INFO"}, entry{13,
	"MSG_STAT_ANY"})
var semFlags = names([]entry{{unix.IPC_NOWAIT, "IPC_NOWAIT"}, {0x1000, "SEM_UNDO"}})
var shmFlags = names([]entry{
	{unix.SHM_RDONLY, "SHM_RDONLY"}, {unix.SHM_RND, "SHM_RND"}, {0x4000, "SHM_REMAP"}, {0x8000, "SHM_EXEC"},
})
