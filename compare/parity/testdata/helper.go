// Package os starts a process of its own before it starts a program's: it is nobody's turn.
package main

import (
	"fmt"
	"os/exec"
)

func main() {
	fmt.Println(exec.Command("true").Run())
}
