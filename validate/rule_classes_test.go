package validate

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

func TestRulesOutsideAreRefused(t *testing.T) {
	for name, row := range rule.Table {
		_, err := newCore(Config{}, typeWith(tString, name))
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
	saved := rule.Table["alpha"]
	delete(rule.Table, "alpha")
	defer func() { rule.Table["alpha"] = saved }()
	_, err := newCore(Config{}, typeWith(tString, "alpha"))
	mwtest.Faults(t, err, "validate: struct {")
	if err == nil || !strings.Contains(err.Error(), "does not know") {
		t.Error(errors.Unwrap(err), err)
	}
}
