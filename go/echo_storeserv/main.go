// Echo_storeserv: a server sends back what its clients say, as echo_mpserv does, and has a process
// that stores it.
//
// Usage: echo_storeserv PORT (writes echomsg.txt)
//
// Notice: the pipe is made before both forks, so every child has it: the child that serves a client
// writes to it, and the storer reads ten times. Ten reads are not ten messages: messages that wait
// in a pipe together are read together. Nothing is in the file before the tenth read, because stdio
// keeps it until fclose.
//
// Differs: C has sigaction in place of signal.Notify. Its handler interrupts the program; this one
// is a goroutine. The channel holds one signal, as the kernel does for C: several that arrive while
// the handler runs become one. Go's runtime catches signals with SA_RESTART, so accept continues,
// while C's fails with EINTR and is repeated. It catches SIGPIPE, too, which ends C's child when
// the client is gone; here sigpipe does that. fork.Start starts each child in a function, whose
// arguments are what C's finds in its copy of memory. A bufio.Writer over fp is C's FILE buffer.
// fmt has no buffer that lasts until exit.
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"paritykit/go/fork"
)

const (
	bufSize = 30
	bufsiz  = 8192 // BUFSIZ in glibc's stdio.h
)

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}

func readChildproc() {
	var status unix.WaitStatus

	// handler: reap one child
	pid, _ := unix.Wait4(-1, &status, unix.WNOHANG, nil)
	// handler: say which
	fmt.Printf("removed proc id: %d \n", pid)
}

func run() {
	var fds [2]int

	if len(os.Args) != 2 {
		fmt.Printf("Usgae : %s <port>\n", os.Args[0])
		os.Exit(1)
	}

	// server: have a handler for the end of a child
	act := make(chan os.Signal, 1)
	signal.Notify(act, unix.SIGCHLD)
	go func() {
		for range act {
			readChildproc()
		}
	}()

	// server: make a socket
	servSock, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		fail("socket() error")
	}
	// server: give it the port
	servAddr := unix.SockaddrInet4{Port: atoi(os.Args[1]), Addr: [4]byte{}} // INADDR_ANY
	if err := unix.Bind(servSock, &servAddr); err != nil {
		fail("bind() error")
	}
	// server: listen
	if err := unix.Listen(servSock, 5); err != nil {
		fail("listen() error")
	}

	// server: make the pipe to the storer
	if err := unix.Pipe(fds[:]); err != nil {
		fail("pipe() error")
	}
	// server: fork the storer
	if _, err := fork.Start(storer, fds[0], fds[1]); err != nil {
		fail("fork() error")
	}

	for {
		// server: accept a client
		clntSock, _, err := syscall.Accept(servSock) // unix.Accept would also ask for the socket's protocol
		if err != nil {
			continue
		}
		// server: say so
		fmt.Println("new client connected...")

		// server: fork
		if _, err := fork.Start(child, servSock, clntSock, fds[0], fds[1]); err != nil {
			unix.Close(clntSock)
			continue
		}

		// server: close its copy of the connection
		unix.Close(clntSock)
	}
}

func storer(fd0, fd1 int) {
	fds := [2]int{fd0, fd1}
	var buf [bufSize]byte

	// storer: open the file
	fp, err := unix.Open("echomsg.txt", unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC, 0o666)
	if err != nil {
		fail("fopen() error")
	}
	stream := bufio.NewWriterSize(file(fp), 4096)
	// storer: store ten reads
	for range 10 {
		strLen, err := unix.Read(fds[0], buf[:])
		if err != nil || strLen == 0 {
			break
		}
		stream.Write(buf[:strLen])
	}
	// storer: close the file
	stream.Flush()
	unix.Close(fp)
}

func child(servSock, clntSock, fd0, fd1 int) {
	fds := [2]int{fd0, fd1}
	var buf [bufsiz]byte

	// child: close the listening socket
	unix.Close(servSock)
	// child: echo and pass on until end of file
	for {
		strLen, err := unix.Read(clntSock, buf[:])
		if err != nil || strLen == 0 {
			break
		}
		if _, err := unix.Write(clntSock, buf[:strLen]); err != nil {
			sigpipe(err)
			break
		}
		if _, err := unix.Write(fds[1], buf[:strLen]); err != nil {
			break
		}
	}
	// child: close the connection
	unix.Close(clntSock)
	// child: say so
	fmt.Println("client disconnected...")
}

// A file is a descriptor to write to. os.File would ask first whether the file can be waited for.
type file int

func (f file) Write(p []byte) (n int, err error) { return unix.Write(int(f), p) }

// atoi is the number that s begins with, 0 if it begins with none, in the 16 bits that htons leaves
// of it.
func atoi(s string) int {
	var n int
	fmt.Sscanf(s, "%d", &n)
	return int(uint16(n))
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
	// both: exit
	fork.Main(run, storer, child)
}
