//go:build ignore

// The Go program of TestCallers: who calls target, and how.
package main

//go:noinline
func target() { println("called") }

func inlined() {
	target() // @inlined
}

var pointer = target

func main() {
	target()  // @direct
	inlined() // @around
	pointer()
}
