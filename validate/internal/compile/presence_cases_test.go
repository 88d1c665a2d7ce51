package compile_test

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

// A conditional has each presence rule, and fields of type F.
type conditional[F any] struct {
	A F `json:"a"`
	B F `json:"b"`

	RI  F `json:"required_if" validate:"required_if=A 1 B 1"`
	RIZ F `json:"required_if_zero" validate:"required_if=A 0"`
	RU  F `json:"required_unless" validate:"required_unless=A 1 B 1"`
	RUZ F `json:"required_unless_zero" validate:"required_unless=A 0"`
	RW  F `json:"required_with" validate:"required_with=A B"`
	RWA F `json:"required_with_all" validate:"required_with_all=A B"`
	RO  F `json:"required_without" validate:"required_without=A B"`
	ROA F `json:"required_without_all" validate:"required_without_all=A B"`
	EI  F `json:"excluded_if" validate:"excluded_if=A 1 B 1"`
	EIZ F `json:"excluded_if_zero" validate:"excluded_if=A 0"`
	EU  F `json:"excluded_unless" validate:"excluded_unless=A 1 B 1"`
	EW  F `json:"excluded_with" validate:"excluded_with=A B"`
	EWA F `json:"excluded_with_all" validate:"excluded_with_all=A B"`
	EO  F `json:"excluded_without" validate:"excluded_without=A B"`
	EOA F `json:"excluded_without_all" validate:"excluded_without_all=A B"`
}

var conditionals = []string{"required_if", "required_if_zero", "required_unless", "required_unless_zero", "required_with", "required_with_all", "required_without", "required_without_all",
	"excluded_if", "excluded_if_zero", "excluded_unless", "excluded_with", "excluded_with_all", "excluded_without", "excluded_without_all"}

// broken is the slow reference, written from the documentation. It reports whether a field in
// the state self breaks the rule if A and B are in the states a and b. A state is the value
// that was sent, or "" if the field was not sent.
func broken(rule, form, self, a, b string) bool {
	excludes := strings.HasPrefix(rule, "excluded")
	there := func(state string) bool {
		if excludes || form == "optional" {
			return state != ""
		}
		return state != "" && state != "null"
	}
	equal := func(state, want string) bool { return state == want || state == "" && want == "0" && form == "value" }
	holds := false
	switch _, when, _ := strings.Cut(rule, "_"); when {
	case "if":
		holds = equal(a, "1") && equal(b, "1")
	case "if_zero":
		holds = equal(a, "0")
	case "unless":
		holds = !equal(a, "1") && !equal(b, "1")
	case "unless_zero":
		holds = !equal(a, "0")
	case "with":
		holds = there(a) || there(b)
	case "with_all":
		holds = there(a) && there(b)
	case "without":
		holds = !there(a) || !there(b)
	case "without_all":
		holds = !there(a) && !there(b)
	}
	return holds && there(self) == excludes
}

func conditionalCases[F any](t *testing.T, form string, states ...string) {
	t.Helper()
	s := kit.MustNew[conditional[F]](t, validate.Config{})
	brokenCases := map[string]int{}
	for _, a := range states {
		for _, b := range states {
			for _, self := range states {
				var members, want []string
				for name, state := range map[string]string{"a": a, "b": b} {
					if state != "" {
						members = append(members, fmt.Sprintf("%q:%s", name, state))
					}
				}
				for _, rule := range conditionals {
					if self != "" {
						members = append(members, fmt.Sprintf("%q:%s", rule, self))
					}
					if broken(rule, form, self, a, b) {
						code, _, _ := strings.Cut(rule, "_")
						want = append(want, "/"+rule+" "+code)
						brokenCases[rule]++
					}
				}
				slices.Sort(members) // a and b come first
				kit.Answers(t, s, "{"+strings.Join(members, ",")+"}", strings.Join(want, ","))
				slices.Reverse(members) // a and b come last
				kit.Answers(t, s, "{"+strings.Join(members, ",")+"}", strings.Join(want, ","))
			}
		}
	}
	for _, rule := range conditionals {
		if brokenCases[rule] == 0 || brokenCases[rule] == len(states)*len(states)*len(states) {
			t.Errorf("%s of a %s is broken in %d cases", rule, form, brokenCases[rule])
		}
	}
}

func TestPresence(t *testing.T) {
	conditionalCases[int](t, "value", "", "0", "1")
	conditionalCases[float32](t, "value", "", "0", "1")
	conditionalCases[*uint8](t, "pointer", "", "null", "0", "1")
	conditionalCases[validate.Optional[int64]](t, "optional", "", "null", "0", "1")
}

// required_if compares the value that the handler sees: with its default, after the mods, and
// in any spelling.
func TestPresenceOfValues(t *testing.T) {
	type body struct {
		Kind string  `json:"kind" default:" SMS " mod:"trim,lower"`
		Loud bool    `json:"loud" default:"1"`
		Rate float64 `json:"rate"`
		N    int     `json:"n"`
		Code string  `json:"code"`
		K    *int    `json:"k" validate:"required_if=Kind sms"`
		L    *int    `json:"l" validate:"required_if=Loud true"`
		R    *int    `json:"r" validate:"required_unless=Rate 2.5"`
		Z    *int    `json:"z" validate:"excluded_if=N 0"`
		C    *int    `json:"c" validate:"excluded_if=Code 'a \"b'"`
		V    *int    `json:"v" validate:"excluded_if=Code a0x2Cb"`
	}
	s := kit.MustNew[body](t, validate.Config{})
	for _, tc := range []struct{ body, want string }{
		{`{}`, "/k required,/l required,/r required"},
		{`{"kind":"mail","loud":false,"rate":25e-1}`, ""},
		{`{"kind":"\u0053mS\t","loud":false,"rate":2.5}`, "/k required"},
		{`{"kind":"","loud":true,"rate":2.50}`, "/l required"},
		{`{"k":0,"l":0,"r":0,"z":1}`, "/z excluded"},
		{`{"k":0,"l":0,"r":0,"z":1,"n":-0}`, "/z excluded"},
		{`{"k":0,"l":0,"r":0,"z":1,"n":-1}`, ""},
		{`{"k":0,"l":0,"r":0,"c":1,"code":"a \u0022b"}`, "/c excluded"},
		{`{"k":0,"l":0,"r":0,"c":1,"code":"a b"}`, ""},
		{`{"k":0,"l":0,"r":0,"v":1,"code":"a,b"}`, "/v excluded"},
		{`{"k":0,"l":0,"r":0,"v":1,"code":"a|b"}`, ""},
		// The value of a field with a fault of its own is unknown.
		{`{"k":0,"l":0,"r":0,"z":1,"n":5,"n":0}`, "/n duplicate_member"},
		{`{"k":0,"l":0,"rate":"x"}`, "/rate type"},
		{`{"kind":5,"l":0,"r":1}`, "/kind type"},
		{`{"k":"x","l":0,"r":1}`, "/k type"},
	} {
		kit.Answers(t, s, tc.body, tc.want)
	}
}

// A struct that is not sent is required if one of its fields is.
func TestPresenceInside(t *testing.T) {
	type part struct {
		A string `json:"a" validate:"required_without=B"`
		B string `json:"b"`
		C string `json:"c" validate:"required_with=B"`
	}
	type body struct {
		In   part            `json:"in"`
		Ptr  *part           `json:"ptr"`
		List []part          `json:"list" validate:"dive"`
		By   map[string]part `json:"by" validate:"dive"`
		Pair [1]part         `json:"pair"`
		Ptrs [1]*part        `json:"ptrs"`
		Tree *ruledTree      `json:"tree"`
	}
	s := kit.MustNew[body](t, validate.Config{})
	const ok = `"in":{"a":"","c":""},"pair":[{"b":"","c":""}]`
	for _, tc := range []struct{ body, want string }{
		{`{}`, "/in required,/pair required"},
		{`{` + ok + `}`, ""},
		{`{` + ok + `,"ptr":{}}`, "/ptr/a required"},
		{`{` + ok + `,"ptr":null,"list":[{"a":""},{"b":""},{},{"b":"","c":""}]}`, "/list/1/c required,/list/2/a required"},
		{`{` + ok + `,"by":{"x":{},"y":{"a":""},"z":{}}}`, "/by required"},
		{`{"in":{},"pair":[{"b":""}]}`, "/in/a required,/pair/0/c required"},
		{`{` + ok + `,"tree":{"a":""}}`, ""},
		{`{` + ok + `,"tree":{"a":"","b":{}}}`, "/tree/b/r required"},
		{`{` + ok + `,"tree":{"a":"","b":{"r":{"a":"","b":{}}}}}`, "/tree/b/r/b/r required"},
	} {
		kit.Answers(t, s, tc.body, tc.want)
	}
}

// A ruledTree contains itself, and must be sent.
type ruledTree struct {
	A string       `json:"a" validate:"required_without=C"`
	C string       `json:"c"`
	B *ruledBranch `json:"b"`
}

type ruledBranch struct {
	R ruledTree `json:"r"`
}

// The JSON Pointer of a fault in a map ends at the map, because the names in it are chosen by
// the client. Each fault is reported once there, and each element is checked.
func TestPresenceBehindFaultsToldBefore(t *testing.T) {
	type part struct {
		N int    `json:"n"`
		A string `json:"a" validate:"required_unless=N 5"`
	}
	type body struct {
		By map[string]part `json:"by" validate:"dive"`
	}
	s := kit.MustNew[body](t, validate.Config{})
	kit.Answers(t, s, `{"by":{"x":{"n":"z"},"y":{"n":"z"}}}`, "/by type")
	kit.Answers(t, s, `{"by":{"x":{"n":"z"},"y":{"n":4}}}`, "/by type,/by required")
}

// A body that is not an object breaks no presence rule.
func TestPresenceBesideAnotherType(t *testing.T) {
	type body struct {
		Order string `query:"order" default:"desc"`
		Sort  string `query:"sort" validate:"required_unless=Order desc"`
		S2    string `query:"s2" validate:"required_without=Limit"`
		Limit int    `json:"limit"`
	}
	s := kit.MustNew[body](t, validate.Config{})
	kit.Answers(t, s, `[]`, " type")
	kit.Answers(t, s, `null`, " null")
	kit.Answers(t, s, `{"limit":0}`, "")
}

// A rule of a parameter may name a member, and the reverse.
func TestPresenceOfParameters(t *testing.T) {
	type body struct {
		Sort  string   `query:"sort" validate:"required_with=Order"`
		Order string   `query:"order" mod:"lower"`
		Page  *int     `query:"page" validate:"excluded_if=Cursor x"`
		Tags  []string `query:"tag" style:"repeat"`
		Key   string   `header:"Idempotency-Key" validate:"required_if=Order desc Size 7"`
		Size  int      `query:"size"`
		// members of the body
		Cursor string `json:"cursor" validate:"excluded_with=Page Tags"`
		Limit  int    `json:"limit" validate:"required_without=Size"`
	}
	s := kit.MustNew[body](t, validate.Config{})
	for _, tc := range []struct{ query, body, want string }{
		{"size=0", `{}`, ""},
		{"", `{}`, "/limit required"},
		{"size=1&order=", `{}`, "query sort required"},
		{"size=1&order=&sort=", `{}`, ""},
		{"size=7&order=DESC&sort=", `{}`, "header Idempotency-Key required"},
		{"size=8&order=DESC&sort=", `{}`, ""},
		{"size=8&page=0", `{"cursor":"x"}`, "query page excluded,/cursor excluded"},
		{"size=8&page=0", `{"cursor":"y"}`, "/cursor excluded"},
		{"size=8&tag=a", `{"cursor":""}`, "/cursor excluded"},
		{"size=x", `{}`, "query size type"},
		{"size=8&page=x", `{"cursor":"x"}`, "query page type"},
	} {
		r := kit.Post(tc.body)
		r.URL.RawQuery = tc.query
		kit.AnswersTo(t, s, r, tc.want)
	}
}

// A request without a body, and a form, have parameters only.
func TestPresenceOfParametersAlone(t *testing.T) {
	type query struct {
		From string `query:"from" validate:"required_without=Last"`
		Last int    `query:"last" validate:"excluded_with=From"`
	}
	q := kit.MustNew[query](t, validate.Config{})
	type form struct {
		From string `form:"from" validate:"required_without=Last"`
		Last int    `form:"last" validate:"excluded_with=From"`
	}
	f := kit.MustNew[form](t, validate.Config{})
	for sent, want := range map[string]string{
		"":              "@ from required",
		"from=":         "",
		"last=0":        "",
		"from=a&last=0": "@ last excluded",
		"last=x":        "@ last type",
		"last=1&last=2": "@ last duplicate",
	} {
		r := kit.Post("")
		r.URL.RawQuery = sent
		kit.AnswersTo(t, q, r, strings.ReplaceAll(want, "@", "query"))
		kit.AnswersTo(t, f, kit.Submit("application/x-www-form-urlencoded", sent), strings.ReplaceAll(want, "@", "form"))
	}
}

// FuzzPresence compares the presence rules with the slow reference, in bodies of any content.
func FuzzPresence(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":0,"required_if":null,"excluded_with":0}`))
	f.Add([]byte(`{"\u0062":null,"excluded_without_all": 7 ,"required_unless_zero":1,"a":-0}`))
	s := kit.MustNew[conditional[*uint8]](f, validate.Config{})
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, want []string
		_, err := s.Decode(nil, kit.Post(string(body)))
		if e, ok := errors.AsType[*httperr.Error](err); ok {
			for _, fault := range e.Faults {
				if fault.Code != "required" && fault.Code != "excluded" {
					return // the value of the field is unknown then
				}
				got = append(got, *fault.Pointer+" "+fault.Code)
			}
			if e.Truncated || len(got) == 0 {
				return
			}
		}
		var members map[string]json.Number
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatal(err)
		}
		state := func(name string) string {
			v, sent := members[name]
			switch {
			case sent && v == "":
				return "null"
			case v == "" || v == "0" || v == "1":
				return string(v)
			}
			return "other"
		}
		for _, rule := range conditionals {
			if broken(rule, "pointer", state(rule), state("a"), state("b")) {
				code, _, _ := strings.Cut(rule, "_")
				want = append(want, "/"+rule+" "+code)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	})
}
