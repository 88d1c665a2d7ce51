package validate_test

import (
	"encoding/json"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

// ownList decodes itself, so that no scan looks at what is in it.
type ownList []string

func (l *ownList) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, (*[]string)(l)) }

type ownMap map[string][]string

func (m *ownMap) UnmarshalJSON(b []byte) error {
	return json.Unmarshal(b, (*map[string][]string)(m))
}

// refuses holds a schema of T to bodies and whether it accepts them.
func refuses[T any](t *testing.T, bodies map[string]bool) {
	t.Helper()
	s := mustNew[T](t, validate.Config{})
	for body, ok := range bodies {
		if _, err := s.Decode(nil, post(body)); (err == nil) != ok {
			t.Errorf("%T: %s: %v", *new(T), body, err)
		}
	}
}

func TestMaxInsideWhatDecodesItself(t *testing.T) {
	type lists struct {
		List  ownList            `json:"list" validate:"max=2,dive,max=3"`
		Ptr   *ownList           `json:"ptr" validate:"omitempty,max=2,dive,max=3"`
		Lists []ownList          `json:"lists" validate:"dive,max=2,dive,max=3"`
		Map   ownMap             `json:"map" validate:"max=2,dive,max=1,dive,max=3"`
		Plain map[string]ownList `json:"plain" validate:"max=1,dive,max=1,dive,max=3"`
	}
	refuses[lists](t, map[string]bool{
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

// The order of the fields decides whether a struct is met first where it is
// scanned or where it is not.
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
	refuses[before](t, bodies)
	refuses[after](t, bodies)
}

type circle struct {
	Name string `json:"name" validate:"max=3"`
}

// anyShape has in it what no type tells.
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

// Rules behind an interface run whether or not the types have others.
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
	refuses[alone](t, bodies)
	refuses[some](t, bodies)
	refuses[beside](t, bodies)
}

// A zero in front makes a number octal to the validator, and to New.
func TestMaxInOctal(t *testing.T) {
	type plain struct {
		Text string   `json:"text" validate:"max=010"`
		List []string `json:"list" validate:"max=011,dive,max=010"`
	}
	refuses[plain](t, map[string]bool{
		`{"text":"12345678","list":["12345678"]}`:  true,
		`{"text":"123456789"}`:                     false,
		`{"list":["123456789"]}`:                   false,
		`{"list":["","","","","","","","",""]}`:    true,
		`{"list":["","","","","","","","","",""]}`: false,
	})
}
