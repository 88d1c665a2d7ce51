package jsonfield_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/jsonfield"
)

type inner struct{ Deep int }

type Outer struct{ Wide int }

type number int //nolint:unused // embedded below

// The types have a field of each kind that encoding/json treats in its own way. No two
// fields of one struct have the same name.
//
//nolint:staticcheck // tags that encoding/json ignores are the subject of the test
type plain struct {
	Exported   int
	hidden     int //nolint:unused // skipped by encoding/json, and so by Of
	Tagged     int `json:"tagged"`
	Skipped    int `json:"-"`
	Dash       int `json:"-,"`
	Empty      int `json:""`
	Options    int `json:",omitempty,omitzero"`
	Quoted     int `json:"quoted,string"`
	Unknown    int `json:"unknown,inline,unknown"`
	Punctuated int `json:"a b!#$%&()*+-./:;<=>?@[]^_{|}~"`
	Letters    int `json:"größe٣"`
	BadQuote   int `json:"a'b"`
	BadSlash   int `json:"a\\b"`
	BadEmoji   int `json:"😀"`
}

type embedding struct {
	inner
	*Outer
	number //nolint:unused // skipped by encoding/json, and so by Of
	Number
	Text
}

type (
	Number int
	Text   interface{ String() string }
)

type named struct {
	inner  `json:"named"`
	*Outer `json:"pointed"`
	Number `json:"number"`
}

type badlyNamed struct {
	Outer `json:"a'b"` //nolint:staticcheck // encoding/json ignores the name
}

// TestNames compares the names with the members that encoding/json writes.
func TestNames(t *testing.T) {
	for _, v := range []any{
		plain{}, embedding{Outer: new(Outer)}, named{Outer: new(Outer)}, badlyNamed{},
	} {
		got := slices.Sorted(slices.Values(names(reflect.TypeOf(v))))
		b, err := json.Marshal(filled(v))
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(b, &members); err != nil {
			t.Fatal(err)
		}
		if want := slices.Sorted(maps.Keys(members)); !slices.Equal(got, want) {
			t.Errorf("%T: %q, encoding/json has %q", v, got, want)
		}
	}
}

// filled returns v with a non-zero value in each int, so that encoding/json omits no
// field as empty.
func filled(v any) any {
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	for i := range p.Elem().NumField() {
		if f := p.Elem().Field(i); f.Kind() == reflect.Int && f.CanSet() {
			f.SetInt(1)
		}
	}
	return p.Interface()
}

func names(t reflect.Type) (all []string) {
	for sf := range t.Fields() {
		f, ok := jsonfield.Of(sf)
		switch {
		case !ok:
		case f.Inlined:
			base := sf.Type
			if base.Kind() == reflect.Pointer {
				base = base.Elem()
			}
			all = append(all, names(base)...)
		default:
			all = append(all, f.Name)
		}
	}
	return all
}

func TestOf(t *testing.T) {
	for name, want := range map[string]jsonfield.Field{
		"Exported": {Name: "Exported"},
		"Tagged":   {Name: "tagged", Tagged: true},
		"Dash":     {Name: "-", Tagged: true},
		"Options":  {Name: "Options", OmitEmpty: true, OmitZero: true},
		"Quoted":   {Name: "quoted", Tagged: true, Quoted: true},
		"Unknown":  {Name: "unknown", Tagged: true, Unknown: "inline"},
		"BadQuote": {Name: "BadQuote", BadName: "a'b"},
	} {
		sf, _ := reflect.TypeFor[plain]().FieldByName(name)
		if got, ok := jsonfield.Of(sf); !ok || got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	for _, name := range []string{"hidden", "Skipped"} {
		sf, _ := reflect.TypeFor[plain]().FieldByName(name)
		if f, ok := jsonfield.Of(sf); ok {
			t.Errorf("%s is not skipped: %+v", name, f)
		}
	}
}

// FuzzTag compares the result for any tag with encoding/json.
func FuzzTag(f *testing.F) {
	for _, tag := range []string{"", "-", "-,", "a", "a,omitempty", "a'b", `a"b`, ",string", "a,string", "größe", "a\\b", " a", "a ", "\x00", ","} {
		f.Add(tag)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		for _, typ := range []reflect.Type{reflect.TypeFor[int](), reflect.TypeFor[string]()} {
			sf := reflect.StructField{Name: "Field", Type: typ, Tag: reflect.StructTag(fmt.Sprintf("json:%q", tag))}
			if sf.Tag.Get("json") != tag {
				return // a struct tag cannot express it
			}
			v := reflect.New(reflect.StructOf([]reflect.StructField{sf})).Elem()
			if typ.Kind() == reflect.Int {
				v.Field(0).SetInt(1)
			} else {
				v.Field(0).SetString("x")
			}
			b, err := json.Marshal(v.Interface())
			if err != nil {
				t.Fatal(err)
			}
			var members map[string]any
			if err := json.Unmarshal(b, &members); err != nil {
				t.Fatal(err)
			}
			got, ok := jsonfield.Of(sf)
			if ok != (len(members) == 1) {
				t.Fatalf("%q: %v, encoding/json writes %s", tag, ok, b)
			}
			if value, has := members[strings.ToValidUTF8(got.Name, "\ufffd")]; ok && !has {
				t.Fatalf("%q: %q, encoding/json writes %s", tag, got.Name, b)
			} else if _, quoted := value.(string); ok && typ.Kind() == reflect.Int && quoted != got.Quoted {
				t.Fatalf("%q: quoted %v, encoding/json writes %s", tag, got.Quoted, b)
			}
		}
	})
}
