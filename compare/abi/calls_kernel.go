package abi

import "golang.org/x/sys/unix"

// kernelCalls are asynchronous input and output, keys, security modules, quotas, and what else few
// programs ask of the kernel.
var kernelCalls = []*Call{
	// Asynchronous input and output, <linux/aio_abi.h>. What a read brings stands in the
	// program's memory some time later, and is not looked into.
	call("io_setup", Int, arg(Uint, "nr_events"), out(Addr, "ctx_idp")),
	call("io_destroy", Int, ctxID),
	call("io_submit", Long, ctxID, arg(Long, "nr"), at(In, Pointers, iocb, "iocbpp",
		[]Len{counted(1)})),
	call("io_cancel", Int, ctxID, inS(iocb, "iocb"), outS(ioEvent, "result")),
	call("io_getevents", Long, ctxID, arg(Long, "min_nr"), arg(Long, "nr"), ioEvents,
		inS(timespec, "timeout")).waits(ForDevice),
	call("io_pgetevents", Long, ctxID, arg(Long, "min_nr"), arg(Long, "nr"), ioEvents,
		inS(timespec, "timeout"), in(Sigset, "usig", pack)).waits(ForDevice),

	// io_uring. What is submitted stands in memory that the program and the kernel share.
	call("io_uring_setup", Fd, arg(Uint, "entries"), inoutS(uringParams, "p")).
		makes(Descriptor, "io_uring").always(),
	call("io_uring_enter", Int, fd, arg(Hidden, "to_submit"), arg(Uint, "min_complete"),
		flags("flags", uringEnter), unseen("arg"), arg(Size, "argsz")).
		by(1, 0xffffffff, map[uint64]*Call{
			0: form(Int, fd, arg(Hidden, "to_submit"), arg(Uint, "min_complete"),
				flags("flags", uringEnter), in(Sigset, "sig", counted(5)), arg(Size, "argsz")).
				by(3, uringExtArg, map[uint64]*Call{uringExtArg: form(Int, fd, arg(Hidden, "to_submit"),
					arg(Uint, "min_complete"), flags("flags", uringEnter), unseen("arg"),
					arg(Size, "argsz"))}),
		}),
	call("io_uring_register", Int, fd, enum("opcode", uringOps), unseen("arg"), arg(Uint, "nr_args")),

	// Keys, keyrings(7).
	call("add_key", Key, in(String, "type"), in(String, "description"),
		in(Bytes, "payload", counted(3)), arg(Size, "plen"), key("keyring")).returns(Key, keyrings),
	call("request_key", Key, in(String, "type"), in(String, "description"),
		in(String, "callout_info"), key("dest_keyring")).returns(Key, keyrings),
	call("keyctl", Long, keyctlOp, unseen("arg2"), unseen("arg3"), unseen("arg4"), unseen("arg5")).
		by(0, 0xffffffff, keyctlForms),

	// Security modules.
	call("landlock_create_ruleset", Fd, inS(landlockRuleset, "attr", cutAt(1)), arg(Size, "size"),
		flags("flags", landlockCreate)).makes(Descriptor, "landlock").always().
		by(2, 0xffffffff, map[uint64]*Call{
			1: form(Int, inS(landlockRuleset, "attr", cutAt(1)), arg(Size, "size"),
				flags("flags", landlockCreate)),
			2: form(Int, inS(landlockRuleset, "attr", cutAt(1)), arg(Size, "size"),
				flags("flags", landlockCreate)),
		}),
	call("landlock_add_rule", Int, arg(Fd, "ruleset_fd"), landlockRule, unseen("rule_attr"),
		arg(Hex, "flags")).
		by(1, 0xffffffff, map[uint64]*Call{
			1: form(Int, arg(Fd, "ruleset_fd"), landlockRule, inS(landlockPath, "rule_attr"),
				arg(Hex, "flags")),
			2: form(Int, arg(Fd, "ruleset_fd"), landlockRule, inS(landlockPort, "rule_attr"),
				arg(Hex, "flags")),
		}),
	call("landlock_restrict_self", Int, arg(Fd, "ruleset_fd"), arg(Hex, "flags")),
	call("lsm_get_self_attr", Int, arg(Uint, "attr"), out(Bytes, "ctx", lengthAt(2)),
		inout(Uint, "size"), arg(Hex, "flags")),
	call("lsm_set_self_attr", Int, arg(Uint, "attr"), in(Bytes, "ctx", counted(2)),
		arg(Uint, "size"), arg(Hex, "flags")),
	call("lsm_list_modules", Int, out(Bytes, "ids", lengthAt(1)), inout(Uint, "size"),
		arg(Hex, "flags")),

	// Measurements.
	call("perf_event_open", Fd, inS(perfAttr, "attr", inside(4)), pid, arg(Int, "cpu"),
		arg(Fd, "group_fd"), flags("flags", perfFlags)).
		makes(Descriptor, "perf_event").cloexec(4, unix.PERF_FLAG_FD_CLOEXEC),
	call("bpf", Int, enum("cmd", bpfCmds), unseen("attr"), arg(Uint, "size")).always().
		by(0, 0xffffffff, map[uint64]*Call{
			unix.BPF_MAP_CREATE: form(Fd, enum("cmd", bpfCmds), inS(bpfMap, "attr", cutAt(2)),
				arg(Uint, "size")),
			unix.BPF_PROG_LOAD: form(Fd, enum("cmd", bpfCmds), inS(bpfProg, "attr", cutAt(2)),
				arg(Uint, "size")),
		}),
	call("uprobe", Long),
	call("uretprobe", Long),

	// Quotas. The low byte of the command is the kind of quota, quotactl(2).
	call("quotactl", Int, quotaCmd, special, arg(Int, "id"), unseen("addr")).
		by(0, 0xffffff00, quotaForms(special)),
	call("quotactl_fd", Int, fd, quotaCmd, arg(Int, "id"), unseen("addr")).
		by(1, 0xffffff00, quotaForms(fd)),

	// The machine.
	call("kexec_load", Long, arg(Addr, "entry"), arg(Ulong, "nr_segments"), unseen("segments"),
		arg(Hex, "flags")),
	call("kexec_file_load", Long, arg(Fd, "kernel_fd"), arg(Fd, "initrd_fd"),
		arg(Ulong, "cmdline_len"), in(String, "cmdline", counted(2)), arg(Hex, "flags")),
	call("iopl", Int, arg(Int, "level")),
	call("ioperm", Int, arg(Hex, "from"), arg(Ulong, "num"), arg(Int, "turn_on")),
	call("modify_ldt", Int, arg(Int, "func"), unseen("ptr"), arg(Ulong, "bytecount")).
		by(0, 0xffffffff, map[uint64]*Call{
			1:    form(Int, arg(Int, "func"), in(Bytes, "ptr", counted(2)), arg(Ulong, "bytecount")),
			0x11: form(Int, arg(Int, "func"), in(Bytes, "ptr", counted(2)), arg(Ulong, "bytecount")),
		}),
	call("sysfs", Int, arg(Int, "option"), unseen("arg1"), unseen("arg2")).
		by(0, 0xffffffff, map[uint64]*Call{
			1: form(Int, arg(Int, "option"), in(String, "fsname")),
			2: form(Int, arg(Int, "option"), arg(Uint, "fs_index"), out(String, "buf")),
			3: form(Int, arg(Int, "option")),
		}),
	call("ustat", Int, arg(Dev, "dev"), unseen("ubuf")),
	call("uselib", Int, in(Path, "library")),
}

var (
	ctxID        = arg(Addr, "ctx_id")
	ioEvents     = outS(ioEvent, "events", filled(2))
	keyctlOp     = enum("operation", keyctlOps)
	landlockRule = enum("rule_type", landlockRules)
	quotaCmd     = flags("cmd", quotaCmds)
	special      = in(Path, "special")
)

// uringExtArg is IORING_ENTER_EXT_ARG: then the last argument but one is a structure.
const uringExtArg = 8

// key is an argument that is a key.
func key(name string) Arg { return Arg{Name: name, Kind: Key, Names: keyrings} }

// keyctlForms are keyctl's operations, keyctl(2). Those that are not here are not looked into.
var keyctlForms = map[uint64]*Call{
	unix.KEYCTL_GET_KEYRING_ID: form(Key, keyctlOp, key("key"), arg(Int, "create")).
		returns(Key, keyrings),
	unix.KEYCTL_JOIN_SESSION_KEYRING: form(Key, keyctlOp, in(String, "name")).returns(Key, keyrings),
	unix.KEYCTL_UPDATE: form(Long, keyctlOp, key("key"), in(Bytes, "payload", counted(3)),
		arg(Size, "plen")),
	unix.KEYCTL_REVOKE: form(Long, keyctlOp, key("key")),
	unix.KEYCTL_CHOWN:  form(Long, keyctlOp, key("key"), arg(Uid, "uid"), arg(Gid, "gid")),
	unix.KEYCTL_SETPERM: form(Long, keyctlOp, key("key"),
		Arg{Name: "perm", Kind: Hex}),
	unix.KEYCTL_DESCRIBE: form(Long, keyctlOp, key("key"), out(String, "buffer", filled(3)),
		arg(Size, "buflen")),
	unix.KEYCTL_CLEAR:  form(Long, keyctlOp, key("keyring")),
	unix.KEYCTL_LINK:   form(Long, keyctlOp, key("key"), key("keyring")),
	unix.KEYCTL_UNLINK: form(Long, keyctlOp, key("key"), key("keyring")),
	unix.KEYCTL_SEARCH: form(Key, keyctlOp, key("keyring"), in(String, "type"),
		in(String, "description"), key("dest_keyring")).returns(Key, keyrings),
	unix.KEYCTL_READ: form(Long, keyctlOp, key("key"), out(Bytes, "buffer", filled(3)),
		arg(Size, "buflen")),
	unix.KEYCTL_INSTANTIATE: form(Long, keyctlOp, key("key"), in(Bytes, "payload", counted(3)),
		arg(Size, "plen"), key("keyring")),
	unix.KEYCTL_NEGATE: form(Long, keyctlOp, key("key"), arg(Uint, "timeout"),
		key("keyring")),
	unix.KEYCTL_SET_REQKEY_KEYRING: form(Long, keyctlOp, arg(Int, "reqkey_defl")),
	unix.KEYCTL_SET_TIMEOUT:        form(Long, keyctlOp, key("key"), arg(Uint, "timeout")),
	unix.KEYCTL_ASSUME_AUTHORITY:   form(Long, keyctlOp, key("key")),
	unix.KEYCTL_GET_SECURITY: form(Long, keyctlOp, key("key"), out(String, "buffer", filled(3)),
		arg(Size, "buflen")),
	unix.KEYCTL_SESSION_TO_PARENT: form(Long, keyctlOp),
	unix.KEYCTL_REJECT: form(Long, keyctlOp, key("key"), arg(Uint, "timeout"), arg(Uint, "error"),
		key("keyring")),
	unix.KEYCTL_INSTANTIATE_IOV: form(Long, keyctlOp, key("key"), inIov("iov", 3), arg(Ulong, "ioc"),
		key("keyring")),
	unix.KEYCTL_INVALIDATE: form(Long, keyctlOp, key("key")),
	unix.KEYCTL_GET_PERSISTENT: form(Key, keyctlOp, arg(Uid, "uid"), key("keyring")).
		returns(Key, keyrings),
	unix.KEYCTL_RESTRICT_KEYRING: form(Long, keyctlOp, key("keyring"), in(String, "type"),
		in(String, "restriction")),
	unix.KEYCTL_MOVE: form(Long, keyctlOp, key("key"), key("from_keyring"), key("to_keyring"),
		flags("flags", keyctlMove)),
	unix.KEYCTL_CAPABILITIES: form(Long, keyctlOp, out(Bytes, "buffer", filled(2)),
		arg(Size, "buflen")),
}

// quotaForms are the commands of quotactl, whose first argument but the command is what, and of
// quotactl_fd, where it stands before it. Those of XFS are not looked into.
func quotaForms(what Arg) map[uint64]*Call {
	command := func(addr ...Arg) *Call {
		args := []Arg{quotaCmd, what, arg(Int, "id")}
		if what.Kind == Fd {
			args = []Arg{what, quotaCmd, arg(Int, "id")}
		}
		return form(Int, append(args, addr...)...)
	}
	return map[uint64]*Call{
		qSync:         command(),
		qQuotaon:      command(in(Path, "addr")),
		qQuotaoff:     command(),
		qGetfmt:       command(out(Uint, "addr")),
		qGetinfo:      command(outS(quotaInfo, "addr")),
		qSetinfo:      command(inS(quotaInfo, "addr")),
		qGetquota:     command(outS(quota, "addr")),
		qSetquota:     command(inS(quota, "addr")),
		qGetnextquota: command(unseen("addr")),
	}
}

// Layouts of <linux/aio_abi.h>, <linux/io_uring.h>, <linux/landlock.h>, <linux/perf_event.h>,
// <linux/bpf.h> and <linux/quota.h>.
var (
	// What an iocb's address is, its operation says.
	iocb = layout("iocb", num(Cookie, "aio_data"), left(num(Uint, "aio_key")),
		named(4, Flags, "aio_rw_flags", rwfFlags), named(2, Enum, "aio_lio_opcode", iocbCmds),
		sized(2, Int, "aio_reqprio"), num(Fd, "aio_fildes"),
		num(Addr, "aio_buf").only("aio_lio_opcode", iocbPread),
		over(leads(In, Bytes, nil, "aio_buf", "aio_nbytes")).only("aio_lio_opcode", iocbPwrite),
		over(named(8, Flags, "aio_buf", pollEvents)).only("aio_lio_opcode", iocbPoll),
		over(leads(In, Struct, iovec, "aio_buf", "aio_nbytes")).only("aio_lio_opcode", iocbPreadv),
		over(leads(In, Iovec, iovec, "aio_buf", "aio_nbytes")).only("aio_lio_opcode", iocbPwritev),
		num(Ulong, "aio_nbytes"), num(Offset, "aio_offset"), pad(8), num(Uint, "aio_flags"),
		num(Fd, "aio_resfd").any("aio_flags", iocbResfd))
	ioEvent = layout("io_event", num(Cookie, "data"), num(Addr, "obj"), num(Long, "res"),
		num(Long, "res2"))
	uringParams = layout("io_uring_params", left(num(Uint, "sq_entries")),
		num(Uint, "cq_entries").any("flags", uringCQSize),
		named(4, Flags, "flags", uringSetup), num(Uint, "sq_thread_cpu").any("flags", uringSQAff),
		num(Uint, "sq_thread_idle").any("flags", uringSQPoll), pad(4),
		num(Fd, "wq_fd").any("flags", uringAttachWQ), pad(92))

	landlockRuleset = layout("landlock_ruleset_attr", named(8, Flags, "handled_access_fs", landlockFS),
		named(8, Flags, "handled_access_net", landlockNet), named(8, Flags, "scoped", landlockScopes))
	landlockPath = packed("landlock_path_beneath_attr", named(8, Flags, "allowed_access", landlockFS),
		num(Fd, "parent_fd"))
	landlockPort = layout("landlock_net_port_attr", named(8, Flags, "allowed_access", landlockNet),
		num(Ulong, "port"))

	// perfAttr's flags are bit fields, of which C has no offset.
	perfAttr = layout("perf_event_attr", num(Uint, "type"), num(Uint, "size"), num(Hex, "config"),
		num(Ulong, "sample_period"), num(Hex, "sample_type"), num(Hex, "read_format"),
		num(Hex, "flags"), num(Uint, "wakeup_events"), num(Uint, "bp_type"), num(Cookie, "config1"),
		num(Cookie, "config2"), num(Hex, "branch_sample_type"), num(Hex, "sample_regs_user"),
		num(Uint, "sample_stack_user"), num(Int, "clockid"), num(Hex, "sample_regs_intr"),
		num(Uint, "aux_watermark"), num(Ushort, "sample_max_stack"), pad(2),
		num(Uint, "aux_sample_size"), pad(4), num(Cookie, "sig_data"))

	// bpf_attr is a union, of which each command has its part.
	bpfMap = layout("bpf_attr", num(Uint, "map_type"), num(Uint, "key_size"), num(Uint, "value_size"),
		num(Uint, "max_entries"), sized(4, Hex, "map_flags"), num(Fd, "inner_map_fd"),
		num(Uint, "numa_node"), sized(16, String, "map_name"))
	bpfProg = layout("bpf_attr", num(Uint, "prog_type"), num(Uint, "insn_cnt"),
		leads(In, Struct, bpfInsn, "insns", "insn_cnt"), leads(In, String, nil, "license", ""),
		num(Uint, "log_level"), num(Uint, "log_size"), num(Addr, "log_buf"), num(Uint, "kern_version"),
		sized(4, Hex, "prog_flags"), sized(16, String, "prog_name"))
	bpfInsn = layout("bpf_insn", sized(1, Hex, "code"), sized(1, Hex, "regs"), sized(2, Int, "off"),
		num(Int, "imm"))

	quotaInfo = layout("if_dqinfo", num(Ulong, "dqi_bgrace"), num(Ulong, "dqi_igrace"),
		sized(4, Hex, "dqi_flags"), sized(4, Hex, "dqi_valid"))
	quota = layout("if_dqblk", num(Ulong, "dqb_bhardlimit"), num(Ulong, "dqb_bsoftlimit"),
		left(num(Ulong, "dqb_curspace")), num(Ulong, "dqb_ihardlimit"), num(Ulong, "dqb_isoftlimit"),
		left(num(Ulong, "dqb_curinodes")), num(Time, "dqb_btime"), num(Time, "dqb_itime"),
		sized(4, Hex, "dqb_valid"))
)

// Values that decide what else in a structure counts.
const (
	iocbPread, iocbPwrite, iocbPoll, iocbPreadv, iocbPwritev = 0, 1, 5, 7, 8
	iocbResfd                                                = 1

	uringSQPoll, uringSQAff, uringCQSize, uringAttachWQ = 2, 4, 8, 0x20
)
