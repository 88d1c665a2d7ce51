package compile

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// ForValidator returns the rules of a field of type t that the validator may be asked
// about: not those about which fields were sent. Where there may be nothing, in an
// Optional or for want of what such a rule asks for, it puts omitnil in front, for the
// rules that follow are about a value and panic at a nil pointer.
func ForValidator(t reflect.Type, levels []plan.DepthRules) []plan.DepthRules {
	out := slices.Clone(levels)
	_, nothing := plan.OptionalOf(t)
	l := &out[0]
	if slices.ContainsFunc(l.Rules, rule.AboutPresence) {
		l.Rules = slices.DeleteFunc(slices.Clone(l.Rules), rule.AboutPresence)
		nothing = nothing || plan.MayBeNil(t)
	}
	if nothing && (len(l.Rules) > 0 || l.Deep) {
		l.Rules = slices.Insert(slices.Clone(l.Rules), 0, plan.ReadRule("omitnil"))
	}
	return out
}

// memberSlot compiles the place of a member, which may be an Optional.
func (c *compiler) memberSlot(t reflect.Type, levels []plan.DepthRules, where string) plan.Slot {
	in, ok := plan.OptionalOf(t)
	if !ok {
		return c.slot(t, levels, 0, where)
	}
	if in.Kind() == reflect.Pointer {
		c.refuse(where, t.String(), "is an Optional of a pointer, which would be nil in two ways", "use the type that it points to")
	}
	p := c.slot(in, levels, 0, where)
	p.Size = int64(t.Size())
	p.Nullable = !plan.AtDepth(levels, 0).Required()
	p.Pointer = true // absent, it is nothing, and what must be in it need not be
	return p
}
