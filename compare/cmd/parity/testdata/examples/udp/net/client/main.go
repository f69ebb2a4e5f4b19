// Command client sends lines and prints the answers.
package main

import (
	"bytes"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		os.Exit(2)
	}
	conn, err := net.Dial("udp4", "127.0.0.1:"+os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	defer conn.Close()
	line, answer := make([]byte, 29), make([]byte, 30)
	for {
		n, err := os.Stdin.Read(line)
		if err != nil {
			break
		}
		conn.Write(append(line[:n:n], 0))
		n, _ = conn.Read(answer)
		text, _, _ := bytes.Cut(answer[:n], []byte{0})
		os.Stdout.Write(text)
	}
	conn.Write(nil)
}
