package casefile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       Case // without Name and Path
	}{{
		name: "one program means start it and wait",
		text: "program pipe1",
		want: Case{
			Programs: []string{"pipe1"},
			Steps:    []Step{{"start", "P", []string{"pipe1"}, 1}, {"wait", "P", nil, 1}},
		},
	}, {
		name: "everything",
		text: `
# Two clients talk to the echo server
# that stores what it hears.
# Source: a textbook, in the chapter
# from which the client is, too.
#
# A remark.

program  echo_storeserv echo_mpclient   # both
start    server echo_storeserv $PORT
until    server listening
start    alice echo_mpclient 127.0.0.1 $PORT "two words" a#b
# from here on alice talks
send     alice "one\n"
expect   alice ` + "`Message \\from`" + `
close    alice
wait     alice
expect   alice "bye # not a comment"
stop     server SIGTERM
file     echomsg.txt
known    server.1 write buf "C's unflushed buffer is copied by fork"
`,
		want: Case{
			About:    "Two clients talk to the echo server that stores what it hears.",
			Source:   "a textbook, in the chapter from which the client is, too.",
			Programs: []string{"echo_storeserv", "echo_mpclient"},
			Steps: []Step{
				{"start", "server", []string{"echo_storeserv", "$PORT"}, 10},
				{"until", "server", []string{"listening"}, 11},
				{"start", "alice", []string{"echo_mpclient", "127.0.0.1", "$PORT", "two words", "a#b"}, 12},
				{"send", "alice", []string{"one\n"}, 14},
				{"expect", "alice", []string{`Message \from`}, 15},
				{"close", "alice", nil, 16},
				{"wait", "alice", nil, 17},
				{"expect", "alice", []string{"bye # not a comment"}, 18},
				{"stop", "server", []string{"SIGTERM"}, 19},
			},
			Files:  []string{"echomsg.txt"},
			Knowns: []Known{{"server.1", "write", "buf", "C's unflushed buffer is copied by fork", 21}},
		},
	}, {
		name: "a case of two programs of one's own",
		text: `
program tee
side c  tee build "make -C ../old tee" run "../old/tee -u"
side go tee run "./tee-go"
compare output
put a/b "one\n"
copy ../words.txt
env LANG ""
terminal P
args P "two words" "$$HOME:$PORT"
start P tee
until P waiting
resize P 100 30
signal -P SIGINT
signal P SIGTERM
exit P SIGTERM
`,
		want: Case{
			Programs: []string{"tee"},
			Sides: []Side{
				{"c", "tee", "make -C ../old tee", "../old/tee -u", 3},
				{"go", "tee", "", "./tee-go", 4},
			},
			Output: true,
			Before: []Step{
				{"put", "", []string{"a/b", "one\n"}, 6},
				{"copy", "", []string{"../words.txt"}, 7},
				{"env", "", []string{"LANG", ""}, 8},
				{"terminal", "P", nil, 9},
				{"args", "P", []string{"two words", "$$HOME:$PORT"}, 10},
			},
			Steps: []Step{
				{"start", "P", []string{"tee"}, 11},
				{"until", "P", []string{"waiting"}, 12},
				{"resize", "P", []string{"100", "30"}, 13},
				{"signal", "P", []string{"SIGINT", Group}, 14},
				{"signal", "P", []string{"SIGTERM"}, 15},
				{"exit", "P", []string{"SIGTERM"}, 16},
			},
		},
	}, {
		name: "input for a program that is started without a start",
		text: "program p\nstdin P words.txt",
		want: Case{
			Programs: []string{"p"},
			Before:   []Step{{"stdin", "P", []string{"words.txt"}, 2}},
			Steps:    []Step{{"start", "P", []string{"p"}, 1}, {"wait", "P", nil, 1}},
		},
	}, {
		name: "from may follow at once or come first, and lines may end as in DOS",
		text: "# from a book\r\n\r\n# What it is about\r\n# source ignored, there is one\r\nprogram\tp\r\n# no about\r\n",
		want: Case{
			About:    "What it is about",
			Source:   "a book",
			Programs: []string{"p"},
			Steps:    []Step{{"start", "P", []string{"p"}, 5}, {"wait", "P", nil, 5}},
		},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse("dir/some.case", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Name, tt.want.Path = "some", "dir/some.case"
			if diff := cmp.Diff(&tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

const allVerbs = "program, side, compare, put, copy, env, args, stdin, terminal, start, send, close, expect, until, " +
	"signal, resize, wait, exit, stop, kill, file, known, explore"

func TestParseErrors(t *testing.T) {
	// In texts, | ends a line. A message without a file is in pipe9.case.
	tests := []struct{ name, text, want string }{
		// Words.
		{"unknown verb", "program p|sleep 2",
			"2: no verb sleep, there is " + allVerbs + ": sleep 2"},
		{"quoted verb", `"program" p`,
			`1: no verb "program", there is ` + allVerbs + `: "program" p`},
		{"too few words", "program p|start alice p|send alice",
			"3: send wants a role and a quoted text, got 1 word: send alice"},
		{"too many words", "program p|start a p|wait a b",
			"3: wait wants a role, got 2 words: wait a b"},
		{"no words", "program # p",
			"1: program wants a program and perhaps more, got 0 words: program # p"},
		{"not quoted", "program p|start alice p|send alice hello",
			"3: send wants a role and a quoted text, but hello is not quoted: send alice hello"},
		{"open quote", `program p|start a p|send a "x`,
			`3: not a Go string "x: send a "x`},
		{"unknown escape", `program p|start a p|send a "\q"`,
			`3: not a Go string "\q": send a "\q"`},
		{"word goes on after the quote", `program p|start a p "x"y`,
			`2: no blank after "x": start a p "x"y`},
		{"quote within a word", `program p|start a p x"y"`,
			`2: a quote within a word x"y": start a p x"y"`},
		{"long line", "program p|" + strings.Repeat("x", 100),
			"2: no verb " + strings.Repeat("x", 80) + "…" + ", there is " + allVerbs + ": " + strings.Repeat("x", 80) + "…"},

		// Shapes.
		{"program", "program a/b",
			"1: program wants a program and perhaps more, but a/b is not made of letters, digits, _ and -: program a/b"},
		{"program, the second", "program a .",
			"1: program wants a program and perhaps more, but . is not made of letters, digits, _ and -: program a ."},
		{"role", "program p|start a.1 p",
			"2: start wants a role, a program and perhaps more, but a.1 is not made of letters, digits and _: start a.1 p"},
		{"variable", "program p|start a p $HOME",
			"2: start wants a role, a program and perhaps more, but $HOME begins with a variable that is none; there is $PORT (and $$, which is a $): start a p $HOME"},
		{"empty text", `program p|start a p|expect a ""`,
			`3: expect wants a role and a quoted text, but "" is empty: expect a ""`},
		{"state", "program p|start a p|until a happy",
			"3: until wants a role and a state, but happy is none; there is bound, listening, waiting: until a happy"},
		{"signal", "program p|start a p|stop a TERM",
			"3: stop wants a role and a signal, but TERM is none; they are written as in SIGTERM: stop a TERM"},
		{"path above", "program p|file ../x",
			"2: file wants a path, but ../x is not within the directory in which the programs run: file ../x"},
		{"path from the root", "program p|file /etc/passwd",
			"2: file wants a path, but /etc/passwd is not within the directory in which the programs run: file /etc/passwd"},
		{"process", `program p|known P.x n "why"`,
			`2: known wants a process, a name and perhaps more, but P.x is not made of a role, or a child of it such as P.1: known P.x n "why"`},
		{"name", `program p|known P +N "why"`,
			`2: known wants a process, a name and perhaps more, but +N is not made of letters, digits, ., /, _ and -: known P +N "why"`},
		{"known without a reason", `program p|known P write buf`,
			`2: known wants a process, a name, perhaps an argument, and a quoted reason: known P write buf`},
		{"known of too much", `program p|known P write buf count "why"`,
			`2: known wants a process, a name, perhaps an argument, and a quoted reason: known P write buf count "why"`},

		{"status", "program p|start a p|exit a 256",
			"3: exit wants a role and a status, but 256 is neither a number from 0 to 255 nor a signal such as SIGTERM: exit a 256"},
		{"size", "program p|terminal a|start a p|resize a 0 24",
			"4: resize wants a role, a number of columns and a number of rows, but 0 is not made of 1 to 4 digits: resize a 0 24"},
		{"side without run", `program p|side c p build "make"`,
			`2: side wants a label, a program, perhaps build and a quoted command, and run and a quoted command: side c p build "make"`},
		{"side with something else", `program p|side c p make "x" run "y"`,
			`2: side wants a label, a program, perhaps build and a quoted command, and run and a quoted command: side c p make "x" run "y"`},
		{"side not quoted", `program p|side c p run ./p`,
			`2: side wants a label, a program, perhaps build and a quoted command, and run and a quoted command: side c p run ./p`},
		{"side with an open quote", `program p|side c p run "./p 'x"`,
			`2: side wants a command after run, but "./p 'x" has an open quote: side c p run "./p 'x"`},
		{"side of nothing", `program p|side c p run " "`,
			`2: side wants a command after run, but " " is empty: side c p run " "`},

		// What words refer to.
		{"side of no program", `side c p run "./p"`,
			`1: program p was not declared, there is none: side c p run "./p"`},
		{"side twice", `program p|side c p run "./p"|side c p run "./q"`,
			`3: side c p was already named in line 2: side c p run "./q"`},
		{"three sides", `program p|side c p run "./p"|side go p run "./q"|side d p run "./r"`,
			`4: a third side d, after c and go; a case has two: side d p run "./r"`},
		{"a put too late", `program p|start a p|put x "y"`,
			`3: a role was already started in line 2; put must come before that: put x "y"`},
		{"put over copy", `program p|copy /etc/x|put x "y"`,
			`3: file x to begin with was already named in line 2: put x "y"`},
		{"arguments too late", `program p|start a p|args a x`,
			`3: role a was already started in line 2; this line must come before that: args a x`},
		{"two inputs", `program p|terminal a|stdin a x`,
			`3: the input of role a was already named in line 2: stdin a x`},
		{"more input than the file", `program p|stdin a x|start a p|send a "y"`,
			`4: the input of role a is a file (line 2), to which send has nothing to add: send a "y"`},
		{"no terminal", `program p|start a p|resize a 80 24`,
			`3: role a has no terminal to resize; add before its start: terminal a: resize a 80 24`},
		{"a signal after the end", `program p|start a p|wait a|signal a SIGHUP`,
			`4: role a was already ended in line 3: signal a SIGHUP`},
		{"unknown role", "program p|start a p|wait b",
			"3: role b was not started, there is a: wait b"},
		{"no role yet", "program p|wait b",
			"2: role b was not started, there is none: wait b"},
		{"role twice", "program p|start a p|start a p",
			"3: role a was already started in line 2: start a p"},
		{"program not declared", "program p q|start a r",
			"2: program r was not declared, there is p, q: start a r"},
		{"program declared too late", "start a p|program p",
			"1: program p was not declared, there is none: start a p"},
		{"program twice", "program p q p",
			"1: program p was already named in line 1: program p q p"},
		{"file twice", "program p|file x|file x",
			"3: file x was already named in line 2: file x"},
		{"known twice", `program p|known P n "a"|known P n "b"`,
			`3: known P n was already named in line 2: known P n "b"`},
		{"after the end", "program p|start a p|kill a|close a",
			"4: role a was already ended in line 3: close a"},
		{"input closed", `program p|start a p|close a|send a "x"|wait a`,
			`4: the input of role a was already closed in line 3: send a "x"`},

		// The whole.
		{"nothing", "",
			"1: no program; a case says what it compares, as in: program pipe1"},
		{"no program", "# about|file x|",
			"2: no program; a case says what it compares, as in: program pipe1"},
		{"two programs, no start", "# about|program p q",
			"2: 2 programs and no start; a case of several says in which role each starts"},
		{"never started", "program p q|start a p|wait a",
			"1: program q is never started"},
		{"never ended", "program p|start a p|start b p|wait b",
			"2: role a is never ended; add a wait, exit, stop or kill"},
		{"input of no role", `program p|stdin a x`,
			"2: role a is never started, there is P"},
		{"one side", `program p|side c p run "./p"`,
			`2: one side, c; add a line: side LABEL p run "…"`},
		{"one side of a program", `program p q|side c p run "./p"|side go p run "./q"|side go q run "./q"|start a p|wait a|start b q|wait b`,
			`4: program q has no side c; add a line: side c q run "…"`},
		{"known of no role", `program p|known server n "why"`,
			"2: role server was not started, there is P"},
		{"not UTF-8", "program p|# \xff",
			"2: not UTF-8"},
		{"too large", "program p|" + strings.Repeat("#", MaxSize),
			"1: larger than 1048576 bytes, which no case file is"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse("pipe9.case", []byte(strings.ReplaceAll(tt.text, "|", "\n")))
			if err == nil {
				t.Fatalf("no error, but a case:\n%s", c)
			}
			if got, want := err.Error(), "pipe9.case:"+tt.want; got != want {
				t.Errorf("\n got: %s\nwant: %s", got, want)
			}
		})
	}
}

// TestCommand: what side runs, and where relative paths lead.
func TestCommand(t *testing.T) {
	for _, tt := range []struct {
		run, path string
		argv      []string
	}{
		{"./p", "/cases/p", []string{"prog"}},
		{"../old/p -x a/b", "/old/p", []string{"/old/p", "-x", "a/b"}},
		{"python3 ./p.py ../q", "python3", []string{"python3", "/cases/p.py", "/q"}},
		{"/bin/p", "/bin/p", []string{"prog"}},
		{`p 'two words' "a'b" c\ d ''`, "p", []string{"p", "two words", "a'b", "c d", ""}},
	} {
		path, argv := (&Side{Program: "prog", Run: tt.run}).Command("/cases")
		if diff := cmp.Diff(tt.argv, argv); diff != "" || path != tt.path {
			t.Errorf("%s: path %s, want %s; -want +got:\n%s", tt.run, path, tt.path, diff)
		}
	}
}

func TestExpand(t *testing.T) {
	for arg, want := range map[string]string{
		"$PORT":             "4711",
		"127.0.0.1:$PORT":   "127.0.0.1:4711",
		"$PORT:$PORT":       "4711:4711",
		"$PORTS $1 $$ x$":   "$PORTS $1 $$ x$",
		"$$PORT":            "$PORT",
		"$$HOME and $PORT.": "$HOME and 4711.",
		"":                  "",
	} {
		if got := Expand(arg, 4711); got != want {
			t.Errorf("Expand(%q) is %q, want %q", arg, got, want)
		}
	}
}

func TestErrorSaysWhere(t *testing.T) {
	_, err := Parse("dir/x.case", []byte("program p\nwait a"))
	var at *Error
	if !errors.As(err, &at) || at.Path != "dir/x.case" || at.Line != 2 {
		t.Errorf("got %#v, want an *Error in dir/x.case, line 2", err)
	}
}

func TestVerbs(t *testing.T) {
	const want = `
program PROGRAM [PROGRAM ...]  Names what the case compares: without side lines, c/PROGRAM.c and go/PROGRAM.
side LABEL PROGRAM [build "COMMAND"] run "COMMAND"
                               Says how PROGRAM is built, by the shell, and run on the side called LABEL; paths are relative to the case file.
compare HOW                    Says how closely to compare: calls, or output, which is what a user sees, and no calls.
put PATH "TEXT"                Writes a file into the directory in which the programs run, before they start.
copy FILE                      Copies a file or directory into the directory in which the programs run, before they start.
env NAME VALUE                 Sets a variable in the environment of all programs.
args ROLE ARG ...              Adds arguments to those that start gives ROLE.
stdin ROLE FILE                Makes a file the standard input of ROLE: one that put or copy has made, or one relative to the case file.
terminal ROLE                  Makes the terminal the standard input of ROLE, too: send types into it, close types control-D.
start ROLE PROGRAM [ARG ...]   Starts PROGRAM as ROLE; $PORT in an argument is a free port, the same one throughout a run.
send ROLE "TEXT"               Writes TEXT to the standard input of ROLE.
close ROLE                     Closes the standard input of ROLE, which then reads end of file.
expect ROLE "TEXT"             Waits until ROLE has printed TEXT, later than what the expect before it found.
until ROLE STATE               Waits until ROLE is in STATE: bound, listening, waiting.
signal [-]ROLE SIGNAL          Sends SIGNAL to ROLE, or to all processes of its group if there is a - before it.
resize ROLE COLUMNS ROWS       Gives the terminal of ROLE another size; it began with 80 by 24.
wait ROLE                      Waits until ROLE has ended by itself.
exit ROLE STATUS               Waits until ROLE has ended, if nothing has ended it before, with STATUS: a number, or the signal that killed it.
stop ROLE SIGNAL               Sends SIGNAL to ROLE, waits until it has ended, and sends it to the children that are left.
kill ROLE                      Ends ROLE and its children with SIGKILL.
file PATH                      Names a file that the programs must leave behind. (All files are compared, named or not.)
known PROCESS NAME [ARG] "WHY" Declares a difference, and why it is there; it is a failure if it is not.
explore WHAT N                 Says how many outcomes all schedules have; WHAT is outcomes or outcomes-sleep-ignored.
`
	if diff := cmp.Diff(want, "\n"+Verbs()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}

	if _, err := Load(dir); err == nil || err.Error() != "no *.case file in "+dir+" or below it" {
		t.Errorf("empty directory: got %v", err)
	}

	write("pipe-b.case", "program pipe2")
	write("pipe.case", "program pipe1")
	write("NOTES.md", "not a case")
	cases, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range cases {
		got = append(got, c.Name)
	}
	if diff := cmp.Diff([]string{"pipe", "pipe-b"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}

	write("wrong.case", "nonsense")
	_, err = Load(dir)
	if want := filepath.Join(dir, "wrong.case") + ":1: no verb nonsense"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("wrong file: got %v, want %s…", err, want)
	}

	if _, err := Load(filepath.Join(dir, "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent directory: got %v", err)
	}
}

// The cases of the repository itself parse, and say what they are about.
func TestCases(t *testing.T) {
	cases, err := Load("../cases")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.About == "" {
			t.Errorf("%s: no comment at the top says what the case is about", c.Path)
		}
	}
}

// FuzzParse checks that any text parses or is refused, and that a case that was
// parsed is the same when it is printed and parsed again.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("../cases/*.case")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("program p\nside a p build \"make\" run \"./p 'x y'\"\nside b p run p\ncompare output\nput x \"\"\nenv A \"\"\nargs P \"\"\nterminal P\nstart P p\nsignal -P SIGINT\nexit P 0"))
	f.Add([]byte("#from\n#about\n# source: x\nprogram p\nstart a p \"\\xff \\\"\" a\\b #\nsend a `\n`\nwait a\nfile \"a b\""))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("x.case", text)
		if err != nil {
			var at *Error
			if !errors.As(err, &at) || at.Line < 1 || at.Line > 1+strings.Count(string(text), "\n") {
				t.Fatalf("got %#v, want an *Error in one of the lines", err)
			}
			return
		}
		again, err := Parse("x.case", []byte(c.String()))
		if err != nil {
			t.Fatalf("%v, in:\n%s", err, c)
		}
		noLines := cmp.Options{
			cmpopts.EquateEmpty(),
			cmpopts.IgnoreFields(Step{}, "Line"),
			cmpopts.IgnoreFields(Side{}, "Line"),
			cmpopts.IgnoreFields(Known{}, "Line"),
			cmpopts.IgnoreFields(Explore{}, "Line"),
		}
		if diff := cmp.Diff(c, again, noLines); diff != "" {
			t.Errorf("printed:\n%s\n-first +again:\n%s", c, diff)
		}
	})
}
