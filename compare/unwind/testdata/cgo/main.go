// A program with both languages on one stack, in both orders.
package main

/*
#include <unistd.h>

extern void callback(int);

static __attribute__((noinline)) void inC(int n)
{
	char b[64];
	for (int i = 0; i < 64; i++)
		b[i] = n;
	if (write(1, b, 3) == 3)
		callback(b[0]);
	if (write(1, b, 4) == 4)
		b[0]++;
}
*/
import "C"

import (
	"os"
	"sync"
)

//export callback
func callback(n C.int) {
	os.Stdout.Write([]byte("mixed"))
}

func main() {
	C.inC(1)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { C.inC(2) })
	}
	wg.Wait()
}
