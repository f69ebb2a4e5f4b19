//go:build ignore

// signals is a program that asks for a signal.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGCHLD)
}
