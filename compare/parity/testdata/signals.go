// What signals.c does, with os/signal.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	var fds [2]int

	usr1, done := make(chan os.Signal, 1), make(chan bool)
	go func() {
		<-usr1
		syscall.Write(1, []byte("caught\n"))
		done <- true
	}()
	signal.Notify(usr1, syscall.SIGUSR1)
	signal.Ignore(syscall.SIGPIPE)
	signal.Ignore(syscall.SIGTERM)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	<-done
	syscall.Kill(os.Getpid(), syscall.SIGTERM)
	if syscall.Pipe(fds[:]) != nil {
		os.Exit(1)
	}
	syscall.Close(fds[0])
	if _, err := syscall.Write(fds[1], []byte("x")); err != nil {
		syscall.Write(1, []byte("nobody reads\n"))
	}
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
}
