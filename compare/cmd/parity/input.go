package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"paritykit/compare/trace"
)

// mostInput is how many bytes of standard input two commands can be given.
const mostInput = 256 << 20

// standardInput reads the tool's own standard input to its end, for commands that are each run more
// than once. It returns nil if that is a terminal or closed: the commands find nothing there. One
// that does not end within the time limit is an error; a command alone would wait for it as well.
func standardInput(ctx context.Context, in *os.File, limit time.Duration) (*trace.Input, error) {
	info, err := in.Stat()
	if err != nil || terminal(in) {
		return nil, nil
	}
	type result struct {
		data []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		var b bytes.Buffer
		_, err := io.Copy(&b, io.LimitReader(in, mostInput+1))
		read <- result{b.Bytes(), err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case r := <-read:
		switch {
		case r.err != nil:
			return nil, fmt.Errorf("standard input: %w", r.err)
		case len(r.data) > mostInput:
			return nil, fmt.Errorf("standard input has more than %d bytes, which is the limit for two commands", mostInput)
		}
		return &trace.Input{Data: r.data, File: info.Mode()&fs.ModeType == 0}, nil
	case <-timer.C:
		return nil, fmt.Errorf("standard input has not ended within %v: give the commands a file (<FILE, </dev/null) or more time (-timeout)", limit)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
