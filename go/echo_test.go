package ports

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The echo programs are held against each other here by what their users see: a server of either
// language must do for clients of either language. What the kernel sees is the compare tool's
// matter.

// patience is how long a test waits for anything before it fails.
const patience = 5 * time.Second

var sides = []string{"c", "go"}

func TestEcho(t *testing.T) {
	adoptOrphans(t)
	k := build(t)
	for _, side := range sides {
		t.Run(side+" alone", func(t *testing.T) {
			t.Run("usage", func(t *testing.T) { testUsage(t, k, side) })
			t.Run("errors", func(t *testing.T) { testErrors(t, k, side) })
			t.Run("client vanishes", func(t *testing.T) { testClientVanishes(t, k, side) })
			t.Run("server vanishes", func(t *testing.T) { testServerVanishes(t, k, side) })
			t.Run("rest of the input", func(t *testing.T) { testRestOfInput(t, k, side) })
		})
		for _, client := range sides {
			t.Run(side+" server, "+client+" clients", func(t *testing.T) {
				testTalks(t, k, side, client)
				t.Run("ten messages", func(t *testing.T) { testTenMessages(t, k, side, client) })
			})
		}
	}
}

func testUsage(t *testing.T, k kit, side string) {
	for _, test := range []struct {
		program string
		args    []string
		want    string
	}{
		{"echo_mpserv", nil, "Usgae : %s <port>\n"},
		{"echo_mpserv", []string{"1", "2"}, "Usgae : %s <port>\n"},
		{"echo_storeserv", nil, "Usgae : %s <port>\n"},
		{"echo_storeserv", []string{"1", "2"}, "Usgae : %s <port>\n"},
		{"echo_mpclient", []string{"127.0.0.1"}, "Usage : %s <IP> <port>\n"},
		{"echo_mpclient", []string{"127.0.0.1", "1", "2"}, "Usage : %s <IP> <port>\n"},
	} {
		p := k.start(t, side, test.program, test.args...)
		p.wantEnd(fmt.Sprintf(test.want, p.cmd.Path), "", "exit status 1")
	}
}

func testErrors(t *testing.T, k kit, side string) {
	for _, program := range []string{"echo_mpserv", "echo_storeserv"} {
		server := k.serve(t, side, program)
		k.start(t, side, program, server.port).wantEnd("", "bind() error\n", "exit status 1")
		server.stop()
	}
	k.start(t, side, "echo_mpclient", "127.0.0.1", freePort(t)).wantEnd("", "connect() error!\n", "exit status 1")
	k.start(t, side, "echo_mpclient", "nowhere", freePort(t)).wantEnd("", "connect() error!\n", "exit status 1")
}

// A turn is what a client's user does: types a line, or ends the client by q, by the end of its
// input, or from outside.
type turn struct{ who, does string }

const (
	eof  = "<end of input>"
	kill = "<SIGKILL>"
)

func (t turn) ends() bool {
	return t.does == kill || strings.HasSuffix(t.does, eof) || strings.HasSuffix(strings.ToLower(t.does), "q\n")
}

func testTalks(t *testing.T, k kit, serverSide, clientSide string) {
	long := strings.Repeat("0123456789", 9)
	for _, test := range []struct {
		name string
		talk []turn
	}{
		{"one client", []turn{{"alice", "hello\n"}, {"alice", "again\n"}, {"alice", "q\n"}}},
		{"capital Q", []turn{{"alice", "Q is for quit\n"}, {"alice", "Q\n"}}},
		{"empty line", []turn{{"alice", "\n"}, {"alice", "q\n"}}},
		{"two clients", []turn{{"alice", "one\n"}, {"bob", "two\n"}, {"alice", "three\n"}, {"bob", "four\n"}, {"bob", "q\n"},
			{"alice", "five\n"}, {"alice", "q\n"}}},
		{"as long as fgets takes", []turn{{"alice", long[:28] + "\n"}, {"alice", "q\n"}}},
		{"longer", []turn{{"alice", long[:29] + "\n"}, {"alice", long + "\n"}, {"alice", "q\n"}}},
		{"q is the rest of a line", []turn{{"alice", long[:29] + "q\n"}}},
		{"end of input", []turn{{"alice", "hello\n"}, {"alice", eof}}},
		{"end of input within a line", []turn{{"alice", "hello\n"}, {"alice", "q" + eof}}},
		{"killed", []turn{{"alice", "hello\n"}, {"bob", "hello\n"}, {"alice", kill}, {"bob", "again\n"}, {"bob", "q\n"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := k.serve(t, serverSide, "echo_mpserv")
			clients := make(map[string]*process)
			for _, turn := range test.talk {
				client := clients[turn.who]
				if client == nil {
					client = k.start(t, clientSide, "echo_mpclient", "127.0.0.1", server.port)
					clients[turn.who] = client
					server.wantLine("new client connected...")
				}
				if turn.ends() {
					client.end(turn.does)
					server.wantLine("client disconnected...")
					server.wantLine(`removed proc id: [1-9]\d* `)
				} else {
					client.wantEcho(turn.does)
				}
			}
			server.stop()
		})
	}
}

// Messages of 29 bytes are ten reads of at most 30, however many of them wait in the pipe together:
// nine reads are too few, and a read that doesn't take 30 empties the pipe.
func testTenMessages(t *testing.T, k kit, serverSide, clientSide string) {
	server := k.serve(t, serverSide, "echo_storeserv")
	var want strings.Builder
	for _, who := range []string{"alice", "bob"} {
		client := k.start(t, clientSide, "echo_mpclient", "127.0.0.1", server.port)
		server.wantLine("new client connected...")
		for i := range 5 {
			message := fmt.Sprintf("%-28s\n", fmt.Sprint(who, " says ", i))
			client.wantEcho(message)
			want.WriteString(message)
		}
		if who == "bob" {
			server.wantLine(`removed proc id: [1-9]\d* `) // the storer
		}
		client.end("q\n")
		server.wantLine("client disconnected...")
		server.wantLine(`removed proc id: [1-9]\d* `)
	}
	if got := read(t, filepath.Join(server.cmd.Dir, "echomsg.txt")); got != want.String() {
		t.Errorf("echomsg.txt is %q, want %q", got, want.String())
	}
	server.storer = false
	server.stop()
}

// The client sends more than the server reads at once and is gone before it answers: SIGPIPE ends
// the child that serves it.
func testClientVanishes(t *testing.T, k kit, side string) {
	server := k.serve(t, side, "echo_mpserv")
	client, err := net.Dial("tcp", "127.0.0.1:"+server.port)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(client, "hello\n")
	io.ReadFull(client, make([]byte, len("hello\n")))
	server.wantLine("new client connected...")
	server.signalAll(unix.SIGSTOP)
	io.WriteString(client, strings.Repeat("x", 1<<16))
	client.Close()
	server.signalAll(unix.SIGCONT)
	// The server hears that its child was stopped, and goes on, and that it has ended; what comes
	// together, it hears once.
	line := server.line()
	for line == "removed proc id: 0 " { // a SIGCHLD says also that a child was stopped, or goes on
		line = server.line()
	}
	if !regexp.MustCompile(`^removed proc id: [1-9]\d* $`).MatchString(line) {
		t.Errorf("server printed %q: SIGPIPE has not ended its child", line)
	}
	server.stop()
}

// The server is gone while the client's user still types: SIGPIPE ends the writer, after the reader
// has seen end of file.
func testServerVanishes(t *testing.T, k kit, side string) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Addr().String())
	client := k.start(t, side, "echo_mpclient", "127.0.0.1", port)
	conn, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	io.WriteString(client.stdin, "one\ntwo\n")
	if reader, writer := client.wait(); reader != "exit status 0" || len(writer) != 1 || writer[0] != unix.WaitStatus(unix.SIGPIPE) {
		t.Errorf("reader: %s; writer: status %#x, want one that SIGPIPE has ended", reader, writer)
	}
}

// What a client has read ahead of its q is there for the next program that reads the same file.
func testRestOfInput(t *testing.T, k kit, side string) {
	const mine, rest = "hello\nq\n", "not for the client\n"
	server := k.serve(t, side, "echo_mpserv")
	input, err := os.Create(filepath.Join(t.TempDir(), "input"))
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	io.WriteString(input, mine+rest)
	input.Seek(0, io.SeekStart)
	client := &process{t: t, cmd: exec.Command(filepath.Join(k.dir, side, "echo_mpclient"), "127.0.0.1", server.port)}
	client.cmd.Stdin = input
	client.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := client.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	client.wait()
	server.wantLine("new client connected...")
	server.wantLine("client disconnected...")
	server.wantLine(`removed proc id: [1-9]\d* `)
	if got, _ := io.ReadAll(input); string(got) != rest {
		t.Errorf("%q is left of the input, want %q", got, rest)
	}
	server.stop()
}

// adoptOrphans makes orphans this process's children, so that it can see whether a program leaves
// any.
func adoptOrphans(t *testing.T) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
}

// A kit is a folder with the built programs, c/NAME and go/NAME.
type kit struct{ dir string }

func build(t *testing.T) kit {
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "c"), 0o777)
	for _, name := range []string{"echo_mpserv", "echo_mpclient", "echo_storeserv"} {
		run(t, "gcc", "-std=c17", "-D_GNU_SOURCE", "-O0", "-g", "-Wall", "-Wextra", "-Werror", "-o", filepath.Join(dir, "c", name),
			filepath.Join("../c", name+".c"))
	}
	run(t, "go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "go")+"/", "./echo_mpserv", "./echo_mpclient", "./echo_storeserv")
	return kit{dir}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// A process is a program whose input is typed by the test, and whose output is a terminal, so that
// C's stdio writes at each newline. It has a process group of its own.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	port     string // of a server
	storer   bool   // a server that has one, which stays when the server is killed
	stdin    io.WriteCloser
	terminal *os.File
	output   *bufio.Reader // the terminal's
}

func (k kit) start(t *testing.T, side, program string, args ...string) *process {
	t.Helper()
	terminal, stdout := openTerminal(t)
	defer stdout.Close()
	p := &process{t: t, cmd: exec.Command(filepath.Join(k.dir, side, program), args...), terminal: terminal, output: bufio.NewReader(terminal)}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout = stdout
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := os.Create(filepath.Join(p.cmd.Dir, "stderr"))
	if err == nil {
		defer stderr.Close()
		p.cmd.Stderr = stderr
		p.stdin, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil { // the test has failed
			p.signalAll(unix.SIGKILL)
			p.wait()
		}
	})
	return p
}

// serve starts a server and lets a first client come and go, which shows that it listens.
func (k kit) serve(t *testing.T, side, program string) *process {
	t.Helper()
	port := freePort(t)
	p := k.start(t, side, program, port)
	p.port, p.storer = port, program == "echo_storeserv"
	for end := time.Now().Add(patience); ; {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
			break
		} else if time.Now().After(end) {
			t.Fatalf("%s %s does not listen: %v", side, program, err)
		}
	}
	p.wantLine("new client connected...")
	p.wantLine("client disconnected...")
	p.wantLine(`removed proc id: [1-9]\d* `)
	return p
}

// freePort returns a port that is free, and below those that the kernel gives to clients: one of
// these that is asked for again and again would at some time be connected to itself.
func freePort(t *testing.T) string {
	for range 100 {
		port := fmt.Sprint(20000 + rand.IntN(10000))
		if l, err := net.Listen("tcp", ":"+port); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// line returns the next line that was printed, without its newline.
func (p *process) line() string {
	p.t.Helper()
	p.terminal.SetReadDeadline(time.Now().Add(patience))
	line, err := p.output.ReadString('\n')
	if err != nil {
		p.t.Fatalf("%q printed %q, and then: %v", p.cmd.Args, line, err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (p *process) wantLine(pattern string) {
	p.t.Helper()
	if got := p.line(); !regexp.MustCompile("^(?:" + pattern + ")$").MatchString(got) {
		p.t.Fatalf("%q printed %q, want %q", p.cmd.Args, got, pattern)
	}
}

const prefix = "Message from server: "

// wantEcho types a line into a client and wants it back. One that is longer than the client's
// buffer comes back in pieces, how many depends on when they arrive.
func (p *process) wantEcho(line string) {
	p.t.Helper()
	io.WriteString(p.stdin, line)
	got, want := p.line()+"\n", prefix+line
	if len(line) >= 30 {
		got = prefix + strings.ReplaceAll(got, prefix, "")
	}
	if got != want {
		p.t.Errorf("%q printed %q, want %q", p.cmd.Args, got, want)
	}
}

// end ends a client as the turn says, and wants what it is left to print: a message without a
// newline.
func (p *process) end(does string) {
	p.t.Helper()
	if does == kill {
		p.signalAll(unix.SIGKILL)
		p.wantEnd("", "", "signal: killed")
		return
	}
	typed, atEOF := strings.CutSuffix(does, eof)
	io.WriteString(p.stdin, typed)
	message := typed
	if atEOF {
		p.stdin.Close()
	} else {
		message = typed[:len(typed)-len("q\n")]
	}
	if message != "" {
		message = prefix + message
	}
	p.wantEnd(message, "", "exit status 0")
}

// wantEnd waits for the end of the process and wants what it has printed since the last look, and
// how it ended.
func (p *process) wantEnd(stdout, stderr, status string) {
	p.t.Helper()
	gotStatus, _ := p.wait()
	gotStdout, _ := io.ReadAll(p.output) // ends with EIO: nobody has the terminal open any more
	gotStderr := read(p.t, filepath.Join(p.cmd.Dir, "stderr"))
	if string(gotStdout) != stdout || gotStderr != stderr || gotStatus != status {
		p.t.Errorf("%q: printed %q, %q, %s; want %q, %q, %s", p.cmd.Args, gotStdout, gotStderr, gotStatus, stdout, stderr, status)
	}
}

// signalAll sends a signal to the process and its children, as ctrl-C on a terminal does.
func (p *process) signalAll(s unix.Signal) { unix.Kill(-p.cmd.Process.Pid, s) }

// wait waits for the end of the process and then of those that it leaves. It returns how these
// ended. The storer of a server stays if it has not read ten times yet, because it holds the pipe's
// write end itself: it has to be killed too, but not before the server has gone, which else may
// reap it.
func (p *process) wait() (status string, left []unix.WaitStatus) {
	p.t.Helper()
	impatience := time.AfterFunc(patience, func() { p.signalAll(unix.SIGKILL) })
	p.cmd.Wait()
	if p.storer {
		p.signalAll(unix.SIGTERM)
	}
	for {
		var status unix.WaitStatus
		if _, err := unix.Wait4(-p.cmd.Process.Pid, &status, 0, nil); err == unix.ECHILD {
			break
		} else if err == nil {
			left = append(left, status)
		}
	}
	if !impatience.Stop() {
		p.t.Errorf("%q, or a child of it, does not end", p.cmd.Args)
	}
	return p.cmd.ProcessState.String(), left
}

// stop kills a server whose clients have gone. It must leave no child and no zombie, but for the
// storer.
func (p *process) stop() {
	p.t.Helper()
	p.cmd.Process.Signal(unix.SIGTERM)
	status, left := p.wait()
	if status != "signal: terminated" || p.storer != (len(left) == 1) || len(left) > 1 {
		p.t.Errorf("%q: %s, and left children that ended with status %#x", p.cmd.Args, status, left)
	}
	if stderr := read(p.t, filepath.Join(p.cmd.Dir, "stderr")); stderr != "" {
		p.t.Errorf("%q printed %q on standard error", p.cmd.Args, stderr)
	}
}

// openTerminal makes a pseudo-terminal that passes output on as it is: see pty(7).
func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	m, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	master = os.NewFile(uintptr(m), "/dev/ptmx") // non-blocking, so that it knows deadlines
	t.Cleanup(func() { master.Close() })
	if err = unix.IoctlSetPointerInt(m, unix.TIOCSPTLCK, 0); err == nil {
		var n int
		if n, err = unix.IoctlGetInt(m, unix.TIOCGPTN); err == nil {
			slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	state, err := unix.IoctlGetTermios(m, unix.TCGETS)
	if err == nil {
		state.Oflag &^= unix.OPOST
		err = unix.IoctlSetTermios(m, unix.TCSETS, state)
	}
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
