package canon

import (
	"slices"
	"strings"

	"paritykit/compare/abi"
)

// awaits says what a call that has not returned waits for: who could do what lets it go on, as
// things stand at the end of the run.
func (c *maker) awaits(p *Process, call *pending) string {
	switch call.sig.Waits {
	case abi.ForChild:
		var children []string
		for _, q := range c.run.Processes {
			if c.tree.parents[q.pid] == p.pid && q.Status == "" && q.Name != "" {
				children = append(children, q.Name)
			}
		}
		return anyOf(children, "to end")
	case abi.ForConnection:
		return "for somebody to connect"
	case abi.ForSignal:
		return "for a signal"
	}
	_, fd, _ := p.named(call)
	does := ""
	switch i, _ := call.first(abi.Fd, abi.Value); {
	case i < 0:
	case call.sig.Args[i].Use == abi.Takes:
		does = "to write"
	case call.sig.Args[i].Use == abi.Puts:
		does = "to read"
	}
	if does == "" {
		return ""
	}
	switch o := fd.object; {
	case o == nil:
	case fd.end != "":
		return c.havers(p, o, fd.peer(), does)
	case o.kind == "conn" && o.link != nil:
		return c.havers(p, o.link.socket, "", does)
	case o.link != nil && o.link.peer != nil:
		return c.havers(p, o.link.peer, "", does)
	case o.link != nil:
		return "for somebody to accept"
	case o.kind == "stdin":
		return "for input"
	}
	return ""
}

// havers are those who have an end of an object open, and could do something with it.
func (c *maker) havers(p *Process, o *object, end, does string) string {
	var names []string
	for _, q := range c.run.Processes {
		if q != p && q.Status == "" && q.Name != "" && q.has(o, end, -1) {
			names = append(names, q.Name)
		}
	}
	slices.SortFunc(names, byName)
	if p.has(o, end, -1) {
		names = append(names, "itself") // which waits
	}
	return anyOf(names, does)
}

func anyOf(names []string, does string) string {
	if len(names) == 0 {
		return ""
	}
	return "for " + strings.Join(names, " or ") + " " + does
}
