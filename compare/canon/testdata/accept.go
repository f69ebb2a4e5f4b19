// To take the address of a connection apart, x/sys asks for the socket's protocol: nobody else wants to know.
package main

import "golang.org/x/sys/unix"

func main() {
	listener, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	unix.Listen(listener, 5)
	at, _ := unix.Getsockname(listener)
	client, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	unix.Connect(client, at)
	unix.Accept(listener)
	unix.GetsockoptInt(client, unix.SOL_SOCKET, unix.SO_PROTOCOL) // the program itself does
}

/* ops:
P  socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = sock1  :7
P  listen(sock1, 5)  :8
P  getsockname(sock1, {sin_family=AF_INET, sin_port=port(sock1), sin_addr=0.0.0.0}, 16)  :9
P  socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = sock2  :10
P  connect(sock2, {sin_family=AF_INET, sin_port=port(sock1), sin_addr=0.0.0.0})  :11
P  accept4(sock1, {sin_family=AF_INET, sin_port=port(sock2), sin_addr=127.0.0.1}, 16, 0) = conn(sock2)  :12
P  getsockopt(sock2, SOL_SOCKET, SO_PROTOCOL, 6, 4)  :13
P  exit(0)  :14
P  exit 0
*/
