// Pipe2: a child and its parent send each other a message through one pipe.
//
// Usage: pipe2 (takes 3 seconds)
//
// Notice: bytes in a pipe belong to the process that reads first. Without its sleep the child can
// read its own question, and then the parent waits for ever. The sleep hides this race but does not
// remove it; pipe3 does.
//
// Differs: fork.Start starts the child in a function, whose arguments are what C's child finds in
// its copy of memory. run, child and parent are the parts of C's main before the fork, in the if
// and in the else. str1 and str2 end in a NUL, which C adds by itself. C's sleep is one
// clock_nanosleep(2). A caught signal interrupts it, and Go's runtime catches some that C's program
// ignores, such as SIGCHLD at the end of the child; so the loops sleep for the time that is left.
// fmt has no buffer that lasts until exit, so the parent's line comes first wherever the output
// goes.
package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"paritykit/go/fork"
)

const bufSize = 30

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}

func run() {
	var fds [2]int

	// parent: make the pipe
	if err := unix.Pipe(fds[:]); err != nil {
		fail("pipe() error")
	}

	// parent: fork
	if _, err := fork.Start(child, fds[0], fds[1]); err != nil {
		fail("fork() error")
	}
	parent(fds)
}

func child(fd0, fd1 int) {
	fds := [2]int{fd0, fd1}
	str1 := []byte("Who are you?\x00")
	var buf [bufSize + 1]byte

	// child: ask the question
	if _, err := unix.Write(fds[1], str1); err != nil {
		fail("write() error")
	}
	// child: leave the parent time to read it
	left := unix.Timespec{Sec: 2}
	for unix.ClockNanosleep(unix.CLOCK_REALTIME, 0, &left, &left) == unix.EINTR {
	}
	// child: read the answer
	if _, err := unix.Read(fds[0], buf[:bufSize]); err != nil {
		fail("read() error")
	}
	// child: print the answer
	fmt.Printf("Child proc output: %s \n", unix.ByteSliceToString(buf[:]))
}

func parent(fds [2]int) {
	str2 := []byte("Thank you for your message\x00")
	var buf [bufSize + 1]byte

	// parent: read the question
	if _, err := unix.Read(fds[0], buf[:bufSize]); err != nil {
		fail("read() error")
	}
	// parent: print the question
	fmt.Printf("Parent proc output: %s \n", unix.ByteSliceToString(buf[:]))
	// parent: answer
	if _, err := unix.Write(fds[1], str2); err != nil {
		fail("write() error")
	}
	// parent: stay until the child is done
	left := unix.Timespec{Sec: 3}
	for unix.ClockNanosleep(unix.CLOCK_REALTIME, 0, &left, &left) == unix.EINTR {
	}
}

func main() {
	// both: exit
	fork.Main(run, child)
}
