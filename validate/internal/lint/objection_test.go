package lint

import (
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"
	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

func (i id) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%x", i[:]), nil }

func (i *id) UnmarshalText(b []byte) error {
	copy(i[:], b)
	return nil
}

func (i id) String() string { return fmt.Sprintf("%x", i[:]) }

// commaed is a list that decodes itself from text.
type commaed []string

func (l *commaed) UnmarshalText(b []byte) error {
	*l = strings.Split(string(b), ",")
	return nil
}

// A lintCase is a rule with the expected fault.
type lintCase struct {
	t           reflect.Type
	rule        string
	reason, fix string // "" for a rule without a fault
	only        string // the rule that the fault quotes, if not the whole tag
}

func (r lintCase) check(t *testing.T) {
	t.Helper()
	err := lintType(typeWith(r.t, r.rule))
	if r.reason == "" {
		if err != nil {
			t.Errorf("%v %s: %v", r.t, r.rule, err)
		}
		return
	}
	mwtest.Faults(t, err, "validate: struct {")
	want := `.V: "` + r.rule + `": ` + r.reason
	if r.only != "" {
		want = `.V: "` + r.only + `": ` + r.reason
	}
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "; "+r.fix) {
		t.Errorf("%v %s: %v\nwant %s; %s", r.t, r.rule, err, want, r.fix)
	}
}

func TestRulesWithOneVerdict(t *testing.T) {
	const counted, empty, now = "counts what is in an array", "has nothing behind the =", "compares a time with that of the request"
	array, ids, when, text := reflect.TypeFor[[2]int](), reflect.TypeFor[id](), reflect.TypeFor[time.Time](), tString
	var list []lintCase
	for _, size := range []string{"len", "min", "max", "eq", "ne", "lt", "lte", "gt", "gte"} {
		list = append(list,
			lintCase{t: array, rule: size + "=2", reason: counted, fix: "remove it, or put dive before it"},
			lintCase{t: ids, rule: size + "=3", reason: counted},
			lintCase{t: reflect.TypeFor[[]*id](), rule: "dive," + size + "=3", reason: counted, only: size + "=3"},
			lintCase{t: tList, rule: size + "=3"}, lintCase{t: tMap, rule: size + "=3"}, lintCase{t: text, rule: size + "=3"}, lintCase{t: tInt, rule: size + "=3"},
			lintCase{t: array, rule: "dive," + size + "=3"}, lintCase{t: reflect.TypeFor[net.IP](), rule: size + "=4"}, lintCase{t: reflect.TypeFor[commaed](), rule: size + "=3"},
			lintCase{t: reflect.TypeFor[plan.Optional[[]int]](), rule: size + "=3"},
			lintCase{t: reflect.TypeFor[plan.Optional[[2]int]](), rule: size + "=3", reason: counted})
	}
	for _, rule := range []string{"gt", "gte", "lt", "lte", "min", "max"} {
		list = append(list, lintCase{t: when, rule: rule + "=2024-01-01", reason: now, fix: "write gt or lt alone"}, lintCase{t: when, rule: rule}, lintCase{t: reflect.TypeFor[time.Duration](), rule: rule + "=1h"})
	}
	for rule, r := range rule.Table {
		example := r.Example
		if example == "" {
			continue
		}
		list = append(list, lintCase{t: text, rule: rule + "=", reason: empty, fix: "write it as " + example}, lintCase{t: text, rule: rule, reason: empty, fix: "write it as " + example},
			lintCase{t: text, rule: example}, lintCase{t: text, rule: "omitempty," + rule + "=|email", reason: empty, only: rule + "="})
	}
	list = append(list,
		lintCase{t: text, rule: "contains= "}, lintCase{t: text, rule: "eq="}, lintCase{t: text, rule: "ne="},
		lintCase{t: tInt, rule: "oneof=1 -2 0"}, lintCase{t: tInt, rule: "oneof='1' 2"}, lintCase{t: text, rule: "oneof=01 a 'b c'"}, lintCase{t: reflect.TypeFor[uint8](), rule: "oneof=0 255"})
	for _, r := range list {
		r.check(t)
	}
}

// verdictOf returns the verdict of a new validator on a value.
func verdictOf(rule string, v any) (s string) {
	defer func() {
		if recover() != nil {
			s = "panic"
		}
	}()
	return fmt.Sprint(validator.New().Var(v, rule) == nil)
}

// The validator does give one verdict on all values to the rules that New refuses for it.
func TestTheValidatorGivesOneVerdict(t *testing.T) {
	for _, rule := range []string{"len", "min", "max", "eq", "ne", "lt", "lte", "gt", "gte"} {
		if one, other := verdictOf(rule+"=3", id{}), verdictOf(rule+"=3", id{1, 2, 3}); one != other {
			t.Errorf("%s=3 gives two verdicts on arrays", rule)
		}
	}
	past, later := time.Now().Add(-time.Hour), time.Now().Add(-2*time.Hour)
	for _, rule := range []string{"gt", "lt", "min", "max"} {
		if with, alone := verdictOf(rule+"="+past.Add(-time.Minute).Format(time.RFC3339), past), verdictOf(rule, past); with != alone || verdictOf(rule+"=x", later) != verdictOf(rule, later) {
			t.Errorf("%s reads its time", rule)
		}
	}
	for rule, r := range rule.Table {
		if r.Example == "" {
			continue
		}
		verdicts := map[string]bool{}
		for _, v := range []string{"a", "b c", "@", "2006-01-02", "ab"} {
			verdicts[verdictOf(rule+"=", v)] = true
		}
		if len(verdicts) != 1 {
			t.Errorf("%s= gives two verdicts on texts", rule)
		}
	}
}

func TestNeedlessRequired(t *testing.T) {
	const needless, fix = "only refuses null here", "use min=1 for text, ne=0 for a number, or a Validate method"
	for _, r := range []lintCase{
		{t: reflect.TypeFor[[]string](), rule: "dive,required", only: "required", reason: needless, fix: fix},
		{t: reflect.TypeFor[*[]string](), rule: "omitempty,dive,required,email", only: "required", reason: needless},
		{t: reflect.TypeFor[plan.Optional[[]string]](), rule: "dive,required", only: "required", reason: needless},
		{t: tList, rule: "max=3,dive,required", only: "required", reason: needless},
		{t: reflect.TypeFor[[]float32](), rule: "dive,required,min=1", only: "required", reason: needless},
		{t: reflect.TypeFor[[2]bool](), rule: "dive,required", only: "required", reason: needless},
		{t: reflect.TypeFor[[]netip.Addr](), rule: "dive,required", only: "required", reason: needless}, // "" is the zero Addr
		{t: reflect.TypeFor[[]big.Int](), rule: "dive,required", only: "required", reason: needless},
		{t: reflect.TypeFor[map[string]stretch](), rule: "dive,keys,required,endkeys,required", only: "required", reason: needless},
		{t: reflect.TypeFor[[]id](), rule: "dive,required", only: "required", reason: needless},
		{t: reflect.TypeFor[[]net.IP](), rule: "dive,required", only: "required", reason: needless},
		{t: reflect.TypeFor[[][2]int](), rule: "dive,required", only: "required", reason: needless},
		{t: reflect.TypeFor[[][]string](), rule: "dive,dive,required", only: "required", reason: needless},
		{t: reflect.TypeFor[map[string][]string](), rule: "dive,dive,required", only: "required", reason: needless},
		{t: reflect.TypeFor[map[string]*int](), rule: "dive,keys,required,endkeys,required", only: "required", reason: needless},
		{t: reflect.TypeFor[[]stretch](), rule: "dive,required"},
		{t: reflect.TypeFor[map[string]stretch](), rule: "required,min=1,dive,keys,min=1,endkeys,required"},
		{t: reflect.TypeFor[[]uuid.UUID](), rule: "min=1,dive,required"},
		{t: reflect.TypeFor[[]time.Time](), rule: "dive,required"},
		{t: reflect.TypeFor[[]*string](), rule: "dive,required"},
		{t: reflect.TypeFor[[]**stretch](), rule: "dive,required"},
		{t: reflect.TypeFor[[]any](), rule: "dive,required"},
		{t: reflect.TypeFor[[][]string](), rule: "dive,required,dive,min=1"},
		{t: reflect.TypeFor[[]map[string]int](), rule: "dive,required"},
		{t: reflect.TypeFor[map[string]*int](), rule: "dive,keys,min=1,endkeys,required"},
		{t: reflect.TypeFor[[]string](), rule: "required,dive,min=1"},
		{t: reflect.TypeFor[[]string](), rule: "dive,required|len=0"}, // an alternative, which the validator runs
		{t: tString, rule: "required"},
	} {
		r.check(t)
	}
}

// For a list in a list required has the same meaning in the validator. For a text it has
// not, which is why New refuses it there.
func TestRequiredOfElementsInTheValidator(t *testing.T) {
	v := validator.New()
	if v.Var([][]string{{}}, "dive,required") != nil {
		t.Error("an empty list breaks required")
	}
	if v.Var([]string{""}, "dive,required") == nil || v.Var([]int{0}, "dive,required") == nil || v.Var(map[string]int{"": 1}, "dive,keys,required,endkeys") == nil {
		t.Error("an empty value satisfies required")
	}
}

type selfRead struct {
	Names []string `validate:"dive,required"`
}

func (s *selfRead) UnmarshalJSON([]byte) error { return nil }

// Inside a type that decodes itself the validator runs required, so it has an effect.
func TestRequiredWhereTheValidatorRunsIt(t *testing.T) {
	if err := lintType(typeWith(reflect.TypeFor[selfRead](), "")); err != nil {
		t.Error(err)
	}
	typ := typeWith(reflect.TypeFor[struct {
		Names []string `json:"names" validate:"dive,required"`
	}](), "")
	if err := lintType(typ); err == nil || !strings.Contains(err.Error(), "only refuses null here") {
		t.Errorf("%v", err)
	}
}
