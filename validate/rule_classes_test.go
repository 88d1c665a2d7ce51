package validate

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// builtin returns the names of the rules that a new validator has.
func builtin(t *testing.T) []string {
	t.Helper()
	var names []string
	v := reflect.ValueOf(validator.New()).Elem()
	for _, field := range []string{"validations", "aliases"} {
		m := v.FieldByName(field)
		if m.Kind() != reflect.Map || m.Len() == 0 {
			t.Fatalf("the validator keeps its %s elsewhere now", field)
		}
		for _, k := range m.MapKeys() {
			names = append(names, k.String())
		}
	}
	return names
}

// Whoever brings in a validator with another rule has to look at it, and say
// here what it is.
func TestEveryBuiltinRuleIsClassified(t *testing.T) {
	known := map[string]bool{"dive": true, "keys": true, "endkeys": true, "omitempty": true, "omitnil": true, "omitzero": true, "structonly": true, "nostructlevel": true}
	for _, name := range builtin(t) {
		known[name] = true
		if table[name].class == 0 {
			t.Errorf("%s is not classified", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if !known[name] {
			t.Errorf("%s is classified and does not exist", name)
		}
	}
}

func verdict(rule string, v any) (s string) {
	defer func() {
		if recover() != nil {
			s = "panic"
		}
	}()
	if validator.New().Var(v, rule) == nil {
		return "holds"
	}
	return "broken"
}

// What is said of the rules of text holds: they tell no number from another,
// no truth from a lie and no list from a list of the same length.
func TestRulesOfTextTellNothingElseApart(t *testing.T) {
	for name, r := range table {
		if r.class != ofText && r.class != ofStringers {
			continue
		}
		for _, param := range []string{"", "=1", "=a", "=GB"} {
			for _, group := range [][]any{
				{0, 1, -7, 1234567890, 4111111111111111}, {uint8(0), uint8(1), uint8(200)}, {0.0, 1.5, 1e300}, {true, false},
				{[]int{1, 2}, []int{3, 4}}, {[]string{"a@example.com"}, []string{"1"}}, {map[string]int{"a": 1}, map[string]int{"b": 2}}, {[]byte("::1"), []byte("1,2")},
			} {
				first := verdict(name+param, group[0])
				for _, v := range group[1:] {
					if got := verdict(name+param, v); got != first {
						t.Errorf("%s%s: %v %s, %v %s", name, param, group[0], first, v, got)
					}
				}
			}
		}
	}
}

func TestRulesOutsideAreRefused(t *testing.T) {
	for name, row := range table {
		_, err := newCore(Config{}, typeWith(tString, name))
		if refused := err != nil && strings.Contains(err.Error(), "asks the file system"); refused != (row.class == outside) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type stringer struct{}

func (stringer) String() string { return "0190163d-8694-739b-aea5-966c26f8ad90" }

func TestRulesOfTextElsewhere(t *testing.T) {
	const reason = `validate: struct {…}.V`
	for _, tc := range []struct {
		t       reflect.Type
		rule    string
		refused bool
	}{
		{tString, "email", false},
		{reflect.TypeFor[**string](), "email", false},
		{reflect.TypeFor[[]string](), "dive,email", false},
		{reflect.TypeFor[map[string][]string](), "dive,keys,alpha,endkeys,dive,email", false},
		{reflect.TypeFor[odd](), "email", false}, // judged by its ValidatorValue
		{reflect.TypeFor[stringer](), "uuid", false},
		{reflect.TypeFor[any](), "email", false},
		{reflect.TypeFor[[]any](), "dive,email", false},
		{tInt, "number", false},
		{tInt, "email", true},
		{tFloat, "uuid", true},
		{tInt, "omitempty,min=3|email", true},
		{reflect.TypeFor[[]string](), "email", true},
		{reflect.TypeFor[[]byte](), "base64", true},
		{reflect.TypeFor[stringer](), "email", true},
		{reflect.TypeFor[map[string]string](), "alpha", true},
		{reflect.TypeFor[map[string]int](), "dive,keys,alpha,endkeys,alpha", true},
		{reflect.TypeFor[*bool](), "alpha", true},
	} {
		_, err := newCore(Config{AllowFree: true}, typeWith(tc.t, tc.rule))
		switch {
		case !tc.refused && err != nil:
			t.Errorf("%v %s: %v", tc.t, tc.rule, err)
		case tc.refused:
			mwtest.Faults(t, err, reason)
			if !strings.Contains(err.Error(), "is a rule for text") {
				t.Errorf("%v %s: %v", tc.t, tc.rule, err)
			}
		}
	}
}

// A rule that the validator has and this package does not know is refused, and
// not run because it happens to work.
func TestUnknownRulesAreRefused(t *testing.T) {
	saved := table["alpha"]
	delete(table, "alpha")
	defer func() { table["alpha"] = saved }()
	_, err := newCore(Config{}, typeWith(tString, "alpha"))
	mwtest.Faults(t, err, "validate: struct {")
	if err == nil || !strings.Contains(err.Error(), "does not know") {
		t.Error(errors.Unwrap(err), err)
	}
}
