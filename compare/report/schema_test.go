package report

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"paritykit/compare/parity"
)

// fields lists the fields of a document as JSON.md names them.
func fields(t reflect.Type, path string, to map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer:
		fields(t.Elem(), path, to)
	case reflect.Slice, reflect.Array:
		to[path+"[]"] = true
		fields(t.Elem(), path+"[]", to)
	case reflect.Map:
		to[path+"{}"] = true
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case f.Anonymous:
				fields(f.Type, path, to)
			case f.IsExported() && name == "":
				to[path+"."+f.Name+" has no name in JSON"] = true
			case f.IsExported() && name != "-":
				to[path+"."+name] = true
				fields(f.Type, path+"."+name, to)
			}
		}
	}
}

// TestSchema: JSON.md says of every field what it is, and of no other.
func TestSchema(t *testing.T) {
	text, err := os.ReadFile("JSON.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if column, ok := strings.CutPrefix(line, "| `"); ok {
			column, _, _ = strings.Cut(column, " | ")
			for _, m := range regexp.MustCompile("[^`, ]+").FindAllString(column, -1) {
				if said[m] {
					t.Errorf("%s twice", m)
				}
				said[m] = true
			}
		}
	}
	there := map[string]bool{"schema": true, "cases[]": true, "explore[]": true}
	fields(reflect.TypeFor[parity.Result](), "cases[]", there)
	fields(reflect.TypeFor[parity.Exploration](), "explore[]", there)
	for _, path := range slices.Sorted(maps.Keys(there)) {
		short := path
		// A list or a map is named with its brackets only, and what was said of one side
		// holds for the other.
		if there[path+"[]"] || there[path+"{}"] {
			continue
		}
		for _, r := range [][2]string{{"cases[].go.", "cases[].c."}, {"explore[].go.", "explore[].c."}, {"calls[].go.", "calls[].c."}} {
			short = strings.ReplaceAll(short, r[0], r[1])
		}
		if strings.HasPrefix(path, "cases[].differences[].c.") || strings.HasPrefix(path, "cases[].differences[].go.") ||
			strings.HasPrefix(path, "cases[].differences[].next.") {
			continue // as in calls
		}
		if !said[short] {
			t.Errorf("JSON.md does not have %s", short)
		}
	}
	for path := range said {
		if !there[path] {
			t.Errorf("JSON.md has %s, which is in no document", path)
		}
	}
}
