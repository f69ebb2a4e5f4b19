package explore

import (
	"slices"
	"strings"
	"testing"
)

func TestWitness(t *testing.T) {
	for text, want := range map[string]Witness{
		"":                   nil,
		"P":                  {"P"},
		"P*3":                {"P", "P", "P"},
		"P*2 P.1 P server.1": {"P", "P", "P.1", "P", "server.1"},
	} {
		w, err := ParseWitness(text)
		if err != nil || !slices.Equal(w, want) {
			t.Errorf("ParseWitness(%q) = %q, %v, want %q", text, []string(w), err, []string(want))
		}
		if got := want.String(); got != text {
			t.Errorf("%q.String() = %q, want %q", []string(want), got, text)
		}
	}
	for text, want := range map[string]string{
		"P*":               `witness: "P*": want a name, or a name, '*' and how often`,
		"P Q*0":            `witness: "Q*0": want a name, or a name, '*' and how often`,
		"P*-1":             `witness: "P*-1": want a name, or a name, '*' and how often`,
		"P*2*2":            `witness: "P*2*2": want a name, or a name, '*' and how often`,
		"*2":               `witness: "*2": the name is missing`,
		"P*1000 Q*1048000": `witness: more than 1048576 steps`,
	} {
		if w, err := ParseWitness(text); err == nil || err.Error() != want {
			t.Errorf("ParseWitness(%q) = %v, %v, want the error %s", text, w, err, want)
		}
	}
}

// What a witness is printed as is read as the same.
func FuzzWitness(f *testing.F) {
	f.Add("P P P.1 P")
	f.Add("P*3 Q*2 Q")
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseWitness(text)
		if err != nil {
			return
		}
		again, err := ParseWitness(w.String())
		if err != nil || !slices.Equal(w, again) {
			t.Errorf("%q is read as %v, printed, and read as %v, %v", text, w, again, err)
		}
	})
}

func TestReplay(t *testing.T) {
	run := model{"P": "fork:C read:a print write:a:!", "C": "write:a:? read:a print"}.runner(false)
	for _, test := range []struct{ witness, steps, outcome, err string }{
		{witness: "", steps: "P*2 C*2 P*3 C*2", outcome: "tty=P:[?] C:[!] \n"},
		{witness: "P C*4 P", steps: "P C*4 P", outcome: "tty=C:[?] \nP blocks in read:a\n"},
		{witness: "P C*2", steps: "P C*4 P", outcome: "tty=C:[?] \nP blocks in read:a\n"}, // and on by default
		{witness: "P*3", steps: "P*2", err: `witness "P*3": step 3 is to be P's, but ready are C: write:a:?`},
		{witness: "P C*4 P*2", steps: "P C*4 P", err: `witness "P C*4 P*2": step 7 is to be P's, but the run has ended`},
	} {
		w, err := ParseWitness(test.witness)
		if err != nil {
			t.Fatal(err)
		}
		steps, outcome, err := Replay(t.Context(), run, w)
		var made Witness
		for _, s := range steps {
			made = append(made, s.Move().Actor)
		}
		message := ""
		if err != nil {
			message = err.Error()
		}
		if made.String() != test.steps || outcome != test.outcome || message != test.err {
			t.Errorf("replay of %q: steps %q, outcome %q, error %q, want %+v", test.witness, made, outcome, message, test)
		}
	}
	if steps, _, _ := Replay(t.Context(), run, nil); !strings.HasPrefix(steps[1].Move().String(), "P: read:a") {
		t.Errorf("the second step is %v, want P's read", steps[1].Move())
	}
}
