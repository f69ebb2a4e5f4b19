package report

import (
	"encoding/json"
	"io"

	"paritykit/compare/parity"
)

// Schema names the version of the JSON form. Fields may be added under the same name; renaming one
// needs another.
const Schema = "parity/1"

// JSON writes the results as one document.
func JSON(w io.Writer, results []*parity.Result) error {
	// Lists are never null: a consumer should be able to walk them without asking.
	for _, r := range results {
		r.Rules, r.Known = notNil(r.Rules), notNil(r.Known)
		r.Differences, r.Processes = notNil(r.Differences), notNil(r.Processes)
		r.C.Kinds, r.Go.Kinds = notNil(r.C.Kinds), notNil(r.Go.Kinds)
		for i := range r.Processes {
			r.Processes[i].Pairs = notNil(r.Processes[i].Pairs)
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(struct {
		Schema string           `json:"schema"`
		Cases  []*parity.Result `json:"cases"`
	}{Schema, notNil(results)})
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
