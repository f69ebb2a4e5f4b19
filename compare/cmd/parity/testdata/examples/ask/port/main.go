// Command ask asks its child.
package main

import (
	"golang.org/x/sys/unix"

	"paritykit/go/fork"
)

func main() { fork.Main(ask, answer) }

func ask() {
	ends := make([]int, 2)
	unix.Pipe(ends)
	fork.Start(answer, ends[0], ends[1])
	unix.Close(ends[1])
	buf := make([]byte, 20)
	for {
		n, _ := unix.Read(ends[0], buf)
		if n <= 0 {
			break
		}
		unix.Write(1, buf[:n-1])
	}
	var status unix.WaitStatus
	unix.Wait4(-1, &status, 0, nil)
	unix.Exit(status.ExitStatus())
}

func answer(r, w int) {
	unix.Close(r)
	unix.Write(w, []byte("yes\n\x00"))
	unix.Exit(3)
}
