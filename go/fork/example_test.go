package fork_test

import (
	"fmt"

	"golang.org/x/sys/unix"

	"paritykit/go/fork"
)

func init() { fork.Also(answer) } // in a program: func main() { fork.Main(ask, answer) }

// A program that asks its child through a pipe, as C does it:
//
//	pipe(ends);
//	if (fork() == 0) {
//		close(ends[0]);
//		write(ends[1], "yes", 3);
//		exit(0);
//	}
//	close(ends[1]);
//	n = read(ends[0], buf, sizeof(buf));
//	wait(NULL);
func Example() {
	ends := make([]int, 2)
	if err := unix.Pipe(ends); err != nil {
		fmt.Println(err)
		return
	}
	pid, err := fork.Start(answer, ends[0], ends[1]) // the child runs answer
	if err != nil {
		fmt.Println(err)
		return
	}
	unix.Close(ends[1])
	buf := make([]byte, 30)
	n, _ := unix.Read(ends[0], buf)
	fmt.Printf("the child says %s\n", buf[:n])
	unix.Wait4(pid, nil, 0, nil)
	unix.Close(ends[0])
	// Output: the child says yes
}

func answer(r, w int) {
	unix.Close(r)
	unix.Write(w, []byte("yes"))
}
