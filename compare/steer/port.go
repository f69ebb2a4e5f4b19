package steer

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"

	"golang.org/x/sys/unix"
)

// FreePort finds a TCP port on which a program can listen, and keeps other runs, also those of other tools like this one, from
// taking it until it's released.
//
// It lies below the ports that the kernel gives to clients: one of those could be taken by a client at any moment, and a client that
// connects to a port of that range on which nobody listens can be connected to itself. Two runs can't get the same one,
// because of an abstract socket of its name (unix(7)): it's one to a machine, and goes with its process, whatever ends that.
func FreePort() (port int, release func(), err error) {
	highest := 32768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(string(text), &highest)
	}
	const lowest = 10000 // services that people run for themselves are mostly lower
	if highest <= lowest {
		return 0, nil, fmt.Errorf("no port below those of clients (net.ipv4.ip_local_port_range begins at %d)", highest)
	}
	for range 1000 {
		port := lowest + rand.IntN(highest-lowest)
		lock, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return 0, nil, fmt.Errorf("a free port: socket: %w", err)
		}
		name := &unix.SockaddrUnix{Name: fmt.Sprintf("@parity port %d", port)}
		free := false
		if unix.Bind(lock, name) == nil {
			free, err = unused(port)
		}
		if free {
			return port, func() { unix.Close(lock) }, nil
		}
		unix.Close(lock)
		if err != nil {
			return 0, nil, fmt.Errorf("a free port: socket: %w", err)
		}
	}
	return 0, nil, errors.New("found no free port in a thousand")
}

// unused says whether a port can be bound as the programs do it: without SO_REUSEADDR, so that connections that linger (TIME_WAIT)
// are in the way.
func unused(port int) (bool, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrInet4{Port: port}) == nil, nil
}
