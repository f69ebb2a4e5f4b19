package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"

	"paritykit/compare/parity"
	"paritykit/compare/report"
)

// files are the reports that go into files of their own, beside the one on standard output; "" is
// none.
type files struct{ html, junit, events string }

func (o *files) flags(f *flag.FlagSet) {
	f.StringVar(&o.html, "html", "", "also write a page to `file` that shows both sources with the calls they made; any browser opens it")
	f.StringVar(&o.junit, "junit", "", "also write the verdicts to `file` in JUnit's XML form, for test runners")
	f.StringVar(&o.events, "trace-event", "", "also write the calls to `file` in the Chrome trace format, for Perfetto (ui.perfetto.dev)")
}

// write writes those that were asked for. A file is whole or it is not there: nobody should take
// half a report for an answer.
func (o *files) write(results []*parity.Result) error {
	for _, out := range []struct {
		path  string
		write func(io.Writer, []*parity.Result) error
	}{{o.html, report.HTML}, {o.junit, report.JUnit}, {o.events, report.TraceEvents}} {
		if out.path == "" {
			continue
		}
		var b bytes.Buffer
		if err := out.write(&b, results); err != nil {
			return fmt.Errorf("%s: %w", out.path, err)
		}
		if err := os.WriteFile(out.path, b.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}
