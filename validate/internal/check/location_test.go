package check_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type stop struct {
	A    int               `json:"a" validate:"gt=5"`
	B    string            `json:"b~" validate:"required"`
	Next *stop             `json:"next"`
	Via  []stop            `json:"via" validate:"dive"`
	Tags map[string]string `json:"tags" validate:"max=2,dive,keys,max=3,endkeys,max=4"`
	To   int               `json:"to" validate:"omitempty,gtfield=A"`
}

type atlas struct {
	Opt    map[string]stop              `json:"opt" validate:"max=3,dive"`
	Ptr    map[string]*stop             `json:"ptr" validate:"dive"`
	Lists  map[string][]string          `json:"lists" validate:"dive,keys,max=3,endkeys,max=2,dive,min=2"`
	Deep   map[string]map[string]int    `json:"deep" validate:"dive,dive,max=9"`
	Wide   map[string]int               `json:"wide" validate:"max=2000,dive,keys,max=4,endkeys,max=9"`
	Rows   []map[string]int             `json:"rows" validate:"dive,dive,max=9"`
	Levels map[string][]level           `json:"levels"`
	Monies map[string]money             `json:"monies"`
	Inner  map[string]map[string]stop   `json:"inner" validate:"dive,dive"`
	Self   selfRuled                    `json:"self"`
	Selves map[string]map[string]string `json:"selves"`
	Free   any                          `json:"free" free:"true"`
}

// selfRuled decodes itself and has a field with a rule.
type selfRuled struct {
	Text string `validate:"max=3"`
}

func (s *selfRuled) UnmarshalJSON(b []byte) error {
	var in struct{ Text string }
	err := json.Unmarshal(b, &in)
	s.Text = in.Text
	return err
}

// faultList returns the faults of a refusal: pointer, inside, code.
func faultList(t *testing.T, err error) []string {
	t.Helper()
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	list := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		where := f.In + " " + f.Name
		if f.Pointer != nil {
			where = *f.Pointer
		}
		inside, ok := f.Params["inside"].(string)
		if says := strings.HasPrefix(f.Message, "has a fault inside: a part "); says != ok || ok && inside == "" {
			t.Errorf("inside %q, and the message is %q", inside, f.Message)
		}
		if ok {
			where += " " + inside
		}
		list[i] = where + " " + f.Code
	}
	return list
}

// A pointer ends at a map. A fault further inside has its place in inside, with the names
// of the schema only.
func TestInside(t *testing.T) {
	s := kit.MustNew[atlas](t, validate.Config{MaxItems: 3, MaxString: 20})
	long := `"` + strings.Repeat("x", 30) + `"`
	for body, want := range map[string]string{
		// Faults of the scan.
		`"opt":{"x":{}}`:                                      "/opt /*/b~0 required",
		`"opt":{"x":{"b~":"","a":1,"a":9}}`:                   "/opt /*/a duplicate_member",
		`"opt":{"x":{"b~":"","a":6,"c":1}}`:                   "/opt /* unknown_member",
		`"opt":{"x":5}`:                                       "/opt /* type",
		`"opt":{"x":null}`:                                    "/opt /* null",
		`"opt":{"x":{"b~":5,"a":"","next":{"b~":7}}}`:         "/opt /*/b~0 type,/opt /*/a type,/opt /*/next/b~0 type",
		`"opt":{"x":{"b~":"","via":[{"b~":""},{}]}}`:          "/opt /*/via/*/b~0 required",
		`"opt":{"x":{"b~":"","tags":{"k":1}}}`:                "/opt /*/tags/* type",
		`"opt":{"x":{"b~":"","tags":{"a":"","b":"","c":""}}}`: "/opt /*/tags max_members",
		`"opt":{"x":{"b~":` + long + `}}`:                     "/opt /*/b~0 max_length",
		`"opt":{"a":1,"a":2}`:                                 "/opt /* type,/opt duplicate_member",
		`"opt":{"a":1,"b":2,"c":3,"d":4}`:                     "/opt /* type,/opt max_members",
		`"lists":{"a":["1","2","3"]}`:                         "/lists /* max_items",
		`"lists":{"a":[1]}`:                                   "/lists /*/* type",
		`"deep":{"a":{"b":1,"b":2}}`:                          "/deep /* duplicate_member",
		`"deep":{"a":{"b":1e400}}`:                            "/deep /*/* type",
		`"rows":[{},{"a":""}]`:                                "/rows/1 /* type",
		`"wide":{"` + strings.Repeat("k", 300) + `":1}`:       "/wide name_length",
		// Values that do not decode.
		`"levels":{"a":["low","high"]}`: "/levels /*/* invalid",
		`"monies":{"a":"2.00"}`:         "/monies /* invalid",
		// Rules that the validator runs inside the map, and rules that run on single values.
		`"opt":{"x":{"b~":"","a":1}}`:                         "/opt /*/a exclusive_min",
		`"ptr":{"x":{"b~":"","a":1},"y":{"b~":"","a":2}}`:     "/ptr /*/a exclusive_min",
		`"opt":{"x":{"b~":"","a":6,"tags":{"a":"12345"}}}`:    "/opt /*/tags/* max_length",
		`"lists":{"a":["12","1"]}`:                            "/lists /*/* min_length",
		`"lists":{"a][":["12","1"]}`:                          "/lists /*/* min_length",
		`"lists":{"abcd":[]}`:                                 "/lists /* max_length",
		`"deep":{"a":{"b":10},"c":{"d":11}}`:                  "/deep /*/* max",
		`"wide":{"a":10,"abcde":1}`:                           "/wide /* max,/wide /* max_length",
		`"rows":[{"a":1},{"a":10}]`:                           "/rows/1 /* max",
		`"inner":{"x":{"y":{"b~":"","a":6,"to":3}}}`:          "/inner /*/*/to compare",
		`"opt":{"x":{"b~":"","a":6,"via":[{"b~":"","a":1}]}}`: "/opt /*/via/*/a exclusive_min",
		// A type that decodes itself and an interface have no names in the schema.
		`"self":{"Text":"toolong"}`:   "/self /* max_length",
		`"free":{"a":1,"a":2}`:        "/free duplicate_member",
		`"free":{"x":{"a":1,"a":2}}`:  "/free /* duplicate_member",
		`"free":{"x":[[1e400]]}`:      "/free /*/*/* range",
		`"free":[1,2,3,4]`:            "/free max_items",
		`"free":[[1,2,3,4]]`:          "/free /* max_items",
		`"nope":{"x":{"a":1,"a":2}}`:  " unknown_member, /*/* duplicate_member",
		`"nope":{"a":1,"a":2}`:        " unknown_member, /* duplicate_member",
		`"opt":{"x":{"b~":"\ud800"}}`: "/opt lone_surrogate",
	} {
		t.Run(body, func(t *testing.T) {
			_, err := s.Decode(nil, kit.Post(`{`+body+`}`))
			got, want := faultList(t, err), strings.Split(want, ",")
			slices.Sort(got) // a map has no order
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// The message mentions a fault inside, and the other params stay.
func TestInsideWords(t *testing.T) {
	s := kit.MustNew[atlas](t, validate.Config{})
	for body, want := range map[string]string{
		`{"opt":{"x":{}}}`:                 "has a fault inside: a part is required map[inside:/*/b~0]",
		`{"opt":{"x":{"b~":"","a":1}}}`:    "has a fault inside: a part must be more than 5 map[exclusive_min:5 inside:/*/a]",
		`{"deep":{"a":{"b":10}}}`:          "has a fault inside: a part must be at most 9 map[inside:/*/* max:9]",
		`{"deep":{"a":{"b":1,"b":2}}}`:     "has a fault inside: a part has a member more than once map[inside:/*]",
		`{"deep":{"a":{"b":1},"a":{}}}`:    "has a member more than once map[]",
		`{"opt":{"a":0,"b":0,"c":0}}`:      "has a fault inside: a part must be an object map[inside:/* type:object]",
		`{"free":{"a":{"b":1,"b":2}}}`:     "has a fault inside: a part has a member more than once map[inside:/*]",
		`{"rows":[{"a":10}]}`:              "has a fault inside: a part must be at most 9 map[inside:/* max:9]",
		`{"levels":{"a":["high","high"]}}`: "has a fault inside: a part is not valid map[inside:/*/*]",
	} {
		_, err := s.Decode(nil, kit.Post(body))
		e, _ := errors.AsType[*httperr.Error](err)
		if got := fmt.Sprint(e.Faults[0].Message, " ", e.Faults[0].Params); len(e.Faults) != 1 || got != want {
			t.Errorf("%s: %d faults, %q, want %q", body, len(e.Faults), got, want)
		}
	}
}

// A recursive type allows a different inside at each depth of a body. The number of faults
// is bounded, and a repeated mistake is one fault.
func TestInsideIsBounded(t *testing.T) {
	s := kit.MustNew[atlas](t, validate.Config{})
	nest := func(open, end string, n int) string {
		return strings.Repeat(open, n) + end + strings.Repeat("}", n)
	}
	for name, body := range map[string]string{
		"by the scan":  `{"opt":{"x":` + nest(`{"next":`, `null`, 29) + `}}`,
		"by the rules": `{"opt":{"x":` + nest(`{"b~":"","next":`, `null`, 29) + `}}`,
	} {
		_, err := s.Decode(nil, kit.Post(body))
		e, _ := errors.AsType[*httperr.Error](err)
		if got := faultList(t, err); len(got) != 20 || !e.Truncated {
			t.Errorf("%s: truncated %v: %q", name, e.Truncated, got)
		}
	}
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, `"%d":{"b":"x"},`, i)
	}
	_, err := s.Decode(nil, kit.Post(`{"deep":{`+many.String()+`"x":{"b":"y"}}}`))
	if got := faultList(t, err); len(got) != 1 || got[0] != "/deep /*/* type" {
		t.Errorf("%q", got)
	}
}

// A refusal contains no names and values of a map, also not in inside.
func TestInsideEchoesNothing(t *testing.T) {
	s := kit.MustNew[atlas](t, validate.Config{})
	for _, body := range []string{
		`{"opt":{"hunter2":{"hunter2":1}}}`, `{"lists":{"hunter2":["1"]}}`, `{"lists":{"h][unter2":["1"]}}`, `{"deep":{"hunter2":{"hunter2":10}}}`,
		`{"free":{"hunter2":{"hunter2":1,"hunter2":2}}}`, `{"monies":{"hunter2":"hunter2"}}`, `{"wide":{"hunter2":10}}`, `{"rows":[{"hunter2":10}]}`,
	} {
		_, err := s.Decode(nil, kit.Post(body))
		e, _ := errors.AsType[*httperr.Error](err)
		answer, _ := json.Marshal(e.Faults)
		if text := string(answer) + err.Error(); len(e.Faults) == 0 || strings.Contains(text, "unter2") {
			t.Errorf("%s: %s", body, text)
		}
	}
}

// The place of a fault does not depend on the keys of a map.
func FuzzInside(f *testing.F) {
	for _, k := range []string{"a", "", "a][", "a][0].b", "[", "]", "/*", "~", "é\u2028", "a.b[1]", "%s", "%[2]s"} {
		f.Add(k, k+"2")
	}
	s, err := validate.New[atlas](validate.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, outer, inner string) {
		if strings.ToValidUTF8(outer+inner, "") != outer+inner || len(outer)+len(inner) > 30 {
			return
		}
		one, two := strings.TrimSpace(kit.Quoted(outer)), strings.TrimSpace(kit.Quoted(inner))
		for format, want := range map[string]string{
			`"deep":{%[1]s:{%[2]s:10}}`:                        "/deep /*/* max",
			`"deep":{%[1]s:{%[2]s:""}}`:                        "/deep /*/* type",
			`"rows":[{},{%[1]s:10}]`:                           "/rows/1 /* max",
			`"inner":{%[1]s:{%[2]s:{"b~":"","a":1}}}`:          "/inner /*/*/a exclusive_min",
			`"opt":{%[1]s:{"b~":"","a":1,"tags":{%[2]s:"1"}}}`: "/opt /*/a exclusive_min",
			`"free":{%[1]s:{%[2]s:1e400}}`:                     "/free /*/* range",
		} {
			body := strings.NewReplacer("%[1]s", one, "%[2]s", two).Replace(format)
			_, err := s.Decode(nil, kit.Post("{"+body+"}"))
			if got := faultList(t, err); !slices.Contains(got, want) {
				t.Errorf("%s: %q, want %s", body, got, want)
			}
		}
	})
}
