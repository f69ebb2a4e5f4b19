package report

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Progress shows in one line of a terminal how far long work has come, and when it will be done.
// The zero Progress shows nothing.
type Progress struct {
	w     io.Writer
	total int // 0: nobody knows
	begin time.Time
	lock  sync.Mutex
	last  time.Time
}

// NewProgress shows on w, which is a terminal or nil, how much is done of a total.
func NewProgress(w io.Writer, total int) *Progress {
	return &Progress{w: w, total: total, begin: time.Now()}
}

// Show says that so much is done, and what comes now. It writes a few times a second at most.
func (p *Progress) Show(done int, what string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	now := time.Now()
	if p.w == nil || done > 0 && now.Sub(p.last) < 200*time.Millisecond {
		return
	}
	p.last = now
	fmt.Fprintf(p.w, "\r\x1b[K%s", Safe(p.line(done, now.Sub(p.begin), what)))
}

// line is what Show writes after some time.
func (p *Progress) line(done int, took time.Duration, what string) string {
	if p.total == 0 {
		return fmt.Sprintf("%s  %v", what, took.Round(time.Second))
	}
	line := fmt.Sprintf("%d of %d", done, p.total)
	if done > 0 {
		left := took / time.Duration(done) * time.Duration(p.total-done)
		line += fmt.Sprintf(", %v left", left.Round(time.Second))
	}
	return line + "  " + what
}

// Clear takes the line back.
func (p *Progress) Clear() {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.w != nil {
		p.last = time.Time{}
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
