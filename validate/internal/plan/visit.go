package plan

import (
	"context"
	"reflect"
	"slices"
)

// An ElementRules has the rules of what is in a list or a map that is so long that
// the validator is asked about each element on its own.
type ElementRules struct{ Elem, Keys string }

// A SelfValidator has a Validate method for rules that struct tags cannot express.
type SelfValidator interface {
	Validate(context.Context) error
}

var TypeSelfValidator = reflect.TypeFor[SelfValidator]()

// LeadsToMethod reports whether w leads to a Validate method other than that of its own
// struct.
func (w *VisitPlan) LeadsToMethod(seen map[*VisitPlan]bool) bool {
	if w == nil || seen[w] {
		return false
	}
	seen[w] = true
	return slices.ContainsFunc(w.MethodSteps, func(b VisitStep) bool { return slices.Contains(b.HasMethod, true) || b.Inner.LeadsToMethod(seen) })
}

// A StructScope is a struct, or one that it embeds, in which a path of Go names
// begins.
type StructScope struct {
	Node    *Node
	Fields  map[string]GoField
	Pointer string // where it is
}

// A VisitPlan is what there is to do for the rules of one struct: the validator is
// asked about it, together with the structs that are values in it, and steps
// lead to those behind pointers, lists and maps. The validator finds these by
// itself as well, but cannot be told to stop: of a mebibyte of "{}," it made
// 400 000 errors, for us to report 20.
type VisitPlan struct {
	Node        *Node
	Ruled       bool // the validator has rules for it
	Steps       []VisitStep
	MethodSteps []VisitStep // to values with a Validate method
}

// A VisitStep leads from a struct to what is behind one of its fields.
type VisitStep struct {
	Index        []int
	Token        string // from the struct to the field, as in a pointer
	Slot         *Slot
	Scope        StructScope // the struct that has the field
	ElementRules []ElementRules
	Inner        *VisitPlan // of the structs at the end; nil: they are not structs
	Param        *Parameter
	HasMethod    []bool // behind each dive, the field itself first: it has a Validate method
	SkipZero     []bool // behind each dive, the field itself first: nothing there is looked at if it is zero
	Outer        []int  // to a struct around the field, of which the same holds
	Optional     bool
}

// Useful reports whether w leads to a rule and not only to itself.
func (w *VisitPlan) Useful(seen map[*VisitPlan]bool) bool {
	if w == nil || seen[w] {
		return false
	}
	seen[w] = true
	return w.Ruled || slices.ContainsFunc(w.Steps, func(s VisitStep) bool { return len(s.ElementRules) > 0 || s.Inner.Useful(seen) })
}
