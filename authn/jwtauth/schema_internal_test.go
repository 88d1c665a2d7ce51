package jwtauth

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// These tags are built with reflect, because linters reject some of them in source code.
// The schema must know each field by the name that encoding/json uses.
func TestSchemaTags(t *testing.T) {
	for _, tc := range []struct {
		tag  string
		name string // "" is a fault or no field
		ok   bool
	}{
		{`json:"name"`, "name", true}, {`json:"name,omitempty"`, "name", true}, {`json:",omitempty"`, "Field", true}, {`json:""`, "Field", true}, {``, "Field", true},
		{`xml:"x"`, "Field", true}, {`json:"-"`, "", true}, {`json:"-,"`, "-", true}, {`json:"https://x.example/y"`, "https://x.example/y", true},
		{`json:"it's"`, "", false}, {"json:\"a`b\"", "", false}, {`json:"a b"`, "", false}, {`json:"\u00e9"`, "", false}, {`json:"a\\b"`, "", false}, {`json:"a\"b"`, "", false},
	} {
		c := reflect.StructOf([]reflect.StructField{{Name: "Field", Type: reflect.TypeFor[int](), Tag: reflect.StructTag(tc.tag)}})
		f := httperr.ConfigFaults{Package: "jwtauth"}
		s := compileSchema(&f, c, nil)
		if ok := f.Err() == nil; ok != tc.ok {
			t.Errorf("%s: %v", tc.tag, f.Err())
		}
		if got := strings.Join(s.Names, ","); got != tc.name {
			t.Errorf("%s: names %q, want %q", tc.tag, got, tc.name)
		}
		if tc.name == "" {
			continue
		}
		v := reflect.New(c)
		if err := json.Unmarshal([]byte(`{"`+tc.name+`":7}`), v.Interface()); err != nil || v.Elem().Field(0).Int() != 7 {
			t.Errorf("%s: encoding/json does not know the field as %s: %v", tc.tag, tc.name, err)
		}
	}
}
