package compile

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// OmitNothing puts omitnil into the tag of a field of type t: behind rules such
// as required_with, which are about there being nothing. The validator would go
// on to rules that panic at a nil pointer. An Optional has it without such rules
// too, so that they hold only for a value.
func OmitNothing(t reflect.Type, levels []plan.DepthRules) []plan.DepthRules {
	out := slices.Clone(levels)
	in, optional := plan.OptionalOf(t)
	if optional {
		t = in
	}
	for i := range out {
		l := &out[i]
		first := absence(*l)
		if (optional || first > 0 && plan.MayBeNil(t)) && (len(l.Rules) > 0 || l.Deep) {
			l.Rules = slices.Insert(slices.Clone(l.Rules), first, plan.ReadRule("omitnil"))
		}
		switch t = plan.Behind(t); t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map:
			t, optional = t.Elem(), false
		default:
			return out
		}
	}
	return out
}

// absence returns how many rules there are up to the last of those at the
// beginning that also hold for what is not there.
func absence(l plan.DepthRules) (n int) {
	for i, r := range l.Rules {
		switch about, others := rule.AboutAbsence(r); {
		case about && !others:
			n = i + 1
		case r.Text != "required": // which is the scan's
			return n
		}
	}
	return n
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
