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
	Anys  []any                         `json:"anys" validate:"max=5000,dive,omitnil,isdefault"`
	Short []string                      `json:"short" validate:"dive,alpha"`
	Off   []zooRef                      `json:"off" validate:"-"`
	PList *[]zooRef                     `json:"plist" validate:"dive"`
}

// A ruled is a type with the rules of its tags.
type ruled struct {
	root    *plan.Slot
	checker *Checker
}

// newRuled compiles a type as New does. The error says what New refuses.
func newRuled(t reflect.Type) (*ruled, error) {
	faults := &httperr.ConfigFaults{}
	l := &plan.Limits{Depth: 32, Items: 1000, StringLen: 64 << 10, Memory: 16 << 20}
	out := compile.Compile(t, compile.Options{Items: l.Items, StringLen: l.StringLen, Free: true}, nil, faults)
	if !out.ArrayTooLong {
		(&lint.Linter{Faults: faults, Body: 1 << 20}).DryRun(out.Structs)
	}
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

// alone is the type zoo, and a validator that does all that the walk does in
// one go: the slow reference.
func alone(tb testing.TB) (*ruled, *validator.Validate) {
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

// differ holds the walk to the reference: it lets the same values pass, and says
// all that the reference says. It may say more, for it looks into a list also if
// that is too short. It returns what is wrong, and how much is broken.
func differ(tb testing.TB, c *ruled, ref *validator.Validate, body []byte) (wrong string, broken int) {
	tb.Helper()
	v := new(zoo)
	if !c.fits(body) || json.Unmarshal(body, v) != nil {
		return "", 0
	}
	breaches, cut, err := c.checker.RunRules(tb.Context(), v)
	if err != nil {
		return err.Error(), 0
	}
	list, _ := ref.Struct(v).(validator.ValidationErrors)
	all := said(breaches)
	if (len(list) == 0) != (len(breaches) == 0) {
		return fmt.Sprintf("the walk says %v, the validator %v", all, list), 0
	}
	for _, e := range list {
		if s := locateBroken(c.checker.Visits, e, false).pointer + " " + c.checker.Own.Describe(e).Code; !cut && !all[s] {
			return fmt.Sprintf("the walk does not say %q, but %v", s, all), 0
		}
	}
	return "", len(breaches)
}

func said(breaches []Violation) map[string]bool {
	all := map[string]bool{}
	for _, b := range breaches {
		all[b.Pointer+" "+b.Code] = true
	}
	return all
}

// zooBodies are each of one value for one member of zoo, good and bad.
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

// everyZoo calls f with each of the bodies, and with each two of them in one.
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

func TestWalkIsTheValidator(t *testing.T) {
	c, ref := alone(t)
	if good := []byte("{" + zooGood + "}"); !c.fits(good) {
		t.Fatal("the good one is refused")
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

// Whatever is taken out of a walk, one of the bodies tells.
func TestSpoiltWalksAreCaught(t *testing.T) {
	c, ref := alone(t)
	caught := func() bool {
		found := false
		everyZoo(func(body []byte) bool {
			wrong, _ := differ(t, c, ref, body)
			found = wrong != ""
			return !found
		})
		return found
	}
	spoilt := 0
	try := func(what string, spoil, mend func()) {
		spoil()
		if spoilt++; !caught() {
			t.Errorf("nothing tells of %s", what)
		}
		mend()
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
			mend := func() { *b = old }
			try(b.Token+" without an end", func() { b.Slot, b.Inner = &plan.Slot{Node: &plan.Node{Kind: plan.KindString}}, nil }, mend)
			try(b.Token+" elsewhere", func() { b.Token += "/x" }, mend)
			if last := len(b.SkipZero) - 1; b.Inner != nil {
				try(b.Token+" with other zeroes", func() { b.SkipZero = slices.Clone(old.SkipZero); b.SkipZero[last] = !b.SkipZero[last] }, mend)
			}
			for k := range b.ElementRules {
				if b.ElementRules[k].Elem != "" {
					try(b.Token+" without rules", func() { b.ElementRules = slices.Clone(old.ElementRules); b.ElementRules[k].Elem = "" }, mend)
				}
				if b.ElementRules[k].Keys != "" {
					try(b.Token+" without rules of its keys", func() { b.ElementRules = slices.Clone(old.ElementRules); b.ElementRules[k].Keys = "" }, mend)
				}
			}
			visit(b.Inner)
		}
	}
	visit(c.checker.Visits)
	if spoilt < 40 {
		t.Errorf("only %d were tried", spoilt)
	}
}

func FuzzRules(f *testing.F) {
	for _, a := range zooBodies {
		f.Add([]byte("{" + zooGood + "," + a + "}"))
	}
	c, ref := alone(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		if wrong, _ := differ(t, c, ref, body); wrong != "" {
			t.Errorf("%s: %s", body, wrong)
		}
	})
}
