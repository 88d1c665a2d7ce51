package rule

import (
	"maps"
	"reflect"
	"slices"
	"strings"
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
			t.Fatalf("the validator has no map %s any more", field)
		}
		for _, k := range m.MapKeys() {
			names = append(names, k.String())
		}
	}
	return names
}

// A new rule in a later version of the validator needs a review and a class in the table.
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

// The comment at OfText is true: rules for text give one verdict on all numbers of a type,
// on both bools and on all lists of one length.
func TestRulesOfTextGiveOneVerdictOnOtherValues(t *testing.T) {
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

// A rule with the name of one field compares; a rule with several names is about presence,
// so its fault depends on the other members.
func TestRowsOfRulesAboutOtherFields(t *testing.T) {
	for name, r := range Table {
		var want string
		switch {
		case r.Code == "format_postcode", r.Fields == NoField && r.Code != "compare":
			continue
		case r.Fields == OneField:
			want = "compare"
		default:
			want, _, _ = strings.Cut(name, "_")
		}
		if f := Describe(name, "A", reflect.Int, reflect.TypeFor[int]()); r.Code != want || f.Compares != (want == "compare") || !strings.Contains(f.Message, "another") && !strings.Contains(f.Message, "other members") {
			t.Errorf("%s: %+v", name, f)
		}
		if values := strings.HasSuffix(name, "_if") || strings.HasSuffix(name, "_unless"); values != (r.Fields == WithValues) {
			t.Errorf("%s: fields %d", name, r.Fields)
		}
	}
}

// Every row is complete, and httperr accepts every code.
func TestRows(t *testing.T) {
	for tag, r := range Table {
		if strings.Trim(r.Code, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" || (r.Code == "") != (r.message == "") {
			t.Errorf("%s: %+v", tag, r)
		}
		if strings.Contains(r.message, "%") != (r.Param != "" && r.Param != "allowed" && r.Param != "forbidden") {
			t.Errorf("%s: the message and the parameter do not agree: %+v", tag, r)
		}
		if (r.Keyword == "") != (r.Value == "" && r.Bound == NoBound) && r.Bound != OtherThan {
			t.Errorf("%s: the keyword and its value do not agree: %+v", tag, r)
		}
		if (r.Bound == NoBound || r.Bound == OtherThan) != (r.Counts == "") {
			t.Errorf("%s: a bound without words for a number of things: %+v", tag, r)
		}
	}
}
