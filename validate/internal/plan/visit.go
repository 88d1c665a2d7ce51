package plan

import (
	"context"
	"encoding"
	"reflect"
	"slices"
)

// ElementRules are the rules for the elements of a list or map that may be so long that the
// visitor runs the validator for each element.
type ElementRules struct{ Elem, Keys string }

// A SelfValidator has a Validate method for rules that struct tags cannot express.
type SelfValidator interface {
	Validate(context.Context) error
}

var TypeSelfValidator = reflect.TypeFor[SelfValidator]()

// LeadsToMethod reports whether a step of p leads to a Validate method. The method of the
// struct of p itself does not count. A type may contain itself, so seen ends the search.
func (p *VisitPlan) LeadsToMethod(seen map[*VisitPlan]bool) bool {
	if p == nil || seen[p] {
		return false
	}
	seen[p] = true
	return slices.ContainsFunc(p.MethodSteps, func(s VisitStep) bool {
		return slices.Contains(s.HasMethod, true) || s.Inner.LeadsToMethod(seen)
	})
}

// A StructScope is the struct, or the embedded struct, in which a path of Go names begins.
type StructScope struct {
	Node    *Node
	Fields  map[string]GoField
	Pointer string // JSON Pointer to the struct
}

// A VisitPlan is the plan of the visitor for one struct. The validator runs on the struct,
// together with the structs that are values in it; steps lead to the structs behind
// pointers, lists and maps. The validator would find these structs by itself, but cannot be
// stopped: for a mebibyte of "{}," it made 400,000 errors, and a refusal reports 20.
type VisitPlan struct {
	Node        *Node
	Ruled       bool // the validator has rules for the struct
	Steps       []VisitStep
	MethodSteps []VisitStep // to values with a Validate method
}

// A VisitStep leads from a struct to the values behind one of its fields.
type VisitStep struct {
	Index        []int
	Token        string // JSON Pointer from the struct to the field
	Slot         *Slot
	Scope        StructScope // the struct that has the field
	ElementRules []ElementRules
	Inner        *VisitPlan // of the structs at the end; nil: the values are not structs
	Param        *Parameter
	HasMethod    []bool // by depth, the field itself first: the value has a Validate method
	SkipZero     []bool // by depth, the field itself first: a zero value is not visited
	Outer        []int  // index of a struct around the field; if that struct is zero, the step is not taken
	Optional     bool
}

// Useful reports whether p, or a step of p, has a rule. A type may contain itself, so seen
// ends the search.
func (p *VisitPlan) Useful(seen map[*VisitPlan]bool) bool {
	if p == nil || seen[p] {
		return false
	}
	seen[p] = true
	return p.Ruled || slices.ContainsFunc(p.Steps, func(s VisitStep) bool { return len(s.ElementRules) > 0 || s.Inner.Useful(seen) })
}

// A Mod changes text before the rules run. If there is nothing to change, it returns its
// argument and allocates nothing.
type Mod func(string) string

// A Normalizer applies the mod tags of a struct.
type Normalizer struct {
	Typ    reflect.Type
	Fields []NormalizedField
}

type NormalizedField struct {
	Index int
	Mods  []Mod       // for the strings in the field
	In    *Normalizer // for the structs in the field
}

func (d *Normalizer) Run(v reflect.Value) {
	for i := range d.Fields {
		d.Fields[i].run(v.Field(d.Fields[i].Index))
	}
}

func (f *NormalizedField) run(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			f.run(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			f.run(v.Index(i))
		}
	case reflect.Map: // an element of a map is not addressable, so a changed copy replaces it
		elem := reflect.New(v.Type().Elem()).Elem()
		for _, k := range v.MapKeys() {
			elem.Set(v.MapIndex(k))
			f.run(elem)
			v.SetMapIndex(k, elem)
		}
	case reflect.Struct:
		if f.In != nil && v.Type() == f.In.Typ {
			f.In.Run(v)
		} else if v.Field(0).Bool() && !v.Field(1).Bool() { // an Optional with a value
			f.run(v.Field(2))
		}
	case reflect.String:
		s := v.String()
		for _, m := range f.Mods {
			s = m(s)
		}
		v.SetString(s)
	}
}

// A Preset is the default of a field. It is stored before the request is read, so a value
// in the request replaces it, zero included.
type Preset struct {
	Index []int
	Value reflect.Value
	Text  []byte // for a type with UnmarshalText, decoded again each time: requests must not share pointers inside it
	Path  string // Go names joined by dots
	Where string
	Tag   string
}

func (p *Preset) Store(v reflect.Value) {
	dst := v.FieldByIndex(p.Index)
	if p.Text == nil {
		dst.Set(p.Value)
		return
	}
	// The error cannot occur: New has decoded the same text.
	_ = dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(p.Text)
}
