package check_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type limitsOf struct {
	Most int `json:"most"`
}

type named struct {
	Alias string `json:"alias~/name"`
	Nick  string `json:"nick" validate:"omitempty,nefield=Alias"`
}

type compared struct {
	named
	Page   int       `query:"page" validate:"omitempty,ltefield=Pages"`
	Pages  int       `query:"pages" validate:"omitempty,max=100"`
	A      int       `json:"a" validate:"omitempty,min=1"`
	B      int       `json:"b" validate:"omitempty,gtfield=A"`
	C      int       `json:"c" validate:"omitempty,gtefield=A"`
	D      int       `json:"d" validate:"omitempty,ltfield=Limits.Most"`
	E      int       `json:"e" validate:"omitempty,ltefield=Page"`
	G      string    `json:"g" validate:"omitempty,eqfield=Alias"`
	H      string    `json:"h" validate:"omitempty,fieldcontains=G"`
	I      string    `json:"i" validate:"omitempty,fieldexcludes=G"`
	J      time.Time `json:"j" validate:"omitempty,gtefield=K"`
	K      time.Time `json:"k"`
	O      int       `json:"o" validate:"omitempty,eqfield=Hidden"`
	P      []int     `json:"p" validate:"max=2000,dive,gtfield=A"`
	Hidden int       `json:"-"`
	Limits limitsOf  `json:"limits"`
}

type conditioned struct {
	Pages *int   `query:"pages"`
	A     int    `json:"a"`
	B     int    `json:"b"`
	If    string `json:"if" validate:"required_if=A 7 B 9"`
	Not   string `json:"not" validate:"required_unless=A 0 B 0"`
	With  string `json:"with" validate:"required_with=S,max=3"`
	All   string `json:"all" validate:"required_with_all=S U"`
	None  string `json:"none" validate:"required_without_all=Pages A"`
	S     string `json:"s"`
	U     string `json:"u" validate:"excluded_with=A B"`
	V     string `json:"v" validate:"excluded_if=A 8"`
	X     string `json:"x" validate:"excluded_without=Pages"`
}

// faultTexts returns the faults of a refusal in full.
func faultTexts(t *testing.T, err error) string {
	t.Helper()
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	var list []string
	for _, f := range e.Faults {
		place := f.In + " " + f.Name
		if f.Pointer != nil {
			place = *f.Pointer
		}
		list = append(list, fmt.Sprint(place, " ", f.Code, " ", f.Message, " ", f.Params))
	}
	return strings.Join(list, "; ")
}

// A fault of a comparison names the other field by the name that the client knows, and
// never by its Go name.
func TestComparisons(t *testing.T) {
	s := kit.MustNew[compared](t, validate.Config{})
	for _, tc := range []struct{ query, body, want string }{
		{"", `{"a":5,"b":5}`, "/b compare must be more than another member map[with:a]"},
		{"", `{"a":5,"c":4}`, "/c compare must not be less than another member map[with:a]"},
		{"", `{"d":5}`, "/d compare must be less than another member map[with:limits/most]"},
		{"page=3&pages=9", `{"e":5}`, "/e compare must not be more than another parameter map[with:page]"},
		{"page=3&pages=2", `{}`, "query page compare must not be more than another parameter map[with:pages]"},
		{"", `{"alias~/name":"a","g":"b"}`, "/g compare must be equal to another member map[with:alias~0~1name]"},
		{"", `{"alias~/name":"a","nick":"a"}`, "/nick compare must not be equal to another member map[with:alias~0~1name]"},
		{"", `{"alias~/name":"b","g":"b","h":"c"}`, "/h compare must contain the text of another member map[with:g]"},
		{"", `{"alias~/name":"b","g":"b","i":"abc"}`, "/i compare must not contain the text of another member map[with:g]"},
		{"", `{"j":"2026-01-01T00:00:00Z","k":"2026-01-02T00:00:00Z"}`, "/j compare must not be before another member map[with:k]"},
		{"", `{"o":1}`, "/o compare must be equal to another member map[]"},
		{"", `{"a":5,"p":[9,3]}`, "/p/1 compare must be more than another member map[with:a]"},
	} {
		r := kit.Post(tc.body)
		r.URL.RawQuery = tc.query
		_, err := s.Decode(nil, r)
		if got := faultTexts(t, err); got != tc.want {
			t.Errorf("%s %s: %s, want %s", tc.query, tc.body, got, tc.want)
		}
	}
}

func TestConditions(t *testing.T) {
	s := kit.MustNew[conditioned](t, validate.Config{})
	for body, want := range map[string]string{
		`{"a":7,"b":9,"not":"n"}`:                 "/if required is required because of the value of another member map[with:[a b]]",
		`{"a":1,"b":2}`:                           "/not required is required because of the value of another member map[with:[a b]]",
		`{"none":"n","s":"s"}`:                    "/with required is required because another member is there map[with:[s]]",
		`{"none":"n","s":"s","u":"u","with":"w"}`: "/all required is required because other members are there map[with:[s u]]",
		`{}`:                                   "/none required is required because other members are absent map[with:[pages a]]",
		`{"none":"n","b":1,"not":"n","u":"u"}`: "/u excluded is not allowed because another member is there map[with:[a b]]",
		`{"a":8,"not":"n","v":"v"}`:            "/v excluded is not allowed because of the value of another member map[with:[a]]",
		`{"none":"n","x":"x"}`:                 "/x excluded is not allowed because another parameter is absent map[with:[pages]]",
		`{"none":"n","s":"s","with":"wxyz"}`:   "/with max_length must have at most 3 characters map[max:3]",
	} {
		_, err := s.Decode(nil, kit.Post(body))
		if got := faultTexts(t, err); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

// A failed comparison is reported only if there is no other fault, because it may be a
// consequence: the other field may be absent, or break a rule itself.
func TestConsequences(t *testing.T) {
	type deep struct {
		P int `json:"p" validate:"min=1"`
	}
	type pair struct {
		Q   int            `query:"q" validate:"omitempty,min=5"`
		R   int            `query:"r" validate:"omitempty,gtfield=Q"`
		P   int            `json:"p" validate:"min=1"`
		P2  int            `json:"p2" validate:"omitempty,eqfield=P"`
		In  deep           `json:"in"`
		P3  int            `json:"p3" validate:"omitempty,eqfield=In.P"`
		P4  int            `json:"p4" validate:"omitempty,eqfield=P3"`
		P5  int            `json:"p5" validate:"omitempty,gtfield=Q"`
		Own string         `json:"own" validate:"excluded_with=P"`
		By  map[string]int `json:"by" validate:"dive,ltfield=P"`
	}
	s := kit.MustNew[pair](t, validate.Config{})
	for _, tc := range []struct{ query, body, want string }{
		{"", `{"in":{"p":1},"p2":5}`, "/p required"},
		{"", `{"in":{"p":1},"p2":5,"p":-1}`, "/p min"},
		{"", `{"in":{"p":1},"p2":5,"p":4}`, "/p2 compare"},
		{"", `{"p":1,"p3":5}`, "/in required"},
		{"", `{"p":1,"in":{"p":0},"p3":5}`, "/in/p min"},
		{"", `{"p":1,"in":{"p":1},"p3":5}`, "/p3 compare"},
		{"", `{"p":1,"in":{"p":1},"p3":5,"p4":6}`, "/p3 compare,/p4 compare"}, // two comparisons
		{"", `{"in":{"p":1},"own":"x"}`, "/p required"},
		{"", `{"p":1,"in":{"p":1},"own":"x"}`, "/own excluded"},
		{"q=1&r=1", `{"p":1,"in":{"p":1}}`, "query q min"},
		{"q=6&r=1", `{"p":1,"in":{"p":1}}`, "query r compare"},
		{"q=1", `{"p":1,"in":{"p":1},"p5":1}`, "query q min"},
		{"q=6", `{"p":1,"in":{"p":1},"p5":1}`, "/p5 compare"},
		{"q=x", `{"p":1,"in":{"p":1},"p5":-1}`, "query q type"},
		{"", `{"in":{"p":1},"by":{"k":5}}`, "/p required"},
		{"", `{"p":1,"in":{"p":1},"by":{"k":5}}`, "/by /* compare"},
	} {
		r := kit.Post(tc.body)
		r.URL.RawQuery = tc.query
		_, err := s.Decode(nil, r)
		if got := strings.Join(faultList(t, err), ","); got != tc.want {
			t.Errorf("%s %s: %s, want %s", tc.query, tc.body, got, tc.want)
		}
	}
}

// A rule about presence does not apply if the member that it depends on could not be
// read, because the intended value is not known.
func TestConditionsOnTheUnreadable(t *testing.T) {
	type either struct {
		Q int    `query:"q"`
		A string `json:"a" validate:"required_without=B"`
		B int    `json:"b"`
		C string `json:"c" validate:"required_without=Q"`
		D int    `json:"d" validate:"omitempty,min=5"`
		E string `json:"e" validate:"required_with=D"`
	}
	s := kit.MustNew[either](t, validate.Config{})
	for _, tc := range []struct{ query, body, want string }{
		{"q=1", `{}`, "/a required"},
		{"q=1", `{"b":"x"}`, "/b type"},
		{"q=1", `{"x":1}`, " unknown_member,/a required"},
		{"q=x", `{"a":"a"}`, "query q type"},
		{"", `{"a":"a"}`, "/c required"},
		{"q=1", `{"a":"a","d":1}`, "/d min,/e required"}, // d is there, before and after its value is corrected
	} {
		r := kit.Post(tc.body)
		r.URL.RawQuery = tc.query
		_, err := s.Decode(nil, r)
		if got := strings.Join(faultList(t, err), ","); got != tc.want {
			t.Errorf("%s %s: %s, want %s", tc.query, tc.body, got, tc.want)
		}
	}
}
