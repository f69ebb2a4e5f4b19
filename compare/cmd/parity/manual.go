package main

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"paritykit/compare/casefile"
	"paritykit/compare/rules"
)

// This file makes of the table of commands what is installed beside the tool: its manual page, and
// what shells complete.

// manual writes the page parity(1), as man-pages(7) has them.
func (t *tool) manual(w io.Writer) {
	section := func(title string) { fmt.Fprintf(w, ".SH %s\n", title) }
	fmt.Fprintln(w, `.TH PARITY 1 "" "parity kit" "User Commands"`)
	section("NAME")
	fmt.Fprintln(w, `parity \- do two programs behave the same?`)
	section("SYNOPSIS")
	for _, c := range commands {
		for _, u := range c.usage {
			fmt.Fprintf(w, ".B parity %s\n%s\n.br\n", c.name, roff(u))
		}
	}
	section("DESCRIPTION")
	fmt.Fprintln(w, roff(`parity runs two programs that should do the same, such as a C program and its port to another language, `+
		`and compares what a user sees of them (the terminal, the exit status, the files) and what the kernel sees `+
		`(the system calls of every process). It names the source lines of the first difference.`))
	section("COMMANDS")
	for _, c := range commands {
		fmt.Fprintf(w, ".SS parity %s\n%s.\n", c.name, roff(sentence(c.about)))
		for _, u := range c.usage {
			fmt.Fprintf(w, ".PP\n.B parity %s\n%s\n", c.name, roff(u))
		}
		fmt.Fprintf(w, ".PP\nFor example:\n.PP\n.in +4n\n.EX\n%s\n.EE\n.in\n", roff(c.try))
		t.flags(c).VisitAll(func(f *flag.Flag) {
			value, usage := flag.UnquoteUsage(f)
			fmt.Fprintf(w, ".TP\n.B %s\n.I %s\n%s", roff("-"+f.Name), roff(value), roff(usage))
			if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
				fmt.Fprintf(w, " (default %s)", roff(f.DefValue))
			}
			fmt.Fprintln(w)
		})
	}
	section("CASE FILES")
	fmt.Fprintln(w, roff("A case file has one verb a line; # begins a comment, and texts are quoted as in Go. These are the verbs:"))
	casefile.EachVerb(func(usage, does string) { fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(usage), roff(does)) })
	section("RULES")
	fmt.Fprintln(w, roff("Calls that differ are equivalent where one of these rules explains the difference:"))
	for _, r := range rules.All {
		fmt.Fprintf(w, ".TP\n.B %s\n%s.\n", roff(r.Name), roff(r.Why))
	}
	section("EXIT STATUS")
	fmt.Fprintln(w, ".TP\n.B 0\nBoth sides behave the same.\n.TP\n.B 1\nThey differ.\n.TP\n.B 2\nThe tool could not tell.")
	section("ENVIRONMENT")
	fmt.Fprintln(w, ".TP\n.B NO_COLOR\nIf it is set, reports have no colour.\n.TP\n.B COLUMNS\n"+
		"How wide to write where standard output is no terminal.")
	section("SEE ALSO")
	fmt.Fprintln(w, ".BR diff (1),\n.BR strace (1),\n.BR ptrace (2)")
}

// sentence begins with a capital letter.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// roff writes text such that groff(7) prints it as it is.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// bash writes what bash(1) completes: commands, the flags of each, and files.
func (t *tool) bash(w io.Writer) {
	fmt.Fprintf(w, `# bash completion for parity(1)
_parity() {
	local words
	if [ "$COMP_CWORD" -eq 1 ]; then
		words=%q
	else
		case ${COMP_WORDS[1]} in
`, strings.Join(commandNames(), " "))
	for _, c := range commands {
		words := t.flagNames(c)
		if c.name == "help" {
			words = append(commandNames(), topics...)
		}
		if len(words) > 0 {
			fmt.Fprintf(w, "\t\t%s) words=%q ;;\n", c.name, strings.Join(words, " "))
		}
	}
	fmt.Fprint(w, `		esac
	fi
	COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _parity parity
`)
}

// zsh writes what zsh(1) completes.
func (t *tool) zsh(w io.Writer) {
	fmt.Fprintln(w, "#compdef parity\n# zsh completion for parity(1)\nif (( CURRENT == 2 )); then\n\tlocal -a commands=(")
	for _, c := range commands {
		fmt.Fprintf(w, "\t\t%s\n", shellQuote(c.name+":"+c.about))
	}
	fmt.Fprintln(w, "\t)\n\t_describe command commands\nelse\n\tcase $words[2] in")
	for _, c := range commands {
		words := t.flagNames(c)
		if c.name == "help" {
			words = append(commandNames(), topics...)
		}
		if len(words) > 0 {
			fmt.Fprintf(w, "\t%s) compadd -- %s ;;\n", c.name, strings.Join(words, " "))
		}
	}
	fmt.Fprintln(w, "\tesac\n\t_files\nfi")
}

// flagNames are the flags of a command, as one types them.
func (t *tool) flagNames(c *command) (names []string) {
	t.flags(c).VisitAll(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
	return names
}
