package check

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/lint"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
	"github.com/go-sallyport/sallyport/validate/internal/scan"
)

type zooBase struct {
	ID   string   `json:"id" validate:"len=2"`
	Refs []zooRef `json:"refs" validate:"omitempty,min=1,dive"`
}

type zooRef struct {
	To   string `json:"to" validate:"alpha,max=4"`
	From string `json:"from" validate:"omitempty,nefield=To"`
}

type zooInner struct {
	Limit int      `json:"limit" validate:"min=0"`
	List  []zooRef `json:"list" validate:"dive"`
	Long  []int    `json:"long" validate:"max=5000,dive,min=1,ltefield=Limit"`
}

type zoo struct {
	zooBase
	One   zooRef                        `json:"one"`
	Maybe zooRef                        `json:"maybe" validate:"omitempty"`
	Ptr   *zooRef                       `json:"ptr" validate:"required_with=Kind"`
	Kind  string                        `json:"kind" validate:"max=3"`
	Opt   plan.Optional[zooRef]         `json:"opt" validate:"required_if=Kind opt"`
	Opts  plan.Optional[[]zooRef]       `json:"opts" validate:"min=1,dive"`
	Self  []zoo                         `json:"self" validate:"omitempty,min=2,dive"`
	Next  *zoo                          `json:"next"`
	By    map[string]zooRef             `json:"by" validate:"min=1,dive,keys,alpha,endkeys"`
	Rows  [][]zooRef                    `json:"rows" validate:"dive,min=1,dive"`
	Ptrs  []*zooRef                     `json:"ptrs" validate:"unique=To,dive,omitempty"`
	Zero  []zooRef                      `json:"zero" validate:"dive,omitzero"`
	ZeroP []*zooRef                     `json:"zerop" validate:"dive,omitzero"`
	Only  []zooRef                      `json:"only" validate:"dive"`
	Pair  [2]zooRef                     `json:"pair" validate:"dive,omitempty"`
	Deep  map[string]map[string]*zooRef `json:"deep" validate:"dive,dive"`
	Inner zooInner                      `json:"inner"`
	Grid  [][]string                    `json:"grid" validate:"max=2000,dive,min=1,dive,min=1,alpha"`
	Wide  map[string]string             `json:"wide" validate:"max=5000,dive,keys,alpha,endkeys,omitempty,min=2"`
	Anys  []any                         `json:"anys" validate:"max=5000,dive,omitnil,isdefault" free:"true"`
	Short []string                      `json:"short" validate:"dive,alpha"`
	Off   []zooRef                      `json:"off" validate:"-"`
	PList *[]zooRef                     `json:"plist" validate:"dive"`
}

// A ruled is a type with the rules of its tags.
type ruled struct {
	root    *plan.Slot
	checker *Checker
}

// newRuled compiles a type as New does, and returns the faults of New.
func newRuled(t reflect.Type) (*ruled, error) {
	faults := &httperr.ConfigFaults{}
	l := &plan.Limits{Depth: 32, Items: 1000, StringLen: 64 << 10, Memory: 16 << 20}
	out := compile.Compile(t, compile.Options{Items: l.Items, StringLen: l.StringLen}, nil, faults)
	lint.Linter{Faults: faults, Body: 1 << 20}.DryRun(out.Structs)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return &ruled{out.Root, &Checker{Limits: l, Root: out.Root, Visits: out.Rules, Validator: rule.NewValidator(out.Tags, nil)}}, nil
}

// fits reports whether the scan finds no fault with a body.
func (c *ruled) fits(body []byte) bool {
	s := scan.NewScanner(c.checker.Limits, body)
	defer s.Release()
	return s.Run(c.root)
}

// zooReference returns the compiled type zoo, and the slow reference: a validator that
// runs all rules in one pass.
func zooReference(tb testing.TB) (*ruled, *validator.Validate) {
	tb.Helper()
	c, err := newRuled(reflect.TypeFor[zoo]())
	if err != nil {
		tb.Fatal(err)
	}
	tags := map[reflect.Type]map[string]string{}
	for _, t := range []reflect.Type{reflect.TypeFor[zoo](), reflect.TypeFor[zooBase](), reflect.TypeFor[zooRef](), reflect.TypeFor[zooInner]()} {
		tags[t] = map[string]string{}
		for f := range t.Fields() {
			levels := compile.ForValidator(f.Type, plan.ParseTag(f.Tag.Get("validate")))
			if f.Tag.Get("validate") != "-" {
				tags[t][f.Name] = plan.StripRequired(levels)
			}
		}
	}
	return c, rule.NewValidator(tags, nil)
}

// differ compares the visitor with the reference: the visitor must accept the same values
// and find all violations of the reference. It may find more, because it also looks into a
// list that is too short. differ returns the difference and the number of violations.
func differ(tb testing.TB, c *ruled, ref *validator.Validate, body []byte) (wrong string, broken int) {
	tb.Helper()
	v := new(zoo)
	if !c.fits(body) || json.Unmarshal(body, v) != nil {
		return "", 0
	}
	violations, cut, err := c.checker.RunRules(tb.Context(), v)
	if err != nil {
		return err.Error(), 0
	}
	list, _ := ref.Struct(v).(validator.ValidationErrors)
	all := codesOf(violations)
	if (len(list) == 0) != (len(violations) == 0) {
		return fmt.Sprintf("the visitor found %v, the validator %v", all, list), 0
	}
	for _, e := range list {
		if s := placeOf(c.checker, e); !cut && !all[s] {
			return fmt.Sprintf("the visitor did not find %q, but %v", s, all), 0
		}
	}
	return "", len(violations)
}

// codesOf returns the places and codes of violations.
func codesOf(violations []Violation) map[string]bool {
	all := map[string]bool{}
	for _, b := range violations {
		all[b.Pointer+" "+b.Code] = true
	}
	return all
}

// zooBodies have one member of zoo each, with a valid or an invalid value.
var zooBodies = func() (list []string) {
	refs := []string{`{"to":"abc"}`, `{"to":"1"}`, `{"to":"abc","from":"abc"}`, `{"to":"","from":""}`}
	add := func(format string, values ...string) {
		for _, v := range values {
			list = append(list, strings.ReplaceAll(format, "%", v))
		}
	}
	add("%", `"id":"ab"`, `"id":"abc"`, `"kind":"opt"`, `"refs":[]`, `"inner":{"limit":-1}`, `"short":["a","1"]`, `"self":[]`, `"self":[{},{}]`, `"next":{}`, `"anys":[null,1]`, `"kind":"a","anys":[null,1,"",[]]`)
	for _, member := range []string{`"one":%`, `"maybe":%`, `"ptr":%`, `"opt":%`, `"kind":"opt","opt":%`, `"opts":[%]`, `"opts":[]`, `"opt":null`, `"refs":[%]`, `"by":{"a":%}`, `"by":{"1":%,"b":%}`,
		`"rows":[[],[%]]`, `"ptrs":[null,%]`, `"ptrs":[%,%]`, `"zero":[%]`, `"zerop":[null,%]`, `"only":[%]`, `"pair":[{"to":""},%]`, `"deep":{"a":{"b":null,"c":%}}`,
		`"inner":{"list":[{"to":"a"},%]}`, `"off":[%]`, `"plist":[%]`, `"plist":null`, `"self":[{"one":%}]`, `"self":[{"one":%},{"self":[{"by":{"x":%}}]}]`, `"next":{"next":{"refs":[%]}}`} {
		add(member, refs...)
	}
	add(`"inner":{"limit":3,"long":[%]}`, "1", "0", "4", "1,2,3", strings.Repeat("3,", 1500)+"4")
	add(`"grid":[%]`, "", "[]", `["a"]`, `["a"],["1",""],[]`)
	add(`"wide":{%}`, "", `"a":""`, `"a":"ab"`, `"a":"b"`, `"1":"ab"`)
	return list
}()

const zooGood = `"id":"ab","one":{"to":"a"},"ptr":{"to":"a"},"by":{"a":{"to":"b"}},"plist":[]`

// everyZoo calls f with each of the bodies, and with each pair of them in one body.
func everyZoo(f func(body []byte) bool) {
	for _, a := range zooBodies {
		if !f([]byte("{" + zooGood + "," + a + "}")) {
			return
		}
	}
	for i, a := range zooBodies {
		for _, b := range zooBodies[i+1:] {
			if !f([]byte("{" + a + "," + b + "}")) {
				return
			}
		}
	}
}

func TestVisitorIsTheValidator(t *testing.T) {
	c, ref := zooReference(t)
	if good := []byte("{" + zooGood + "}"); !c.fits(good) {
		t.Fatal("the valid body is refused")
	} else if wrong, broken := differ(t, c, ref, good); wrong != "" || broken > 0 {
		t.Fatal(wrong, broken)
	}
	bodies, total := 0, 0
	everyZoo(func(body []byte) bool {
		wrong, broken := differ(t, c, ref, body)
		if wrong != "" {
			t.Errorf("%.500s: %s", body, wrong)
		}
		bodies++
		total += broken
		return wrong == ""
	})
	if t.Logf("%d bodies, %d broken rules", bodies, total); total < 10_000 {
		t.Errorf("only %d rules are broken", total)
	}
}

// For each part that is missing in a visit plan, one of the bodies shows a difference.
func TestWrongPlansAreNoticed(t *testing.T) {
	c, ref := zooReference(t)
	caught := func() bool {
		found := false
		everyZoo(func(body []byte) bool {
			wrong, _ := differ(t, c, ref, body)
			found = wrong != ""
			return !found
		})
		return found
	}
	damaged := 0
	try := func(name string, damage, repair func()) {
		damage()
		if damaged++; !caught() {
			t.Errorf("the test does not notice %s", name)
		}
		repair()
	}
	seen := map[*plan.VisitPlan]bool{}
	var visit func(w *plan.VisitPlan)
	visit = func(w *plan.VisitPlan) {
		if w == nil || seen[w] {
			return
		}
		seen[w] = true
		if w.Ruled {
			try(w.Node.Typ.String(), func() { w.Ruled = false }, func() { w.Ruled = true })
		}
		for i := range w.Steps {
			b := &w.Steps[i]
			old := *b
			repair := func() { *b = old }
			try(b.Token+" without an end", func() { b.Slot, b.Inner = &plan.Slot{Node: &plan.Node{Kind: plan.KindString}}, nil }, repair)
			try(b.Token+" elsewhere", func() { b.Token += "/x" }, repair)
			if last := len(b.SkipZero) - 1; b.Inner != nil {
				try(b.Token+" with other zeroes", func() { b.SkipZero = slices.Clone(old.SkipZero); b.SkipZero[last] = !b.SkipZero[last] }, repair)
			}
			for k := range b.ElementRules {
				if b.ElementRules[k].Elem != "" {
					try(b.Token+" without rules", func() { b.ElementRules = slices.Clone(old.ElementRules); b.ElementRules[k].Elem = "" }, repair)
				}
				if b.ElementRules[k].Keys != "" {
					try(b.Token+" without rules of its keys", func() { b.ElementRules = slices.Clone(old.ElementRules); b.ElementRules[k].Keys = "" }, repair)
				}
			}
			visit(b.Inner)
		}
	}
	visit(c.checker.Visits)
	if damaged < 40 {
		t.Errorf("only %d wrong plans", damaged)
	}
}

func FuzzRules(f *testing.F) {
	for _, a := range zooBodies {
		f.Add([]byte("{" + zooGood + "," + a + "}"))
	}
	c, ref := zooReference(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		if wrong, _ := differ(t, c, ref, body); wrong != "" {
			t.Errorf("%s: %s", body, wrong)
		}
	})
}

// placeOf returns the place of a broken rule in the root, and its code.
func placeOf(c *Checker, e validator.FieldError) string {
	v := (&visitor{Checker: c}).violation(c.Visits, plan.StructScope{}, e)
	return v.Pointer + " " + v.Code
}
