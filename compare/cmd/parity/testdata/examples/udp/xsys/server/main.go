// Command server sends back what it gets.
package main

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

func main() {
	sock, _ := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if len(os.Args) != 2 {
		os.Exit(2)
	}
	port, _ := strconv.Atoi(os.Args[1])
	if unix.Bind(sock, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}) != nil {
		os.Exit(1)
	}
	buf := make([]byte, 30)
	for {
		n, from, err := unix.Recvfrom(sock, buf, 0)
		if err != nil || n <= 0 {
			break
		}
		unix.Sendto(sock, buf[:n], 0, from)
	}
	unix.Close(sock)
}
