package unwind

import (
	"debug/elf"
	"strings"
)

// Range is a stretch of code: from Low on, and below High.
type Range struct{ Low, High uint64 }

// RuntimeStubs are the places in a Go program from which its runtime, and nobody else, makes system
// calls for itself: the assembly functions of package runtime, but for those by which it speaks or
// ends the program, that by which it ignores a signal if the program can ask for it, and those in
// keep. A call that is made there needs no stack to tell who asked. It is nil for all other
// programs, and for those that are loaded at an address of the kernel's choice.
func (c *Images) RuntimeStubs(path string, keep ...string) []Range {
	im := c.open("", path)
	if im == nil {
		return nil
	}
	return im.runtimeStubs(keep...)
}

func (im *image) runtimeStubs(keep ...string) (list []Range) {
	if !im.isGo || im.elf.Type != elf.ET_EXEC {
		return nil
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	key := strings.Join(keep, " ")
	list, known := im.stubs[key]
	if !known {
		list = im.findStubs(keep)
		im.stubs[key] = list
	}
	return list
}

func (im *image) findStubs(keep []string) (list []Range) {
	defer func() {
		if recover() != nil { // a malformed file, see recovered
			list = nil
		}
	}()
	kept := map[string]bool{"runtime.write1": true, "runtime.exit": true}
	for _, name := range keep {
		kept[name] = true
	}
	t := im.goTable()
	_, kept["runtime.rt_sigaction"] = t.named("os/signal.signal_ignore") // not always: there are 65 calls of it in each program's start
	for i := range t.count {
		f := t.function(i)
		name := t.name(t.field(f, funcNameOff))
		if !strings.HasPrefix(name, "runtime.") || kept[strings.TrimSuffix(name, ".abi0")] {
			continue
		}
		if file, _ := t.fileLine(f, f.entry); !strings.Contains(file, "/runtime/sys_linux_") && !strings.HasPrefix(file, "runtime/sys_linux_") {
			continue
		}
		if n := len(list); n > 0 && list[n-1].High == f.entry {
			list[n-1].High = f.end
		} else {
			list = append(list, Range{f.entry, f.end})
		}
	}
	return list
}
