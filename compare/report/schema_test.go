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
	if t == reflect.TypeFor[parity.Ref]() {
		t = reflect.TypeFor[parity.Document]() // which it writes
	}
	if t == reflect.TypeFor[parity.Arg]() && strings.HasSuffix(path, ".parts[]") {
		return // as in args
	}
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
		// A list or a map is named with its brackets only.
		if there[path+"[]"] || there[path+"{}"] {
			continue
		}
		if strings.HasPrefix(path, "cases[].differences[].sides[].") || strings.HasPrefix(path, "cases[].differences[].next.") ||
			strings.HasPrefix(path, "cases[].processes[].calls[].sides[].op.result.") {
			continue // as in calls, and as in args
		}
		if !said[path] {
			t.Errorf("JSON.md does not have %s", path)
		}
	}
	for path := range said {
		if !there[path] {
			t.Errorf("JSON.md has %s, which is in no document", path)
		}
	}
}
