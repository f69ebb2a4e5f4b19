package trace

import (
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// notePrivilege notes a program that has just been executed if outside it would have got privileges
// that it lacks here: those of its file's owner or group, or the capabilities that its file has. A
// process that may not gain any, see mayFilter, executes such a file as any other.
func (s *Supervisor) notePrivilege(p *Process) {
	if mayFilter() {
		return
	}
	exe := fmt.Sprintf("/proc/%d/exe", p.PID)
	var file, own unix.Stat_t
	var mount unix.Statfs_t
	if unix.Stat(exe, &file) != nil || unix.Statfs(exe, &mount) != nil || unix.Stat(fmt.Sprintf("/proc/%d", p.PID), &own) != nil {
		return
	}
	capabilities, _ := unix.Getxattr(exe, "security.capability", nil)
	if givesPrivilege(&file, own.Uid, own.Gid, capabilities > 0, mount.Flags&unix.ST_NOSUID != 0) {
		if path, err := os.Readlink(exe); err == nil && !slices.Contains(s.trace.Deprived, path) {
			s.trace.Deprived = append(s.trace.Deprived, path)
		}
	}
}

// givesPrivilege reports whether execve(2) gives who executes a file more privileges than a user
// and a group have.
func givesPrivilege(file *unix.Stat_t, uid, gid uint32, capabilities, nosuid bool) bool {
	switch {
	case nosuid:
		return false
	case file.Mode&unix.S_ISUID != 0 && file.Uid != uid:
		return true
	case file.Mode&unix.S_ISGID != 0 && file.Mode&unix.S_IXGRP != 0 && file.Gid != gid:
		return true
	}
	return capabilities && uid != 0
}
