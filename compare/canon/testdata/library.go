// What Go's library and runtime need for themselves is noise; what they do for the program is the program's, at its line.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

type account struct{ name string }

//go:noinline
func (a *account) greet() { fmt.Println("hello,", a.name) }

func short() { syscall.Write(1, []byte("inlined\n")) }

func main() {
	(&account{"world"}).greet()
	short()
	func() { fmt.Fprint(os.Stderr, "closure\n") }()
	f, _ := os.Create("file")
	defer func() {
		f.Close()
		os.Exit(4)
	}()
	f.WriteString("text")
	done := make(chan bool)
	go func() {
		os.Remove("file")
		done <- true
	}()
	<-done
	for range 10 {
		_ = make([]byte, 1<<20)
		runtime.GC()
	}
	time.Sleep(time.Millisecond)
	exec.Command("/bin/true").Run()
	os.Setenv("PATH", "/nowhere:/bin")
	exec.LookPath("true") // looks for it twice
	println("built in")
}

/* ops:
P  write(tty, "hello, world\n")  :16
P  write(tty, "inlined\n")  :18
P  write(stderr, "closure\n")  :23
P  openat(AT_FDCWD, "file", O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = file:file  :24
P  write(file:file, "text")  :29
P  unlinkat(AT_FDCWD, "file", 0)  :32
P  openat(AT_FDCWD, "/dev/null", O_RDONLY|O_CLOEXEC) = file:/dev/null  :41
P  openat(AT_FDCWD, "/dev/null", O_WRONLY|O_CLOEXEC) = file:/dev/null#2  :41
P  openat(AT_FDCWD, "/dev/null", O_WRONLY|O_CLOEXEC) = file:/dev/null#3  :41
P  vfork() = P.1  :41
P  close(file:/dev/null)  :41
P  close(file:/dev/null#2)  :41
P  close(file:/dev/null#3)  :41
P  waitid(P_PIDFD, pidfd1, {si_signo=SIGCHLD, si_errno=0, si_code=1, si_pid=P.1, si_uid=0, si_status=0}, WEXITED, …)  :41
P  write(stderr, "built in\n")  :44
P  close(file:file)  :26
P  exit(4)  :27
P  exit 4
P.1  dup3(file:/dev/null, stdin, 0) = file:/dev/null  :41
P.1  dup3(file:/dev/null#2, tty, 0) = file:/dev/null#2  :41
P.1  dup3(file:/dev/null#3, stderr, 0) = file:/dev/null#3  :41
P.1  execve("/bin/true", ["/bin/true"], 1 variables (sha256 5976b152), {0=file:/dev/null, 1=file:/dev/null#2, 2=file:/dev/null#3})  :41
P.1  exit(0)  true+0x23f0
P.1  exit 0
a helper  exit 0
*/
