package validate

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/go-playground/validator/v10"
)

// What is left for the validator is what the scan has not done, and no less.
func TestResidue(t *testing.T) {
	type inner struct {
		A string `json:"a" validate:"max=2"`
	}
	type all struct {
		Plain    string            `validate:"required" want:"-"`
		Max      string            `validate:"required,max=3" want:"-"`
		Lte      string            `validate:"omitempty,lte=3,email" want:"omitempty,email"`
		Two      string            `validate:"max=3,max=2" want:"max=2"`
		Other    string            `validate:"lt=4,max=2" want:"lt=4,max=2"`
		Skip     string            `validate:"skip_unless=Plain x,max=2" want:"skip_unless=Plain x,max=2"`
		Or       string            `validate:"max=2|email" want:"max=2|email"`
		Ptr      *string           `validate:"max=2" want:"max=2"`
		Odd      string            `validate:"max=0x2" want:"max=0x2"`
		Mod      string            `validate:"max=2" mod:"trim" want:"max=2"`
		Int      int               `validate:"max=2" want:"max=2"`
		None     int               `want:"-"`
		Bytes    []byte            `validate:"max=2" want:"max=2"`
		List     []string          `validate:"max=2,dive,max=3" want:"-"`
		Required []string          `validate:"dive,required" want:"-"`
		Min      []string          `validate:"min=1,max=2,dive,min=1,max=3" want:"min=1,dive,min=1"`
		Ptrs     []*string         `validate:"max=2,dive,max=3" want:"dive,max=3"`
		Behind   *[]string         `validate:"max=2,dive,max=3" want:"max=2"`
		Map      map[string]string `validate:"max=2,dive,keys,max=2,endkeys,max=3" want:"dive,keys,max=2,endkeys"`
		Structs  []inner           `validate:"max=2,dive" want:"-"`
		Struct   inner             `want:""`
		SPtr     *inner            `validate:"omitempty" want:"-"`
		Any      any               `want:""`
		Named    json.Number       `validate:"max=3" want:"max=3"`
	}
	c := &compiler{}
	for f := range reflect.TypeFor[all]().Fields() {
		levels := parseTag(f.Tag.Get("validate"))
		for i := range levels {
			levels[i].late = f.Tag.Get("mod") != ""
		}
		if got, want := c.divide(f.Type, levels, c.residue(f.Type, levels)).near, f.Tag.Get("want"); got != want {
			t.Errorf("%s: %q, want %q", f.Name, got, want)
		}
	}
}

// The scan counts characters as the validator does.
func FuzzMaxOfText(f *testing.F) {
	for _, s := range []string{"", "abc", "abcd", "ééé", "éééé", "\"\\\n", "\"\\\n\t", "\u2028\U0001F600a", "<>&x", "日本語字"} {
		f.Add(s)
	}
	c, err := newCore(Config{}, typeWith(tString, "max=3"))
	if err != nil {
		f.Fatal(err)
	}
	v := validator.New()
	f.Fuzz(func(t *testing.T, s string) {
		body, _ := json.Marshal(map[string]string{"v": s})
		var sent map[string]string
		if json.Unmarshal(body, &sent) != nil {
			return
		}
		err := c.parse(t.Context(), body, reflect.New(c.root.node.typ).Interface())
		if want := v.Var(sent["v"], "max=3"); (err == nil) != (want == nil) {
			t.Errorf("%s: %v, and the validator says %v", body, err, want)
		}
	})
}

type heldText struct {
	Text string `json:"text" validate:"max=3"`
	List []int  `json:"list" validate:"max=1"`
}

// selfMade decodes itself, so that no scan has looked at the rules inside.
type selfMade struct{ Held heldText }

func (s *selfMade) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &s.Held) }

func TestRulesHoldWhereNothingIsScanned(t *testing.T) {
	type both struct {
		Scanned  heldText `json:"scanned"`
		SelfMade selfMade `json:"self_made"`
		Null     *string  `json:"null" validate:"omitempty,max=3"`
		Wide     *string  `json:"wide" validate:"max=3"`
	}
	c, err := newCore(Config{}, reflect.TypeFor[both]())
	if err != nil {
		t.Fatal(err)
	}
	for body, ok := range map[string]bool{
		`{"wide":"abc","scanned":{"text":"abc","list":[1]},"self_made":{"text":"abc","list":[1]},"null":null}`: true,
		`{"wide":"abc","scanned":{"text":"abcd"}}`:                                                             false,
		`{"wide":"abc","self_made":{"text":"abcd"}}`:                                                           false,
		`{"wide":"abc","self_made":{"list":[1,2]}}`:                                                            false,
		`{"wide":"abc","scanned":{"list":[1,2]}}`:                                                              false,
		`{"wide":"\u00e9\u00e9\u00e9"}`:                                                                        true,
		`{"wide":"abcd"}`:                                                                                      false,
		`{"wide":null}`:                                                                                        false,
		`{}`:                                                                                                   false,
		`{"wide":"a","null":"abcd"}`:                                                                           false,
		`{"wide":"a","self_made":{"text":"\u00e9\u00e9"}}`:                                                     true,
	} {
		if err := c.parse(t.Context(), []byte(body), new(both)); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}
