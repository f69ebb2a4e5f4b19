package unwind

import (
	"bytes"
	"strconv"
)

// Mapping is one line of /proc/PID/maps, see proc_pid_maps(5).
type Mapping struct {
	Lo, Hi uint64 // first byte, first byte after
	Off    uint64 // where in the file Lo is
	Exec   bool
	Inode  uint64
	// Path is as the kernel wrote it: "" for anonymous memory, "[vdso]", and
	// with " (deleted)" at its end when the file has been unlinked.
	Path string
}

// ParseMaps reads the text of /proc/PID/maps. A line that does not look like a
// mapping is left out: half a map is more use to a tracer than an error.
func ParseMaps(text []byte) []Mapping {
	var maps []Mapping
	for line := range bytes.Lines(text) {
		if m, ok := parseMapping(bytes.TrimSuffix(line, []byte("\n"))); ok {
			maps = append(maps, m)
		}
	}
	return maps
}

// parseMapping reads one line: "lo-hi perms offset dev inode      path". The
// path is the rest of the line and may hold spaces.
func parseMapping(line []byte) (Mapping, bool) {
	var f [5][]byte
	for i := range f {
		f[i], line, _ = bytes.Cut(line, []byte(" "))
	}
	lo, hi, ok := bytes.Cut(f[0], []byte("-"))
	if !ok || len(f[1]) != 4 {
		return Mapping{}, false
	}
	var m Mapping
	var errs [4]error
	m.Lo, errs[0] = strconv.ParseUint(string(lo), 16, 64)
	m.Hi, errs[1] = strconv.ParseUint(string(hi), 16, 64)
	m.Off, errs[2] = strconv.ParseUint(string(f[2]), 16, 64)
	m.Inode, errs[3] = strconv.ParseUint(string(f[4]), 10, 64)
	if errs != [4]error{} || m.Lo >= m.Hi {
		return Mapping{}, false
	}
	m.Exec = f[1][2] == 'x'
	m.Path = string(bytes.TrimLeft(line, " "))
	return m, true
}
