package openapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type street struct {
	Name string  `json:"name" validate:"max=9"`
	Next *street `json:"next"`
}

type createHouse struct {
	Street street                   `json:"street"`
	Bare   []street                 `json:"bare"`
	Same   *createHouse             `json:"same"`
	Unit   struct{ Floor int8 }     `json:"unit"`
	Page   pageOf[street]           `json:"page"`
	Odd    pageOf[struct{ X int8 }] `json:"odd"`
	Größe  größe                    `json:"size"`
	Zahl   数                        `json:"number"`
}

type größe struct {
	A bool `json:"a"`
}

type 数 struct {
	A bool `json:"a"`
}

type updateHouse struct {
	Street street `json:"street"`
}

var validName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`) // OpenAPI 3.1, section 4.8.7.1

func components[T any](t *testing.T, cfg validate.Config, name string) map[string]json.RawMessage {
	t.Helper()
	all, err := kit.MustNew[T](t, cfg).Components(name)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestComponents(t *testing.T) {
	got := components[createHouse](t, validate.Config{MaxItems: 3, MaxString: 20}, "CreateHouse")
	want := map[string]string{
		"CreateHouse": `{"additionalProperties":false,"properties":{` +
			`"bare":{"items":{"$ref":"#/components/schemas/CreateHouse.street_2"},"maxItems":3,"type":"array"},` +
			`"number":{"$ref":"#/components/schemas/CreateHouse.Object"},` +
			`"odd":{"$ref":"#/components/schemas/CreateHouse.pageOf"},` +
			`"page":{"$ref":"#/components/schemas/CreateHouse.pageOf_street"},` +
			`"same":{"anyOf":[{"$ref":"#/components/schemas/CreateHouse"},{"type":"null"}]},` +
			`"size":{"$ref":"#/components/schemas/CreateHouse.gr_e"},` +
			`"street":{"$ref":"#/components/schemas/CreateHouse.street"},` +
			`"unit":{"additionalProperties":false,"properties":{"Floor":{"maximum":127,"minimum":-128,"type":"integer"}},"type":"object"}},` +
			`"title":"createHouse","type":"object"}`,
		"CreateHouse.street": `{"additionalProperties":false,"properties":{"name":{"maxLength":9,"type":"string"},` +
			`"next":{"anyOf":[{"$ref":"#/components/schemas/CreateHouse.street"},{"type":"null"}]}},"type":"object"}`,
		"CreateHouse.street_2": `{"additionalProperties":false,"properties":{"name":{"maxLength":9,"type":"string"},` +
			`"next":{"anyOf":[{"$ref":"#/components/schemas/CreateHouse.street_2"},{"type":"null"}]}},"type":"object"}`,
		"CreateHouse.pageOf_street": `{"additionalProperties":false,"properties":{"items":{"items":{"$ref":"#/components/schemas/CreateHouse.street_2"},"maxItems":3,"type":"array"}},"type":"object"}`,
		"CreateHouse.pageOf":        `{"additionalProperties":false,"properties":{"items":{"items":{"additionalProperties":false,"properties":{"X":{"maximum":127,"minimum":-128,"type":"integer"}},"type":"object"},"maxItems":3,"type":"array"}},"type":"object"}`,
		"CreateHouse.gr_e":          `{"additionalProperties":false,"properties":{"a":{"type":"boolean"}},"type":"object"}`,
		"CreateHouse.Object":        `{"additionalProperties":false,"properties":{"a":{"type":"boolean"}},"type":"object"}`,
	}
	for name, k := range got {
		if string(k) != want[name] {
			t.Errorf("%s\n%s\nwant\n%s", name, k, want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d components", len(got))
	}
	for range 20 {
		again := components[createHouse](t, validate.Config{MaxItems: 3, MaxString: 20}, "CreateHouse")
		if !maps.EqualFunc(got, again, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			t.Fatalf("others:\n%s\nwere\n%s", again, got)
		}
	}
}

// merged is what is wrong with a merger of components: what it has lost, and
// what refers to nothing.
func merged(parts ...map[string]json.RawMessage) (wrong []string) {
	all := map[string]json.RawMessage{}
	for _, p := range parts {
		maps.Copy(all, p)
	}
	for _, p := range parts {
		for name, k := range p {
			if !bytes.Equal(all[name], k) {
				wrong = append(wrong, "two of the name "+name)
			}
			if !validName.MatchString(name) {
				wrong = append(wrong, "not a name: "+name)
			}
			for _, m := range regexp.MustCompile(`"\$ref":"([^"]*)"`).FindAllSubmatch(k, -1) {
				to, ok := strings.CutPrefix(string(m[1]), "#/components/schemas/")
				if all[to] == nil || !ok {
					wrong = append(wrong, "refers to nothing: "+string(m[1]))
				}
			}
		}
	}
	return wrong
}

func TestComponentsMerge(t *testing.T) {
	type street struct { // another one
		Number int `json:"number"`
	}
	type house struct {
		Street street `json:"street"`
	}
	parts := []map[string]json.RawMessage{
		components[createHouse](t, validate.Config{}, "CreateHouse"),
		components[updateHouse](t, validate.Config{}, "UpdateHouse"),
		components[updateHouse](t, validate.Config{MaxString: 5}, "update_house-2"),
		components[house](t, validate.Config{}, "House"),
		components[struct {
			X street `json:"x"`
		}](t, validate.Config{}, "Unnamed"),
		components[signup](t, validate.Config{}, "Signup"),
		components[struct{}](t, validate.Config{}, "street"),
	}
	for _, w := range merged(parts...) {
		t.Error(w)
	}
	// Without what the name adds they do not merge.
	bare := func(name string, part map[string]json.RawMessage) map[string]json.RawMessage {
		out := map[string]json.RawMessage{}
		for key, k := range part {
			out[strings.TrimPrefix(key, name+".")] = bytes.ReplaceAll(k, []byte("schemas/"+name+"."), []byte("schemas/"))
		}
		return out
	}
	if w := merged(bare("CreateHouse", parts[0]), bare("House", parts[3])); !slices.Contains(w, "two of the name street") {
		t.Errorf("two structs of one name: %q", w)
	}
	if w := merged(map[string]json.RawMessage{"A": kit.MustNew[updateHouse](t, validate.Config{}).JSONSchema()}); !slices.Contains(w, "refers to nothing: #/$defs/street") {
		t.Errorf("$defs: %q", w)
	}
}

func TestComponentsOfNoName(t *testing.T) {
	s := kit.MustNew[order](t, validate.Config{})
	for _, name := range []string{"", "a b", "A.B", "a/b", "Größe", "a~", "a\n"} {
		all, err := s.Components(name)
		if mwtest.Faults(t, err, "validate: Components"); all != nil {
			t.Errorf("%q: %s", name, all)
		}
	}
}

// Nothing of Go is published but the names of types.
func TestNamesArePublic(t *testing.T) {
	for name, of := range map[string]struct{ schema, title string }{
		"plain":     {string(kit.MustNew[order](t, validate.Config{}).JSONSchema()), "order"},
		"generic":   {string(kit.MustNew[pageOf[street]](t, validate.Config{}).JSONSchema()), "pageOf_street"},
		"of lists":  {string(kit.MustNew[pageOf[map[string][]*street]](t, validate.Config{}).JSONSchema()), "pageOf_map_string_street"},
		"of a tag":  {string(kit.MustNew[pageOf[struct{ secretTag string }]](t, validate.Config{}).JSONSchema()), "pageOf"},
		"of any":    {string(kit.MustNew[pageOf[any]](t, validate.Config{AllowFree: true}).JSONSchema()), "pageOf"},
		"not ASCII": {string(kit.MustNew[größe](t, validate.Config{}).JSONSchema()), "größe"},
		"unnamed": {string(kit.MustNew[struct {
			A bool `json:"a" secretTag:"x"`
		}](t, validate.Config{}).JSONSchema()), ""},
	} {
		var got struct{ Title *string }
		if err := json.Unmarshal([]byte(of.schema), &got); err != nil {
			t.Fatal(err)
		}
		if (got.Title == nil) != (of.title == "") || got.Title != nil && *got.Title != of.title {
			t.Errorf("%s: title %v, want %q", name, got.Title, of.title)
		}
		if strings.Contains(of.schema, "sallyport") || strings.Contains(of.schema, "secretTag") {
			t.Errorf("%s: %s", name, of.schema)
		}
	}
}
