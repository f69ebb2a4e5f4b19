package abi

// commonNumbers are the calls that came with Linux 5.1 and later: since then a new call has the
// same number on every architecture.
var commonNumbers = [...]string{
	424: "pidfd_send_signal", "io_uring_setup", "io_uring_enter", "io_uring_register", "open_tree", "move_mount",
	430: "fsopen", "fsconfig", "fsmount", "fspick", "pidfd_open", "clone3", "close_range", "openat2", "pidfd_getfd",
	439: "faccessat2",
	440: "process_madvise", "epoll_pwait2", "mount_setattr", "quotactl_fd", "landlock_create_ruleset",
	445: "landlock_add_rule", "landlock_restrict_self", "memfd_secret", "process_mrelease", "futex_waitv",
	450: "set_mempolicy_home_node", "cachestat", "fchmodat2", "map_shadow_stack", "futex_wake", "futex_wait",
	456: "futex_requeue", "statmount", "listmount", "lsm_get_self_attr",
	460: "lsm_set_self_attr", "lsm_list_modules", "mseal", "setxattrat", "getxattrat", "listxattrat", "removexattrat",
	467: "open_tree_attr", "file_getattr", "file_setattr",
	470: "listns", "rseq_slice_yield",
}
