package validate

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/go-playground/validator/v10"
)

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
		err := c.parse(t.Context(), body, reflect.New(c.root.Node.Typ).Interface())
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
