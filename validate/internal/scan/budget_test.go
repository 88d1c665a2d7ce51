package scan_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type pointing struct {
	Lists map[string][]*bulky `json:"lists" validate:"dive,dive"`
	Maps  map[string]*bulky   `json:"maps" validate:"max=50000,dive"`
	N     int8                `json:"n" validate:"max=5"`
}

// encoding/json allocates the target of a pointer before it notices that the value has
// another type. In a map all such values are one fault, which does not end the
// scan, so their memory is counted like the memory of a valid value.
func TestValuesOfAnotherTypeAreCounted(t *testing.T) {
	s := kit.MustNew[pointing](t, validate.Config{})
	for name, one := range map[string]string{"numbers": "1", "texts": `""`, "lists": "[]", "bools": "true"} {
		list := "[" + strings.Repeat(one+",", 999) + one + "]"
		var lists, members strings.Builder
		for i := range 24 {
			key := `"` + strings.Repeat("a", i) + `":`
			lists.WriteString(key + list + ",")
			for j := range 200 {
				members.WriteString(`"` + strings.Repeat("a", i) + strings.Repeat("b", j) + `":` + one + ",")
			}
		}
		for _, body := range []string{
			`{"lists":{` + lists.String() + `"z":[]},"n":6}`,
			`{"maps":{` + members.String() + `"z":{}},"n":6}`,
		} {
			var err error
			if n := kit.Allocated(func() { _, err = s.Decode(nil, kit.Post(body)) }); n > 24<<20 {
				t.Errorf("%s: %d MiB allocated for a body of %d KiB: %.80v", name, n>>20, len(body)>>10, err)
			}
			if err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
	}
	// If they are few, the rules of the other members are run.
	res, _ := kit.Send(s, kit.Post(`{"lists":{"a":[1,{"max":6}]},"n":6}`))
	if got := strings.Join(kit.Faults(mwtest.Refused(t, res, 400, "validation_failed")), ","); got != "/lists type,/n max" {
		t.Error(got)
	}
}
