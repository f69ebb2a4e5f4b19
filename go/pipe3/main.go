// Pipe3: a child and its parent send each other a message through two pipes, one each way.
//
// Usage: pipe3
//
// Notice: every order of execution works. Each pipe has one reader, so no process can read what is
// meant for the other, and no process has to sleep.
//
// Differs: fork.Start starts the child in a function, whose arguments are what C's child finds in
// its copy of memory. run, child and parent are the parts of C's main before the fork, in the if
// and in the else. str1 and str2 end in a NUL, which C adds by itself. fmt has no buffer that lasts
// until exit, so the parent's line comes first wherever the output goes.
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
	var fds1, fds2 [2]int

	// parent: make a pipe each way
	if unix.Pipe(fds1[:]) != nil || unix.Pipe(fds2[:]) != nil {
		fail("pipe() error")
	}

	// parent: fork
	if _, err := fork.Start(child, fds1[0], fds1[1], fds2[0], fds2[1]); err != nil {
		fail("fork() error")
	}
	parent(fds1, fds2)
}

func child(fd0, fd1, fd2, fd3 int) {
	fds1, fds2 := [2]int{fd0, fd1}, [2]int{fd2, fd3}
	str1 := []byte("Who are you?\x00")
	var buf [bufSize + 1]byte

	// child: ask the question
	if _, err := unix.Write(fds1[1], str1); err != nil {
		fail("write() error")
	}
	// child: read the answer
	if _, err := unix.Read(fds2[0], buf[:bufSize]); err != nil {
		fail("read() error")
	}
	// child: print the answer
	fmt.Printf("Child proc output: %s \n", unix.ByteSliceToString(buf[:]))
}

func parent(fds1, fds2 [2]int) {
	str2 := []byte("Thank you for your message\x00")
	var buf [bufSize + 1]byte

	// parent: read the question
	if _, err := unix.Read(fds1[0], buf[:bufSize]); err != nil {
		fail("read() error")
	}
	// parent: print the question
	fmt.Printf("Parent proc output: %s \n", unix.ByteSliceToString(buf[:]))
	// parent: answer
	if _, err := unix.Write(fds2[1], str2); err != nil {
		fail("write() error")
	}
}

func main() {
	// both: exit
	fork.Main(run, child)
}
