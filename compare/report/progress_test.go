package report

import (
	"bytes"
	"testing"
	"time"
)

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		total, done int
		want        string
	}{
		{26, 0, "0 of 26  pipe1"},
		{26, 13, "13 of 26, 10s left  pipe1"},
		{26, 26, "26 of 26, 0s left  pipe1"},
		{0, 5, "pipe1  10s"},
	} {
		if got := NewProgress(nil, c.total).line(c.done, 10*time.Second, "pipe1"); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.done, c.total, got, c.want)
		}
	}
	var b bytes.Buffer
	p := NewProgress(&b, 2)
	p.Show(0, "\x1b[2Jone")
	p.Clear()
	if got, want := b.String(), "\r\x1b[K0 of 2  \\u001b[2Jone\r\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	(&Progress{}).Show(1, "nothing")
}
