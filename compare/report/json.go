package report

import (
	"encoding/json"
	"io"
	"slices"

	"paritykit/compare/parity"
)

// Schema names the version of the JSON form. Fields may be added under the same name; renaming one
// needs another.
const Schema = "parity/2"

// JSON writes the results as one document.
func JSON(w io.Writer, results []*parity.Result) error {
	cases := make([]*parity.Result, len(results))
	for i, r := range results {
		cases[i] = walkable(r)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(struct {
		Schema string           `json:"schema"`
		Cases  []*parity.Result `json:"cases"`
	}{Schema, cases})
}

// walkable is a copy of a result whose lists are never null: a consumer should be able to walk them
// without asking.
func walkable(r *parity.Result) *parity.Result {
	own := *r
	own.Rules, own.Known = notNil(r.Rules), notNil(r.Known)
	own.Differences, own.Processes = slices.Clone(notNil(r.Differences)), slices.Clone(notNil(r.Processes))
	for i := range own.Sides {
		own.Sides[i].Kinds = notNil(r.Sides[i].Kinds)
	}
	for i := range own.Differences {
		own.Differences[i].Fields = notNil(own.Differences[i].Fields)
	}
	for i := range own.Processes {
		own.Processes[i].Pairs = notNil(own.Processes[i].Pairs)
	}
	return &own
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
