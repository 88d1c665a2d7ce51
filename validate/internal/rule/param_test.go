package rule_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// The params of a fault have the JSON type of the field, and the message shows the same
// values.
func TestParamsHaveTypes(t *testing.T) {
	type typed struct {
		Text   string         `json:"text" validate:"omitempty,oneof='a b' c"`
		Code   string         `json:"code" validate:"omitempty,oneof=1 2"`
		One    string         `json:"one" validate:"omitempty,oneof=1"`
		Fold   string         `json:"fold" validate:"omitempty,oneofci='A B' c"`
		Num    int            `json:"num" validate:"omitempty,oneof=1 -3"`
		Nums   []uint8        `json:"-"`
		Ptr    *int8          `json:"ptr" validate:"omitempty,oneof=7"`
		Digits string         `json:"digits" validate:"omitempty,eq=12"`
		Has    string         `json:"has" validate:"omitempty,contains=1"`
		Begins string         `json:"begins" validate:"omitempty,startswith=s1"`
		Yes    bool           `json:"yes" validate:"omitempty,eq=false"`
		Wait   time.Duration  `json:"wait" validate:"omitempty,min=1s,max=1m"`
		Nanos  time.Duration  `json:"nanos" validate:"omitempty,max=7"`
		Hex    int            `json:"hex" validate:"omitempty,max=0x10"`
		Octal  uint           `json:"octal" validate:"omitempty,ne=010"`
		Float  float64        `json:"float" validate:"omitempty,lt=.5"`
		Exact  float32        `json:"exact" validate:"omitempty,gt=1e3"`
		Size   []int          `json:"size" validate:"omitempty,min=0x2"`
		Map    map[string]int `json:"map" validate:"omitempty,len=1"`
		Few    string         `json:"few" validate:"omitempty,lt=1"`
		Soon   time.Time      `json:"soon" validate:"omitempty,gt"`
		Past   *time.Time     `json:"past" validate:"omitempty,lte"`
	}
	s := kit.MustNew[typed](t, validate.Config{})
	for body, want := range map[string]string{
		`"text":"a"`:                    `enum must be one of the allowed values {"allowed":["a b","c"]}`,
		`"code":"3"`:                    `enum must be one of the allowed values {"allowed":["1","2"]}`,
		`"one":"2"`:                     `enum must be one of the allowed values {"allowed":["1"]}`,
		`"fold":"a"`:                    `enum must be one of the allowed values {"allowed":["A B","c"]}`,
		`"num":2`:                       `enum must be one of the allowed values {"allowed":[1,-3]}`,
		`"ptr":8`:                       `enum must be one of the allowed values {"allowed":[7]}`,
		`"digits":"1"`:                  `const must be 12 {"const":"12"}`,
		`"has":"s"`:                     `contains must contain 1 {"value":"1"}`,
		`"begins":"x"`:                  `prefix must begin with s1 {"value":"s1"}`,
		`"yes":true`:                    `const must be false {"const":false}`,
		`"wait":5`:                      `min must be at least 1000000000 {"min":1000000000}`,
		`"wait":60000000001`:            `max must be at most 60000000000 {"max":60000000000}`,
		`"nanos":8`:                     `max must be at most 7 {"max":7}`,
		`"hex":17`:                      `max must be at most 16 {"max":16}`,
		`"octal":8`:                     `not must not be 8 {"not":8}`,
		`"float":0.5`:                   `exclusive_max must be less than 0.5 {"exclusive_max":0.5}`,
		`"exact":1000`:                  `exclusive_min must be more than 1e3 {"exclusive_min":1e3}`,
		`"size":[1]`:                    `min_items must have at least 2 items {"min":2}`,
		`"map":{}`:                      `members must have exactly 1 member {"len":1}`,
		`"few":"a"`:                     `max_length must have fewer than 1 character {"exclusive_max":1}`,
		`"soon":"2001-01-01T00:00:00Z"`: `exclusive_min must be in the future null`,
		`"past":"9001-01-01T00:00:00Z"`: `max must not be in the future null`,
	} {
		_, err := s.Decode(nil, kit.Post("{"+body+"}"))
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok || len(e.Faults) != 1 {
			t.Errorf("%s: %v", body, err)
			continue
		}
		params, _ := json.Marshal(e.Faults[0].Params)
		if got := e.Faults[0].Code + " " + e.Faults[0].Message + " " + string(params); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

// The schema has the same value for a rule as the params of its fault.
func TestSchemaHasTheSameParams(t *testing.T) {
	type typed struct {
		Wait time.Duration `json:"wait" validate:"min=1s"`
		Num  int           `json:"num" validate:"oneof=1 -3"`
		Text string        `json:"text" validate:"oneof='a b' c"`
		Hex  int           `json:"hex" validate:"max=0x10"`
	}
	s := kit.MustNew[typed](t, validate.Config{})
	var schema struct {
		Properties map[string]map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(s.JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	_, err := s.Decode(nil, kit.Post(`{"wait":5,"num":2,"text":"a","hex":17}`))
	e, _ := errors.AsType[*httperr.Error](err)
	keyword := map[string]string{"min": "minimum", "max": "maximum", "allowed": "enum"}
	for _, f := range e.Faults {
		for name, value := range f.Params {
			said, _ := json.Marshal(value)
			if want := schema.Properties[strings.TrimPrefix(*f.Pointer, "/")][keyword[name]]; string(said) != string(want) {
				t.Errorf("%s %s: %s, and the schema says %s", *f.Pointer, name, said, want)
			}
		}
	}
	if len(e.Faults) != 4 {
		t.Errorf("%v", err)
	}
}

// The refusal of text above the limit of the Config names the limit of the field, if the
// field has one.
func TestTooLongNamesTheMaxOfTheField(t *testing.T) {
	type sized struct {
		Query string   `query:"q" validate:"max=50"`
		List  []string `query:"list" style:"repeat" validate:"dive,max=50"`
		Short string   `json:"short" validate:"max=500"`
		Large string   `json:"large" validate:"max=20000"`
		Free  string   `json:"free"`
		Trim  string   `json:"trim" validate:"max=500" mod:"trim"`
		Min   string   `json:"min" validate:"omitempty,min=1"`
	}
	s := kit.MustNew[sized](t, validate.Config{})
	text := strings.Repeat("x", 70_000)
	for _, tc := range []struct{ query, body, want string }{
		{"", `{"short":"` + text + `"}`, `max_length must have at most 500 characters {"max":500}`},
		{"", `{"large":"` + text + text + `"}`, `max_length must have at most 20000 characters {"max":20000}`},
		{"", `{"free":"` + text + `"}`, `max_length is too long {"max_bytes":65536}`},
		{"", `{"trim":"` + text + `"}`, `max_length is too long {"max_bytes":65536}`}, // trimmed, it may be shorter
		{"", `{"min":"` + text + `"}`, `max_length is too long {"max_bytes":65536}`},
		{"q=" + text, `{}`, `max_length must have at most 50 characters {"max":50}`},
		{"list=" + text, `{}`, `max_length must have at most 50 characters {"max":50}`},
		{"q=" + text[:60], `{}`, `max_length must have at most 50 characters {"max":50}`},
	} {
		r := kit.Post(tc.body)
		r.URL.RawQuery = tc.query
		_, err := s.Decode(nil, r)
		e, _ := errors.AsType[*httperr.Error](err)
		params, _ := json.Marshal(e.Faults[0].Params)
		if got := e.Faults[0].Code + " " + e.Faults[0].Message + " " + string(params); got != tc.want || len(e.Faults) != 1 {
			t.Errorf("%.20s %.20s: %s, want %s", tc.query, tc.body, got, tc.want)
		}
	}
}

// A change to the params of one refusal does not affect the next refusal.
func TestParamsAreNotShared(t *testing.T) {
	type sized struct {
		Text string        `json:"text" validate:"max=2"`
		Even string        `json:"even" validate:"omitempty,sku"`
		File validate.File `json:"-"`
	}
	s := kit.MustNew[sized](t, validate.Config{Patterns: map[string]string{"sku": "[A-Z]"}})
	for range 2 {
		_, err := s.Decode(nil, kit.Post(`{"text":"long","even":"no"}`))
		e, _ := errors.AsType[*httperr.Error](err)
		if len(e.Faults) != 2 || len(e.Faults[0].Params) != 1 || len(e.Faults[1].Params) != 1 {
			t.Errorf("%+v", e.Faults)
		}
		for _, f := range e.Faults {
			clear(f.Params)
		}
	}
}
