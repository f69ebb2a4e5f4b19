//go:build ignore

// The Go program that stops_test.go traces. What mark writes is its stack as the
// runtime sees it: a line "function file:line" for each frame but the runtime's.
package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

//go:noinline
func mark() {
	pcs := make([]uintptr, 100)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var b strings.Builder
	b.WriteString("callers\n")
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			fmt.Fprintf(&b, "%s %s:%d\n", f.Function, f.File, f.Line)
		}
		if !more {
			break
		}
	}
	unix.Write(1, []byte(b.String()))
}

func inner() { mark() }

func middle() {
	inner()
}

func outer() int {
	middle()
	return 1
}

//go:noinline
func recurse(n int) int {
	var big [500]byte // the goroutine's stack grows and moves
	if n == 0 {
		mark()
		return 0
	}
	return recurse(n-1) + int(big[n])
}

func generic[T any](v T) { mark() }

type marker struct{}

func (marker) Mark()             { mark() }
func (*marker) MarkP()           { inner() }
func (marker) Less(a, b int) int { middle(); return a - b }

type embeds struct{ marker } // its methods are wrappers that the compiler makes

type interfaces interface {
	Mark()
	MarkP()
}

func panics() {
	defer func() {
		recover()
		mark()
	}()
	var p *int
	*p = 1
}

func exits() {
	defer mark()
	defer inner()
}

func sequence(yield func(int) bool) {
	for i := range 2 {
		if !yield(i) {
			return
		}
	}
}

func init() { mark() }

func values() {
	var i interfaces = &embeds{}
	i.Mark()
	i.MarkP()
	f := i.Mark
	f()
	generic(1)
	generic("a")
	func() { outer() }()
	slices.SortFunc([]int{2, 1}, marker{}.Less)
	reflect.ValueOf(mark).Call(nil)
	var once sync.Once
	once.Do(mark)
	for range sequence {
		mark()
	}
}

func concurrent() {
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			recurse(10 * i)
			for range 200 {
				sink = make([]byte, 100_000)
			}
			mark()
		})
	}
	runtime.GC()
	wg.Wait()
}

var sink []byte

func files() {
	var p [2]int
	unix.Pipe2(p[:], unix.O_CLOEXEC)
	unix.Write(p[1], []byte("x"))
	r := os.NewFile(uintptr(p[0]), "pipe")
	io.ReadFull(r, make([]byte, 1))
	r.Close()
	pid, err := syscall.ForkExec("/bin/true", []string{"true"}, &syscall.ProcAttr{})
	if err == nil {
		syscall.Wait4(pid, nil, 0, nil)
	}
	os.ReadDir("/")
	time.Sleep(time.Millisecond)
	fmt.Println("done")
}

func signals() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	<-c
	mark()
}

func main() {
	outer()
	recurse(40)
	values()
	panics()
	exits()
	concurrent()
	files()
	signals()
} // @end
