// Command server sends back what it gets.
package main

import (
	"net"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		os.Exit(2)
	}
	conn, err := net.ListenPacket("udp4", "127.0.0.1:"+os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	defer conn.Close()
	buf := make([]byte, 30)
	for {
		n, from, err := conn.ReadFrom(buf)
		if err != nil || n == 0 {
			break
		}
		conn.WriteTo(buf[:n], from)
	}
}
