package trace

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestGivesPrivilege: whose file gives more than its user has.
func TestGivesPrivilege(t *testing.T) {
	const user, group = 1000, 100
	for _, c := range []struct {
		name                 string
		mode, uid, gid       uint32
		capabilities, nosuid bool
		want                 bool
	}{
		{name: "any program", mode: 0o755},
		{name: "setuid root", mode: 0o4755, want: true},
		{name: "setuid, its own", mode: 0o4755, uid: user},
		{name: "setgid", mode: 0o2755, gid: 5, want: true},
		{name: "setgid, its own", mode: 0o2755, gid: group},
		{name: "setgid of what the group can't execute: mandatory locks", mode: 0o2745, gid: 5},
		{name: "capabilities", mode: 0o755, capabilities: true, want: true},
		{name: "where no file gives any", mode: 0o4755, capabilities: true, nosuid: true},
	} {
		file := &unix.Stat_t{Mode: c.mode, Uid: c.uid, Gid: c.gid}
		if got := givesPrivilege(file, user, group, c.capabilities, c.nosuid); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
