// Spin computes until another goroutine has run, which on one CPU the runtime has to see to.
package main

import (
	"fmt"
	"sync/atomic"
)

func main() {
	var done atomic.Bool
	go done.Store(true)
	for !done.Load() {
	}
	fmt.Println("done")
}
