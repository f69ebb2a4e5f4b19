// Command tee copies its input to its output and to files.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	status := 0
	to := []io.Writer{os.Stdout}
	var files []*os.File
	for _, name := range os.Args[1:] {
		f, err := os.Create(name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "tee: cannot open %s\n", name)
			status = 1
			continue
		}
		files = append(files, f)
		to = append(to, f)
	}
	io.Copy(io.MultiWriter(to...), os.Stdin)
	for _, f := range files {
		f.Close()
	}
	os.Exit(status)
}
