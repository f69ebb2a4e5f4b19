// What timing.c does, with what Go has for it.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

func read(set func(time.Time) error, r interface{ Read([]byte) (int, error) }, span time.Duration) string {
	set(time.Now().Add(span))
	_, err := r.Read(make([]byte, 1))
	return fmt.Sprint(errors.Is(err, os.ErrDeadlineExceeded))
}

var kinds = map[string]func(span time.Duration) string{
	"Sleep":    func(span time.Duration) string { time.Sleep(span); return "" },
	"After":    func(span time.Duration) string { <-time.After(span); return "" },
	"NewTimer": func(span time.Duration) string { t := time.NewTimer(time.Hour); t.Reset(span); <-t.C; return "" },
	"Nanosleep": func(span time.Duration) string {
		t := syscall.NsecToTimespec(int64(span))
		return fmt.Sprint(syscall.Nanosleep(&t, nil))
	},
	"Sleep-tiny": func(span time.Duration) string {
		for begin := time.Now(); time.Since(begin) < span; {
			time.Sleep(span / 100)
		}
		return ""
	},
	"AfterFunc": func(span time.Duration) string {
		done := make(chan bool)
		time.AfterFunc(span, func() { close(done) })
		<-done
		return ""
	},
	"AfterFunc-call": func(span time.Duration) string { // while the program waits in a call
		r, w, _ := os.Pipe()
		time.AfterFunc(span, func() { w.Write([]byte{1}) })
		n, err := syscall.Read(int(r.Fd()), make([]byte, 1))
		return fmt.Sprint(n, err)
	},
	"Ticker": func(span time.Duration) string {
		t := time.NewTicker(span / 3)
		for range 3 {
			<-t.C
		}
		return ""
	},
	"Ticker-missed": func(span time.Duration) string {
		t := time.NewTicker(span / 5)
		time.Sleep(span)
		return fmt.Sprint(len(t.C) <= 1)
	},
	"WithTimeout": func(span time.Duration) string {
		ctx, stop := context.WithTimeout(context.Background(), span)
		defer stop()
		<-ctx.Done()
		return ctx.Err().Error()
	},
	"select": func(span time.Duration) string {
		select {
		case <-make(chan bool):
			return "channel"
		case <-time.After(span):
			return "time"
		}
	},
	"Cond": func(span time.Duration) string {
		var mu sync.Mutex
		c := sync.NewCond(&mu)
		mu.Lock()
		time.AfterFunc(span, c.Signal)
		c.Wait()
		return ""
	},
	"SetReadDeadline-pipe": func(span time.Duration) string {
		r, _, _ := os.Pipe()
		return read(r.SetReadDeadline, r, span)
	},
	"SetReadDeadline-net": func(span time.Duration) string {
		l, _ := net.Listen("tcp", "127.0.0.1:0")
		c, _ := net.Dial("tcp", l.Addr().String())
		return read(c.SetReadDeadline, c, span)
	},
	"Accept": func(span time.Duration) string {
		l, _ := net.Listen("tcp", "127.0.0.1:0")
		l.(*net.TCPListener).SetDeadline(time.Now().Add(span))
		_, err := l.Accept()
		return fmt.Sprint(errors.Is(err, os.ErrDeadlineExceeded))
	},
	"CommandContext": func(span time.Duration) string {
		ctx, stop := context.WithTimeout(context.Background(), span)
		defer stop()
		return exec.CommandContext(ctx, "/bin/sleep", "60").Run().Error()
	},
	"Command": func(span time.Duration) string {
		return fmt.Sprint(exec.Command("/bin/sleep", fmt.Sprint(span.Seconds())).Run())
	},
	"Notify": func(span time.Duration) string {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGALRM)
		t := [2]syscall.Timeval{{}, syscall.NsecToTimeval(int64(span))}
		syscall.Syscall(syscall.SYS_SETITIMER, 0, uintptr(unsafe.Pointer(&t)), 0)
		return (<-c).String()
	},
	"Since": func(span time.Duration) string {
		for begin := time.Now(); time.Since(begin) < span; {
		}
		return ""
	},
	"goroutine-computes": func(span time.Duration) string {
		stop, done := make(chan bool), make(chan bool)
		go func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					close(done)
					return
				default:
				}
			}
		}()
		time.Sleep(span)
		close(stop)
		<-done
		return ""
	},
}

func run(kind, milliseconds string) {
	n, _ := strconv.Atoi(milliseconds)
	span, begin := time.Duration(n)*time.Millisecond, time.Now()
	result, when := kinds[kind](span), "in time"
	if time.Since(begin) < span {
		when = "too early"
	}
	fmt.Printf("%s: %s %s\n", kind, result, when)
}

func main() {
	if len(os.Args) == 3 {
		run(os.Args[1], os.Args[2])
		return
	}
	child := exec.Command("/proc/self/exe", os.Args[3:]...)
	child.Stdout = os.Stdout
	child.Start()
	run(os.Args[1], os.Args[2])
	child.Wait()
}
