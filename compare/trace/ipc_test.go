package trace

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRemains: what a run makes of IPC is gone when it is over, and nothing else; with Keep it is
// there.
func TestRemains(t *testing.T) {
	ipc := build(t, "ipc", "-lrt")
	key := 0x7069_0000 + os.Getpid()<<1&0xffff
	found, _, errno := unix.Syscall(unix.SYS_MSGGET, uintptr(key+1), unix.IPC_CREAT|unix.IPC_EXCL|0o600, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	defer unix.Syscall(unix.SYS_MSGCTL, found, unix.IPC_RMID, 0)
	queue := fmt.Sprintf("/parity-%d", os.Getpid())
	for _, keep := range []bool{false, true} {
		tr := traced(t, Config{Keep: keep}, ipc, fmt.Sprint(key), queue, fmt.Sprint(key+1))
		if got := tr.Programs[0]; tr.Process(got.PID).Status != (Status{}) {
			t.Fatalf("it ended with %v", tr.Process(got.PID).Status)
		}
		var ids [5]int
		if n, err := fmt.Sscan(string(tr.Programs[0].Terminal), &ids[0], &ids[1], &ids[2], &ids[3], &ids[4]); n != 5 {
			t.Fatalf("%q: %v", tr.Programs[0].Terminal, err)
		}
		control := [5]uintptr{unix.SYS_MSGCTL, unix.SYS_SEMCTL, unix.SYS_SHMCTL, unix.SYS_SEMCTL, unix.SYS_MSGCTL}
		for i, id := range ids {
			// To remove it is the only way to ask that needs no room for an answer.
			args := [3]uintptr{uintptr(id), unix.IPC_RMID, 0}
			if control[i] == unix.SYS_SEMCTL {
				args = [3]uintptr{uintptr(id), 0, unix.IPC_RMID}
			}
			if _, _, errno := unix.Syscall(control[i], args[0], args[1], args[2]); (errno == 0) != keep {
				t.Errorf("keep %t: removing object %d: %v", keep, i, errno)
			}
		}
		if errno := openQueue([]byte(queue[1:])); (errno == 0) != keep {
			t.Errorf("keep %t: opening the queue: %v", keep, errno)
		}
	}
	r := remains{queues: map[string]bool{queue[1:]: true}}
	r.remove()
	if _, _, errno := unix.Syscall(unix.SYS_MSGGET, uintptr(key+1), 0, 0); errno != 0 {
		t.Errorf("the queue that was there before is gone: %v", errno)
	}
}
