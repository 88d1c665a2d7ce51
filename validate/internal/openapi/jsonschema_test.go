package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type optionals struct {
	Text validate.Optional[string]    `json:"text" validate:"min=2,max=5"`
	Zero validate.Optional[string]    `json:"zero" validate:"omitnil,min=2"`
	Enum validate.Optional[int]       `json:"enum" validate:"oneof=1 2"`
	List validate.Optional[[]string]  `json:"list" validate:"max=2,dive,min=1"`
	Pair validate.Optional[[2]bool]   `json:"pair"`
	Home validate.Optional[homeTown]  `json:"home"`
	Must validate.Optional[homeTown]  `json:"must" validate:"required"`
	With validate.Optional[string]    `json:"with" validate:"required_with=Text"`
	Raw  validate.Optional[any]       `json:"raw" free:"true" validate:"required"`
	Any  validate.Optional[any]       `json:"any" free:"true"`
	In   struct{ Home homeTownPatch } `json:"in"`
}

type homeTownPatch struct {
	City validate.Optional[string] `json:"city" validate:"min=2"`
}

func TestJSONSchemaOfOptionals(t *testing.T) {
	got := kit.MustNew[optionals](t, validate.Config{MaxString: 9}).JSONSchema()
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
"zero":{"maxLength":9,"minLength":2,"type":["string","null"]}},
"required":["must","raw"],
"title":"optionals",
"type":"object"}`
	if !kit.EqualJSON(got, []byte(want)) {
		t.Errorf("%s", got)
	}
}

// optionalBodies returns bodies with each member of a patch and each of some values, and
// bodies without the member.
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
			with := `"must":0,"with":"x",` // count requires with, which the schema does not express
			if name == "must" {
				with = ""
			}
			list = append(list, fmt.Sprintf(`{%s%q:%s}`, with, name, v))
		}
	}
	return append(list, `{}`, `{"must":0}`, `{"must":0,"due":"2026-01-02T03:04:05Z"}`)
}

// The package and its schema accept the same bodies.
func TestJSONSchemaAgreesOnOptionals(t *testing.T) {
	s := kit.MustNew[patch](t, validate.Config{})
	bodies, admitted := optionalBodies(), 0
	accepted := map[string]bool{}
	for _, body := range bodies {
		_, err := s.Decode(nil, kit.Post(body))
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
		t.Errorf("%s: accepted is %v, and the schema differs\n%s", body, accepted[body], exported)
	}
	for _, change := range [][2]string{
		{`["string","null"]`, `"string"`},
		{`"type":"integer"`, `"type":["integer","null"]`},
		{`"required":["must"],`, ``},
		{`["must"]`, `["must","home"]`},
		{`"minimum":1`, `"minimum":0`},
		{`"maxItems":2,`, ``},
		{`"maxProperties":1,`, ``},
		{`{"$ref":"#/$defs/homeTown"},`, `{},`},
	} {
		broken := strings.ReplaceAll(string(exported), change[0], change[1])
		if broken == string(exported) {
			t.Errorf("%s is not in %s", change[0], exported)
		} else if len(differ([]byte(broken))) == 0 {
			t.Errorf("%s for %s: the test does not notice it", change[1], change[0])
		}
	}
	if !json.Valid(exported) {
		t.Error("not JSON")
	}
}

type Ident struct {
	ID string `json:"id" validate:"required,uuid"`
}

type leafy struct {
	Name string            `json:"name" validate:"required,max=3"`
	Kids []leafy           `json:"kids" validate:"max=2,dive"`
	Bare []leafy           `json:"bare"`
	By   map[string]*leafy `json:"by" validate:"dive"`
}

type pageOf[T any] struct {
	Items []T `json:"items"`
}

type freeOf[T any] struct {
	Items []T `json:"items" free:"true"`
}

type described struct {
	Ident
	Text   string            `json:"text" validate:"min=1,max=80"`
	Maybe  string            `json:"maybe" validate:"omitempty,min=8,max=80"`
	Ptr    *string           `json:"ptr" validate:"omitempty,len=3"`
	Must   *string           `json:"must" validate:"len=3"`
	Enum   *string           `json:"enum" validate:"omitempty,oneof=a 'b c'"`
	Num    int8              `json:"num" validate:"gt=-3,ne=0"`
	Opt    uint16            `json:"opt" validate:"omitempty,oneof=5 6"`
	Wait   time.Duration     `json:"wait" validate:"max=1h"`
	Rate   float64           `json:"rate" validate:"gte=0.5,lt=0x10p0"`
	List   []string          `json:"list" validate:"unique,dive,email"`
	Any    any               `json:"any" free:"true"`
	Raw    json.RawMessage   `json:"raw" free:"true" validate:"required"`
	Bytes  []byte            `json:"bytes" validate:"max=4"`
	Pair   [2]bool           `json:"pair"`
	Labels map[string]string `json:"labels" validate:"max=9,dive,keys,alpha,endkeys,max=4"`
	When   time.Time         `json:"when"`
	Addr   netip.Addr        `json:"addr"`
	Trim   string            `json:"trim" mod:"trim" validate:"len=3"`
	SKU    string            `json:"sku" validate:"sku"`
	Line   string            `json:"line" validate:"omitempty,line"`
	Two    string            `json:"two" validate:"startswith=a,endswith=0x2C"`
	Or     string            `json:"or" validate:"email|uuid"`
	Def    int               `json:"def" default:"3" validate:"min=1"`
	Cond   string            `json:"cond" validate:"required_if=Text x,max=4"`
	Tree   *leafy            `json:"leafy"`
	Page   pageOf[pageOf[int]]
	Off    string `json:"-"`
}

var describedConfig = validate.Config{
	MaxItems: 7, MaxString: 100,
	Patterns: map[string]string{"sku": `[A-Ca-c]{2}\d|none`, "line": `(?m)^a$`},
}

const description = `{
"$defs":{
"pageOf_int":{"additionalProperties":false,"properties":{"items":{"items":{"maximum":9223372036854775807,"minimum":-9223372036854775808,"type":"integer"},"maxItems":7,"type":["array","null"]}},"type":"object"},
"pageOf_pageOf_int":{"additionalProperties":false,"properties":{"items":{"items":{"$ref":"#/$defs/pageOf_int"},"maxItems":7,"type":["array","null"]}},"type":"object"},
"leafy":{"additionalProperties":false,"properties":{
	"bare":{"items":{"$ref":"#/$defs/leafy_2"},"maxItems":7,"type":["array","null"]},
	"by":{"additionalProperties":{"anyOf":[{"$ref":"#/$defs/leafy"},{"type":"null"}]},"maxProperties":7,"propertyNames":{"maxLength":256},"type":["object","null"]},
	"kids":{"items":{"$ref":"#/$defs/leafy"},"maxItems":2,"type":["array","null"]},
	"name":{"maxLength":3,"type":"string"}},"required":["name"],"type":"object"},
"leafy_2":{"additionalProperties":false,"properties":{
	"bare":{"items":{"$ref":"#/$defs/leafy_2"},"maxItems":7,"type":["array","null"]},
	"by":{"additionalProperties":{"anyOf":[{"$ref":"#/$defs/leafy_2"},{"type":"null"}]},"maxProperties":7,"propertyNames":{"maxLength":256},"type":["object","null"]},
	"kids":{"items":{"$ref":"#/$defs/leafy_2"},"maxItems":2,"type":["array","null"]},
	"name":{"maxLength":3,"type":"string"}},"required":["name"],"type":"object"}},
"$schema":"https://json-schema.org/draft/2020-12/schema",
"additionalProperties":false,
"properties":{
"Page":{"$ref":"#/$defs/pageOf_pageOf_int"},
"addr":{"maxLength":100,"type":"string"},
"any":{},
"bytes":{"contentEncoding":"base64","maxLength":8,"type":["string","null"]},
"cond":{"maxLength":4,"type":"string"},
"def":{"default":3,"maximum":9223372036854775807,"minimum":1,"type":"integer"},
"enum":{"anyOf":[{"enum":["a","b c"],"type":"string"},{"type":"null"}]},
"id":{"format":"uuid","maxLength":100,"type":"string"},
"labels":{"additionalProperties":{"maxLength":4,"type":"string"},"maxProperties":9,"propertyNames":{"maxLength":256,"pattern":"^[a-zA-Z]+$"},"type":["object","null"]},
"line":{"maxLength":100,"type":"string"},
"list":{"items":{"format":"email","maxLength":100,"type":"string"},"maxItems":7,"type":["array","null"],"uniqueItems":true},
"maybe":{"anyOf":[{"const":""},{"minLength":8}],"maxLength":80,"type":"string"},
"must":{"maxLength":3,"minLength":3,"type":"string"},
"num":{"exclusiveMinimum":-3,"maximum":127,"not":{"const":0},"type":"integer"},
"opt":{"anyOf":[{"const":0},{"enum":[5,6]}],"maximum":65535,"minimum":0,"type":"integer"},
"or":{"maxLength":100,"type":"string"},
"pair":{"items":{"type":"boolean"},"maxItems":2,"minItems":2,"type":"array"},
"ptr":{"maxLength":3,"minLength":3,"type":["string","null"]},
"rate":{"exclusiveMaximum":16,"minimum":0.5,"type":"number"},
"raw":{"not":{"type":"null"}},
"sku":{"maxLength":100,"pattern":"^(?:[A-Ca-c]{2}\\d|none)$","type":"string"},
"text":{"maxLength":80,"minLength":1,"type":"string"},
"leafy":{"anyOf":[{"$ref":"#/$defs/leafy"},{"type":"null"}]},
"trim":{"description":"After trim: {\"maxLength\":3}","maxLength":100,"minLength":3,"type":"string"},
"two":{"allOf":[{"pattern":",$"}],"maxLength":100,"pattern":"^a","type":"string"},
"wait":{"maximum":3600000000000,"minimum":-9223372036854775808,"type":"integer"},
"when":{"format":"date-time","maxLength":100,"type":"string"}},
"required":["id","text","must","num","rate","raw","trim","sku","two","or"],
"title":"described",
"type":"object"}`

func TestJSONSchema(t *testing.T) {
	got := kit.MustNew[described](t, describedConfig).JSONSchema()
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(description)); err != nil {
		t.Fatal(err)
	}
	if !kit.EqualJSON(got, want.Bytes()) {
		t.Errorf("schema\n%s\nwant\n%s", got, want.Bytes())
	}
	for range 20 {
		if again := kit.MustNew[described](t, describedConfig).JSONSchema(); !bytes.Equal(got, again) {
			t.Fatalf("schema\n%s\nwas before\n%s", again, got)
		}
	}
}

type ring struct {
	Next *ring          `json:"next"`
	Top  map[string]int `json:"top" validate:"min=1"`
}

// A root that contains itself refers to itself, and the schema is valid JSON for every
// type of these tests.
func TestJSONSchemaOfRecursiveRoot(t *testing.T) {
	got := kit.MustNew[ring](t, validate.Config{}).JSONSchema()
	want := `{"$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"properties":{` +
		`"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]},` +
		`"top":{"additionalProperties":{"maximum":9223372036854775807,"minimum":-9223372036854775808,"type":"integer"},"maxProperties":1000,"minProperties":1,"propertyNames":{"maxLength":256},"type":"object"}},` +
		`"required":["top"],"title":"ring","type":"object"}`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for name, s := range map[string][]byte{
		"strict":    kit.MustNew[strict](t, validate.Config{}).JSONSchema(),
		"order":     kit.MustNew[order](t, validate.Config{}).JSONSchema(),
		"component": kit.MustNew[component](t, partConfig()).JSONSchema(),
		"empty":     kit.MustNew[struct{}](t, validate.Config{}).JSONSchema(),
	} {
		if !json.Valid(s) || len(s) < 50 {
			t.Errorf("%s: %s", name, s)
		}
	}
}

type shortText struct {
	Text string `json:"text" validate:"max=2"`
}

// The scan checks max even if the validator does not visit the value, so a schema
// without the max would accept a refused value.
func TestJSONSchemaHasTheMaxOfTheScan(t *testing.T) {
	type list struct {
		List []shortText `json:"list"`
	}
	s := kit.MustNew[list](t, validate.Config{})
	if _, err := s.Decode(nil, kit.Post(`{"list":[{"text":"abc"}]}`)); err == nil {
		t.Fatal("the scan does not check it")
	}
	var got struct {
		Defs struct {
			Item struct {
				Properties struct {
					Text struct{ MaxLength int }
				}
			} `json:"shortText"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(s.JSONSchema(), &got); err != nil || got.Defs.Item.Properties.Text.MaxLength != 2 {
		t.Errorf("%v %+v: %s", err, got, s.JSONSchema())
	}
}

// If a rule about presence may allow an absent member, the schema allows it too.
func TestJSONSchemaOfPresence(t *testing.T) {
	type body struct {
		B string  `json:"b"`
		C *string `json:"c" validate:"min=3,required_with=B"`
		D *[]int  `json:"d" validate:"min=1,excluded_with=B,dive,min=1"`
		Q *string `query:"q" validate:"min=3,required_with=B"`
	}
	s := kit.MustNew[body](t, validate.Config{})
	var schema struct {
		Required   []string
		Properties map[string]struct{ Type any }
	}
	if err := json.Unmarshal(s.JSONSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	if c, d := fmt.Sprint(schema.Properties["c"].Type), fmt.Sprint(schema.Properties["d"].Type); len(schema.Required) > 0 || c != "[string null]" || d != "[array null]" {
		t.Errorf("%s", s.JSONSchema())
	}
	if params, _ := json.Marshal(s.Parameters()); strings.Contains(string(params), `"required":true`) {
		t.Errorf("%s", params)
	}
}
