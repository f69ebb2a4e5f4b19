// Pipe1: a child sends its parent a question through a pipe.
//
// Usage: pipe1
//
// Notice: fork copies the descriptors, not the pipe, which belongs to the kernel. What the child
// writes to its copy of fds[1], the parent reads from its copy of fds[0].
//
// Differs: fork.Start starts the child in a function, whose arguments are what C's child finds in
// its copy of memory. run, child and parent are the parts of C's main before the fork, in the if
// and in the else. str ends in a NUL, which C adds by itself. fmt has no buffer that lasts until
// exit.
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
	str := []byte("Who are you?\x00")

	// child: ask the question
	if _, err := unix.Write(fds[1], str); err != nil {
		fail("write() error")
	}
}

func parent(fds [2]int) {
	var buf [bufSize + 1]byte

	// parent: read the question
	if _, err := unix.Read(fds[0], buf[:bufSize]); err != nil {
		fail("read() error")
	}
	// parent: print the question
	fmt.Println(unix.ByteSliceToString(buf[:]))
}

func main() {
	// both: exit
	fork.Main(run, child)
}
