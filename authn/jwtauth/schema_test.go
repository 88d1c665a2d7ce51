package jwtauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

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

func faultsOf[C any](cfg jwtauth.Config) error {
	_, err := jwtauth.NewTyped[C](cfg)
	return err
}

// ownNames has claims of its own, whose names are case variants of claims that only inform.
type ownNames struct {
	Type string
	SID  int
}

// A field of C is a case variant of such a claim: then only the exact name is accepted.
func TestOwnNames(t *testing.T) {
	s := signers()[2]
	cfg := config(s)
	cfg.Legacy = legacyOf()
	v := typed[ownNames](t, cfg)
	own := claims().without("sid")
	p, err := v.Verify(t.Context(), s.token(s.header().json(), own.with("Type", `"x"`).with("SID", "7").json()))
	if err != nil || p.SessionID != "" || p.Detail.(*jwtauth.Token[ownNames]).Claims != (ownNames{"x", 7}) {
		t.Errorf("%+v, %v", p, err)
	}
	for _, name := range []string{"type", "TYPE", "sid", "Sid"} {
		if _, err := v.Verify(t.Context(), s.token(s.header().json(), own.with(name, `"x"`).json())); !errors.Is(err, jwtauth.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTypedFaults(t *testing.T) {
	cfg, withLegacy := config(signers()[2]), config(signers()[2])
	withLegacy.Legacy = legacyOf()
	for name, tc := range map[string]struct {
		err  error
		want []string
	}{
		"string":         {faultsOf[string](cfg), []string{`jwtauth: C: "string": is no struct; `}},
		"map":            {faultsOf[map[string]any](cfg), []string{`jwtauth: C: "map[string]interface {}": is no struct; `}},
		"pointer":        {faultsOf[*plan](cfg), []string{`jwtauth: C: "*jwtauth_test.plan": is no struct; `}},
		"interface":      {faultsOf[any](cfg), []string{`jwtauth: C: "interface {}": is no struct; `}},
		"twice":          {faultsOf[twice](cfg), []string{`jwtauth: C.B: "Name": another field`}},
		"shadow":         {faultsOf[shadow](cfg), []string{`jwtauth: C.Area: "REGION": another field`}},
		"untagged":       {faultsOf[untagged](cfg), []string{`jwtauth: C.Sub: differs from the claim sub by case only`, `jwtauth: C.Iss: differs`}},
		"tenant":         {faultsOf[tenant](cfg), []string{`jwtauth: C.ORG: differs from the claim org by case only`}},
		"named":          {faultsOf[named](cfg), []string{`jwtauth: C.Jti: differs from the claim jti by case only`, `jwtauth: C.Scope: differs from the claim scope`}},
		"own names":      {faultsOf[ownNames](withLegacy), nil},
		"channel":        {faultsOf[channel](cfg), []string{`jwtauth: C.In.List[][]: "chan int": cannot be decoded`}},
		"various":        {faultsOf[various](cfg), []string{`jwtauth: C.Func: "func()": cannot`, `jwtauth: C.Complex: "complex128": cannot`, `jwtauth: C.Keys: "map[[1]string]string": cannot`, `jwtauth: C.Err: "error": cannot`}},
		"beyond ASCII":   {faultsOf[beyondASCII](cfg), []string{`jwtauth: C.Größe: "Größe": is not printable ASCII`}},
		"spaced":         {faultsOf[spaced](cfg), []string{`jwtauth: C.Y: "a b": is not`}},
		"embeds hidden":  {faultsOf[embedsHidden](cfg), []string{`jwtauth: C.region: "*jwtauth_test.region": encoding/json cannot set`}},
		"embeds nil":     {faultsOf[embedsNil](cfg), []string{`jwtauth: C.Validate: is that of an embedded pointer`}},
		"embeds deeply":  {faultsOf[embedsDeeply](cfg), []string{`jwtauth: C.Validate: is that of an embedded pointer`, `jwtauth: C.ValidateInterface: "jwtauth_test.ValidateInterface": cannot`}},
		"panicky":        {faultsOf[panicky](cfg), []string{`jwtauth: C: "jwtauth_test.panicky": an empty object does not decode`}},
		"unmarshals nil": {faultsOf[unmarshalsNil](cfg), []string{`jwtauth: C.Field: "struct { *jwtauth_test.Text }": its way of decoding`}},
		"other Validate": {faultsOf[otherValidate](cfg), []string{`jwtauth: C.Validate: "func(*jwtauth_test.otherValidate) error": is not the method`}},
		"loop":           {faultsOf[Loop](cfg), []string{`jwtauth: C.Loop: "*jwtauth_test.Loop": is embedded in itself`}},
		"ring":           {faultsOf[ring](cfg), []string{`jwtauth: C.Ring: "*jwtauth_test.Ring": is embedded in itself`}},
		"any kind":       {faultsOf[anyKind](cfg), nil},
		"useful":         {faultsOf[useful](cfg), nil},
		"custom":         {faultsOf[custom](cfg), nil},
		"none":           {faultsOf[struct{}](cfg), nil},
		"with the rest":  {faultsOf[string](jwtauth.Config{}), []string{`jwtauth: C: `, `jwtauth: Issuer: `, `jwtauth: Keys: `, `jwtauth: Audience: `}},
	} {
		t.Run(name, func(t *testing.T) { mwtest.Faults(t, tc.err, tc.want...) })
	}
}

// FuzzTyped checks that encoding/json decodes an accepted token to the same value with
// and without the members whose names do not match a field exactly.
func FuzzTyped(f *testing.F) {
	s := signers()[2]
	v := typed[custom](f, config(s))
	for _, a := range nameAttacks() {
		f.Add(decode(splitToken(a.token(s))[1]))
	}
	f.Fuzz(func(t *testing.T, text string) { checkNames(t, v, s, text) })
}

func checkNames(t *testing.T, v *jwtauth.Verifier[custom], s *signer, text string) (accepted bool) {
	t.Helper()
	p, err := v.Verify(t.Context(), s.token(s.header().json(), text))
	if err != nil {
		return false
	}
	token := p.Detail.(*jwtauth.Token[custom])
	var plain custom
	if err := json.Unmarshal([]byte(text), &plain); err != nil || !reflect.DeepEqual(plain, token.Claims) {
		t.Fatalf("%q: %+v, encoding/json returns %+v, %v", text, token.Claims, plain, err)
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

// The check of FuzzTyped must be able to fail: a lenient reader fails it.
func TestNameReferenceDetectsFolding(t *testing.T) {
	s := signers()[2]
	v := typed[custom](t, config(s))
	accepted, folded := 0, 0
	for _, a := range nameAttacks() {
		text := decode(splitToken(a.token(s))[1])
		if ok := checkNames(t, v, s, text); ok != (a.want == nil) {
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
		names, err := jwtauth.SchemaNames(c)
		if ok := err == nil; ok != tc.ok {
			t.Errorf("%s: %v", tc.tag, err)
		}
		if got := strings.Join(names, ","); got != tc.name {
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
