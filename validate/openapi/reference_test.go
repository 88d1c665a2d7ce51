package openapi_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/validate"
)

type inner struct {
	A string
	B int `json:"b,omitempty"`
	_ int
}

type Inner2 struct {
	A   string
	Two int
}

type cyclic struct {
	*cyclic
	Value int `json:"value"`
}

type (
	twoOfOneName struct {
		inner
		Inner2
	}
	tagDecides struct {
		inner
		X int `json:"A"`
	}
	goNameAndTag struct {
		inner
		Tagged string `json:"Name"`
		Name   string
	}
	behindPointer struct {
		*Inner2
		inner
	}
	namedEmbedded struct {
		inner  `json:"in"`
		Inner2 `json:",omitempty"`
	}
	twice struct {
		First  struct{ inner }
		Second struct{ inner }
	}
	diamondLeft  struct{ Inner2 }
	diamondRight struct{ Inner2 }
	diamond      struct {
		diamondLeft
		diamondRight
	}
	//nolint:staticcheck // a faulty tag is the subject of the test
	badNames struct {
		Quote string `json:"a\"b"`
		Empty string `json:",omitzero"`
		Dash  string `json:"-"`
		Emoji string `json:"é/x"`
	}
	embeddedTime struct{ time.Time }
	embeddedKind struct {
		level
		Named treeList
	}
)

// compareMembers compares the members in the schema of T with the members that encoding/json
// writes for the values: each value has the required members, and together they have
// each property.
func compareMembers[T any](t *testing.T, values ...T) {
	t.Helper()
	_, v := document(t, info, open("GET /a", validate.Handler(func(context.Context, *struct{}) (*struct{ V T }, error) { return nil, nil })))
	response := at(t, v, "paths", "/a", "get", "responses", "200", "content", "application/json", "schema", "properties", "V")
	var ref struct {
		Ref string `json:"$ref"`
	}
	_ = json.Unmarshal([]byte(response), &ref)
	if ref.Ref == "" {
		if response != `{}` && response != `{"type":"string"}` {
			t.Errorf("%T: %s", values[0], response)
		}
		return
	}
	var schema struct {
		Properties map[string]any
		Required   []string
	}
	_ = json.Unmarshal([]byte(at(t, v, "components", "schemas", ref.Ref[len("#/components/schemas/"):])), &schema)
	written := map[string]any{}
	for _, value := range values {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		one := map[string]any{}
		_ = json.Unmarshal(raw, &one)
		for _, name := range schema.Required {
			if _, has := one[name]; !has {
				t.Errorf("%T requires %s: %s", value, name, raw)
			}
		}
		maps.Copy(written, one)
	}
	if got, want := slices.Sorted(maps.Keys(schema.Properties)), slices.Sorted(maps.Keys(written)); !slices.Equal(got, want) {
		t.Errorf("%T has the members %v, encoding/json writes %v", values[0], got, want)
	}
}

func TestMembersAreThoseOfEncodingJSON(t *testing.T) {
	in, in2 := inner{A: "a", B: 1}, Inner2{"a", 1}
	compareMembers(t, twoOfOneName{}, twoOfOneName{in, in2})
	compareMembers(t, tagDecides{}, tagDecides{in, 1})
	compareMembers(t, goNameAndTag{}, goNameAndTag{in, "x", "y"})
	compareMembers(t, behindPointer{}, behindPointer{&in2, in})
	compareMembers(t, namedEmbedded{}, namedEmbedded{in, in2})
	compareMembers(t, twice{}, twice{})
	compareMembers(t, diamond{}, diamond{diamondLeft{in2}, diamondRight{in2}})
	compareMembers(t, cyclic{}, cyclic{&cyclic{}, 1})
	compareMembers(t, badNames{}, badNames{"a", "b", "c", "d"})
	compareMembers(t, embeddedTime{}, embeddedTime{time.Now()})
	compareMembers(t, embeddedKind{}, embeddedKind{})
	compareMembers(t, everything{Number: "1", other: &other{}},
		everything{Number: "1", ByLevel: map[level]float64{1: 1}, Zero: time.Now(), Ptr: &base{}, PtrPtr: new(*int), other: &other{}})
	compareMembers(t, http.Cookie{}, http.Cookie{Name: "a"})
}
