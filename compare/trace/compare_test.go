package trace_test

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

// comparison holds two testimonies of two runs of one program against each other: ours and
// strace's. What is chance (process ids, inode numbers, ports that the kernel chose) has to
// correspond one to one; everything else has to be equal, but for what is listed.
type comparison struct {
	ours, theirs map[string]string // chance: by kind and number, the other one's
	listed       []writing         // differences in how something is written
	used         map[*writing]int
	problems     []string
	events       int
	where        string
	random       bool            // what is being compared comes from the kernel's random numbers
	sources      map[string]bool // processes and descriptors that give some
}

func newComparison(listed []writing) *comparison {
	return &comparison{ours: map[string]string{}, theirs: map[string]string{}, listed: listed, used: map[*writing]int{}, sources: map[string]bool{}}
}

// writing is a difference in how something is written and not in what is known of it: where, how,
// and why. The three are regular expressions that match all of the text.
type writing struct{ path, ours, theirs, why string }

func (w *writing) match(path, ours, theirs string) bool {
	for _, m := range [][2]string{{w.path, path}, {w.ours, ours}, {w.theirs, theirs}} {
		if !regexp.MustCompile("^(?s:" + m[0] + ")$").MatchString(m[1]) {
			return false
		}
	}
	return true
}

func (c *comparison) problem(format string, args ...any) {
	c.problems = append(c.problems, c.where+": "+fmt.Sprintf(format, args...))
}

// differ notes a difference at a path, "call.argument" or "structure.field".
func (c *comparison) differ(path, ours, theirs string) {
	if onStack(ours, theirs) {
		return
	}
	for i := range c.listed {
		if w := &c.listed[i]; w.match(path, ours, theirs) {
			c.used[w]++
			return
		}
	}
	c.problem("%s is %.300s, strace has %.300s", path, ours, theirs)
}

// same reports whether two numbers of one kind of chance correspond.
func (c *comparison) same(kind, x, y string) bool {
	x, y = kind+x, kind+y
	if c.ours[x] == "" && c.theirs[y] == "" {
		c.ours[x], c.theirs[y] = y, x
	}
	return c.ours[x] == y && c.theirs[y] == x
}

func (c *comparison) compare(ours, theirs testimony) {
	names := maps.Clone(ours)
	maps.Copy(names, theirs)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c.where = name
		x, y := ours[name], theirs[name]
		for i := range min(len(x), len(y)) {
			c.where = fmt.Sprintf("%s, event %d: %s", name, i+1, x[i].what())
			if x[i].what() != y[i].what() {
				c.problem("we saw %.200s, strace saw %.200s", x[i], y[i])
				break
			}
			c.events++
			c.event(x[i], y[i])
		}
		switch {
		case len(x) > len(y):
			c.problem("strace did not see %.200s", x[len(y)])
		case len(y) > len(x):
			c.problem("we did not see %.200s", y[len(x)])
		}
	}
}

func (c *comparison) event(x, y *seen) {
	if x.call == "" {
		if x.sender != 0 && y.sender != 0 && !c.same("pid", fmt.Sprint(x.sender), fmt.Sprint(y.sender)) {
			c.problem("sent by %d, strace has %d", x.sender, y.sender)
		}
		return
	}
	sig := abi.Lookup(x.event.Nr).For(&x.event.Args)
	c.result(sig, x, y)
	if len(x.args) > 1 {
		thread, _, _ := strings.Cut(c.where, ",")
		c.random = sig.Name == "read" && c.sources[thread+x.args[0].text]
		if sig.Name == "openat" {
			c.sources[thread+x.result] = strings.HasSuffix(x.args[1].text, `random"`)
		}
	}
	if y.result == "?" && x.call != "exit_group" && x.call != "exit" {
		return // strace does not know all arguments: some it only reads at the exit
	}
	args := translated(sig, x, y)
	for i := range sig.Args {
		a := &sig.Args[i]
		if set := x.event.Find(i, abi.In); a.Kind == abi.FdSet && set != nil && i < len(y.args) { // as it was at the entry
			c.value(sig.Name+"."+a.Name, abi.FdSet, nil, false, bits(set.Bytes), y.args[i].value)
		}
		if i >= len(args) {
			c.differ(sig.Name+"."+a.Name, x.args[i].text, "nothing")
			continue
		}
		c.argument(sig, a, i, x, args[i].value)
	}
	for _, extra := range args[min(len(sig.Args), len(args)):] {
		c.differ(sig.Name+".", "nothing", extra.String())
	}
}

func (c *comparison) result(sig *abi.Call, x, y *seen) {
	switch {
	case x.result == y.result:
	case sig.Result == abi.Pid && c.same("pid", x.result, y.result):
	case sig.Result == abi.Time, sig.Name == "restart_syscall":
	case sig.Name == "rt_sigreturn" && c.same("pid", x.result, y.result): // no result, but the one that the handler came after
	case equalNumbers(x.result, y.result):
	case ipcID.MatchString(sig.Name+"=") && c.same("ipc", x.result, y.result):
	default:
		c.differ(sig.Name+"=", x.result, y.result)
	}
	if sig.Result == abi.Pid {
		c.same("pid", x.result, y.result)
	}
}

// argument compares one argument.
func (c *comparison) argument(sig *abi.Call, a *abi.Arg, i int, x *seen, theirs value) {
	path, text := sig.Name+"."+a.Name, x.args[i].text
	isAddress := theirs.kind == 'w' && theirs.text != "NULL" && number.MatchString(theirs.text)
	switch {
	case text == "" && a.When != abi.Value: // nothing came
		if addr := fmt.Sprint(int64(x.event.Args[i])); !(isAddress && theirs.text == addr) && theirs.String() != "[]" && theirs.text != `""` {
			c.differ(path, "at "+addr, theirs.String())
		}
		return
	case strings.Contains(text, "bad address") && isAddress:
		if addr := fmt.Sprint(int64(x.event.Args[i])); addr != theirs.text {
			c.differ(path, addr, theirs.text)
		}
		return
	case text == "NULL" && (theirs.text == "0" || theirs.text == "NULL"):
		return
	case theirs.kind == '"' && strings.HasSuffix(theirs.text, "..."): // strace wrote only the beginning down
		m := x.event.Find(i, abi.In|abi.Out&a.When)
		if m == nil {
			m = x.event.Find(i, a.When)
		}
		if m == nil || !strings.HasPrefix(string(m.Bytes), theirs.raw) {
			c.differ(path, text, theirs.String())
		}
		return
	case a.Name == "envp" && a.Kind == abi.Strings:
		var env strings.Builder
		for _, v := range theirs.list {
			env.WriteString(v.raw + "\x00")
		}
		if m := x.event.Find(i, abi.In); m == nil || string(m.Bytes) != env.String() {
			c.differ(path, text, theirs.String())
		}
		return
	}
	if a.Kind == abi.Status {
		text = strings.ReplaceAll(text, " ", "_")
	}
	ours := (&reader{text: text}).value()
	if theirs.kind == '[' && len(theirs.list) == 1 && ours.kind != '[' {
		theirs = theirs.list[0] // what a pointer points at
	}
	if entry := x.event.Find(i, abi.In); a.When == abi.InOut && a.Kind == abi.Offset && entry != nil {
		// Strace reads it at the entry only.
		ours = word(fmt.Sprint(int64(binary.NativeEndian.Uint64(entry.Bytes))))
	}
	c.value(path, a.Kind, a.Struct, a.When&abi.Out != 0, ours, theirs)
}

// stackInMaps is the stack's line in /proc/PID/maps.
var stackInMaps = regexp.MustCompile(`[0-9a-f]+(-[0-9a-f]+ rw-p 00000000 00:00 0 +\[stack\])`)

// onStack reports whether both are the address of one thing on a program's first stack, which
// begins lower here, see Headroom.
func onStack(ours, theirs string) bool {
	if stackInMaps.MatchString(ours) { // how far it reaches
		return stackInMaps.ReplaceAllString(ours, "") == stackInMaps.ReplaceAllString(theirs, "")
	}
	const top, size = 1<<47 - 4096, 8 << 20
	a, errA := strconv.ParseInt(strings.TrimPrefix(ours, "at "), 10, 64)
	b, errB := strconv.ParseInt(theirs, 10, 64)
	return errA == nil && errB == nil && b-a == trace.Headroom && b < top && b > top-size
}

// value compares two values of a kind.
func (c *comparison) value(path string, kind abi.Kind, layout *abi.Layout, out bool, ours, theirs value) {
	switch {
	case kind == abi.FdSet && len(ours.fields) == 0 && len(ours.list) == 0 && theirs.kind == '[' && len(theirs.list) == 0:
	case ours.kind == '{' && theirs.kind == '{':
		if out && layout != nil && clocked[layout.Name] && sameTime(path, ours, theirs) {
			return
		}
		c.structure(kind, layout, out, ours, theirs)
	case ours.kind == '[' && theirs.kind == '[':
		if len(ours.list) != len(theirs.list) || ours.text != theirs.text {
			c.differ(path, ours.String(), theirs.String())
			return
		}
		for i := range ours.list {
			c.value(path, kind, layout, out, ours.list[i], theirs.list[i])
		}
	case ours.kind != theirs.kind:
		c.differ(path, ours.String(), theirs.String())
	case ours.text == theirs.text && kind != abi.Pid:
	case kind == abi.Pid:
		if !c.pid(ours.text, theirs.text) {
			c.differ(path, ours.text, theirs.text)
		}
	case kind == abi.Inode && !strings.HasPrefix(path, "statfs.") && c.same("inode", ours.text, theirs.text):
	case kind == abi.Dev && c.same("device", ours.text, theirs.text):
	case kind == abi.Uint && path == "futex.val" && c.same("pid", ours.text, theirs.text): // the word that a thread's end clears
	case path == "getcpu.cpu":
	case ipcID.MatchString(path) && c.same("ipc", ours.text, theirs.text):
	case strings.Contains(theirs.text, "/") && slices.Contains(strings.Split(theirs.text, "/"), ours.text): // two requests of one number
	case futexNames(ours.text) == theirs.text:
	case kind == abi.Port && c.same("port", ours.text, theirs.text):
	case kind == abi.Time && out && !strings.HasPrefix(path, "timespec.") && !strings.HasPrefix(path, "statx_"):
	case kind == abi.Bytes && (strings.HasPrefix(path, "getrandom.") || c.random):
	case ours.kind == 'w' && equalNumbers(ours.text, theirs.text):
	default:
		c.differ(path, ours.String(), theirs.String())
	}
}

// ipcID are the places of identifiers of System V's shared objects.
var ipcID = regexp.MustCompile(`^(shm|sem|msg)get=$|\.(shmid|semid|msqid)$`)

// futexNames joins the flag that the header has names of its own for: FUTEX_WAIT_PRIVATE.
func futexNames(text string) string {
	ops := strings.Split(text, "|")
	if i := slices.Index(ops, "FUTEX_PRIVATE_FLAG"); i >= 0 && len(ops) == 2 {
		return ops[1-i] + "_PRIVATE"
	}
	return text
}

// pid compares process ids. Of a group the id is negated; 0 and -1 are none.
func (c *comparison) pid(x, y string) bool {
	if chosen := []string{"0", "-1"}; slices.Contains(chosen, x) || slices.Contains(chosen, y) {
		return x == y
	}
	a, okA := strings.CutPrefix(x, "-")
	b, okB := strings.CutPrefix(y, "-")
	return okA == okB && c.same("pid", a, b)
}

// equalNumbers reports whether two numbers are one, if 32 bits of it count: strace writes some as
// unsigned that are signed.
func equalNumbers(x, y string) bool {
	a, errA := strconv.ParseInt(x, 10, 64)
	b, errB := strconv.ParseInt(y, 10, 64)
	small := func(n int64) bool { return -1<<31 <= n && n < 1<<32 }
	return errA == nil && errB == nil && (a == b || small(a) && small(b) && int32(a) == int32(b))
}

// clocked are the structures of seconds and a fraction that the kernel fills.
var clocked = map[string]bool{"timespec": true, "timeval": true, "statx_timestamp": true}

// sameTime reports whether two times that the kernel gave may be one. A file's are the same, or
// both of them after 2001: tests set earlier ones. Of all others nothing can be said: they are what
// is left of a span.
func sameTime(path string, ours, theirs value) bool {
	const y2001 = 1_000_000_000
	seconds := func(v value) int {
		n, _ := strconv.Atoi(v.fields[0].text)
		return n
	}
	return !strings.HasPrefix(path, "stat") || seconds(ours) > y2001 && seconds(theirs) > y2001 || ours.String() == theirs.String()
}

// structure compares the fields of a structure.
func (c *comparison) structure(kind abi.Kind, layout *abi.Layout, out bool, ours, theirs value) {
	if kind == abi.Sockaddr && len(ours.fields) > 0 {
		family, _, _ := strings.Cut(ours.fields[0].name, "_")
		layout = map[string]*abi.Layout{"sin": abi.SockaddrOf(2), "sin6": abi.SockaddrOf(10), "sun": abi.SockaddrOf(1), "nl": abi.SockaddrOf(16)}[family]
	}
	if layout == nil {
		layout = &abi.Layout{Name: "?"}
	}
	theirs = fieldsOf(layout, theirs)
	for _, f := range ours.fields {
		path := layout.Name + "." + f.name
		g, l := theirs.field(f.name), layout.Field(f.name)
		switch {
		case l == nil:
			c.problem("%s: no such field", path)
		case g == nil:
			c.differ(path, f.String(), "nothing")
		case measured[layout.Name]:
		default:
			c.value(path, l.Kind, l.Struct, out, f.value, *g)
		}
	}
	for _, g := range theirs.fields {
		if ours.field(g.name) == nil {
			c.differ(layout.Name+"."+g.name, "nothing", g.String())
		}
	}
}

// measured are structures that hold nothing but what differs from run to run.
var measured = map[string]bool{"rusage": true, "sysinfo": true, "tms": true}

// fieldsOf gives the fields of strace's structures the shape that the kernel's have.
func fieldsOf(layout *abi.Layout, v value) value {
	var fields []field
	add := func(name string, v value) { fields = append(fields, field{name, v}) }
	for _, f := range v.fields {
		base, fraction := strings.CutSuffix(f.name, "time_nsec")
		seconds := v.field(f.name + "_nsec")
		switch {
		case f.name == "sa_family" && len(layout.Fields) > 0:
			add(layout.Fields[0].Name, f.value)
		case f.name == "sin6_addr":
			ip, _ := netip.ParseAddr(f.raw)
			b := ip.As16()
			add(f.name, word(fmt.Sprintf("%x", b[:])))
		case f.name == "sun_path":
			add(f.name, f.value)
		case layout.Name == "stat" && fraction && v.field(base+"time") != nil:
		case layout.Name == "stat" && seconds != nil:
			add(strings.TrimSuffix(f.name, "e"), value{kind: '{', fields: []field{{"tv_sec", f.value}, {"tv_nsec", *seconds}}})
		case f.name == "data" && f.field("u64") != nil:
			add(f.name, *f.field("u64"))
		case f.name == "c_cc" && f.kind == '[':
			var b []byte
			for _, e := range f.list {
				n, _ := strconv.Atoi(e.text)
				b = append(b, byte(n))
			}
			add(f.name, quoted(string(b)))
		case f.name == "c_oflag": // strace also names delays that are none
			add(f.name, word(plainWord(noDelay.ReplaceAllString(f.text, "0"))))
		case f.name == "f_fsid" && f.field("val") != nil:
			low, _ := strconv.Atoi(f.field("val").list[0].text)
			high, _ := strconv.Atoi(f.field("val").list[1].text)
			add(f.name, word(fmt.Sprint(int64(high)<<32|int64(low))))
		case f.name == "loads":
			for i, e := range f.list {
				add(fmt.Sprintf("loads[%d]", i), e)
			}
		case f.kind == '[' && layout.Field(f.name) != nil && layout.Field(f.name).Kind == abi.Sigset:
			add(f.name, prefixed(f.value))
		default:
			fields = append(fields, f)
		}
	}
	v.fields = fields
	return v
}

var noDelay = regexp.MustCompile(`\b(NL|CR|TAB|BS|VT|FF)0\b`)

// prefixed writes a set of signals with their whole names.
func prefixed(v value) value {
	v.list = slices.Clone(v.list)
	for i := range v.list {
		v.list[i].text = "SIG" + v.list[i].text
	}
	return v
}

// translated are strace's arguments in the form of ours: in the kernel's order, and in the kinds
// that canon writes.
func translated(sig *abi.Call, x, y *seen) []field {
	args := slices.Clone(y.args)
	if sig.Name == "restart_syscall" {
		return nil // strace says which call goes on; canon finds that out
	}
	if sig.Name == "clone" {
		names := map[string]string{"child_stack": "stack", "flags": "flags", "parent_tid": "parent_tid", "child_tidptr": "child_tid", "tls": "tls"}
		byName := map[string]value{}
		for _, f := range args {
			byName[names[f.name]] = f.value
		}
		args = nil
		for _, a := range sig.Args {
			args = append(args, field{a.Name, byName[a.Name]})
		}
	}
	for i := range sig.Args {
		if sig.Args[i].Kind == abi.None { // strace leaves these out
			args = slices.Insert(args, min(i, len(args)), field{value: word(plainWord(x.args[i].text))})
		}
	}
	for i := range min(len(args), len(sig.Args)) {
		a, v := &sig.Args[i], &args[i].value
		switch a.Kind {
		case abi.Sigset:
			if set := v.field("sigmask"); set != nil {
				*v = *set
			}
			*v = prefixed(*v)
		case abi.Iovec:
			if v.kind == '[' {
				*v = quoted(joined(*v))
			}
		case abi.Msghdr:
			*v = message(*v)
		case abi.Dirents:
			if v.kind == '[' {
				*v = direntNames(*v)
			}
		case abi.FdSet:
			*v = fdSet(a.Name, *v, y)
		}
		if text := v.field("mtext"); text != nil {
			*v = posted(*v.field("mtype"), text.raw, y)
		}
		if a.Struct != nil && a.Struct.Name == "pollfd" && v.kind == '[' {
			*v = polled(*v, y)
		}
	}
	return args
}

// joined are the bytes of an iovec's buffers.
func joined(v value) string {
	var b strings.Builder
	for _, e := range v.list {
		if base := e.field("iov_base"); base != nil {
			b.WriteString(base.raw)
		}
	}
	return b.String()
}

// message is what one or more messages say.
func message(v value) value {
	list := []value{v}
	if v.kind == '[' {
		list = v.list
	}
	text := ""
	for _, m := range list {
		if hdr := m.field("msg_hdr"); hdr != nil {
			m = *hdr
		}
		if iov := m.field("msg_iov"); iov != nil {
			text += joined(*iov)
		} else {
			return v
		}
	}
	return quoted(text)
}

// posted are the bytes of a message of msgsnd(2): its type and its text. Of one that is received
// strace writes as much text as there would be room for.
func posted(mtype value, text string, y *seen) value {
	kind, _ := strconv.ParseInt(mtype.text, 10, 64)
	if n, err := strconv.Atoi(y.result); err == nil && y.call == "msgrcv" {
		text = text[:min(n, len(text))]
	}
	return quoted(string(binary.LittleEndian.AppendUint64(nil, uint64(kind))) + text)
}

func direntNames(v value) value {
	var names []value
	for _, e := range v.list {
		if name := e.field("d_name"); name != nil {
			names = append(names, *name)
		}
	}
	slices.SortFunc(names, func(a, b value) int { return cmp.Compare(a.text, b.text) })
	return value{kind: '[', list: names}
}

// fdSet is what a set was when select returned. Strace names only those that are not empty: "2 (in
// [3 4], left {…})".
func fdSet(name string, v value, y *seen) value {
	if v.kind == 'w' || y.result == "?" || strings.HasPrefix(y.result, "E") {
		return v
	}
	name = map[string]string{"readfds": "in ", "writefds": "out ", "exceptfds": "except "}[name]
	for rest := y.suffix; rest != ""; rest = rest[1:] {
		if strings.HasPrefix(rest, name+"[") {
			return (&reader{text: rest[len(name):], strace: true}).value()
		}
	}
	return value{kind: '['}
}

// bits is the set of descriptors in a bitmap.
func bits(b []byte) value {
	v := value{kind: '['}
	for n := range 8 * len(b) {
		if b[n/8]>>(n%8)&1 != 0 {
			v.list = append(v.list, word(fmt.Sprint(n)))
		}
	}
	return v
}

// polled puts what came of each descriptor to what was asked: strace writes only what came, "1
// ([{fd=3, revents=POLLIN}])".
func polled(v value, y *seen) value {
	var came value
	if strings.HasPrefix(y.suffix, "[") {
		came = (&reader{text: y.suffix, strace: true}).value()
	}
	v.list = slices.Clone(v.list)
	for i := range v.list {
		revents := word("0")
		if len(came.list) > 0 && came.list[0].field("fd").text == v.list[i].field("fd").text {
			revents = *came.list[0].field("revents")
			came.list = came.list[1:]
		}
		if number.MatchString(y.result) {
			v.list[i].fields = append(slices.Clone(v.list[i].fields), field{"revents", revents})
		}
	}
	return v
}
