package validate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

type edgeRef struct {
	To string `json:"to" validate:"alpha"`
}

// What omitempty lets go is let go with all that is in it, also if it has no
// length to be empty by: arrays, and structs with arrays in them.
func TestZeroIsLeftOutWithWhatIsInIt(t *testing.T) {
	type pair struct {
		Two [2]edgeRef `json:"two" validate:"dive"`
	}
	type body struct {
		Pair  pair              `json:"pair" validate:"omitempty"`
		Outer struct{ In pair } `json:"outer" validate:"omitzero"`
		Two   [2]edgeRef        `json:"two" validate:"omitempty,dive"`
		Rows  [][1]edgeRef      `json:"rows" validate:"dive,omitzero,dive"`
		Far   [][1]string       `json:"far" validate:"max=5000,dive,omitempty,dive,alpha"`
		Refs  []edgeRef         `json:"refs" validate:"max=5000,dive,omitempty"`
		Deep  [][]string        `json:"deep" validate:"max=5000,dive,min=1"`
	}
	s := mustNew[body](t, validate.Config{})
	for _, test := range []struct{ body, want string }{
		{`{"rows":[[{"to":""}]],"far":[[""]],"refs":[{"to":""}],"deep":[["a"]]}`, ""},
		{`{"two":[{"to":"1"},{"to":"a"}]}`, "/two/0/to pattern"},
		{`{"pair":{"two":[{"to":"a"},{"to":"1"}]}}`, "/pair/two/1/to pattern"},
		{`{"outer":{"In":{"two":[{"to":"a"},{"to":"1"}]}}}`, "/outer/In/two/1/to pattern"},
		{`{"rows":[[{"to":"1"}]],"far":[["1"]],"refs":[{"to":"1"}],"deep":[[]]}`, "/rows/0/0/to pattern,/far/0/0 pattern,/refs/0/to pattern,/deep/0 min_items"},
	} {
		answers(t, s, test.body, test.want)
	}
}

// Rules of keys do not make null a fault of a value that may be null.
func TestNullBesideRulesOfKeys(t *testing.T) {
	type body struct {
		Refs map[string]*edgeRef `json:"refs" validate:"dive,keys,alpha,endkeys"`
	}
	s := mustNew[body](t, validate.Config{})
	answers(t, s, `{"refs":{"a":null,"b":{"to":"a"}}}`, "")
	answers(t, s, `{"refs":{"1":null}}`, "/refs pattern")
	answers(t, s, `{"refs":{"a":{"to":"1"}}}`, "/refs pattern")
}

type edgeHidden struct {
	Most int   `json:"most"`
	List []int `json:"list" validate:"max=5000,dive,ltefield=Most"`
}

// The elements of a long list are compared with fields of the struct that has
// the list, wherever that is.
func TestLongListInAnEmbeddedStruct(t *testing.T) {
	type inner struct{ edgeHidden }
	type body struct {
		In   inner   `json:"in"`
		Many []inner `json:"many" validate:"dive"`
	}
	s := mustNew[body](t, validate.Config{})
	answers(t, s, `{"in":{"most":2,"list":[1,2]},"many":[{"most":2,"list":[2]}]}`, "")
	answers(t, s, `{"in":{"most":2,"list":[3]},"many":[{"most":2,"list":[3]}]}`, "/in/list/0 compare,/many/0/list/0 compare")
}

// answers sends a body and compares the faults with those wanted.
func answers[T any](t *testing.T, s *validate.Schema[T], body, want string) {
	t.Helper()
	var got []string
	if res, spy := send(s, post(body)); spy.Calls() == 0 {
		e, err := mwtest.ReadEnvelope(res)
		if err != nil {
			t.Fatal(err)
		}
		got = faults(e)
	}
	wanted := strings.FieldsFunc(want, func(r rune) bool { return r == ',' })
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("%s: %q, want %q", body, got, wanted)
	}
}
