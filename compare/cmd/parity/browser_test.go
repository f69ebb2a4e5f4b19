package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"paritykit/compare/report"
)

// browser is a tab of a headless Chromium that remembers what must not happen.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu   sync.Mutex
	said []string // to its console: errors and warnings
	sent []string // requests to anywhere but the page itself
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no chromium: run scripts/setup test")
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, chromedp.ExecPath(path), chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Headless,
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.Env("TMPDIR="+t.TempDir()), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("hide-scrollbars", true))
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	b := &browser{t: t, ctx: ctx}
	err = chromedp.Listen(ctx, func(ev any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch ev := ev.(type) {
		case *runtime.EventConsoleAPICalled:
			b.said = append(b.said, fmt.Sprint(ev.Type))
		case *runtime.EventExceptionThrown:
			b.said = append(b.said, ev.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			b.said = append(b.said, ev.Entry.Text)
		case *network.EventRequestWillBeSent:
			if u := ev.Request.URL; !strings.HasPrefix(u, "file:") && !strings.HasPrefix(u, "data:") || strings.HasPrefix(u, "file:") && !strings.Contains(u, ".html") {
				b.sent = append(b.sent, u)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	call(b, log.Enable, cdp.Empty{})
	call(b, network.Enable, network.EnableParams{})
	return b
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// call calls a command of the DevTools protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// eval evaluates an expression in the page.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%v: %s", err, expression)
	}
	return value
}

// open opens a page, possibly with a fragment. A page that's open already is opened anew.
func (b *browser) open(path, fragment string) {
	b.t.Helper()
	u := url.URL{Scheme: "file", Path: path, Fragment: fragment}
	b.do(chromedp.Navigate("about:blank"), chromedp.Navigate(u.String()))
}

// lit lists the ids of the lines that are lit.
func (b *browser) lit() string {
	b.t.Helper()
	return eval[string](b, `[...document.querySelectorAll(".src > .lit")].map(e => e.id).join(" ")`)
}

func (b *browser) hash() string {
	b.t.Helper()
	return eval[string](b, `location.hash`)
}

// look says how wide the window is and which colours the system wants.
func (b *browser) look(width int64, mode string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: mode}}})
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1})
}

// unfold opens all that is folded.
func (b *browser) unfold() {
	b.t.Helper()
	eval[int](b, `document.querySelectorAll("details").forEach(d => d.open = true), 0`)
}

func (b *browser) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
}

// quiet fails the test if the page complained or asked for anything.
func (b *browser) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.said) > 0 {
		b.t.Errorf("on the console: %q", b.said)
	}
	if len(b.sent) > 0 {
		b.t.Errorf("requests: %q", b.sent)
	}
}

// studied runs the tool with -html and returns the page's path.
func studied(t *testing.T, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "page.html")
	full := append([]string{args[0], "-count", "1", "-timeout", "60s", "-html", path}, args[1:]...)
	if _, stderr, code := tryParity(full...); code == 2 {
		t.Fatalf("%q: %s", args, stderr)
	}
	return path
}

// lineOf is the number of the only line of a file that has a text.
func lineOf(t *testing.T, file, text string) int {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, file))
	before, _, found := strings.Cut(string(source), text)
	if err != nil || !found {
		t.Fatalf("no %q in %s (%v)", text, file, err)
	}
	return strings.Count(before, "\n") + 1
}

// TestPage tries the page as a reader would: fragments, keys, the mouse.
func TestPage(t *testing.T) {
	makeBuild(t)
	path := studied(t, "run", "pipe3", "store-ten-messages")
	b := newBrowser(t)

	ask, goAsk := lineOf(t, "c/pipe3.c", "write(fds1[1]"), lineOf(t, "go/pipe3/main.go", "unix.Write(fds1[1]")
	b.open(path, fmt.Sprintf("c/pipe3.c:%d", ask))
	if got, want := b.lit(), fmt.Sprintf("c/pipe3.c:%d go/pipe3/main.go:%d", ask, goAsk); got != want {
		t.Errorf("the fragment lights %q, want %q", got, want)
	}
	calls := eval[int](b, `document.querySelectorAll("section.calls .lit, .times .lit").length`) // in the list and on the time line
	tallies := eval[int](b, `document.querySelectorAll(".made > .lit").length`)
	seen := eval[bool](b, `(r => r.top >= 0 && r.bottom <= innerHeight)(document.querySelector(".pin").getBoundingClientRect())`)
	if calls != 2 || tallies != 1 || !seen {
		t.Errorf("%d calls and %d summaries are lit, want 2 and 1; in sight: %v", calls, tallies, seen)
	}

	// In a case that is folded, in a file that is not the first one; the call is made by a
	// helper of Go's.
	say := lineOf(t, "c/echo_mpclient.c", `printf("Message from`)
	b.open(path, fmt.Sprintf("c/echo_mpclient.c:%d", say))
	if got := b.lit(); !strings.Contains(got, fmt.Sprintf("go/echo_mpclient/main.go:%d", lineOf(t, "go/echo_mpclient/main.go", `printf("Message from`))) {
		t.Errorf("lit: %q", got)
	}
	b.open(path, "source:1:step4")
	if got := b.lit(); !strings.Contains(got, "c/pipe3.c:") || !strings.Contains(got, "go/pipe3/main.go:") {
		t.Errorf("a step lights %q", got)
	}

	// Keys.
	b.open(path, "")
	if got := b.hash(); got != "" {
		t.Errorf("before any key the address has %q", got)
	}
	first, second := fmt.Sprintf("#c/pipe3.c:%d", lineOf(t, "c/pipe3.c", "pipe(fds1)")), fmt.Sprintf("#c/pipe3.c:%d", lineOf(t, "c/pipe3.c", "pid = fork"))
	for _, c := range []struct{ key, want string }{
		{"j", first}, {"j", second}, {"k", first}, {"t", fmt.Sprintf("#go/pipe3/main.go:%d", lineOf(t, "go/pipe3/main.go", "unix.Pipe(fds1"))},
		{"j", fmt.Sprintf("#go/pipe3/main.go:%d", lineOf(t, "go/pipe3/main.go", "fork.Start(child, fds1"))}, {"n", "#pipe3"}, {"n", "#store-ten-messages"},
		{"p", "#pipe3"},
	} {
		b.press(c.key)
		if got := b.hash(); got != c.want {
			t.Errorf("%s leads to %s, want %s", c.key, got, c.want)
		}
	}
	for _, open := range []bool{true, false} {
		if b.press("?"); eval[bool](b, `document.getElementById("page:keys").open`) != open {
			t.Errorf("? does not make the help open: %v", open)
		}
	}

	// The mouse: pointing lights for as long as it points, a click stays.
	point := func(selector string) chromedp.Action[chromedp.Void] {
		at := eval[[]float64](b, fmt.Sprintf(`(e => { e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect(); return [r.left + 60, r.top + 5] })(document.querySelector(%q))`, selector))
		return chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1])
	}
	b.open(path, "source:1")
	b.do(point(fmt.Sprintf(`[id="go/pipe3/main.go:%d"]`, goAsk)))
	if got, want := b.lit(), fmt.Sprintf("c/pipe3.c:%d go/pipe3/main.go:%d", ask, goAsk); got != want {
		t.Errorf("pointing lights %q, want %q", got, want)
	}
	b.do(point("h1"))
	if got := b.lit(); got != "" {
		t.Errorf("pointing elsewhere leaves %q lit", got)
	}
	eval[int](b, fmt.Sprintf(`document.getElementById("go/pipe3/main.go:%d").click(), 0`, goAsk))
	b.do(point("h1"))
	if got := b.lit(); !strings.Contains(got, fmt.Sprint("c/pipe3.c:", ask)) || b.hash() != fmt.Sprint("#go/pipe3/main.go:", goAsk) {
		t.Errorf("a click lights %q, address %s", got, b.hash())
	}
	b.quiet()
}

// TestPageLooks: the page follows the system's dark mode, fits a phone, and says everything without
// scripts.
func TestPageLooks(t *testing.T) {
	makeBuild(t)
	path := studied(t, "run", "pipe3", "store-ten-messages")
	b := newBrowser(t)
	background := map[string]string{}
	for _, mode := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 320} {
			b.look(width, mode)
			b.open(path, "")
			b.unfold()
			background[mode] = eval[string](b, `getComputedStyle(document.body).backgroundColor`)
			// Nothing is wider than the page, and no text is cut.
			wide := eval[[]string](b, `[...document.querySelectorAll("body *")].filter(e => e.getClientRects().length && (e.getBoundingClientRect().right > innerWidth + 1 ||
				getComputedStyle(e).overflowX != "visible" && e.scrollWidth > e.clientWidth + 1)).slice(0, 5).map(e => e.tagName + "." + e.className + " " + e.id)`)
			if len(wide) > 0 {
				t.Errorf("%s, %d wide: does not fit: %q", mode, width, wide)
			}
			if low := lowContrast(b); len(low) > 0 {
				t.Errorf("%s: too little contrast: %q", mode, low)
			}
		}
	}
	if background["light"] == background["dark"] {
		t.Errorf("the background is %s in both modes", background["light"])
	}
	b.quiet()

	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	line := lineOf(t, "c/pipe3.c", "write(fds1[1]")
	b.open(path, fmt.Sprintf("c/pipe3.c:%d", line))
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
	text := eval[string](b, fmt.Sprintf(`getComputedStyle(document.getElementById("c/pipe3.c:%d")).backgroundColor + " " + document.querySelector("main").textContent`, line))
	if strings.HasPrefix(text, "rgba(0, 0, 0, 0)") {
		t.Error("without scripts the line of the fragment is not lit")
	}
	for _, want := range []string{"child: ask the question", `write(pipe1.w, "Who are you?\0")`, "reexec", "after P fork", "write(2)", "All schedules"} {
		if !strings.Contains(text, want) {
			t.Errorf("without scripts there is no %q", want)
		}
	}
}

// lowContrast lists colours of text that stand out from the page by less than 4.5 to 1 (WCAG 2.2,
// 1.4.3).
func lowContrast(b *browser) []string {
	b.t.Helper()
	return eval[[]string](b, `(() => {
		const light = c => { const [r, g, b] = c.match(/[\d.]+/g).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
		const page = light(getComputedStyle(document.body).backgroundColor), bad = new Set();
		for (const e of document.querySelectorAll("body *")) {
			if (!e.getClientRects().length) continue;
			const c = getComputedStyle(e).color, l = light(c), ratio = (Math.max(l, page) + .05) / (Math.min(l, page) + .05);
			if (ratio < 4.5) bad.add(e.tagName + "." + e.className + " " + c);
		}
		return [...bad];
	})()`)
}

// TestPageHostile: what a program says, and what its files are called, stays text.
func TestPageHostile(t *testing.T) {
	makeBuild(t)
	hostile := program(t, `#include <fcntl.h>
int main(int argc, char **argv) {
	const char *bad = "<script>document.title='gotcha'</script><img src=x onerror=\"document.title='gotcha'\">\033]0;gotcha\007\xff\xfe\u202e</code></script>";
	puts(bad); fputs(bad, stderr); if (argc > 1) close(creat(bad, 0600)); return 0; }`)
	for _, args := range [][]string{
		{"diff", "--", hostile, "<script>document.title='gotcha'</script>", "--", hostile},
		{"run", "-bin", "c/pipe1=" + hostile, "-bin", "go/pipe1=" + hostile, "pipe1"},
	} {
		path := studied(t, args...)
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range string(raw) {
			if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffd || r == 0x202e {
				t.Fatalf("%q is in the page", r)
			}
		}
		b := newBrowser(t)
		b.open(path, "")
		b.unfold()
		title, text := eval[string](b, `document.title`), eval[string](b, `document.body.innerText`)
		scripts, images := eval[int](b, `document.scripts.length`), eval[int](b, `document.images.length`)
		if strings.HasPrefix(title, "gotcha") || scripts != 1 || images != 0 {
			t.Errorf("title %q, %d scripts, %d images", title, scripts, images)
		}
		for _, want := range []string{"<script>", `\x1b]0;gotcha\x07`, `\xff`} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in the text", want)
			}
		}
		b.quiet()
	}
	os.Remove("<script>")
}

// TestPageAll: the page of all cases, made of their JSON report, is less than a megabyte. A source
// stands in it once, calls of the system's programs are data until somebody asks for them, and a
// filter that needs no mouse leaves what belongs to some cases.
func TestPageAll(t *testing.T) {
	makeBuild(t)
	cases, err := allCases()
	if err != nil || len(cases) < 20 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	var text bytes.Buffer
	if err := report.HTML(&text, cases); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cases, %d bytes", len(cases), text.Len())
	if text.Len() >= 1_000_000 {
		t.Errorf("%d bytes", text.Len())
	}
	if n := strings.Count(text.String(), "ask the question</i>"); n != 2*3 { // in both sources of three programs
		t.Errorf("a step stands in the page %d times", n)
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, text.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t)
	b.open(path, "")

	// Who opens the calls of nc sees them.
	count := func(selector string) int {
		return eval[int](b, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
	}
	alice := `[id="nc-echo/alice"] > ol > li`
	if n := count(alice); n != 0 {
		t.Errorf("%d calls of nc are elements", n)
	}
	b.open(path, "nc-echo/alice")
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](`document.querySelector('`+alice+`') !== null`)); err != nil || count(alice) < 10 {
		t.Errorf("%d calls of nc are shown", count(alice))
	}

	b.open(path, "")

	// Keys: to the filter, a name, a verdict, and all again.
	shown := func() string {
		return eval[string](b, `[".case", ".code", "nav li"].map(s => [...document.querySelectorAll(s)].filter(e => e.checkVisibility()).length).join(" ") + " " + document.querySelector("output").textContent`)
	}
	all := fmt.Sprintf("%d 6 %d ", len(cases), len(cases))
	if got := shown(); got != all {
		t.Errorf("%q is shown, want %q", got, all)
	}
	b.press("/", "\b", "P", "I", "P", "E") // the protocol types the "/" although the page has taken it
	if got, want := shown(), fmt.Sprintf("3 3 3 3 of %d cases", len(cases)); got != want {
		t.Errorf("with a name %q is shown, want %q", got, want)
	}
	b.press("\t", "s") // "same", in the list of verdicts
	if got, want := shown(), fmt.Sprintf("0 0 0 0 of %d cases", len(cases)); got != want {
		t.Errorf("with a verdict, too, %q is shown, want %q", got, want)
	}
	b.press("\x1b")
	if got := shown(); got != all+fmt.Sprintf("%d of %d cases", len(cases), len(cases)) {
		t.Errorf("at the end %q is shown", got)
	}
	b.quiet()
}

// TestPageDiffers: a difference stands first, with its diff of bytes, and what the bytes say stays
// text.
func TestPageDiffers(t *testing.T) {
	path := studied(t, "diff", "--", "/bin/printf", `one\n<b>two</b>\n`, "--", "/bin/printf", `one\n<i>two</i>\n`)
	b := newBrowser(t)
	b.open(path, "")
	first := eval[[]string](b, `[...document.querySelector(".diffs > li").querySelectorAll(".bytes > li")].map(e => e.innerText)`)
	if want := []string{` "one\n"`, `- "<b>two</b>\n"`, `+ "<i>two</i>\n"`}; !slices.Equal(first, want) {
		t.Errorf("the first difference has the lines %q, want %q", first, want)
	}
	b.press("n")
	if got := b.hash(); got != "#diff:differs1" {
		t.Errorf("n leads to %s", got)
	}
	b.quiet()
}

// TestPageLarge: a trace of 100,000 calls opens in a moment, and a call far down can be linked to.
func TestPageLarge(t *testing.T) {
	many := program(t, `int main(void) { for (int i = 0; i < 100000; i++)
	write(9, &i, i % 7);
	return 0; }`)
	path := filepath.Join(t.TempDir(), "page.html")
	if _, stderr, code := tryParity("diff", "-count", "1", "-timeout", "120s", "-html", path, "--", many, "--", many); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	info, _ := os.Stat(path)
	b := newBrowser(t)
	begin := time.Now()
	b.open(path, "")
	rows := eval[int](b, `document.querySelectorAll(".process li").length`)
	opened := time.Since(begin)
	b.press("j")
	lit := eval[int](b, `document.querySelectorAll(".lit").length`)
	t.Logf("%d bytes, opened in %v, lit %d elements after %v", info.Size(), opened, lit, time.Since(begin)-opened)
	if rows == 0 || rows > 1000 || lit == 0 {
		t.Errorf("%d rows, %d lit", rows, lit)
	}
	if opened > 10*time.Second {
		t.Errorf("opening takes %v", opened)
	}
	b.open(path, "diff/P/700")
	if pinned := eval[string](b, `document.querySelector(".pin")?.id ?? "none"`); pinned != "diff/P/700" {
		t.Errorf("a call far down: %s", pinned)
	}
	b.quiet()
}

var shots = flag.String("shots", "", "write screenshots of the page to this directory, to be looked at")

// TestScreenshots makes pictures for people: what a reader sees, and all of each page in pieces.
// README's is pipe3-light-1280-readme.png.
func TestScreenshots(t *testing.T) {
	if *shots == "" {
		t.Skip("no -shots")
	}
	makeBuild(t)
	line := lineOf(t, "c/pipe3.c", "write(fds1[1]")
	source, err := os.ReadFile(filepath.Join(root, "c/pipe1.c"))
	if err != nil {
		t.Fatal(err)
	}
	other := program(t, strings.Replace(string(source), "Who are you?", "Who is it?", 1))
	for _, c := range []struct {
		name, fragment string
		args           []string
	}{
		{"pipe3", fmt.Sprintf("c/pipe3.c:%d", line), []string{"run", "pipe3"}},
		{"store", "store-ten-messages", []string{"run", "store-ten-messages"}},
		{"different", "", []string{"run", "-bin", "c/pipe1=" + other, "pipe1"}},
		{"diff", "", []string{"diff", "--", "/bin/echo", "a", "--", "/bin/echo", "b"}},
		{"all", "", []string{"run", "-timeout", "60s"}},
	} {
		path := studied(t, c.args...)
		b := newBrowser(t)
		for _, mode := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 320} {
				b.look(width, mode)
				b.open(path, c.fragment)
				shot := func(name string, clip *page.Viewport) {
					beyond := clip != nil
					png := call(b, page.CaptureScreenshot, page.CaptureScreenshotParams{Clip: clip, CaptureBeyondViewport: &beyond}).Data
					if err := os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s-%s-%d%s.png", c.name, mode, width, name)), png, 0o666); err != nil {
						t.Fatal(err)
					}
				}
				shot("", nil)
				if c.name == "pipe3" && width == 1280 {
					b.look(1100, mode)
					area := eval[[]float64](b, `(() => {
						const band = document.querySelector(".pin").closest(".band"), head = band.parentElement.querySelector("summary");
						scrollTo(0, band.getBoundingClientRect().top + scrollY - head.offsetHeight);
						let last = band;
						for (let n = 0; n < 2; n++) last = last.nextElementSibling;
						return [scrollY, last.getBoundingClientRect().bottom];
					})()`)
					shot("-readme", &page.Viewport{Y: area[0], Width: 1100, Height: area[1] + 1, Scale: 1})
					b.look(width, mode)
				}
				if c.name == "all" {
					continue // too long to be looked at
				}
				// And all of it, in pieces.
				b.unfold()
				height := eval[float64](b, `document.querySelectorAll(".process, .time").forEach(e => e.style.contentVisibility = "visible"), scrollTo(0, 0), document.documentElement.scrollHeight`)
				const piece = 1500
				for n := 0; float64(n*piece) < min(height, 14*piece); n++ {
					y := float64(n * piece)
					shot(fmt.Sprintf("-%d", n+1), &page.Viewport{Y: y, Width: float64(width), Height: min(piece, height-y), Scale: 1})
				}
			}
		}
	}
}
