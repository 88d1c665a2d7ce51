package check_test

import (
	"encoding/json"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// ownList decodes itself, so the scan does not check its elements.
type ownList []string

func (l *ownList) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, (*[]string)(l)) }

type ownMap map[string][]string

func (m *ownMap) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, (*map[string][]string)(m))
}

// accepts checks that a schema of T accepts the bodies with the value true only.
func accepts[T any](t *testing.T, bodies map[string]bool) {
	t.Helper()
	s := kit.MustNew[T](t, validate.Config{})
	for body, ok := range bodies {
		if _, err := s.Decode(nil, kit.Post(body)); (err == nil) != ok {
			t.Errorf("%T: %s: %v", *new(T), body, err)
		}
	}
}

func TestMaxInsideSelfDecodingTypes(t *testing.T) {
	type lists struct {
		List  ownList            `json:"list" validate:"max=2,dive,max=3"`
		Ptr   *ownList           `json:"ptr" validate:"omitempty,max=2,dive,max=3"`
		Lists []ownList          `json:"lists" validate:"dive,max=2,dive,max=3"`
		Map   ownMap             `json:"map" validate:"max=2,dive,max=1,dive,max=3"`
		Plain map[string]ownList `json:"plain" validate:"max=1,dive,max=1,dive,max=3"`
	}
	accepts[lists](t, map[string]bool{
		`{"list":["abc"],"ptr":["abc"],"lists":[["abc"]],"map":{"a":["abc"]},"plain":{"a":["abc"]}}`: true,
		`{"list":["abcd"]}`:        false,
		`{"list":["","",""]}`:      false,
		`{"ptr":["abcd"]}`:         false,
		`{"lists":[["abcd"]]}`:     false,
		`{"map":{"a":["abcd"]}}`:   false,
		`{"map":{"a":["",""]}}`:    false,
		`{"plain":{"a":["abcd"]}}`: false,
		`{"plain":{"a":["",""]}}`:  false,
	})
}

type heldTwice struct {
	Text string                    `json:"text" validate:"max=3"`
	Opt  validate.Optional[string] `json:"opt" validate:"min=2"`
}

type holdsItself struct{ Held heldTwice }

func (h *holdsItself) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &h.Held) }

// A struct may be compiled first for a field that the scan checks, or first for a field
// that decodes itself, in the order of the fields.
func TestStructScannedAndNot(t *testing.T) {
	type before struct {
		Own  holdsItself `json:"own"`
		Held heldTwice   `json:"held"`
	}
	type after struct {
		Held heldTwice   `json:"held"`
		Own  holdsItself `json:"own"`
	}
	bodies := map[string]bool{
		`{"held":{"text":"abc","opt":"ab"},"own":{"text":"abc","opt":"ab"}}`: true,
		`{"held":{"text":"abc"},"own":{"text":"abc"}}`:                       true,
		`{}`:                       true,
		`{"held":{"text":"abcd"}}`: false,
		`{"own":{"text":"abcd"}}`:  false,
		`{"held":{"opt":"a"}}`:     false,
		`{"own":{"opt":"a"}}`:      false,
	}
	accepts[before](t, bodies)
	accepts[after](t, bodies)
}

type circle struct {
	Name string `json:"name" validate:"max=3"`
}

// anyShape contains a value of a type that is not known to New.
type anyShape struct{ S any }

func (a *anyShape) UnmarshalJSON(b []byte) error {
	c := new(circle)
	a.S = c
	return json.Unmarshal(b, c)
}

type someShape struct{ anyShapeInside }

type anyShapeInside struct{ S interface{ Area() int } }

func (c *circle) Area() int { return len(c.Name) }

func (a *someShape) UnmarshalJSON(b []byte) error {
	c := new(circle)
	a.S = c
	return json.Unmarshal(b, c)
}

// Rules behind an interface run, also if the struct has no other rules.
func TestRulesBehindAnInterface(t *testing.T) {
	type alone struct {
		Shape anyShape `json:"shape"`
	}
	type some struct {
		Shape *someShape `json:"shape"`
	}
	type beside struct {
		Shape anyShape `json:"shape"`
		Other int      `json:"other" validate:"max=9"`
	}
	bodies := map[string]bool{`{"shape":{"name":"abc"}}`: true, `{"shape":{"name":"abcd"}}`: false}
	accepts[alone](t, bodies)
	accepts[some](t, bodies)
	accepts[beside](t, bodies)
}

// For the validator and for New a number with a leading zero is octal.
func TestMaxInOctal(t *testing.T) {
	type plain struct {
		Text string   `json:"text" validate:"max=010"`
		List []string `json:"list" validate:"max=011,dive,max=010"`
	}
	accepts[plain](t, map[string]bool{
		`{"text":"12345678","list":["12345678"]}`:  true,
		`{"text":"123456789"}`:                     false,
		`{"list":["123456789"]}`:                   false,
		`{"list":["","","","","","","","",""]}`:    true,
		`{"list":["","","","","","","","","",""]}`: false,
	})
}

type edgeRef struct {
	To string `json:"to" validate:"alpha"`
}

// omitempty skips a zero value with all values in it. This includes values without a
// length: arrays, and structs with arrays in them.
func TestZeroIsSkippedWithItsElements(t *testing.T) {
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
	s := kit.MustNew[body](t, validate.Config{})
	for _, test := range []struct{ body, want string }{
		{`{"rows":[[{"to":""}]],"far":[[""]],"refs":[{"to":""}],"deep":[["a"]]}`, ""},
		{`{"two":[{"to":"1"},{"to":"a"}]}`, "/two/0/to pattern"},
		{`{"pair":{"two":[{"to":"a"},{"to":"1"}]}}`, "/pair/two/1/to pattern"},
		{`{"outer":{"In":{"two":[{"to":"a"},{"to":"1"}]}}}`, "/outer/In/two/1/to pattern"},
		{`{"rows":[[{"to":"1"}]],"far":[["1"]],"refs":[{"to":"1"}],"deep":[[]]}`, "/rows/0/0/to pattern,/far/0/0 pattern,/refs/0/to pattern,/deep/0 min_items"},
	} {
		kit.Answers(t, s, test.body, test.want)
	}
}

// Rules for keys do not forbid null as the value.
func TestNullBesideRulesOfKeys(t *testing.T) {
	type body struct {
		Refs map[string]*edgeRef `json:"refs" validate:"dive,keys,alpha,endkeys"`
	}
	s := kit.MustNew[body](t, validate.Config{})
	kit.Answers(t, s, `{"refs":{"a":null,"b":{"to":"a"}}}`, "")
	kit.Answers(t, s, `{"refs":{"1":null}}`, "/refs pattern")
	kit.Answers(t, s, `{"refs":{"a":{"to":"1"}}}`, "/refs pattern")
}

type edgeHidden struct {
	Most int   `json:"most"`
	List []int `json:"list" validate:"max=5000,dive,ltefield=Most"`
}

// The elements of a long list are compared with fields of the struct around the list, also
// if that struct is embedded or in a list itself.
func TestLongListInAnEmbeddedStruct(t *testing.T) {
	type inner struct{ edgeHidden }
	type body struct {
		In   inner   `json:"in"`
		Many []inner `json:"many" validate:"dive"`
	}
	s := kit.MustNew[body](t, validate.Config{})
	kit.Answers(t, s, `{"in":{"most":2,"list":[1,2]},"many":[{"most":2,"list":[2]}]}`, "")
	kit.Answers(t, s, `{"in":{"most":2,"list":[3]},"many":[{"most":2,"list":[3]}]}`, "/in/list/0 compare,/many/0/list/0 compare")
}
