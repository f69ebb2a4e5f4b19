package trace_test

import (
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"paritykit/compare/trace"
)

// longest is how many bytes of a buffer strace is asked to write down.
const longest = 1 << 17

// program is one that both watch, each in a directory of its own making.
type program struct {
	name  string
	args  []string
	files map[string]string // what is in its directory, by name
	input string
	only  string // what is compared, of how it is written: a regular expression
	mixed bool   // its threads are one sequence: which of them does something is chance
	serve func(net.Conn)
}

// TestOracle holds the record of a run against what strace says of another run of the same program:
// the same processes and threads, each with the same calls in the same order, with the same
// arguments, bytes, structures and results, in numbers and in names.
//
// Of a C program every call is compared, the loader's included, and every argument; addresses are
// the same in both runs because neither is randomised. Of a Go program the runtime's calls differ
// at every run, in number too. Compared is what the programs are about and the runtime does not do
// by itself: processes, pipes, and the messages that are written and read. That's less than package
// canon compares, which asks each call's stack who wanted it; but strace has no stacks of Go
// programs.
func TestOracle(t *testing.T) {
	needTools(t, "strace")
	var mu sync.Mutex
	used, events, ran, all := map[*writing]int{}, 0, 0, programs(t)
	t.Run("programs", func(t *testing.T) {
		for _, p := range all {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				needTools(t, p.args[0])
				ours, log := p.watch(t)
				c := newComparison(writings)
				c.compare(ours, parseStrace(t, log, &p))
				for i, problem := range c.problems {
					if i == 2000 {
						t.Errorf("and %d more", len(c.problems)-i)
						break
					}
					t.Error(problem)
				}
				if len(ours["P"]) < 4 {
					t.Errorf("too little to compare: %d events", len(ours["P"]))
				}
				mu.Lock()
				defer mu.Unlock()
				events += c.events
				ran++
				for w, n := range c.used {
					used[w] += n
				}
			})
		}
	})
	t.Logf("%d events of %d programs were compared", events, ran)
	if t.Failed() || ran < len(all) {
		return
	}
	for i := range writings {
		if w := &writings[i]; used[w] == 0 {
			t.Errorf("%s, %s against %s: is listed, and did not occur", w.path, w.ours, w.theirs)
		}
	}
}

// needTools skips the test where a tool is missing; where all are expected that is an error.
func needTools(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			how := "no " + name + "; run: scripts/setup test"
			if os.Getenv("CI") == "true" {
				t.Fatal(how)
			}
			t.Skip(how)
		}
	}
}

// watch runs a program twice, under strace and under our tracer, in directories that are alike in
// everything: they have one name.
func (p *program) watch(t *testing.T) (ours testimony, log string) {
	t.Helper()
	cmd := trace.Marked(p.args...)
	cmd.Env = append(cmd.Env, "PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1", "PERL_HASH_SEED=0")
	cmd.Dir = filepath.Join(t.TempDir(), "work")
	if p.serve != nil {
		cmd.Args = append(slices.Clone(cmd.Args), serve(t, p.serve))
	}
	fresh := func() {
		os.RemoveAll(cmd.Dir)
		if err := os.MkdirAll(cmd.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(p.files)) {
			path := filepath.Join(cmd.Dir, name)
			os.MkdirAll(filepath.Dir(path), 0o755)
			if err := os.WriteFile(path, []byte(p.files[name]), 0o644); err != nil {
				t.Fatal(err)
			}
			os.Chtimes(path, time.Unix(2000, 3), time.Unix(2001, 4))
		}
		cmd.Stdin = nil
		if p.input != "" {
			cmd.Stdin = strings.NewReader(p.input)
		}
	}
	fresh()
	log = trace.Strace(t, cmd, longest)
	fresh()
	tr, err := trace.Attempt(t, trace.Config{NoStack: true}, cmd)
	if err != nil {
		t.Fatal(err)
	}
	return record(tr, p), log
}

// serve answers connections one after the other, and returns its port.
func serve(t *testing.T, answer func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answer(c)
			c.Close()
		}
	}()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// programs are those that are watched.
func programs(t *testing.T) (list []program) {
	const (
		all      = ""
		unpolled = `^(read|kill|fork|ptrace|rt_sigreturn|rt_sigaction|pipe2|execve|exit_group|exit|killed|SIG)\b` // what doesn't ask for states
		messages = `^(pipe2|execve|exit_group|fork|wait4|exit)\b|^write\(fd=1, |Who are you|Thank you`
	)
	add := func(name, only string, args ...string) {
		list = append(list, program{name: name, args: args, only: only})
	}

	// What a process tree can do to its tracer.
	static, dynamic := trace.Build(t, "life", "-static"), trace.Build(t, "life")
	add("memory", all, trace.Build(t, "memory"))
	for _, way := range []string{"spawn", "vforks"} {
		add(way, all, dynamic, way)
	}
	for _, way := range []string{"clone_parent", "exec_missing", "own_filter", "close_all", "segv"} {
		add(way, all, static, way)
	}
	for _, way := range []string{"trace_me", "interrupt", "restart", "kill_blocked"} {
		add(way, unpolled, static, way)
	}

	// One for each family of calls.
	for _, family := range []string{"files", "io", "descriptors", "sockets", "signals", "timers", "waits", "pages", "processes", "users", "threads",
		"terminal", "directories"} {
		add("family/"+family, all, trace.Build(t, "oracle/"+family, "-Wno-unused-result", "-Wno-stringop-overflow", "-Wno-stringop-overread"))
	}

	// The kit's own.
	dir := t.TempDir()
	must(t, "go", "build", "-buildvcs=false", "-o", dir, "../../go/pipe1", "../../go/pipe2", "../../go/pipe3", "../../go/echo_mpclient")
	for _, name := range []string{"pipe1", "pipe2", "pipe3", "echo_mpclient", "echo_mpserv", "echo_storeserv"} {
		must(t, "gcc", "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-o", dir+"/"+name+".c", "../../c/"+name+".c")
	}
	for _, name := range []string{"pipe1", "pipe2", "pipe3"} {
		add("c/"+name, all, dir+"/"+name+".c")
		list = append(list, program{name: "go/" + name, args: []string{dir + "/" + name}, only: messages, mixed: true})
	}
	for _, name := range []string{"echo_mpclient", "echo_mpserv", "echo_storeserv"} {
		add("c/"+name, all, dir+"/"+name+".c")
	}
	add("c/echo_mpclient refused", all, dir+"/echo_mpclient.c", "127.0.0.1", "1")
	list = append(list, program{name: "go/echo_mpclient refused", args: []string{dir + "/echo_mpclient", "127.0.0.1", "1"},
		only: `^(socket|connect|exit|exit_group|execve)\b|^write\(fd=2, `, mixed: true})
	return append(list, debian()...)
}

func must(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// debian are programs that Debian ships.
func debian() (list []program) {
	text := "one two\nthree\n\nfour 4\nfive 55\nthree\n"
	files := map[string]string{"a": text, "b": strings.ToUpper(text), "sub/c": "c\n", "n": "10\n9\n100\n1\n"}
	for _, line := range strings.Split(strings.TrimSpace(`
true
echo some words
printf %s:%d\n x 7
cat a - b
head -n 2 a b
tail -n 2 a
wc a b
sort -r a
sort -n n
uniq -c a
cut -d: -f1 a
tr a-z A-Z
tac a
nl a
fold -w 3 a
paste a b
comm a b
join a a
seq 3 7
expr 6 * 7
test -d sub
basename /x/y.c .c
dirname /x/y.c
readlink -f sub
realpath a
ls
ls -laR
cp a z
cp -r sub other
mv a z
rm -r sub
mkdir -p x/y/z
rmdir none
ln -s a l
touch -d @1000 a
chmod 600 a
chown 1:2 a
stat -c %n%s%a%Y a
du sub
dd if=a of=z bs=4 status=none
od -c a
md5sum a b
base64 a
split -l 2 a
tee z
truncate -s 100 a
env
id
uname -a
arch
tty
sleep 0.01
cmp a b
diff a b
find . -name c
grep -n three a b
grep -r c .
sed s/three/3/ a
gzip -n a
tar cf z.tar --mtime=@0 a sub
mawk {print$2} a
bc
dash -c echo $$;(exit_3);cat<a|wc;cat>z<<E
dash -c for_i_in_1_2_3;do_/bin/echo_$i;done;wait
dash -c trap_"echo_got"_USR1;kill_-USR1_$$;sleep_0.01&_wait
perl -e print"x"x3;open(F,"<","a");print<F>;system("true")
`), "\n") {
		args := strings.Fields(line)
		if len(args) > 2 && (args[1] == "-c" && strings.HasSuffix(args[0], "sh")) {
			args[2] = strings.ReplaceAll(args[2], "_", " ")
		}
		list = append(list, program{name: "debian/" + line, args: args, files: files, input: "2^70; 1/3\nscale=5; 1/3\n"})
	}
	list = append(list,
		program{name: "debian/python3", args: []string{"python3", "-S", "-c", "import os\nprint(open('a').read(), os.listdir('sub'))\nos.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)"}, files: files},
		program{name: "debian/sed -i", args: []string{"sed", "-i", "s/three/3/", "a"}, files: files, // makes up a name: how often it asks for chance is chance
			only: `^([^g]|g[^e]|ge[^t]|get[^r])`},
		program{name: "debian/xargs", args: []string{"xargs", "echo"}, files: files, input: "a b\nc\n", // looks whether the end of its input has come
			only: `^([^p]|p[^o])`},
		program{name: "debian/timeout", args: []string{"timeout", "5", "true"}, // waits until a SIGCHLD comes, or finds that it has
			only: `^(execve|fork|setpgid|timer_create|timer_settime|exit_group|exit)\b`},
		program{name: "debian/bash", args: []string{"bash", "-c", "x=$(cat a); echo ${#x} | tr 1 2"}, files: files, // a SIGCHLD comes when it likes
			only: `^(execve|fork|pipe2?|dup2|write|exit_group|exit)\b`},
		program{name: "debian/nc", args: []string{"nc", "-N", "127.0.0.1"}, serve: late, only: `^(execve|socket|connect|write|exit_group|exit)\b|^shutdown\(.*SHUT_WR`},
		program{name: "debian/curl", args: []string{"dash", "-c", "curl -s -o z http://127.0.0.1:$0/"}, serve: web,
			only: `^(execve|openat|connect|sendto|recvfrom|exit_group|exit|fork|wait4)\b|^write\(.*body`},
	)
	for i := range list {
		path, err := exec.LookPath(filepath.Join("/usr/bin", list[i].args[0]))
		if err == nil {
			list[i].args[0] = path
		}
	}
	return list
}

// late answers when nothing more is to come.
func late(c net.Conn) {
	io.Copy(io.Discard, c)
	c.Write([]byte("a line\n"))
}

// web answers one request.
func web(c net.Conn) {
	buf := make([]byte, 10000)
	c.Read(buf)
	c.Write([]byte("HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nthe body\n"))
}

// writings are the differences that there are. Every one must occur.
var writings = []writing{
	// Where strace says less.
	{`\w+\.\w+`, "0", "NULL", "an address of which strace knows that nothing stands there"},
	{`clone\.(parent_tid|tls|child_tid)`, "0|NULL", "", "strace writes only what the flags ask for"},
	{`stat\.st_rdev`, "0", "nothing", "strace leaves it out of files that are no devices"},
	{`stat\.st_size`, "0", "nothing", "and this of those that are"},
	{`statx\.stx_(b|c|m|a)time`, `\{tv_sec=0, tv_nsec=0\}`, "nothing", "strace leaves out what the mask does not have"},
	{`sigaction\.sa_restorer`, "0", "nothing", "strace leaves it out without SA_RESTORER"},
	{`sigevent\.sigev_value`, "0", "nothing", "strace leaves it out if it is 0"},
	{`siginfo_t\.si_errno`, "0", "nothing", "strace leaves it out if it is 0"},
	{`clone_args\.(pidfd|child_tid|tls|set_tid|set_tid_size|cgroup)`, `\d+`, "nothing", "strace writes only what the flags ask for"},
	{`clone_args\.parent_tid`, `\d+`, `\[\d+\]|nothing`, "strace writes what stands there at the exit"},
	{`execve\.argv`, `""`, `\d+`, "an address at which no string stands"},
	{`ioctl\.argp`, `-?\d+`, `\d{10,}`, "strace does not read it"},
	{`setsockopt\.optval`, `\d+`, `\d{10,}`, "strace does not read it if its size is not the option's"},
	{`setsockopt\.optval`, `".*"`, `-?\d+`, "the option's size may be one byte or four"},
	{`bind\.addr`, `".*"`, `\d{10,}`, "strace does not read an address without a family"},
	{`sockaddr_in\.sin_port`, `\d+`, "nothing", "of an address that was cut: see sa_data"},
	{`sockaddr_in\.sa_data`, "nothing", `".*"`, "of an address that was cut"},
	{`siginfo_t\.si_value`, `\d+`, "nothing", "strace writes it as a number and as an address"},
	{`writev\.iov`, `.*bad.*`, `".*`, "strace leaves out the buffers that it cannot read"},
	{`(setsockopt|getsockopt)\.optval`, `\{tv_sec=.*\}`, `".*"`, "strace 6.1 writes these times as bytes"},

	// Where strace says more.
	{`rt_sigreturn\.`, "nothing", `\{mask=.*\}`, "strace reads the mask from the handler's frame; it was seen when it was set"},
	{`siginfo_t\.si_(int|ptr)`, "nothing", `\d+`, "in ours it is si_value"},
	{`(shm|sem|msg)ctl\.`, "nothing", "NULL", "IPC_RMID and GETVAL do not look at the last argument"},
	{`mq_attr\.mq_(flags|curmsgs)`, "nothing", `\d+`, "mq_open does not look at them"},
	{`capget\.datap`, `\[.*\]`, `\{.*\}`, "strace puts both halves of a set together"},
	{`siginfo_t\.si_[us]time`, "nothing", `.*`, "what a child cost is not compared"},
	{`prctl\.`, "nothing", "0", "arguments that must be 0, or the call fails"},
	{`epoll_ctl\.`, "nothing", ".*", "EPOLL_CTL_DEL does not look at the event since Linux 2.6.9"},
	{`sock_fprog\.filter`, `\d+`, `\[BPF_.*\]`, "filters are not decoded"},
	{`recvmsg\.msg`, `at \d+`, `\{msg_namelen=\d+\}`, "of a call that failed strace has what stood there at the entry"},
	{`mincore\.vec`, `\d+`, `\[.*\]`, "what is in memory is chance"},
	{`sched_getaffinity\.mask`, ".*", ".*", "our tracer binds what it runs to one CPU"},

	// Names.
	{`rlimit\.rlim_(cur|max)`, "RLIM_INFINITY", "RLIM64_INFINITY", "getrlimit(2) has the shorter name"},
	{`fadvise64\.advice`, `FADV_\w+`, `POSIX_FADV_\w+`, "the system call's name, and the library's"},
	{`termios\.c_line`, "0", "N_TTY", "the number of the line discipline"},
	{`statx\.flags`, ".*", `.*\bAT_STATX_SYNC_AS_STAT\b.*`, "a name for no flag"},
	{`statfs\.f_type`, "EXT4_SUPER_MAGIC", "EXT2_SUPER_MAGIC", "two names of one number"},
	{`wait(4|id)\.options`, `.*\bWUNTRACED\b.*`, `.*\bWSTOPPED\b.*`, "two names of one number"},
	{`siginfo_t\.si_code`, `-?\d+`, `[A-Z]+_\w+`, "its names depend on the signal"},
	{`[gs]etsockopt\.optname`, `SO_(RCV|SND)TIMEO`, `SO_(RCV|SND)TIMEO_OLD`, "socket(7) has the shorter name"},
	{`[gs]etsockopt\.level`, "IPPROTO_TCP", "SOL_TCP", "two names of one number"},
	{`[gs]etsockopt\.level`, `IPPROTO_IP(V6)?`, `SOL_IP(V6)?`, "two names of one number"},
	{`socket\.protocol`, "IPPROTO_IP", "0", "of a family that does not exist"},
	{`ioctl\.request`, `\d+`, `_IOC\(.*\)`, "a request that nobody knows"},
	{`sched_\w+\.param`, `\{sched_priority=0\}`, "0", "its only field"},
	{`sched_setscheduler\.policy`, `.*SCHED_RESET_ON_FORK.*`, `\d+`, "a flag beside the policy"},
	{`personality\.persona`, `\d+\|.*`, "4294967295", "which only asks"},
	{`__user_cap_header_struct\.version`, `\d+`, `_LINUX_CAPABILITY_VERSION_3`, "a name of a number"},
	{`(shm|sem|msg)get\.key`, "0", "IPC_PRIVATE", "a name for 0"},
	{`futex\.val3`, "0xffffffff|4294967295", "FUTEX_BITSET_MATCH_ANY", "a name for all bits"},
	{`utimensat\.times`, `\{tv_sec=0, tv_nsec=107374182[23]\}`, "UTIME_(NOW|OMIT)", "a name for what the nanoseconds say"},

	// Numbers that are chance.
	{`statfs\.f_(bfree|bavail|ffree)`, ".*", ".*", "others use the file system too"},
	{`\w+\.(path|oldpath|newpath|pathname)`, `"\./sed\w{6}"`, `"\./sed\w{6}"`, "a name that sed -i makes up"},
	{`sockaddr_un\.sun_path`, `"\\(0|x00)[0-9a-f]{5}"`, `"\\(0|x00)[0-9a-f]{5}"`, "a name that the kernel makes up, unix(7)"},
}
