package rule

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/go-playground/validator/v10"
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
		if Table[name].Class == 0 {
			t.Errorf("%s is not classified", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(Table)) {
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
	for name, r := range Table {
		if r.Class != OfText && r.Class != OfStringers {
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
