package canon

import (
	"hash/maphash"
	"testing"

	"paritykit/compare/abi"
	"paritykit/compare/trace"
)

func TestText(t *testing.T) {
	r := &Run{}
	r.name(7, "$PORT") // by chance, like the next but one: a process id comes first
	r.nameProcess(7, "server.1")
	r.nameProcess(4711, "server")
	r.nameProcess(4711, "server.9") // much later
	r.nameProcess(512, "P")
	r.nameProcess(511, "P.1")
	r.name(40000, "port(alice:sock1)")
	r.name(4711, "port(bob:sock1)")
	r.nameTerminal("/dev/pts/3", "tty(alice)")
	for _, c := range []struct{ in, want string }{
		{"removed proc id: 4711 \n", "removed proc id: server \n"},
		{"4711", "server"},
		{"4711,7", "server,server.1"},
		{"(4711)/7.", "(server)/server.1."},
		{"from 127.0.0.1:40000\x00", "from 127.0.0.1:port(alice:sock1)\x00"},
		{"47111 14711 7x 7_4712 x7 x14711 \xc3\xa97", "47111 14711 7x 7_4712 x7 x14711 \xc3\xa97"}, // no numbers of their own
		{"/tmp/job4711 job_4711.log", "/tmp/jobserver job_server.log"},                             // a name, and a number
		{"lock.4711x 4711_7 12_4711", "lock.serverx server_7 12_server"},
		{"\x01\x00\x67\x12\x00\x00\x03g\x12\x00", "\x01\x00server\x03g\x12\x00"}, // 4711 in memory
		{"\x07\x00\x00\x00", "\x07\x00\x00\x00"},                                 // too common
		{"a\x67\x12\x00\x00 4711", "aserver server"},
		{"on /dev/pts/3 pts/3: 3, ipts/30", "on /dev/tty(alice) tty(alice): 3, ipts/30"},
		{"no numbers", "no numbers"},
		{"1267 0x1267 0X1267 00001267 x1267 12670", "%x(server) 0x%x(server) 0X%x(server) %08x(server) x1267 12670"},
		{"HTTP/1.1 200 OK 0x200 0200 1ff 512", "HTTP/1.1 200 OK 0x%x(P) %04x(P) %x(P.1) P"},
		{"9c40 7 0x7 007", "9c40 server.1 0x7 007"}, // a port; and what is too short
		{"", ""},
	} {
		if got := string(r.Text([]byte(c.in))); got != c.want {
			t.Errorf("Text(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	if got := string(new(Run).Text([]byte("4711"))); got != "4711" {
		t.Errorf("a run without names made %q of it", got)
	}
}

// TestCalled: the path by which a program was started is a name, as a file name of its own; its
// bare name is one only where the kernel tells it.
func TestCalled(t *testing.T) {
	r := &Run{}
	r.nameProgram(&trace.Command{Role: "P", Path: "/no/dir/program-with-a-long-name", Args: []string{"./prog", "x"}})
	r.nameProgram(&trace.Command{Role: "Q", Path: "/no/dir/program", Args: []string{"q"}})
	r.nameProcess(4711, "P")
	for _, c := range []struct{ in, text, kernel string }{
		{"usage: ./prog 4711", "usage: program(P) P", "usage: program(P) P"},
		{"/no/dir/program, then /no/dir/program-with-a-long-name.", "path(Q), then path(P).", "path(Q), then path(P)."},
		{"/no/dir/program.c x/no/dir/program /no/dir/programs ../prog ./prog/x", "", ""},
		{"program-with-a-\n", "", "comm(P)\n"},
		{"4711 (q) q program", "P (q) q program", "P (program(Q)) program(Q) comm(Q)"},
		{"qq q.c q-", "", ""},
	} {
		if c.text == "" {
			c.text = c.in
		}
		if c.kernel == "" {
			c.kernel = c.in
		}
		if got := string(r.Text([]byte(c.in))); got != c.text {
			t.Errorf("Text(%q) = %q, want %q", c.in, got, c.text)
		}
		for kernel, want := range map[bool]string{false: c.text, true: c.kernel} {
			v := &text{raw: []byte(c.in)}
			r.nameText(v, kernel)
			if got := string(v.as(false)); got != want {
				t.Errorf("%q is %q, want %q (kernel: %t)", c.in, got, want, kernel)
			}
		}
	}
}

// TestSame: what is equal as it stands is the same, also when a number in it happens to be a
// process id on one side.
func TestSame(t *testing.T) {
	write := func(text string, names map[int]string) *Op {
		op := &Op{Call: "write", Args: []Arg{{Name: "buf", Value: TextOf(text)}}}
		r := &Run{}
		for pid, name := range names {
			r.nameProcess(pid, name)
		}
		r.nameIn(op.Args[0].Value)
		return op
	}
	type ids = map[int]string
	same, seed := (*Op).Same, maphash.MakeSeed()
	for _, c := range []struct {
		name string
		a, b *Op
		want bool
	}{
		{"equal, and 7 is a process of one side", write("7 messages", ids{7: "P.1"}), write("7 messages", nil), true},
		{"the same process", write("id 4711", ids{4711: "P.1"}), write("id 815", ids{815: "P.1"}), true},
		{"another process", write("id 4711", ids{4711: "P.1"}), write("id 815", ids{815: "P.2"}), false},
		{"a process, and a text that reads like its name", write("id 4711", ids{4711: "P.1"}), write("id P.1", nil), false},
		{"a process, and a text that reads like its mark", write("id 4711", ids{4711: "P.1"}), write("id \x01P.1\x01", nil), false},
		{"a process, and a number", write("id 4711", ids{4711: "P.1"}), write("id 12", nil), false},
	} {
		if c.want && !c.a.Sums(seed).Meet(c.b.Sums(seed)) {
			t.Errorf("%s: the sums differ", c.name)
		}
		if got := same(c.a, c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := c.a.Args[0].Same(c.b.Args[0]); got != c.want {
			t.Errorf("%s, the argument: %v", c.name, got)
		}
	}
	if got, want := write("id 4711", ids{4711: "P.1"}).String(), `write("id P.1")`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Which processors a program wants is compared, on which it runs is not: that is the tool's choice.
func TestAffinity(t *testing.T) {
	c := &maker{}
	for when, want := range map[abi.When]string{abi.In: "{0 2 9}", abi.Out: "…"} {
		if got := c.memory(nil, &abi.Arg{Kind: abi.CPUs}, []byte{5, 2, 0, 0}, when); got.String() != want ||
			(got.Why() != "") != (when == abi.Out) {
			t.Errorf("at moment %d: %s, want %s", when, got, want)
		}
	}
}
