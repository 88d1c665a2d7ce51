package scan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type folding struct {
	ID    string            `path:"id"`
	Page  int               `query:"page"`
	Role  string            `json:"role" validate:"omitempty,oneof=user"`
	Items [][]bulky         `json:"items" validate:"max=3,dive,max=3,dive"`
	Byte  map[string]*bulky `json:"byte" validate:"dive"`
	Kind  string            `json:"kind" validate:"required"`
	N     int8              `json:"n" validate:"max=5"`
}

type bulky struct {
	Text [200]int64 `json:"-"`
	Max  int8       `json:"max" validate:"max=5"`
}

// encoding/json decodes a member in another case, and a parameter under its Go name.
// A refused body is decoded too, for its other faults, but such a
// member must not be: its values are not counted, and a mebibyte would become gigabytes.
func TestUnknownMembersAreNotDecoded(t *testing.T) {
	s := kit.MustNew[folding](t, validate.Config{})
	list := "[" + strings.Repeat("{},", 999) + "{}]"
	lists := "[" + strings.Repeat(list+",", 40) + "[]]"
	var names strings.Builder
	for i := range 250 {
		names.WriteString(`"` + strings.Repeat("a", i) + `":{},`)
	}
	for _, tc := range []struct{ name, body, want string }{
		{"in upper case", `{"kind":"a","ITEMS":` + lists + `}`, " unknown_member"},
		{"by its Go name", `{"kind":"a","Items":` + lists + `}`, " unknown_member"},
		{"with an escape", `{"kind":"a","\u0049tems":` + lists + `}`, " unknown_member"},
		{"with a letter that folds", `{"kind":"a","item` + "\u017f" + `":` + lists + `}`, " unknown_member"},
		{"a map", `{"kind":"a","BYTE":{` + names.String() + `"b":{}}}`, " unknown_member"},
		{"beside the member", `{"kind":"a","items":[],"ITEMS":` + lists + `}`, " unknown_member"},
		{"beside other faults", `{"ITEMS":` + lists + `,"n":6}`, "/n max, unknown_member,/kind required"},
		{"text", `{"kind":"a","ROLE":"admin","n":6}`, " unknown_member,/n max"},
		{"text that is required", `{"KIND":"a"}`, " unknown_member,/kind required"},
		{"in an element", `{"kind":"a","items":[[{"MAX":6}]]}`, "/items/0/0 unknown_member"},
		{"a parameter", `{"kind":"a","ID":"other","Page":7,"PAGE":[]}`, " unknown_member"},
	} {
		r := kit.Post(tc.body)
		r.SetPathValue("id", "7")
		r.Pattern = "POST /{id}"
		var err error
		if n := kit.Allocated(func() { _, err = s.Decode(nil, r) }); n > 1<<20 {
			t.Errorf("%s: %d KiB allocated", tc.name, n>>10)
		}
		if err == nil {
			t.Errorf("%s: accepted", tc.name)
			continue
		}
		r = kit.Post(tc.body)
		r.SetPathValue("id", "7")
		r.Pattern = "POST /{id}"
		res, _ := kit.Send(s, r)
		got := kit.Faults(mwtest.Refused(t, res, 400, "validation_failed"))
		want := strings.Split(tc.want, ",")
		slices.Sort(want) // other tests check the order of faults
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tc.name, got, want)
		}
	}
}
