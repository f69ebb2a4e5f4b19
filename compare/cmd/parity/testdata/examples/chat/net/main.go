// Command chat sends back what its clients say.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		os.Exit(2)
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:"+os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			os.Exit(1)
		}
		fmt.Println("hello")
		go serve(conn)
	}
}

func serve(conn net.Conn) {
	io.Copy(conn, conn)
	conn.Close()
	fmt.Println("bye")
}
