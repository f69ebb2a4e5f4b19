package parity

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDocumentedLimits: README and LIMITS name the limits of a run as they are.
func TestDocumentedLimits(t *testing.T) {
	l := (&Options{Timeout: 10 * time.Second}).limits()
	short := []string{fmt.Sprintf("after %d s", int(l.Time.Seconds())), fmt.Sprintf("%d threads", l.Threads),
		fmt.Sprintf("%d million calls", l.Calls/1_000_000), fmt.Sprintf("%d MiB of output", l.Output>>20)}
	for file, want := range map[string][]string{
		"README.md":         short,
		"compare/LIMITS.md": append(short, fmt.Sprintf("%d MiB that its calls have read and written", l.Memory>>20), fmt.Sprintf("more than %d MiB", mostKept>>20)),
	} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			t.Fatal(err)
		}
		flat := strings.Join(strings.Fields(string(text)), " ")
		for _, phrase := range want {
			if !strings.Contains(flat, phrase) {
				t.Errorf("%s does not say %q", file, phrase)
			}
		}
	}
}
