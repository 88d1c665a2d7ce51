package lint

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// lintType returns the faults of a type.
func lintType(t reflect.Type) error {
	faults := &httperr.ConfigFaults{Package: plan.Pkg}
	out := compile.Compile(t, compile.Options{Items: 1000, StringLen: 64 << 10}, nil, faults)
	Linter{Faults: faults, Body: 1 << 20}.DryRun(out.Structs)
	return faults.Err()
}

// New refuses a rule that decides whether other rules run.
func TestUnsupportedRulesAreRefused(t *testing.T) {
	for name, r := range rule.Table {
		err := lintType(typeWith(tString, name))
		if refused := err != nil && strings.Contains(err.Error(), "does not run"); refused != (r.Class == rule.Unsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRulesOutsideAreRefused(t *testing.T) {
	for name, row := range rule.Table {
		err := lintType(typeWith(tString, name))
		if refused := err != nil && strings.Contains(err.Error(), "asks the file system"); refused != (row.Class == rule.Outside) {
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
		{reflect.TypeFor[odd](), "email", false}, // the validator checks its ValidatorValue
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
		err := lintType(typeWith(tc.t, tc.rule))
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

// New refuses a rule of the validator that has no row in the table, even if it runs
// without a panic.
func TestUnknownRulesAreRefused(t *testing.T) {
	saved := rule.Table["alpha"]
	delete(rule.Table, "alpha")
	defer func() { rule.Table["alpha"] = saved }()
	err := lintType(typeWith(tString, "alpha"))
	mwtest.Faults(t, err, "validate: struct {")
	if err == nil || !strings.Contains(err.Error(), "is not a rule that this package knows") {
		t.Error(errors.Unwrap(err), err)
	}
}

// typeWith returns a struct type with one member v of type t under a rule.
func typeWith(t reflect.Type, rule string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{Name: "V", Type: t, Tag: reflect.StructTag(`json:"v" validate:"` + rule + `"` + freeTag(t))}})
}

// freeTag returns the tag free for a type that needs it.
func freeTag(t reflect.Type) string {
	if leaf, _ := plan.Leaf(t); leaf.Kind() == reflect.Interface {
		return ` free:"true"`
	}
	return ""
}

var (
	tString = reflect.TypeFor[string]()
	tInt    = reflect.TypeFor[int]()
	tFloat  = reflect.TypeFor[float64]()
	tList   = reflect.TypeFor[[]int]()
	tMap    = reflect.TypeFor[map[string]int]()
)

// odd is a Valuer, so its type does not tell the type of the value.
type odd struct{ N int }

func (o odd) ValidatorValue() any { return o.N }
