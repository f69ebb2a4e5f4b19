// A server and a client in one program, through package net: what they share, the runtime's
// poller included, is no thing that one of them could miss.
package main

import (
	"fmt"
	"io"
	"net"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	done := make(chan bool)
	go func() {
		c, _ := l.Accept()
		io.Copy(c, c)
		c.Close()
		done <- true
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	c.Write([]byte("hello"))
	b := make([]byte, 5)
	io.ReadFull(c, b)
	fmt.Println(string(b))
	c.Close()
	<-done
}
