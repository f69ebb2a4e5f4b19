package abi

import "testing"

// What the tables say of a call must fit its signature: what it makes its result or an argument
// holds, and its flags stand where there are flags.
func TestTraits(t *testing.T) {
	everyForm(func(c *Call) {
		has := func(fits func(a *Arg) bool) bool {
			for i := range c.Args {
				if fits(&c.Args[i]) {
					return true
				}
			}
			return false
		}
		switch c.Makes {
		case Descriptor, File, Copy, Connection:
			if c.Result != Fd {
				t.Errorf("%s makes a descriptor, which is not its result", c.signature())
			}
		case IPC:
			if c.Object == "" || c.Result != SemID && c.Result != ShmID && c.Result != MsgID {
				t.Errorf("%s makes an IPC object, which is not its result", c.signature())
			}
		case Pipe, Pair:
			if !has(func(a *Arg) bool { return a.Kind == Fd && a.When == Out && a.Len.N == 2 }) {
				t.Errorf("%s makes a pair, which no argument holds", c.signature())
			}
		case Passed:
			if !has(func(a *Arg) bool { return a.Kind == Msghdr && a.When == Out }) {
				t.Errorf("%s receives descriptors, which no argument holds", c.signature())
			}
		}
		if c.Result == Fd && c.Makes == Nothing {
			t.Errorf("%s returns a descriptor and makes none", c.signature())
		}
		if c.Makes == File && !has(func(a *Arg) bool { return a.Kind == Path }) {
			t.Errorf("%s opens a file without a path", c.signature())
		}
		i, ok := c.Flags.Arg()
		switch {
		case ok && i >= len(c.Args):
			t.Errorf("%s has its flags in argument %d", c.signature(), i)
		case ok && c.Args[i].Kind == Struct && c.Args[i].Struct.Fields[0].Kind != Flags,
			ok && c.Args[i].Kind != Struct && c.Args[i].Kind != Flags:
			t.Errorf("%s has its flags in %s, which is none", c.signature(), c.Args[i].Name)
		case !ok && c.Cloexec != 0 && c.Cloexec != Always:
			t.Errorf("%s has a flag for close-on-exec and no flags", c.signature())
		}
		if c.Like != "" && byName[c.Like] == nil {
			t.Errorf("%s is like %s, which is no call", c.signature(), c.Like)
		}
	})
}

// A call that makes a descriptor says when that is closed by execve(2), but for those that are
// older than such flags.
func TestCloexec(t *testing.T) {
	old := map[string]bool{"accept": true, "creat": true, "dup": true, "dup2": true,
		"epoll_create": true, "eventfd": true, "inotify_init": true, "pipe": true,
		"signalfd": true}
	everyForm(func(c *Call) {
		made := c.Makes != Nothing && c.Makes != Task && c.Makes != IPC && c.Makes != Mapping && c.Name != "fcntl"
		if made && (c.Cloexec == 0) != old[c.Name] {
			t.Errorf("%s says %#x of close-on-exec", c.signature(), c.Cloexec)
		}
	})
}
