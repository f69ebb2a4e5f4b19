// Command chat sends back what its clients say.
package main

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

func main() {
	listener, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if len(os.Args) != 2 {
		os.Exit(2)
	}
	port, _ := strconv.Atoi(os.Args[1])
	unix.SetsockoptInt(listener, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if unix.Bind(listener, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}) != nil || unix.Listen(listener, 5) != nil {
		os.Exit(1)
	}
	var all unix.FdSet
	all.Set(listener)
	last := listener
	buf := make([]byte, 100)
	for {
		ready := all
		unix.Select(last+1, &ready, nil, nil, nil)
		for fd := 0; fd <= last; fd++ {
			if !ready.IsSet(fd) {
				continue
			}
			if fd == listener {
				conn, _, _ := unix.Accept(listener)
				all.Set(conn)
				last = max(last, conn)
				unix.Write(1, []byte("hello\n"))
				continue
			}
			n, _ := unix.Read(fd, buf)
			if n <= 0 {
				all.Clear(fd)
				unix.Close(fd)
				unix.Write(1, []byte("bye\n"))
				continue
			}
			unix.Write(fd, buf[:n])
		}
	}
}
