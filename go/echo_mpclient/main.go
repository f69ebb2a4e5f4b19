// Echo_mpclient: a client sends lines to a server and prints what comes back, each in a process of
// its own.
//
// Usage: echo_mpclient IP PORT (then lines, and q to end)
//
// Notice: one close is not enough for the server to see end of file, because fork
// copied the descriptor: the connection stays open until the last copy is closed. shutdown ends
// the connection itself, in one direction, for all copies.
//
// Differs: fork.Start starts the writer in a function, whose argument is what C's writer finds in
// its copy of memory. run, writer, reader and hangUp are the parts of C's main before the fork, in
// the if, in the else and after it. stdin and stdout do what stdio does unseen, stdout as on a
// terminal. Go's runtime catches SIGPIPE, which ends C's writer when the server is gone; here
// sigpipe does that. inetAddr accepts four numbers with dots; C's inet_addr accepts "127.1" as
// well.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/go/fork"
)

const bufSize = 30

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}

func run() {
	if len(os.Args) != 3 {
		fmt.Printf("Usage : %s <IP> <port>\n", os.Args[0])
		os.Exit(1)
	}

	// client: make a socket
	sock, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		fail("socket() error")
	}
	// client: connect it to the server
	servAddr := unix.SockaddrInet4{Port: atoi(os.Args[2]), Addr: inetAddr(os.Args[1])}
	if err := unix.Connect(sock, &servAddr); err != nil {
		fail("connect() error!")
	}

	// client: fork
	if _, err := fork.Start(writer, sock); err != nil {
		fail("fork() error")
	}
	reader(sock)
}

func writer(sock int) {
	// writer: send lines until q or end of input
	for {
		buf, ok := stdin.fgets(bufSize)
		if !ok || buf == "q\n" || buf == "Q\n" {
			break
		}
		if _, err := unix.Write(sock, []byte(buf)); err != nil {
			sigpipe(err)
			break
		}
	}
	// writer: tell the server that no more will come
	unix.Shutdown(sock, unix.SHUT_WR)
	hangUp(sock)
}

func reader(sock int) {
	var buf [bufSize + 1]byte

	// reader: print what comes until end of file
	for {
		strLen, err := unix.Read(sock, buf[:bufSize])
		if err != nil || strLen == 0 {
			break
		}
		buf[strLen] = 0
		printf("Message from server: %s", unix.ByteSliceToString(buf[:]))
	}
	hangUp(sock)
}

func hangUp(sock int) {
	// both: close the socket
	unix.Close(sock)
}

var (
	stdin  = file{Reader: bufio.NewReaderSize(os.Stdin, min(os.Getpagesize(), 8192))} // st_blksize of a pipe, BUFSIZ at most
	stdout = bufio.NewWriterSize(os.Stdout, 1024)                                     // what has no newline yet, up to the 1024 bytes that stdio takes for a terminal
)

// exit is what C's does to stdio: what has no newline is written, and the next program reads on
// where fgets stopped.
func exit() {
	stdout.Flush()
	stdin.giveBack()
}

func printf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	complete := strings.LastIndexByte(text, '\n') + 1
	stdout.WriteString(text[:complete])
	if complete > 0 {
		stdout.Flush()
	}
	stdout.WriteString(text[complete:])
}

// A file is what C's FILE is to someone who reads it.
type file struct {
	*bufio.Reader
	ended bool // for good, in C too: a terminal could go on after ctrl-D
}

// fgets returns the next line with its newline, or size-1 bytes of it, up to a NUL, which ends a
// string of C's. It is not ok at end of file or after an error. It reads byte by byte because
// bufio's own functions top up a buffer that is not yet empty.
func (f *file) fgets(size int) (line string, ok bool) {
	var buf []byte
	for len(buf) < size-1 && !f.ended {
		c, err := f.ReadByte()
		if err != nil && err != io.EOF {
			return "", false
		} else if err != nil {
			f.ended = true
			break
		}
		if buf = append(buf, c); c == '\n' {
			break
		}
	}
	return unix.ByteSliceToString(buf), len(buf) > 0
}

// giveBack moves the descriptor back to what nobody has read, if its file is one with positions.
func (f *file) giveBack() {
	if n := f.Buffered(); n > 0 {
		unix.Seek(0, int64(-n), unix.SEEK_CUR)
	}
}

// atoi is the number that s begins with, 0 if it begins with none, in the 16 bits that htons leaves
// of it.
func atoi(s string) int {
	var n int
	fmt.Sscanf(s, "%d", &n)
	return int(uint16(n))
}

// inetAddr is the address that s stands for, 255.255.255.255 if it is none, to which nobody can
// connect.
func inetAddr(s string) [4]byte {
	addr, err := netip.ParseAddr(s)
	if err != nil || !addr.Is4() {
		return [4]byte{255, 255, 255, 255}
	}
	return addr.As4()
}

// sigpipe ends the process by SIGPIPE if err is the EPIPE that comes with it, as the kernel ends
// C's: it takes away the handler of Go's runtime, which returns, and sends the signal again.
func sigpipe(err error) {
	if err != unix.EPIPE {
		return
	}
	var byDefault [4]uint64 // the kernel's struct sigaction: SIG_DFL, no flags, no mask
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(unix.SIGPIPE), uintptr(unsafe.Pointer(&byDefault)), 0, 8, 0, 0)
	unix.Kill(unix.Getpid(), unix.SIGPIPE)
	unix.Pause()
}

func main() {
	fork.AtExit(exit)
	// both: exit
	fork.Main(run, writer)
}
