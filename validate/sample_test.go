package validate

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// bodies are one of each type that a free value may have, with members that
// have no hash, and the same in a list and in a map.
var bodies = func() []string {
	list := []string{`null`, `true`, `1`, `1.5`, `"a"`, `""`, `[]`, `[1]`, `[{}]`, `[[1]]`, `["a","a"]`, `{}`, `{"a":[]}`, `{"a":{"b":1}}`}
	for _, b := range list {
		list = append(list, "["+b+"]", `{"a":`+b+`}`)
	}
	return list
}()

type anyField struct{ V any }

// A rule of a free value is refused, or no body makes it panic.
func TestRulesOfFreeValues(t *testing.T) {
	types := []reflect.Type{
		reflect.TypeFor[any](), reflect.TypeFor[*any](), reflect.TypeFor[[]any](), reflect.TypeFor[map[string]any](),
		reflect.TypeFor[[]map[string]any](), reflect.TypeFor[[2]any](), reflect.TypeFor[[]anyField](),
	}
	admitted, refused := 0, 0
	for name, row := range rule.Table {
		types, params := types, []string{"", "=1", "=W", "=W a"}
		switch {
		case name == "dive", name == "keys", name == "endkeys", row.Class == rule.Outside:
			continue
		case row.Class != rule.OfValues: // most look at the text of a reflect.Value, and cannot panic
			types, params = types[:1], params[:2]
		}
		for _, param := range params {
			for _, typ := range types {
				for _, dive := range []string{"", "dive,"} {
					rule := dive + name + param
					c, err := newCore(Config{AllowFree: true}, withOther(typ, rule))
					if err != nil {
						refused++
						continue
					}
					admitted++
					c.neverPanics(t, typ.String()+" "+rule)
				}
			}
		}
	}
	if admitted < 300 || refused < 300 {
		t.Errorf("%d admitted, %d refused", admitted, refused)
	}
}

func withOther(typ reflect.Type, rule string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{
		{Name: "V", Type: typ, Tag: reflect.StructTag(`validate:"` + rule + `"`)},
		{Name: "W", Type: reflect.TypeFor[any]()},
	})
}

func (c *compiled) neverPanics(t *testing.T, what string) {
	t.Helper()
	for _, v := range bodies {
		for _, w := range []string{`null`, `true`, `1`, `"a"`, `[[1]]`, `{"a":{}}`} {
			body := []byte(`{"V":` + v + `,"W":` + w + `}`)
			if !c.scanOnce(body) {
				break // of another type
			}
			err := c.parse(t.Context(), body, reflect.New(c.root.Node.Typ).Interface())
			if err != nil && strings.Contains(err.Error(), "panicked") {
				t.Errorf("%s: %s: %v", what, body, err)
				return
			}
		}
	}
}

func TestRulesOfFreeValuesRefused(t *testing.T) {
	for _, tc := range []struct {
		t          reflect.Type
		rule, want string
	}{
		{reflect.TypeFor[any](), "min=3", "min=3"},
		{reflect.TypeFor[any](), "oneof=a b", "oneof=a b"},
		{reflect.TypeFor[any](), "unique", "unique"},
		{reflect.TypeFor[any](), "dive,min=1", "dive"},
		{reflect.TypeFor[any](), "omitempty,max=5", "max=5"},
		{reflect.TypeFor[any](), "email|len=3", "len=3"},
		{reflect.TypeFor[[]any](), "unique", "unique"},
		{reflect.TypeFor[[]any](), "dive,max=3", "max=3"},
		{reflect.TypeFor[[]any](), "max=3,dive,dive", "dive"},
		{reflect.TypeFor[map[string]any](), "unique", "unique"},
		{reflect.TypeFor[map[string]any](), "dive,keys,max=3,endkeys,ne=a", "ne=a"},
		{reflect.TypeFor[[]*any](), "unique", "unique"},
		{reflect.TypeFor[[]anyField](), "unique", "unique"},
		{reflect.TypeFor[[]anyField](), "unique=V", "unique=V"},
		{reflect.TypeFor[any](), "required,email", ""},
		{reflect.TypeFor[any](), "eqfield=W", ""},
		{reflect.TypeFor[any](), "required_with=W", ""},
		{reflect.TypeFor[[]any](), "required,min=1,max=3,dive,required", ""},
		{reflect.TypeFor[map[string]any](), "omitempty,max=3,dive,keys,alpha,endkeys", ""},
	} {
		_, err := newCore(Config{AllowFree: true}, withOther(tc.t, tc.rule))
		if tc.want == "" {
			if err != nil {
				t.Errorf("%v %s: %v", tc.t, tc.rule, err)
			}
			continue
		}
		mwtest.Faults(t, err, `validate: struct {`)
		if err == nil || !strings.Contains(err.Error(), `"`+tc.want+`"`) {
			t.Errorf("%v %s: %v", tc.t, tc.rule, err)
		}
	}
	_, err := newCore(Config{AllowFree: true}, reflect.TypeFor[struct {
		V string `validate:"required_if=W card"`
		W any
	}]())
	if err == nil || !strings.Contains(err.Error(), `"required_if=W card"`) {
		t.Errorf("a rule that panics if W is a number: %v", err)
	}
}

// A type that contains itself many times over is sampled in no time.
func TestSamplesOfRecursiveTypes(t *testing.T) {
	type tree struct {
		A, B, C, D, E, F, G, H *tree
		L                      []tree
		M                      map[string]tree
		X                      any `validate:"required"`
	}
	if _, err := newCore(Config{AllowFree: true}, reflect.TypeFor[tree]()); err != nil {
		t.Error(err)
	}
}
