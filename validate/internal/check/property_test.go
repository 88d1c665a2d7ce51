package check

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// Package reflect cannot make types like these: with unexported embedded structs,
// recursive, generic, or with methods.
type rndHidden struct {
	H  string   `json:"h" validate:"omitempty,alpha"`
	HL []zooRef `json:"hl" validate:"max=1500,dive"`
	HI []int    `json:"hi" validate:"max=1500,dive,ltefield=HJ"`
	HJ int      `json:"hj"`
}

type RndShown struct {
	S  string         `json:"s" validate:"required_with=SP"`
	SP *int           `json:"sp" validate:"omitempty,min=1"`
	SM map[string]int `json:"sm" validate:"max=1500,dive,keys,alpha,endkeys,gtefield=SI"`
	SI int            `json:"si"`
}

type rndEmb struct {
	rndHidden
	RndShown
	K string `json:"k" validate:"excluded_with=SP"`
}

type rndTree struct {
	Kids []rndTree           `json:"kids" validate:"max=1500,dive"`
	By   map[string]*rndTree `json:"by" validate:"dive"`
	N    int                 `json:"n" validate:"max=3"`
	Up   *rndTree            `json:"up" validate:"omitempty"`
}

type rndBox[T any] struct {
	V T   `json:"v"`
	N int `json:"n" validate:"ne=2"`
}

type rndSelf struct {
	Ref  zooRef
	Refs []zooRef `validate:"max=1,dive"`
	P    *zooRef
}

func (s *rndSelf) UnmarshalJSON(b []byte) error {
	var n float64
	if json.Unmarshal(b, &n) == nil {
		s.Ref.To = strings.Repeat("1", int(n)&1)
		for range int(n) & 3 {
			s.Refs = append(s.Refs, zooRef{To: "ab"})
		}
	} else {
		s.Ref.To, s.P = "abc", &zooRef{To: "a", From: "b"}
	}
	return nil
}

type rndVal struct {
	V string `json:"v"`
	R zooRef `json:"r"`
}

func (v rndVal) ValidatorValue() any { return v.V }

type rndText string

func (t *rndText) UnmarshalText(b []byte) error { *t = rndText(b); return nil }

type rndList []zooRef

type rndTime time.Time

var rndPool = []reflect.Type{
	reflect.TypeFor[zooRef](), reflect.TypeFor[rndHidden](), reflect.TypeFor[RndShown](), reflect.TypeFor[rndEmb](), reflect.TypeFor[rndTree](),
	reflect.TypeFor[rndBox[int]](), reflect.TypeFor[rndBox[zooRef]](), reflect.TypeFor[rndBox[[]zooRef]](), reflect.TypeFor[rndSelf](),
	reflect.TypeFor[[]rndSelf](), reflect.TypeFor[map[string]rndSelf](), reflect.TypeFor[rndVal](), reflect.TypeFor[rndText](), reflect.TypeFor[rndList](),
	reflect.TypeFor[plan.Optional[zooRef]](), reflect.TypeFor[plan.Optional[[]zooRef]](), reflect.TypeFor[plan.Optional[map[string]zooRef]](), reflect.TypeFor[plan.Optional[string]](),
	reflect.TypeFor[plan.Optional[int]](), reflect.TypeFor[plan.Optional[rndTree]](), reflect.TypeFor[plan.Optional[[]int]](), reflect.TypeFor[plan.Optional[map[string][]zooRef]](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[any](), reflect.TypeFor[json.Number](), reflect.TypeFor[[]byte](), reflect.TypeFor[plan.Optional[rndSelf]](),
	reflect.TypeFor[plan.Optional[any]](), reflect.TypeFor[plan.Optional[time.Time]](), reflect.TypeFor[zooInner](), reflect.TypeFor[plan.Optional[rndBox[zooRef]]](), reflect.TypeFor[rndTime](),
	reflect.TypeFor[plan.Optional[[2]zooRef]](), reflect.TypeFor[plan.Optional[rndEmb]](), reflect.TypeFor[[0]zooRef](), reflect.TypeFor[struct{}](),
}

// rnd makes types, tags and bodies.
type rnd struct {
	*rand.Rand
	n     int    // the number of fields so far, which keeps their names unique
	self  string // the name of the field that gets the tag
	depth int    // the argument of typ for the type of a field itself
}

func pick[T any](r *rnd, list ...T) T { return list[r.IntN(len(list))] }

// typ returns a type with structs and lists nested at most depth times.
func (r *rnd) typ(depth int) reflect.Type {
	switch k := r.IntN(14); {
	case k < 2:
		t := pick(r, rndPool...)
		if _, opt := plan.OptionalOf(t); opt && depth != r.depth {
			return reflect.TypeFor[string]()
		}
		return t
	case k < 4 && depth > 0:
		return r.structure(depth - 1)
	case k == 4 && depth > 0, k == 5 && depth > 0:
		return reflect.SliceOf(r.typ(depth - 1))
	case k == 6 && depth > 0:
		return reflect.MapOf(reflect.TypeFor[string](), r.typ(depth-1))
	case k == 7 && depth > 0:
		return reflect.ArrayOf(1+r.IntN(2), r.typ(depth-1))
	case k == 8 || k == 9:
		return reflect.PointerTo(r.typ(depth - 1))
	default:
		return pick(r, reflect.TypeFor[string](), reflect.TypeFor[string](), reflect.TypeFor[int](), reflect.TypeFor[bool](), reflect.TypeFor[uint8](), reflect.TypeFor[float64]())
	}
}

// structure returns a struct type.
func (r *rnd) structure(depth int) reflect.Type {
	n := 1 + r.IntN(4)
	names, types := make([]string, n), make([]reflect.Type, n)
	for i := range n {
		r.n++
		r.depth = depth
		names[i], types[i] = fmt.Sprintf("F%d", r.n), r.typ(depth)
	}
	var fields []reflect.StructField
	for i := range n {
		f := reflect.StructField{Name: names[i], Type: types[i]}
		r.self = names[i]
		tag := r.tag(types[i], names, types, true)
		switch {
		case types[i].Kind() == reflect.Struct && types[i].Name() == "" && r.IntN(3) == 0:
			f.Anonymous = true
		case r.IntN(8) > 0:
			f.Tag = reflect.StructTag(fmt.Sprintf("json:%q ", strings.ToLower(names[i])))
		}
		if leaf, _ := plan.Leaf(types[i]); leaf.Kind() == reflect.Interface {
			f.Tag += `free:"true" `
		}
		if tag != "" {
			f.Tag += reflect.StructTag(fmt.Sprintf("validate:%q", tag))
		}
		fields = append(fields, f)
	}
	return reflect.StructOf(fields)
}

// tag returns rules for a value of type t, and behind dives for its elements.
func (r *rnd) tag(t reflect.Type, names []string, types []reflect.Type, top bool) string {
	in, optional := plan.OptionalOf(t)
	if optional {
		t = in
	}
	var rules []string
	pointed := t.Kind() == reflect.Pointer
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	add := func(one int, list ...string) {
		if r.IntN(one) == 0 {
			rules = append(rules, pick(r, list...))
		}
	}
	if top || pointed {
		add(6, "required")
	}
	// The validator looks into an Optional as into a pointer, also if its value is zero.
	switch {
	case !optional:
		add(3, "omitempty", "omitnil", "omitzero", "isdefault", "omitempty")
	case t.Kind() != reflect.Struct && t.Kind() != reflect.Array:
		add(3, "omitnil", "isdefault")
	}
	other := r.IntN(len(names))
	o := names[other]
	val := " 1"
	if k := plan.Bare(types[other]).Kind(); k == reflect.Bool {
		val = " true"
	}
	if k := plan.Bare(types[other]).Kind(); k == reflect.Struct || k == reflect.Interface || k == reflect.Slice || k == reflect.Array || k == reflect.Map || types[other].Implements(plan.TypeValuer) || plan.Bare(types[other]) != types[other] {
		val = ""
	}
	if top {
		add(8, "required_with="+o, "excluded_with="+o, "required_without="+o)
	}
	if top && val != "" {
		add(8, "required_if="+o+val, "excluded_unless="+o+val)
	}
	same := func() bool {
		for i := range names {
			if names[i] != r.self && plan.Bare(types[i]) == t {
				o = names[i]
				return true
			}
		}
		return false
	}()
	switch t.Kind() {
	case reflect.String:
		add(2, "min=1", "max=2", "len=2", "alpha", "numeric", "oneof=a 1", "eq=a", "ne=a", "alpha|numeric", "isdefault|eq=ab", "startswith=a", "lt=3", "contains=b")
		add(3, "min=1", "max=2", "alpha", "ne=ab", "eq=a|len=2")
		if same {
			add(3, "eqfield="+o, "nefield="+o, "fieldcontains="+o)
		}
	case reflect.Int, reflect.Uint8, reflect.Float64:
		add(2, "min=1", "max=2", "ne=1", "gt=0", "eq=1|eq=2", "isdefault|eq=2")
		if same {
			add(3, "eqfield="+o, "nefield="+o, "ltefield="+o, "gtfield="+o)
		}
	case reflect.Bool:
		add(3, "eq=true", "ne=true", "isdefault")
		if same {
			add(3, "eqfield="+o)
		}
	case reflect.Struct:
		if same && t == plan.TypeTime {
			add(2, "eqfield="+o, "gtfield="+o)
		}
	case reflect.Slice, reflect.Map, reflect.Array:
		if t.Kind() != reflect.Array {
			add(2, "min=1", "max=1500", "max=1", "len=1", "unique", "ne=1", "max=1500", "min=2|len=0", "lt=1500")
			add(4, "max=2000", "min=1", "unique")
		}
		if t.Elem().Kind() != reflect.Uint8 && r.IntN(40) > 0 {
			rules = append(rules, "dive")
			if t.Kind() == reflect.Map && r.IntN(2) == 0 {
				rules = append(rules, "keys", pick(r, "alpha", "min=1", "ne=a", "alpha|len=2"), "endkeys")
			}
			if in := r.tag(t.Elem(), names, types, false); in != "" {
				rules = append(rules, in)
			}
		}
	}
	if pointed {
		add(3, "omitempty", "omitnil")
	}
	if r.IntN(40) == 0 && top {
		return "-"
	}
	return strings.Join(rules, ",")
}

// value returns a value that may be valid JSON for type t.
func (r *rnd) value(t reflect.Type, depth int) any {
	if r.IntN(12) == 0 {
		return nil
	}
	if in, ok := plan.OptionalOf(t); ok {
		t = in
	}
	switch t {
	case plan.TypeTime:
		return pick(r, "2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2021-01-01T00:00:00Z")
	case plan.TypeNumber:
		return pick(r, 0, 1, 2)
	case reflect.TypeFor[rndSelf]():
		return pick[any](r, 0, 1, 2, 3, "a", false)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return r.value(t.Elem(), depth)
	case reflect.String:
		return pick(r, "", "a", "ab", "1", "abc", "ab", "11")
	case reflect.Int, reflect.Uint8, reflect.Float64:
		return pick(r, 0, 1, 2, 3)
	case reflect.Bool:
		return pick(r, false, true)
	case reflect.Interface:
		return pick[any](r, 0, 1, "", "a", true, []any{}, map[string]any{"a": 1})
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return pick(r, "", "YQ==")
		}
		n := r.IntN(3)
		if t.Kind() == reflect.Array {
			n = t.Len()
		}
		list := make([]any, n)
		for i := range list {
			list[i] = r.value(t.Elem(), depth+1)
		}
		return list
	case reflect.Map:
		m := map[string]any{}
		for range r.IntN(3) {
			m[pick(r, "", "a", "ab", "1")] = r.value(t.Elem(), depth+1)
		}
		return m
	case reflect.Struct:
		m := map[string]any{}
		r.members(m, t, depth)
		return m
	}
	return nil
}

// members adds some of the members of type t.
func (r *rnd) members(m map[string]any, t reflect.Type, depth int) {
	for f := range t.Fields() {
		if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "" {
			r.members(m, f.Type, depth)
			continue
		}
		if !f.IsExported() || r.IntN(4) == 0 || depth > 5 {
			continue
		}
		name := f.Tag.Get("json")
		if name == "" {
			name = f.Name
		}
		m[name] = r.value(f.Type, depth+1)
	}
}

// reference returns a validator that runs all rules in t in one pass.
func reference(t reflect.Type) *validator.Validate {
	tags := map[reflect.Type]map[string]string{}
	var visit func(t reflect.Type)
	visit = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			visit(t.Elem())
		case reflect.Struct:
			if tags[t] != nil || t == plan.TypeTime {
				return
			}
			tags[t] = map[string]string{}
			for f := range t.Fields() {
				levels := compile.ForValidator(f.Type, plan.ParseTag(f.Tag.Get("validate")))
				if f.Tag.Get("validate") != "-" {
					tags[t][f.Name] = plan.StripRequired(levels)
				}
				visit(f.Type)
			}
		}
	}
	visit(t)
	return rule.NewValidator(tags, nil)
}

// differAt makes a type and bodies from a seed. It returns the first body that the visitor
// and the validator treat differently, and the number of compared bodies.
func differAt(tb testing.TB, seed uint64, damage func(*plan.VisitPlan)) (wrong string, bodies int) {
	tb.Helper()
	r := &rnd{Rand: rand.New(rand.NewPCG(seed, 0))}
	typ := r.structure(3)
	c, err := newRuled(typ)
	if err != nil || c.checker.Visits == nil {
		return "", 0
	}
	damage(c.checker.Visits)
	ref := reference(typ)
	for range 30 {
		members := map[string]any{}
		r.members(members, typ, 0)
		body, _ := json.Marshal(members)
		v := reflect.New(typ).Interface()
		if !c.fits(body) || json.Unmarshal(body, v) != nil {
			continue
		}
		bodies++
		violations, cut, err := c.checker.RunRules(tb.Context(), v)
		list := ref.Struct(v)
		if err != nil || cut || (list == nil) != (len(violations) == 0) {
			return fmt.Sprintf("%v\n%s: the visitor found %v %v, the validator %v", typ, body, codesOf(violations), err, list), bodies
		}
	}
	return "", bodies
}

func TestRandomTypes(t *testing.T) {
	total := 0
	for seed := range uint64(1000) {
		wrong, bodies := differAt(t, seed, func(*plan.VisitPlan) {})
		if total += bodies; wrong != "" {
			t.Errorf("seed %d: %s", seed, wrong)
		}
	}
	if total < 10_000 {
		t.Errorf("only %d bodies were compared", total)
	}
}

// The test above notices a visit plan that skips a value, or that visits a value which
// omitempty skips.
func TestRandomTypesNoticeMistakes(t *testing.T) {
	eachStep := func(damage func(*plan.VisitStep)) func(*plan.VisitPlan) {
		return func(w *plan.VisitPlan) {
			for i := range w.Steps {
				damage(&w.Steps[i])
			}
		}
	}
	for name, damage := range map[string]func(*plan.VisitPlan){
		"rules":    func(w *plan.VisitPlan) { w.Ruled = false },
		"steps":    func(w *plan.VisitPlan) { w.Steps = nil },
		"ends":     eachStep(func(b *plan.VisitStep) { b.Inner = nil }),
		"elements": eachStep(func(b *plan.VisitStep) { b.ElementRules = nil }),
		"zeroes":   eachStep(func(b *plan.VisitStep) { b.SkipZero = make([]bool, len(b.SkipZero)) }),
		"outer":    eachStep(func(b *plan.VisitStep) { b.Outer = nil }),
		"others":   eachStep(func(b *plan.VisitStep) { b.SkipZero = slices.Repeat([]bool{true}, len(b.SkipZero)) }),
	} {
		noticed := false
		for seed := uint64(0); seed < 40_000 && !noticed; seed++ {
			wrong, _ := differAt(t, seed, damage)
			noticed = wrong != ""
		}
		if !noticed {
			t.Errorf("the test does not notice wrong %s", name)
		}
	}
}

func FuzzRandomTypes(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		if wrong, _ := differAt(t, seed, func(*plan.VisitPlan) {}); wrong != "" {
			t.Error(wrong)
		}
	})
}
