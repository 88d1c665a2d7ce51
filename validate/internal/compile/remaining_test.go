package compile_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// A pointer may be nil. Presence rules decide about that themselves; the rules after them
// need a value, and do not panic at nil.
func TestRulesBehindThoseAboutAbsence(t *testing.T) {
	type item struct {
		N *int `json:"n" validate:"required_with=M,min=2"`
		M int  `json:"m"`
	}
	type body struct {
		Mail  string    `json:"mail"`
		Phone *string   `json:"phone" validate:"required_without=Mail,min=3,alpha"`
		Codes *[]string `json:"codes" validate:"excluded_with=Mail,dive,alpha"`
		Items []item    `json:"items" validate:"dive"`
		Page  *int      `query:"page" validate:"required_without=Mail,min=2"`
	}
	s := kit.MustNew[body](t, validate.Config{})
	for _, test := range []struct{ body, want string }{
		{`{"mail":"a"}`, ""},
		{`{"mail":"a","items":[{}]}`, ""},
		{`{"mail":"a","phone":"ab"}`, "/phone min_length"},
		{`{"mail":"a","phone":"abc","codes":[]}`, "/codes excluded"},
		{`{"mail":"a","items":[{"m":1},{"n":1},{"n":2,"m":1}]}`, "/items/0/n required,/items/1/n min"},
		{`{}`, "? required,/phone required"},
	} {
		kit.Answers(t, s, test.body, test.want)
	}
}

type homeTown struct {
	City string `json:"city" validate:"required,min=2"`
}

type patch struct {
	Note  validate.Optional[string]         `json:"note,omitzero" validate:"min=2,max=5"`
	Free  validate.Optional[string]         `json:"free,omitzero" validate:"omitnil,min=2"`
	Count validate.Optional[int8]           `json:"count,omitzero" validate:"min=1"`
	Tags  validate.Optional[[]string]       `json:"tags,omitzero" validate:"max=2,dive,min=1"`
	Home  validate.Optional[homeTown]       `json:"home,omitzero"`
	Due   validate.Optional[time.Time]      `json:"due,omitzero"`
	Must  validate.Optional[int]            `json:"must,omitzero" validate:"required,max=9"`
	With  validate.Optional[string]         `json:"with,omitzero" validate:"required_with=Count"`
	Map   validate.Optional[map[string]int] `json:"map,omitzero" validate:"max=1"`
	List  []patchItem                       `json:"list,omitempty" validate:"dive"`
}

type patchItem struct {
	N validate.Optional[int] `json:"n,omitzero" validate:"min=1"`
}

func TestOptional(t *testing.T) {
	s := kit.MustNew[patch](t, validate.Config{})
	for _, tc := range []struct{ body, want string }{
		{`{"must":0}`, ""},
		{`{"must":0,"note":null,"free":null,"count":null,"tags":null,"home":null,"due":null,"with":null,"map":null}`, ""},
		{`{"must":0,"note":"ab","free":"ab","tags":[],"home":{"city":"Rome"},"due":"2026-01-02T03:04:05Z","map":{"a":1}}`, ""},
		{`{"must":0,"count":1,"with":"x"}`, ""},
		{`{}`, "[/must required]"},
		{`{"must":null}`, "[/must null]"},
		{`{"must":10}`, "[/must max]"},
		{`{"must":0,"note":""}`, "[/note min_length]"},
		{`{"must":0,"note":"abcdef"}`, "[/note max_length]"},
		{`{"must":0,"note":5}`, "[/note type]"},
		{`{"must":0,"free":"a"}`, "[/free min_length]"},
		{`{"must":0,"count":0,"with":"x"}`, "[/count min]"},
		{`{"must":0,"count":128,"with":"x"}`, "[/count range]"},
		{`{"must":0,"count":1}`, "[/with required]"},
		{`{"must":0,"tags":["a","b","c"]}`, "[/tags max_items]"},
		{`{"must":0,"tags":["a",""]}`, "[/tags/1 min_length]"},
		{`{"must":0,"tags":["a",null]}`, "[/tags/1 null]"},
		{`{"must":0,"home":{}}`, "[/home/city required]"},
		{`{"must":0,"home":{"city":"R"}}`, "[/home/city min_length]"},
		{`{"must":0,"home":{"city":"Rome","x":1}}`, "[/home unknown_member]"},
		{`{"must":0,"home":[]}`, "[/home type]"},
		{`{"must":0,"due":"x"}`, "[/due format_date_time]"},
		{`{"must":0,"due":"x","note":"a"}`, "[/due format_date_time /note min_length]"},
		{`{"must":0,"list":[{},{"n":null},{"n":3}]}`, ""},
		{`{"must":0,"list":[{},{"n":0}]}`, "[/list/1/n min]"},
		{`{"must":0,"map":{"a":1,"b":2}}`, "[/map max_members]"},
		{`{"must":0,"note":"ab","note":null}`, "[/note duplicate_member]"},
	} {
		res, spy := kit.Send(s, kit.Post(tc.body))
		if tc.want == "" {
			if !kit.Admitted(t, tc.body, res, spy) {
				continue
			}
			// An accepted body encodes to itself.
			v, err := s.Decode(nil, kit.Post(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			out, err := json.Marshal(v)
			if err != nil || !kit.EqualJSON(out, []byte(tc.body)) {
				t.Errorf("%s became %s, %v", tc.body, out, err)
			}
			continue
		}
		if got := kit.Sprint(kit.Sourced(mwtest.Refused(t, res, 400, "validation_failed"))); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.body, got, tc.want)
		}
	}
}

func TestOptionalStates(t *testing.T) {
	for body, want := range map[string]validate.Optional[int]{
		`{}`:         {},
		`{"n":null}`: {Set: true, Null: true},
		`{"n":0}`:    {Set: true},
		`{"n":7}`:    {Set: true, Value: 7},
	} {
		v, err := kit.MustNew[struct {
			N validate.Optional[int] `json:"n"`
		}](t, validate.Config{}).Decode(nil, kit.Post(body))
		if err != nil || v.N != want {
			t.Errorf("%s: %+v, %v", body, v, err)
		}
	}
	// UnmarshalJSON replaces the value that was there.
	o := validate.Optional[[]int]{Set: true, Value: []int{1}}
	if err := json.Unmarshal([]byte("null"), &o); err != nil || !o.Null || o.Value != nil {
		t.Errorf("%+v, %v", o, err)
	}
	if err := json.Unmarshal([]byte(`"x"`), &o); err == nil {
		t.Error("a string for a list")
	}
	if b, err := json.Marshal([]validate.Optional[int]{{}, {Set: true, Null: true}, {Set: true, Value: 3}}); err != nil || string(b) != "[null,null,3]" {
		t.Errorf("%s, %v", b, err)
	}
}

type badOptionals struct {
	Ptr   *validate.Optional[int]                   `json:"ptr"`
	List  []validate.Optional[int]                  `json:"list"`
	Map   map[string]validate.Optional[int]         `json:"map"`
	Twice validate.Optional[validate.Optional[int]] `json:"twice"`
	OfPtr validate.Optional[*int]                   `json:"of_ptr"`
	Any   validate.Optional[any]                    `json:"any"`
	Rule  validate.Optional[int]                    `json:"rule" validate:"email"`
	Bad   validate.Optional[bool]                   `json:"bad" validate:"max=1"`
	Query validate.Optional[int]                    `query:"query"`
}

func TestOptionalsRefused(t *testing.T) {
	_, err := validate.New[badOptionals](validate.Config{})
	for _, field := range []string{"Ptr", "List[]", "Map[]", "Twice", "OfPtr", "Any", "Rule", "Bad", "Query"} {
		found := false
		for _, e := range mwtest.Leaves(err) {
			found = found || strings.Contains(e.Error(), "validate: badOptionals."+field+":")
		}
		if !found {
			t.Errorf("%s is not refused: %v", field, err)
		}
	}
	type embedding struct {
		validate.Optional[int]
	}
	if _, err := validate.New[embedding](validate.Config{}); err == nil {
		t.Error("an embedded Optional is not refused")
	}
}
