package validate_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

type optionals struct {
	Text validate.Optional[string]    `json:"text" validate:"min=2,max=5"`
	Zero validate.Optional[string]    `json:"zero" validate:"omitempty,min=2"`
	Enum validate.Optional[int]       `json:"enum" validate:"oneof=1 2"`
	List validate.Optional[[]string]  `json:"list" validate:"max=2,dive,min=1"`
	Pair validate.Optional[[2]bool]   `json:"pair"`
	Home validate.Optional[homeTown]  `json:"home"`
	Must validate.Optional[homeTown]  `json:"must" validate:"required"`
	With validate.Optional[string]    `json:"with" validate:"required_with=Text"`
	Raw  validate.Optional[any]       `json:"raw" validate:"required"`
	Any  validate.Optional[any]       `json:"any"`
	In   struct{ Home homeTownPatch } `json:"in"`
}

type homeTownPatch struct {
	City validate.Optional[string] `json:"city" validate:"min=2"`
}

func TestJSONSchemaOfOptionals(t *testing.T) {
	got := mustNew[optionals](t, validate.Config{AllowFree: true, MaxString: 9}).JSONSchema()
	const want = `{
"$defs":{
"homeTown":{"additionalProperties":false,"properties":{"city":{"maxLength":9,"minLength":2,"type":"string"}},"required":["city"],"type":"object"},
"homeTownPatch":{"additionalProperties":false,"properties":{"city":{"maxLength":9,"minLength":2,"type":["string","null"]}},"type":"object"}},
"$schema":"https://json-schema.org/draft/2020-12/schema",
"additionalProperties":false,
"properties":{
"any":{},
"enum":{"anyOf":[{"enum":[1,2],"type":"integer"},{"type":"null"}]},
"home":{"anyOf":[{"$ref":"#/$defs/homeTown"},{"type":"null"}]},
"in":{"additionalProperties":false,"properties":{"Home":{"$ref":"#/$defs/homeTownPatch"}},"type":"object"},
"list":{"items":{"maxLength":9,"minLength":1,"type":"string"},"maxItems":2,"type":["array","null"]},
"must":{"$ref":"#/$defs/homeTown"},
"pair":{"items":{"type":"boolean"},"maxItems":2,"minItems":2,"type":["array","null"]},
"raw":{"not":{"type":"null"}},
"text":{"maxLength":5,"minLength":2,"type":["string","null"]},
"with":{"maxLength":9,"type":["string","null"]},
"zero":{"anyOf":[{"anyOf":[{"const":""},{"minLength":2}],"maxLength":9,"type":"string"},{"type":"null"}]}},
"required":["must","raw"],
"title":"optionals",
"type":"object"}`
	if !equalJSON(got, []byte(want)) {
		t.Errorf("%s", got)
	}
}

// optionalBodies has each member of a patch with each of some values, and
// without it.
func optionalBodies() (list []string) {
	values := []string{
		`null`, `0`, `1`, `-1`, `9`, `10`, `127`, `128`, `true`, `""`, `"a"`, `"ab"`, `"abcde"`, `"abcdef"`, `"ärü"`,
		`[]`, `["a"]`, `["a",""]`, `["a",null]`, `["a","b","c"]`, `[{}]`, `[{"n":null}]`, `[{"n":0}]`, `[{"n":1}]`, `[null]`,
		`{}`, `{"city":"Rome"}`, `{"city":"R"}`, `{"city":null}`, `{"city":"Rome","x":1}`, `{"a":1}`, `{"a":null}`, `{"a":1,"b":2}`,
	}
	for _, name := range []string{"note", "free", "count", "tags", "home", "due", "must", "map", "list", "x"} {
		for _, v := range values {
			if name == "due" && v[0] == '"' {
				continue // a format is an annotation
			}
			with := `"must":0,"with":"x",` // count asks for with, which no schema says
			if name == "must" {
				with = ""
			}
			list = append(list, fmt.Sprintf(`{%s%q:%s}`, with, name, v))
		}
	}
	return append(list, `{}`, `{"must":0}`, `{"must":0,"due":"2026-01-02T03:04:05Z"}`)
}

// What the schema admits is admitted, and the other way around.
func TestJSONSchemaAgreesOnOptionals(t *testing.T) {
	s := mustNew[patch](t, validate.Config{})
	bodies, admitted := optionalBodies(), 0
	accepted := map[string]bool{}
	for _, body := range bodies {
		_, err := s.Decode(nil, post(body))
		if accepted[body] = err == nil; err == nil {
			admitted++
		}
	}
	if admitted < 30 || admitted > len(bodies)-30 {
		t.Errorf("%d of %d are admitted", admitted, len(bodies))
	}
	differ := func(schema []byte) (list []string) {
		r := readSchema(t, schema)
		for _, body := range bodies {
			if r.valid(body) != accepted[body] {
				list = append(list, body)
			}
		}
		return list
	}
	exported := s.JSONSchema()
	for _, body := range differ(exported) {
		t.Errorf("%s: admitted is %v, and the schema says otherwise\n%s", body, accepted[body], exported)
	}
	for _, change := range [][2]string{
		{`["string","null"]`, `"string"`},
		{`"type":"integer"`, `"type":["integer","null"]`},
		{`"required":["must"],`, ``},
		{`["must"]`, `["must","home"]`},
		{`{"const":""},`, ``},
		{`"minimum":1`, `"minimum":0`},
		{`"maxItems":2,`, ``},
		{`"maxProperties":1,`, ``},
		{`{"$ref":"#/$defs/homeTown"},`, `{},`},
	} {
		broken := strings.ReplaceAll(string(exported), change[0], change[1])
		if broken == string(exported) {
			t.Errorf("%s is not in %s", change[0], exported)
		} else if len(differ([]byte(broken))) == 0 {
			t.Errorf("%s for %s: nobody noticed", change[1], change[0])
		}
	}
	if !json.Valid(exported) {
		t.Error("not JSON")
	}
}
