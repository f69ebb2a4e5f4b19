package trace_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"paritykit/compare/canon"
)

// value is what an argument reads, taken apart: a word (a number in decimal, or names in the order
// of letters), a text as canon quotes it, a list (whose text is "~" if it is what a set lacks), or
// a structure.
type value struct {
	kind   byte // 'w', '"', '[' or '{'
	text   string
	list   []value
	fields []field
	raw    string // strace: of a text all that it has
	after  *value // strace: what it was when the call returned, "[16 => 8]"
}

type field struct {
	name string
	value
}

func word(text string) value { return value{kind: 'w', text: text} }

func quoted(b string) value { return value{kind: '"', text: canon.Quote([]byte(b)), raw: b} }

func (v *value) field(name string) *value {
	for i := range v.fields {
		if v.fields[i].name == name {
			return &v.fields[i].value
		}
	}
	return nil
}

func (v value) String() string {
	switch v.kind {
	case '[':
		var parts []string
		for _, e := range v.list {
			parts = append(parts, e.String())
		}
		return v.text + "[" + strings.Join(parts, ", ") + "]"
	case '{':
		var parts []string
		for _, f := range v.fields {
			parts = append(parts, f.name+"="+f.String())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return v.text
}

// reader takes arguments apart, canon's and strace's: they are written nearly alike.
type reader struct {
	text   string
	at     int
	strace bool // its strings have all bytes in hexadecimal
}

// values reads values up to an end, or to the end of the text.
func (r *reader) values(end byte) (fields []field) {
	for {
		r.space()
		if r.at >= len(r.text) {
			return fields
		}
		switch r.text[r.at] {
		case end:
			r.at++
			return fields
		case ',':
			r.at++
			continue
		}
		if strings.HasPrefix(r.text[r.at:], "=> ") { // what an argument was, and what it became
			r.at += 3
			v := r.value()
			if len(fields) == 0 {
				fields = append(fields, field{})
			}
			fields[len(fields)-1].after = &v
			continue
		}
		if strings.HasPrefix(r.text[r.at:], "...") {
			r.at += 3
			fields = append(fields, field{value: word("...")})
			continue
		}
		var f field
		if m := fieldName.FindString(r.text[r.at:]); m != "" {
			f.name = m[:len(m)-1]
			r.at += len(m)
		}
		f.value = r.value()
		fields = append(fields, f)
	}
}

var fieldName = regexp.MustCompile(`^([a-z_][A-Za-z0-9_]*(\[\w*\])?|\[\w+\])=`)

// space skips white space, and comments of strace's.
func (r *reader) space() {
	for r.at < len(r.text) {
		switch {
		case r.text[r.at] == ' ':
			r.at++
		case strings.HasPrefix(r.text[r.at:], "/*"):
			n := strings.Index(r.text[r.at:], "*/")
			if n < 0 {
				r.at = len(r.text)
				return
			}
			r.at += n + 2
		default:
			return
		}
	}
}

func (r *reader) value() value {
	rest := r.text[r.at:]
	switch {
	case rest == "":
		return word("")
	case rest[0] == '{':
		r.at++
		fields := r.values('}')
		if len(fields) > 0 && fields[0].name == "" && fields[0].kind == 'w' && fields[0].after == nil {
			return value{kind: '[', list: unnamed(fields)} // canon's set of descriptors
		}
		return value{kind: '{', fields: fields}
	case rest[0] == '[':
		r.at++
		fields := r.values(']')
		v := value{kind: '[', list: unnamed(fields)}
		if len(fields) == 1 && fields[0].after != nil {
			v.list = []value{*fields[0].after}
		}
		return v
	case strings.HasPrefix(rest, "~["):
		r.at++
		v := r.value()
		v.text = "~"
		return v
	case rest[0] == '"' || strings.HasPrefix(rest, `@"`):
		return r.quoted()
	}
	return r.word()
}

func unnamed(fields []field) (list []value) {
	for _, f := range fields {
		list = append(list, f.value)
	}
	return list
}

// quoted reads a string. Canon's stays as it is written, with what it says of the bytes that it
// leaves out.
func (r *reader) quoted() value {
	begin := r.at
	abstract := r.text[r.at] == '@'
	if abstract {
		r.at++
	}
	for r.at++; r.at < len(r.text) && r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
	if !r.strace {
		for range 2 {
			if rest := r.text[min(r.at, len(r.text)):]; strings.HasPrefix(rest, "… (") {
				r.at += strings.IndexByte(rest, ')') + 1
			}
		}
		return value{kind: '"', text: r.text[begin:min(r.at, len(r.text))]}
	}
	s := r.text[begin:min(r.at, len(r.text))]
	if abstract {
		s = `"\x00` + s[2:]
	}
	b, err := strconv.Unquote(s)
	if err != nil {
		return word(s)
	}
	v := quoted(b)
	if strings.HasPrefix(r.text[r.at:], "...") {
		r.at += 3
		v.text += "..."
	}
	return v
}

// word reads up to what separates words, brackets within excepted.
func (r *reader) word() value {
	begin, depth := r.at, 0
	for ; r.at < len(r.text); r.at++ {
		c := r.text[r.at]
		if c == '(' || c == '<' && depth > 0 {
			depth++
		}
		if depth == 0 && strings.IndexByte(", ]}", c) >= 0 {
			break
		}
		if c == ')' {
			if depth == 0 {
				break
			}
			depth--
		}
		if c == '"' {
			r.quoted()
			r.at--
		}
	}
	if r.at == begin { // no flag at all
		return word("0")
	}
	return word(plainWord(r.text[begin:min(r.at, len(r.text))]))
}

var (
	wrapped = regexp.MustCompile(`^(makedev|htons|htonl|inet_addr|QCMD)\((.*)\)$`)
	number  = regexp.MustCompile(`^-?(0x[0-9a-fA-F]+|[0-9]+)$`)
)

// plainWord writes numbers in decimal and names in the order of letters, so that O_WRONLY|0x8 and
// 8|O_WRONLY are one.
func plainWord(s string) string {
	if m := wrapped.FindStringSubmatch(s); m != nil {
		switch m[1] {
		case "makedev":
			major, minor, _ := strings.Cut(m[2], ", ")
			x, _ := strconv.ParseUint(major, 0, 32)
			y, _ := strconv.ParseUint(minor, 0, 32)
			return fmt.Sprint(unix.Mkdev(uint32(x), uint32(y)))
		case "inet_addr":
			ip, _ := strconv.Unquote(m[2])
			return ip
		}
		return plainWord(m[2])
	}
	var names []string
	sum, any := int64(0), false
	for part := range strings.SplitSeq(s, "|") {
		factors := int64(1)
		isNumber := true
		for f := range strings.SplitSeq(part, "*") {
			n, err := parse(f)
			isNumber = isNumber && err == nil
			factors *= n
		}
		switch {
		case part == "": // strace ends some with a bar
		case isNumber:
			sum, any = sum|factors, true
		default:
			names = append(names, part)
		}
	}
	if len(names) == 0 || any && sum != 0 {
		names = append(names, fmt.Sprint(sum))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "|")
}

func parse(s string) (int64, error) {
	if !number.MatchString(s) {
		return 0, strconv.ErrSyntax
	}
	if n, err := strconv.ParseUint(s, 0, 64); err == nil {
		return int64(n), nil
	}
	return strconv.ParseInt(s, 0, 64)
}
