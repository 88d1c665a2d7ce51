package validate

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-playground/validator/v10"
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
	Opt   Optional[zooRef]              `json:"opt" validate:"required_if=Kind opt"`
	Opts  Optional[[]zooRef]            `json:"opts" validate:"min=1,dive"`
	Self  []zoo                         `json:"self" validate:"omitempty,min=2,dive"`
	Next  *zoo                          `json:"next"`
	By    map[string]zooRef             `json:"by" validate:"min=1,dive,keys,alpha,endkeys"`
	Rows  [][]zooRef                    `json:"rows" validate:"dive,min=1,dive"`
	Ptrs  []*zooRef                     `json:"ptrs" validate:"unique=To,dive,omitempty"`
	Zero  []zooRef                      `json:"zero" validate:"dive,omitzero"`
	ZeroP []*zooRef                     `json:"zerop" validate:"dive,omitzero"`
	Only  []zooRef                      `json:"only" validate:"dive,structonly"`
	Pair  [2]zooRef                     `json:"pair" validate:"dive,omitempty"`
	Deep  map[string]map[string]*zooRef `json:"deep" validate:"dive,dive"`
	Inner zooInner                      `json:"inner"`
	Grid  [][]string                    `json:"grid" validate:"max=2000,dive,min=1,dive,min=1,alpha"`
	Wide  map[string]string             `json:"wide" validate:"max=5000,dive,keys,alpha,endkeys,omitempty,min=2"`
	Anys  []any                         `json:"anys" validate:"max=5000,dive,required_with=Kind"`
	Short []string                      `json:"short" validate:"dive,alpha"`
	Off   []zooRef                      `json:"off" validate:"-"`
	PList *[]zooRef                     `json:"plist" validate:"dive"`
}

// alone is the core of zoo, and a validator that does all that the walk does in
// one go: the slow reference.
func alone(tb testing.TB) (*core, *validator.Validate) {
	tb.Helper()
	c, err := newCore(Config{AllowFree: true}, reflect.TypeFor[zoo]())
	if err != nil {
		tb.Fatal(err)
	}
	tags := map[reflect.Type]map[string]string{}
	for _, t := range []reflect.Type{reflect.TypeFor[zoo](), reflect.TypeFor[zooBase](), reflect.TypeFor[zooRef](), reflect.TypeFor[zooInner]()} {
		tags[t] = map[string]string{}
		for f := range t.Fields() {
			levels := omitNothing(f.Type, parseTag(f.Tag.Get("validate")))
			if f.Tag.Get("validate") != "-" {
				tags[t][f.Name] = stripRequired(levels)
			}
		}
	}
	return c, newValidator(tags, nil)
}

// differ holds the walk to the reference: it lets the same values pass, and says
// all that the reference says. It may say more, for it looks into a list also if
// that is too short. It returns what is wrong, and how much is broken.
func differ(tb testing.TB, c *core, ref *validator.Validate, body []byte) (wrong string, broken int) {
	tb.Helper()
	v := new(zoo)
	if !c.scanOnce(body) || json.Unmarshal(body, v) != nil {
		return "", 0
	}
	breaches, cut, err := c.checker.rules(tb.Context(), v)
	if err != nil {
		return err.Error(), 0
	}
	list, _ := ref.Struct(v).(validator.ValidationErrors)
	all := said(breaches)
	if (len(list) == 0) != (len(breaches) == 0) {
		return fmt.Sprintf("the walk says %v, the validator %v", all, list), 0
	}
	for _, e := range list {
		if s := traceBroken(c.checker.visits, e, false).pointer + " " + c.checker.own.describe(e).code; !cut && !all[s] {
			return fmt.Sprintf("the walk does not say %q, but %v", s, all), 0
		}
	}
	return "", len(breaches)
}

func said(breaches []breach) map[string]bool {
	all := map[string]bool{}
	for _, b := range breaches {
		all[b.pointer+" "+b.code] = true
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
	if err := c.parse(t.Context(), []byte("{"+zooGood+"}"), new(zoo)); err != nil {
		t.Fatal(err)
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
	seen := map[*walk]bool{}
	var visit func(w *walk)
	visit = func(w *walk) {
		if w == nil || seen[w] {
			return
		}
		seen[w] = true
		if w.ruled {
			try(w.node.typ.String(), func() { w.ruled = false }, func() { w.ruled = true })
		}
		for i := range w.branches {
			b := &w.branches[i]
			old := *b
			mend := func() { *b = old }
			try(b.token+" without an end", func() { b.slot, b.inner = &slot{node: &node{kind: kindString}}, nil }, mend)
			try(b.token+" elsewhere", func() { b.token += "/x" }, mend)
			if last := len(b.skipZero) - 1; b.inner != nil {
				try(b.token+" with other zeroes", func() { b.skipZero = slices.Clone(old.skipZero); b.skipZero[last] = !b.skipZero[last] }, mend)
			}
			for k := range b.far {
				if b.far[k].elem != "" {
					try(b.token+" without rules", func() { b.far = slices.Clone(old.far); b.far[k].elem = "" }, mend)
				}
				if b.far[k].keys != "" {
					try(b.token+" without rules of its keys", func() { b.far = slices.Clone(old.far); b.far[k].keys = "" }, mend)
				}
			}
			visit(b.inner)
		}
	}
	visit(c.checker.visits)
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
