package validate_test

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/validate"
)

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
	Any    any               `json:"any"`
	Raw    json.RawMessage   `json:"raw" validate:"required"`
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
	AllowFree: true, MaxItems: 7, MaxString: 100,
	Patterns: map[string]string{"sku": `[A-Ca-c]{2}\d|none`, "line": `(?m)^a$`},
}

const description = `{
"$defs":{
"pageOf_int":{"additionalProperties":false,"properties":{"items":{"items":{"maximum":9223372036854775807,"minimum":-9223372036854775808,"type":"integer"},"maxItems":7,"type":"array"}},"type":"object"},
"pageOf_pageOf_int":{"additionalProperties":false,"properties":{"items":{"items":{"$ref":"#/$defs/pageOf_int"},"maxItems":7,"type":"array"}},"type":"object"},
"leafy":{"additionalProperties":false,"properties":{
	"bare":{"items":{"$ref":"#/$defs/leafy_2"},"maxItems":7,"type":"array"},
	"by":{"additionalProperties":{"anyOf":[{"$ref":"#/$defs/leafy"},{"type":"null"}]},"maxProperties":7,"propertyNames":{"maxLength":256},"type":"object"},
	"kids":{"items":{"$ref":"#/$defs/leafy"},"maxItems":2,"type":"array"},
	"name":{"maxLength":3,"type":"string"}},"required":["name"],"type":"object"},
"leafy_2":{"additionalProperties":false,"properties":{
	"bare":{"items":{"$ref":"#/$defs/leafy_2"},"maxItems":7,"type":"array"},
	"by":{"additionalProperties":{"anyOf":[{"$ref":"#/$defs/leafy_2"},{"type":"null"}]},"maxProperties":7,"propertyNames":{"maxLength":256},"type":"object"},
	"kids":{"items":{"$ref":"#/$defs/leafy_2"},"maxItems":2,"type":"array"},
	"name":{"maxLength":3,"type":"string"}},"required":["name"],"type":"object"}},
"$schema":"https://json-schema.org/draft/2020-12/schema",
"additionalProperties":false,
"properties":{
"Page":{"$ref":"#/$defs/pageOf_pageOf_int"},
"addr":{"maxLength":100,"type":"string"},
"any":{},
"bytes":{"contentEncoding":"base64","maxLength":8,"type":"string"},
"cond":{"maxLength":4,"type":"string"},
"def":{"default":3,"maximum":9223372036854775807,"minimum":1,"type":"integer"},
"enum":{"anyOf":[{"enum":["a","b c"],"type":"string"},{"type":"null"}]},
"id":{"format":"uuid","maxLength":100,"type":"string"},
"labels":{"additionalProperties":{"maxLength":4,"type":"string"},"maxProperties":9,"propertyNames":{"maxLength":256,"pattern":"^[a-zA-Z]+$"},"type":"object"},
"line":{"maxLength":100,"type":"string"},
"list":{"items":{"format":"email","maxLength":100,"type":"string"},"maxItems":7,"type":"array","uniqueItems":true},
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
	got := mustNew[described](t, describedConfig).JSONSchema()
	var want bytes.Buffer
	if err := json.Compact(&want, []byte(description)); err != nil {
		t.Fatal(err)
	}
	if !equalJSON(got, want.Bytes()) {
		t.Errorf("schema\n%s\nwant\n%s", got, want.Bytes())
	}
	for range 20 {
		if again := mustNew[described](t, describedConfig).JSONSchema(); !bytes.Equal(got, again) {
			t.Fatalf("another schema:\n%s\nwas\n%s", again, got)
		}
	}
}

type ring struct {
	Next *ring          `json:"next"`
	Top  map[string]int `json:"top" validate:"min=1"`
}

// A root that contains itself refers to itself, and is valid JSON for every
// type of these tests.
func TestJSONSchemaOfRecursiveRoot(t *testing.T) {
	got := mustNew[ring](t, validate.Config{}).JSONSchema()
	want := `{"$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"properties":{` +
		`"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]},` +
		`"top":{"additionalProperties":{"maximum":9223372036854775807,"minimum":-9223372036854775808,"type":"integer"},"maxProperties":1000,"minProperties":1,"propertyNames":{"maxLength":256},"type":"object"}},` +
		`"required":["top"],"title":"ring","type":"object"}`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for name, s := range map[string][]byte{
		"strict":    mustNew[strict](t, validate.Config{AllowFree: true}).JSONSchema(),
		"order":     mustNew[order](t, validate.Config{}).JSONSchema(),
		"component": mustNew[component](t, partConfig()).JSONSchema(),
		"empty":     mustNew[struct{}](t, validate.Config{}).JSONSchema(),
	} {
		if !json.Valid(s) || len(s) < 50 {
			t.Errorf("%s: %s", name, s)
		}
	}
}
