package report

import "paritykit/compare/parity"

type costView struct{ What, C, Go, Ratio string }

func costs(r *parity.Result) []costView { return nil }
