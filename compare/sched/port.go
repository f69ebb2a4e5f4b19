package sched

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"

	"golang.org/x/sys/unix"
)

// FreePort finds a TCP port on which a program can listen, and keeps other runs, also those of
// other tools like this one, from taking it until it's released.
//
// It lies below the ports that the kernel gives to clients: one of those could be taken by a client
// at any moment, and a client that connects to a port of that range on which nobody listens can be
// connected to itself. Two runs can't get the same one, because of an abstract socket of its name
// (unix(7)): it's one to a machine, and goes with its process, whatever ends that.
func FreePort() (port int, release func(), err error) {
	highest := 32768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		fmt.Sscan(string(text), &highest)
	}
	const lowest = 10000 // services that people run for themselves are mostly lower
	next := nextPID()
	if highest <= lowest {
		return 0, nil, fmt.Errorf("no port below those of clients (net.ipv4.ip_local_port_range begins at %d)", highest)
	}
	for range 1000 {
		port := lowest + rand.IntN(highest-lowest)
		if next <= port && port < next+manyPIDs {
			continue
		}
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

// manyPIDs are more process ids than a run is going to see. A port that is one of the next would be
// a name for two things in what a program prints.
const manyPIDs = 4096

// nextPID is about the next process id that the kernel gives away, see proc_loadavg(5); 0 if that's
// not known.
func nextPID() (pid int) {
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		var load [3]float64
		var tasks string
		fmt.Sscan(string(text), &load[0], &load[1], &load[2], &tasks, &pid)
	}
	return pid
}

// unused reports whether a port can be bound as the programs do it: without SO_REUSEADDR, so that
// connections that linger (TIME_WAIT) are in the way.
func unused(port int) (bool, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrInet4{Port: port}) == nil, nil
}
