package parity

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"paritykit/compare/casefile"
)

// An echoFault is a fault in one of the echo programs, the case that shows it, and what stands in
// the line that must be named: the mutant's own, or if a call is missing there the line of the
// other side that makes it.
type echoFault struct {
	in string
	mutant
	named string
}

var echoFaults = map[string][]echoFault{
	"go": {
		{"echo-one-client", mutant{"echo_mpserv", "the parent forgets to close the connection",
			[]string{"\t\tunix.Close(clntSock)\n\t}\n}", "\t\t_ = clntSock\n\t}\n}"}}, "close(clnt_sock)"},
		{"echo-one-client", mutant{"echo_mpserv", "the child forgets to close the listening socket",
			[]string{"unix.Close(servSock)", "_ = servSock"}}, "close(serv_sock)"},
		{"echo-one-client", mutant{"echo_mpserv", "the handler waits for the wrong process",
			[]string{"unix.Wait4(-1,", "unix.Wait4(unix.Getpid(),"}}, "unix.Wait4("},
		{"echo-one-client", mutant{"echo_mpserv", "backlog 6", []string{"unix.Listen(servSock, 5)", "unix.Listen(servSock, 6)"}}, "unix.Listen("},
		{"echo-one-client", mutant{"echo_mpserv", "SIGCHLD is not wanted", []string{"signal.Notify(act, unix.SIGCHLD)", "signal.Notify(act, unix.SIGUSR1)"}},
			"signal.Notify("},
		{"store-ten-messages", mutant{"echo_storeserv", "store before echo", []string{
			"unix.Write(clntSock, buf[:strLen])", "unix.Write(fds[1], buf[:strLen])  ",
			"unix.Write(fds[1], buf[:strLen]); err", "unix.Write(clntSock, buf[:strLen]); err"}}, "write(clnt_sock"},
		{"store-ten-messages", mutant{"echo_storeserv", "nine reads", []string{"for range 10", "for range 9"}}, "read(fds[0]"},
		{"store-ten-messages", mutant{"echo_storeserv", "O_APPEND", []string{"unix.O_TRUNC", "unix.O_APPEND"}}, "unix.Open("},
		{"echo-end-of-input", mutant{"echo_mpclient", "shutdown both ways", []string{"unix.SHUT_WR", "unix.SHUT_RDWR"}}, "unix.Shutdown("},
		{"echo-one-client", mutant{"echo_mpclient", "the same line twice",
			[]string{"if _, err := unix.Write(sock, []byte(buf))", "unix.Write(sock, []byte(buf)); if _, err := unix.Write(sock, []byte(buf))"}}, "unix.Write("},
	},
	"c": {
		{"echo-one-client", mutant{"echo_mpserv", "the parent forgets to close the connection",
			[]string{"copy of the connection\n\t\t\tclose(clnt_sock)", "copy of the connection\n\t\t\t(void)clnt_sock"}}, "unix.Close(clntSock)"},
		{"echo-one-client", mutant{"echo_mpclient", "no line is sent", []string{`strcmp(buf, "Q\n") != 0`, "0 != 0"}}, "unix.Write(sock"},
		{"echo-one-client", mutant{"echo_mpserv", "backlog 6", []string{"listen(serv_sock, 5)", "listen(serv_sock, 6)"}}, "listen(serv_sock"},
		{"echo-one-client", mutant{"echo_mpserv", "the handler is asked not to hear of stopped children",
			[]string{"act.sa_flags = 0;", "act.sa_flags = SA_NOCLDSTOP;"}}, "sigaction(SIGCHLD"},
		{"store-ten-messages", mutant{"echo_storeserv", "nine reads", []string{"i < 10", "i < 9"}}, "unix.Read(fds[0]"},
		{"store-ten-messages", mutant{"echo_storeserv", "O_APPEND", []string{`"wt"`, `"at"`}}, "fopen("},
		{"echo-end-of-input", mutant{"echo_mpclient", "shutdown both ways", []string{"SHUT_WR", "SHUT_RDWR"}}, "shutdown("},
	},
}

// TestEchoFaults puts faults into the echo programs: each must be found, and the line that has it
// named first.
func TestEchoFaults(t *testing.T) {
	for side, list := range echoFaults {
		for _, f := range list {
			t.Run(side+" "+f.program+" "+f.what, func(t *testing.T) {
				bin, _ := build(t, side, f.mutant)
				r := judge(t, f.in, map[string]string{side + "/" + f.program: bin})
				if r.Verdict != Different {
					t.Fatal(say(r))
				}
				d := r.Differences[0]
				ref := map[string]*Ref{"c": d.Sides[0], "go": d.Sides[1]}[side]
				if ref == nil {
					ref = map[string]*Ref{"c": d.Sides[1], "go": d.Sides[0]}[side]
				}
				if ref == nil || ref.Site == "" {
					t.Fatalf("no line named\n%s", say(r))
				}
				site := ref.Site
				if file, line, _ := strings.Cut(site, ":"); strings.HasPrefix(file, "/") { // the mutant's own source
					site = fmt.Sprintf("c/%s.c:%s", f.program, line)
				}
				if got := sourceLine(t, site); !strings.Contains(got, f.named) {
					t.Errorf("named %s: %q has no %q\n%s", ref.Site, got, f.named, say(r))
				}
			})
		}
	}
}

// TestMix puts a fault that a user sees into Go's server. Both combinations are run: that with Go's
// server differs, be it in what it prints or in that the script can't go on, and that with C's does
// not.
func TestMix(t *testing.T) {
	const script = "# x\nprogram echo_mpserv echo_mpclient\nstart s echo_mpserv $PORT\nuntil s listening\n" +
		"start a echo_mpclient 127.0.0.1 $PORT\nclose a\nwait a\n"
	quiet, strict := script+"stop s SIGTERM\n", script+"expect s \"client disconnected...\\n\"\nstop s SIGTERM\n"
	fault, _ := build(t, "go", mutant{"echo_mpserv", "", []string{`"client disconnected..."`, `"client gone..."`}})
	good := original(t, "go/echo_mpserv")
	const broken, whole = "Go's echo_mpserv with C's clients", "C's echo_mpserv with Go's clients"
	for _, m := range []struct {
		name, text, server string
		kinds              []string // of the differences of the broken combination
	}{
		{"nothing wrong", strict, good, nil},
		{"other words", quiet, fault, []string{"output", "terminal"}},
		{"words that the script waits for", strict, fault, []string{"output", "terminal", "script"}},
	} {
		t.Run(m.name, func(t *testing.T) {
			c, err := casefile.Parse(filepath.Join(root, "some.case"), []byte(m.text))
			if err != nil {
				t.Fatal(err)
			}
			bin := map[string]string{"go/echo_mpserv": m.server}
			for _, key := range []string{"c/echo_mpserv", "c/echo_mpclient", "go/echo_mpclient"} {
				bin[key] = original(t, key)
			}
			o := &Options{Root: root, Bin: bin, Count: 1, Timeout: time.Minute, Mix: true}
			r := o.Case(context.Background(), c)
			var kinds []string
			for _, d := range r.Differences {
				if d.Mix == broken {
					kinds = append(kinds, d.Kind)
				} else if d.Mix != "" {
					t.Errorf("%s differs too", d.Mix)
				}
			}
			if !slices.Equal(r.Mixed, []string{whole, broken}) || (r.Verdict == Different) != (m.kinds != nil) {
				t.Errorf("mixed %q\n%s", r.Mixed, say(r))
			}
			for _, kind := range m.kinds {
				if !slices.Contains(kinds, kind) {
					t.Errorf("no difference in %s: %q\n%s", kind, kinds, say(r))
				}
			}
			if m.kinds == nil && kinds != nil {
				t.Errorf("differs in %q", kinds)
			}
		})
	}
}
