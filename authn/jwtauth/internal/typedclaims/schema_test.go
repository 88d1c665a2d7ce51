package typedclaims_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/authn/jwtauth/internal/typedclaims"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type plan struct {
	Tier  string   `json:"tier"`
	Seats int8     `json:"seats,omitempty"`
	Tags  []string `json:"tags"`
}

type region struct {
	Region string `json:"region"`
}

type Desk struct {
	Desk string `json:"desk"`
}

// custom has a field of each type in which a member name can be nested.
type custom struct {
	region
	*Desk
	Plan    plan                          `json:"plan"`
	Next    *custom                       `json:"next"`
	List    []plan                        `json:"list"`
	Fixed   [2]*plan                      `json:"fixed"`
	Map     map[string]plan               `json:"map"`
	Deep    map[string][]map[string]*plan `json:"deep"`
	Free    any                           `json:"free"`
	Raw     json.RawMessage               `json:"raw"`
	When    time.Time                     `json:"when"`
	Text    stamp                         `json:"text"`
	Kelvins string                        `json:"kelvins"`
	Subject string                        `json:"sub"`
	Expires int64                         `json:"exp"`
	Roles   []string                      `json:"roles"`
	Hidden  chan int                      `json:"-"`
}

// stamp has its own UnmarshalText.
type stamp struct{ Value, Kind string }

func (s *stamp) UnmarshalText(b []byte) error { s.Value = string(b); return nil }

// These types cannot be a C. They are grouped by their fault.
type (
	twice struct {
		A string `json:"name"`
		B string `json:"Name"`
	}
	shadow struct {
		region
		Area string `json:"REGION"`
	}
	untagged struct{ Sub, Iss string }
	tenant   struct {
		Org string `json:"ORG"`
	}
	named   struct{ Jti, Scope string }
	channel struct {
		In struct {
			List []map[string]chan int `json:"list"`
		} `json:"in"`
	}
	various struct {
		Func    func()
		Complex *complex128
		Keys    map[[1]string]string
		Err     error
	}
	beyondASCII struct{ Größe int }
	spaced      struct {
		Y string `json:"a b"`
	}
	embedsHidden struct{ *region }
	embedsNil    struct{ *Checker }
	embedsDeeply struct{ holder }
	holder       struct{ ValidateInterface }
	panicky      struct {
		Name string `json:"name"`
	}
	unmarshalsNil struct {
		Field struct{ *Text } `json:"field"`
	}
	otherValidate struct{}
	Loop          struct{ *Loop }
	ring          struct{ *Ring }
	Ring          struct {
		*Ring2
		A int
	}
	Ring2 struct {
		*Ring
		B int
	}
)

type Checker struct{ X int }

func (Checker) Validate(context.Context) error { return nil }

type ValidateInterface interface {
	Validate(context.Context) error
}

type Text struct{ X int }

func (Text) UnmarshalText([]byte) error { return nil }

func (*panicky) UnmarshalJSON([]byte) error { panic("hunter2") }

func (otherValidate) Validate() error { return nil }

// These types can be a C, though they look invalid.
type (
	anyKind struct {
		Sub  any        `json:"sub"`
		Exp  uint64     `json:"exp"`
		Aud  any        `json:"aud"`
		ID   stamp      `json:"jti"`
		Kind int        `json:"type"`
		Cnf  chan<- int `json:"-"`
	}
	tree struct {
		Children []tree           `json:"children"`
		ByName   map[string]*tree `json:"by_name"`
		Up       **tree           `json:"up"`
	}
	list   []*list
	useful struct {
		tree
		Lists list                           `json:"lists"`
		Times map[int]struct{ A, B float64 } `json:"times"`
		Texts map[stamp]bool                 `json:"texts"`
		hidden
		Named hidden `json:"named"`
	}
	hidden struct{ C string }
)

// faultsOf returns the faults of C beside these claims.
func faultsOf[C any](read []string) error {
	f := httperr.ConfigFaults{Package: "jwtauth"}
	typedclaims.Compile(&f, reflect.TypeFor[C](), read)
	return f.Err()
}

func TestFaults(t *testing.T) {
	cfg := []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope", "roles", "org"}
	for name, tc := range map[string]struct {
		err  error
		want []string
	}{
		"string":         {faultsOf[string](cfg), []string{`jwtauth: C: "string": is no struct; `}},
		"map":            {faultsOf[map[string]any](cfg), []string{`jwtauth: C: "map[string]interface {}": is no struct; `}},
		"pointer":        {faultsOf[*plan](cfg), []string{`jwtauth: C: "*typedclaims_test.plan": is no struct; `}},
		"interface":      {faultsOf[any](cfg), []string{`jwtauth: C: "interface {}": is no struct; `}},
		"twice":          {faultsOf[twice](cfg), []string{`jwtauth: C.B: "Name": another field`}},
		"shadow":         {faultsOf[shadow](cfg), []string{`jwtauth: C.Area: "REGION": another field`}},
		"untagged":       {faultsOf[untagged](cfg), []string{`jwtauth: C.Sub: differs from the claim sub by case only`, `jwtauth: C.Iss: differs`}},
		"tenant":         {faultsOf[tenant](cfg), []string{`jwtauth: C.ORG: differs from the claim org by case only`}},
		"named":          {faultsOf[named](cfg), []string{`jwtauth: C.Jti: differs from the claim jti by case only`, `jwtauth: C.Scope: differs from the claim scope`}},
		"channel":        {faultsOf[channel](cfg), []string{`jwtauth: C.In.List[][]: "chan int": cannot be decoded`}},
		"various":        {faultsOf[various](cfg), []string{`jwtauth: C.Func: "func()": cannot`, `jwtauth: C.Complex: "complex128": cannot`, `jwtauth: C.Keys: "map[[1]string]string": cannot`, `jwtauth: C.Err: "error": cannot`}},
		"beyond ASCII":   {faultsOf[beyondASCII](cfg), []string{`jwtauth: C.Größe: "Größe": is not printable ASCII`}},
		"spaced":         {faultsOf[spaced](cfg), []string{`jwtauth: C.Y: "a b": is not`}},
		"embeds hidden":  {faultsOf[embedsHidden](cfg), []string{`jwtauth: C.region: "*typedclaims_test.region": encoding/json cannot set`}},
		"embeds nil":     {faultsOf[embedsNil](cfg), []string{`jwtauth: C.Validate: is that of an embedded pointer`}},
		"embeds deeply":  {faultsOf[embedsDeeply](cfg), []string{`jwtauth: C.Validate: is that of an embedded pointer`, `jwtauth: C.ValidateInterface: "typedclaims_test.ValidateInterface": cannot`}},
		"panicky":        {faultsOf[panicky](cfg), []string{`jwtauth: C: "typedclaims_test.panicky": an empty object does not decode`}},
		"unmarshals nil": {faultsOf[unmarshalsNil](cfg), []string{`jwtauth: C.Field: "struct { *typedclaims_test.Text }": its way of decoding`}},
		"other Validate": {faultsOf[otherValidate](cfg), []string{`jwtauth: C.Validate: "func(*typedclaims_test.otherValidate) error": is not the method`}},
		"loop":           {faultsOf[Loop](cfg), []string{`jwtauth: C.Loop: "*typedclaims_test.Loop": is embedded in itself`}},
		"ring":           {faultsOf[ring](cfg), []string{`jwtauth: C.Ring: "*typedclaims_test.Ring": is embedded in itself`}},
		"any kind":       {faultsOf[anyKind](cfg), nil},
		"useful":         {faultsOf[useful](cfg), nil},
		"custom":         {faultsOf[custom](cfg), nil},
		"none":           {faultsOf[struct{}](cfg), nil},
	} {
		t.Run(name, func(t *testing.T) { mwtest.Faults(t, tc.err, tc.want...) })
	}
}

// A nameCase is the member of a token, and the expected error.
type nameCase struct {
	name, raw string
	want      error
}

func (c nameCase) text() string { return `{"sub":"ann","` + c.name + `":` + c.raw + "}" }

func nameCases() []nameCase {
	var all []nameCase
	for _, raw := range [][2]string{
		{"Plan", "{}"}, {"PLAN", "1"}, {`pl\u0041n`, "{}"}, {"Region", `"x"`}, {"DESK", `"x"`}, {"\u212aelvins", `"x"`}, {"kelvin\u017f", `"x"`}, {`\u212AELVIN\u017f`, `"x"`},
		{"raW", "1"}, {"Free", "1"}, {"Next", "null"},
		{"plan", `{"Tier":"x"}`}, {"plan", `{"tier":"x","TIER":"y"}`}, {"plan", `{"ti\u0045r":"x"}`}, {"plan", `{"\u017feats":1}`}, {"plan", `{ "a" : 1 , "Tags" : [ ] }`},
		{"list", `[{},{"Tier":"x"}]`}, {"list", `[ { "tier" : "x" } , { "Tier" : "y" } ]`}, {"fixed", `[null,{"Tier":"x"}]`}, {"fixed", `[null,null,{"Tier":"beyond"}]`},
		{"map", `{"a":{},"Tier":{"Tier":"x"}}`}, {"deep", `{"a":[{},{"b":{"tAgs":[]}}]}`},
		{"next", `{"Plan":{}}`}, {"next", `{"next":{"next":{"list":[{"Seats":1}]}}}`}, {"next", `{"Sub":"admin"}`}, {"next", `{"Region":"x"}`}, {"next", `{"desK":"x"}`},
	} {
		all = append(all, nameCase{raw[0], raw[1], typedclaims.ErrName})
	}
	for _, raw := range [][2]string{
		{"free", `{"Tier":1,"Plan":{"TIER":1}}`}, {"raw", `{"Tier":1}`}, {"map", `{"Tier":{},"TIER":{"tier":"x"}}`}, {"x", `{"Tier":1,"Plan":2}`}, {"tier", "1"}, {"Tier", "1"},
		{"Hidden", "1"}, {"secret", "1"}, {"Secret", "1"}, {"plan", `{"plan":1,"Plan":2,"x":{"Tier":1}}`}, {"plan", `{"tier\u0020":1}`}, {`pl\u0061n`, `{"tier":"x"}`}, {"plan", "null"}, {"list", "[]"},
	} {
		all = append(all, nameCase{raw[0], raw[1], nil})
	}
	for _, raw := range [][2]string{
		{"plan", "1"}, {"plan", "[]"}, {"plan", `{"tier":1}`}, {"plan", `{"seats":128}`}, {"plan", `{"seats":"1"}`}, {"plan", `{"seats":1.5}`}, {"list", "{}"}, {"map", "[]"}, {"fixed", "1"},
		{"when", `"yesterday"`}, {"when", "1"}, {"text", "{}"}, {"next", `{"exp":"x"}`}, {"region", "7"}, {"desk", "{}"}, {"kelvins", "[]"},
	} {
		all = append(all, nameCase{raw[0], raw[1], typedclaims.ErrValue})
	}
	return all
}

func TestNames(t *testing.T) {
	schema := customSchema(t)
	for _, c := range nameCases() {
		var to custom
		if err := schema.Decode(c.text(), &to); err != c.want {
			t.Errorf("%s %s: got %v, want %v", c.name, c.raw, err, c.want)
		}
	}
	for name, want := range map[string]bool{"plan": true, "region": true, "desk": true, "sub": true, "tier": false, "Plan": false, "Hidden": false, "": false} {
		if schema.Has(name) != want {
			t.Errorf("Has(%q) is %v", name, !want)
		}
	}
}

func customSchema(t testing.TB) *typedclaims.Schema {
	t.Helper()
	f := httperr.ConfigFaults{Package: "jwtauth"}
	schema := typedclaims.Compile(&f, reflect.TypeFor[custom](), nil)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	return schema
}

// FuzzDecode checks that encoding/json decodes accepted claims to the same value with and
// without the members whose names do not match a field exactly.
func FuzzDecode(f *testing.F) {
	schema := customSchema(f)
	for _, c := range nameCases() {
		f.Add(c.text())
	}
	f.Fuzz(func(t *testing.T, text string) { checkNames(t, schema, text) })
}

// noNames makes Collect check the form of an object alone.
var noNames = strictjson.NewIndex(nil)

func checkNames(t *testing.T, schema *typedclaims.Schema, text string) (accepted bool) {
	t.Helper()
	var decoded custom
	if noNames.Collect(text, strictjson.Rules{Members: strictjson.MaxMembers}, nil) != nil || schema.Decode(text, &decoded) != nil {
		return false
	}
	var plain custom
	if err := json.Unmarshal([]byte(text), &plain); err != nil || !reflect.DeepEqual(plain, decoded) {
		t.Fatalf("%q: %+v, encoding/json returns %+v, %v", text, decoded, plain, err)
	}
	var all any
	if err := decodeNumbers(text, &all); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	exact, err := json.Marshal(keepExactNames(all, fieldsOf(reflect.TypeFor[custom]())))
	if err != nil {
		t.Fatal(err)
	}
	var strict custom
	if err := json.Unmarshal(exact, &strict); err != nil {
		t.Fatalf("%q: %s: %v", text, exact, err)
	}
	for _, c := range []*custom{&plain, &strict} {
		for c := c; c != nil; c = c.Next {
			c.Raw = nil // keeps the spelling
		}
	}
	if !reflect.DeepEqual(plain, strict) {
		t.Fatalf("%q: %+v, with exact names only %+v", text, plain, strict)
	}
	return true
}

// fieldsOf is a slow reference of the names that encoding/json uses for the fields of t:
// it returns the types of the fields by their exact names.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for _, sf := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if name == "-" && sf.Tag.Get("json") != "-," || !sf.IsExported() || sf.Anonymous || name == "" {
			continue
		}
		all[name] = sf.Type
	}
	return all
}

// keepExactNames returns a decoded value without the members that a reader of exact names
// would ignore.
func keepExactNames(value any, fields map[string]reflect.Type) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	kept := map[string]any{}
	for name, v := range object {
		if t, ok := fields[name]; ok {
			kept[name] = keepExactNamesOf(v, t)
		}
	}
	return kept
}

func keepExactNamesOf(value any, t reflect.Type) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Struct && t.PkgPath() != "time" && t != reflect.TypeFor[stamp]():
		return keepExactNames(value, fieldsOf(t))
	case t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage]() || t.Kind() == reflect.Array:
		elements, ok := value.([]any)
		if !ok {
			return value
		}
		all := make([]any, len(elements))
		for i, e := range elements {
			all[i] = keepExactNamesOf(e, t.Elem())
		}
		return all
	case t.Kind() == reflect.Map:
		object, ok := value.(map[string]any)
		if !ok {
			return value
		}
		all := map[string]any{}
		for name, e := range object {
			all[name] = keepExactNamesOf(e, t.Elem())
		}
		return all
	}
	return value
}

func decodeNumbers(text string, to any) error {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	return dec.Decode(to)
}

// The check of FuzzDecode must be able to fail: a lenient reader fails it.
func TestNameReferenceDetectsFolding(t *testing.T) {
	schema := customSchema(t)
	accepted, folded := 0, 0
	for _, a := range nameCases() {
		text := a.text()
		if ok := checkNames(t, schema, text); ok != (a.want == nil) {
			t.Errorf("%s: accepted %v", a.name, ok)
		} else if ok {
			accepted++
		}
		var all any
		var lenient, strict custom
		if decodeNumbers(text, &all) != nil || json.Unmarshal([]byte(text), &lenient) != nil {
			continue
		}
		exact, err := json.Marshal(keepExactNames(all, fieldsOf(reflect.TypeFor[custom]())))
		if err != nil || json.Unmarshal(exact, &strict) != nil {
			t.Fatalf("%s: %v", exact, err)
		}
		if lenient.Raw, strict.Raw = nil, nil; !reflect.DeepEqual(lenient, strict) {
			folded++
			if a.want == nil {
				t.Errorf("%s: a variant of a name was decoded into its field", a.name)
			}
		}
	}
	if accepted < 10 || folded < 10 {
		t.Errorf("%d accepted, %d folded by encoding/json", accepted, folded)
	}
}

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
		schema := typedclaims.Compile(&f, c, nil)
		err := f.Err()
		if ok := err == nil; ok != tc.ok {
			t.Errorf("%s: %v", tc.tag, err)
		}
		if tc.name == "" {
			continue
		}
		if !schema.Has(tc.name) {
			t.Errorf("%s: the schema does not know the field as %s", tc.tag, tc.name)
		}
		v := reflect.New(c)
		if err := json.Unmarshal([]byte(`{"`+tc.name+`":7}`), v.Interface()); err != nil || v.Elem().Field(0).Int() != 7 {
			t.Errorf("%s: encoding/json does not know the field as %s: %v", tc.tag, tc.name, err)
		}
	}
}
