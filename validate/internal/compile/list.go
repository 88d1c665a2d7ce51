package compile

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/internal/jsonfield"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// list compiles the field f, a List, into the member of n that is the whole body.
func (c *compiler) list(n *plan.Node, f reflect.StructField, levels []plan.DepthRules, where string) plan.Slot {
	if of, _ := jsonfield.Of(f); of.Tagged {
		c.refuse(where, f.Tag.Get("json"), "is a name for a List, which is the whole body",
			"remove the name, or use []"+f.Type.Elem().String())
	}
	if c.whole = n.Typ == c.rootType; c.whole {
		c.out.List = append(slices.Clone(c.prefix), f.Index...)
	}
	p := c.freeSlot(f, levels, where)
	p.Nullable = false
	return p
}

// checkList refuses what a body that is a list has no room for.
func (c *compiler) checkList(root *plan.Node) {
	if c.out.List == nil {
		return
	}
	where := c.rootName()
	for i := range root.Members {
		if m := &root.Members[i]; !m.Whole() {
			c.refuse(where, m.Name, "is a member of the body, and a List is the whole body",
				`tag it path, query or header, or json:"-", or use a slice in place of the List`)
		} else if i > 0 && root.Members[i-1].Whole() {
			c.refuse(where, m.Node.Typ.String(), "is a second List, and each is the whole body", "keep one of the two")
		}
	}
	if forms := c.out.Params[plan.InForm]; len(forms) > 0 {
		c.refuse(where, forms[0].Name, "is a field of a form, and the body is a List", "remove one of the two")
	}
}
