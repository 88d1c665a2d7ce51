package plan

import (
	"context"
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
