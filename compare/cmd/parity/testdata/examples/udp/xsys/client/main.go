// Command client sends lines and prints the answers.
package main

import (
	"bytes"
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
	to := &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
	line, answer := make([]byte, 30), make([]byte, 30)
	for {
		n, _ := unix.Read(0, line[:29])
		if n <= 0 {
			break
		}
		line[n] = 0
		unix.Sendto(sock, line[:n+1], 0, to)
		unix.Recvfrom(sock, answer, 0)
		text, _, _ := bytes.Cut(answer, []byte{0})
		unix.Write(1, text)
	}
	unix.Sendto(sock, nil, 0, to)
	unix.Close(sock)
}
