package report

import (
	"encoding/xml"
	"io"
	"strings"

	"paritykit/compare/parity"
)

// JUnit writes the verdicts in the XML form that test runners read: a case is a test case, a
// difference a failure with what the text report says of the first one, and what kept the tool from
// an answer an error.
func JUnit(w io.Writer, results []*parity.Result) error {
	type problem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
	type test struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Failure *problem `xml:"failure"`
		Error   *problem `xml:"error"`
	}
	type suite struct {
		XMLName  xml.Name `xml:"testsuite"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Errors   int      `xml:"errors,attr"`
		Cases    []test   `xml:"testcase"`
	}
	s := suite{Name: "parity", Tests: len(results)}
	for _, r := range results {
		t := test{Class: "parity", Name: safe(r.Name)}
		var text strings.Builder
		Text{}.troubles(&text, r)
		if len(r.Differences) > 0 {
			Text{}.differences(&text, r)
		}
		switch r.Verdict {
		case parity.Error:
			t.Error = &problem{safe(r.Error), "error", text.String()}
			s.Errors++
		case parity.Different:
			t.Failure = &problem{oneLine(&r.Differences[0], r.Labels()), "different", text.String()}
			s.Failures++
		}
		s.Cases = append(s.Cases, t)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", " ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
