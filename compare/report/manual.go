package report

import (
	"strings"

	"paritykit/compare/abi"
)

// manual is the page of the manual that documents a call, "read(2)", and the command that shows it;
// nothing for what is no call, or none that has a name. Section 2 has a page for nearly every call
// under the kernel's name, too, but a reader of C knows most by the C library's.
func manual(name string) (page, command string) {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
		if strings.HasPrefix(name, "SIG") && ident(name) == name {
			return "signal(7)", "man 7 signal"
		}
		return "", ""
	}
	if name == "notify" { // which stands for Go's signal.Notify
		return "sigaction(2)", "man 2 sigaction"
	}
	page = abi.Manual(name)
	return page + "(2)", "man 2 " + page
}
