package compile

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// The validator gets every rule that the scan has not checked.
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
		levels := plan.ParseTag(f.Tag.Get("validate"))
		for i := range levels {
			levels[i].Late = f.Tag.Get("mod") != ""
		}
		if got, want := c.split(f.Type, levels, c.remaining(f.Type, levels)).validatorTag, f.Tag.Get("want"); got != want {
			t.Errorf("%s: %q, want %q", f.Name, got, want)
		}
	}
}
