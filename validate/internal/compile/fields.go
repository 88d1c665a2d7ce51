package compile

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/internal/jsonfield"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// fields compiles the fields of t into members of n, by the rules of encoding/json, and
// returns the compiled form of each field. The fields of an embedded struct become members
// of n.
func (c *compiler) fields(n *plan.Node, t reflect.Type, where string) map[string]plan.GoField {
	rules := c.rulesOf(t)
	rules.Scanned = true
	to := make(map[string]plan.GoField, t.NumField())
	for f := range t.Fields() {
		r := rules.Fields[f.Name]
		c.checkTags(f, r.Levels, plan.FieldPath(where, f))
		p, ok := c.paramOf(n, f, r.Levels, plan.FieldPath(where, f))
		if ok && (p == nil || !inBoth(f)) {
			c.splits[r] = tagSplit{validatorTag: plan.StripRequired(ForValidator(f.Type, r.Levels))}
			to[f.Name] = plan.GoField{Member: -1, Param: p, Rules: r}
			continue
		}
		name, ok := c.jsonName(f, plan.FieldPath(where, f))
		if !ok {
			if r.Tag != "" && !r.Off() {
				c.refuse(plan.FieldPath(where, f), r.Tag, "is a rule for a field that JSON does not set",
					"remove the rule, export the field, or tag it with its source as well: path, query, header or form")
			}
			continue
		}
		c.refuseBody(n, f, plan.FieldPath(where, f))
		_, preset := f.Tag.Lookup("default")
		for i := range r.Levels {
			r.Levels[i].Late = preset || f.Tag.Get("mod") != ""
		}
		c.splits[r] = c.split(f.Type, r.Levels, c.remaining(f.Type, r.Levels))
		if name == "" {
			c.prefix = append(c.prefix, f.Index...)
			to[f.Name] = plan.GoField{Member: -1, Rules: r, Embedded: c.embed(n, f, plan.FieldPath(where, f))}
			c.prefix = c.prefix[:len(c.prefix)-1]
			continue
		}
		if p != nil && p.Name != name {
			c.refuse(plan.FieldPath(where, f), p.Name, "is the name in a form of a field that JSON has as "+strconv.Quote(name),
				"give it one name in both, by which a fault can tell its place")
		}
		i := len(n.Members)
		to[f.Name] = plan.GoField{Member: i, Rules: r}
		required := plan.AtDepth(r.Levels, 0).Required()
		if plan.IsList(f.Type) {
			n.Members = append(n.Members, plan.Member{})
			n.Members[i].Slot = c.list(n, f, r.Levels, plan.FieldPath(where, f))
			continue
		}
		n.Members = append(n.Members, plan.Member{Name: name, Token: "/" + escapeToken.Replace(name), Required: required, Param: p})
		slot := c.freeSlot(f, r.Levels, plan.FieldPath(where, f))
		n.Members[i].Slot = slot
	}
	return to
}

func (c *compiler) embed(n *plan.Node, f reflect.StructField, where string) map[string]plan.GoField {
	switch {
	case f.Type.Kind() == reflect.Pointer:
		c.refuse(where, f.Type.String(), "is an embedded pointer, of which nobody can tell whether it was sent",
			"embed the struct itself, or give the field a JSON name")
	case plan.DecoderKind(f.Type) != plan.KindInvalid:
		c.refuse(where, f.Type.String(), "is embedded and decodes itself", "give the field a JSON name")
	case !c.refuseNull(f.Type, where):
		c.refuseUntagged(f.Type, where)
		return c.fields(n, f.Type, where)
	}
	return nil
}

// refuseUntagged refuses an embedded struct with fields that no tag declares to be members,
// such as the ID and the times of gorm.Model: a client could write them.
func (c *compiler) refuseUntagged(t reflect.Type, where string) {
	var names []string
	for f := range t.Fields() {
		if _, tagged := f.Tag.Lookup("json"); f.IsExported() && !f.Anonymous && !tagged && !isParam(f) {
			names = append(names, f.Name)
		}
	}
	if len(names) > 0 {
		c.refuse(where, strings.Join(names, " "), "is in an embedded struct and has no tag, so that a client could write it",
			`tag the embedded field itself json:"-", or give it a JSON name, or tag each of its fields`)
	}
}

// jsonName returns the name of the field in JSON, or "" for an embedded struct whose fields
// are members themselves. ok is false if encoding/json skips the field.
func (c *compiler) jsonName(sf reflect.StructField, where string) (name string, ok bool) {
	f, ok := jsonfield.Of(sf)
	if !ok {
		return "", false
	}
	tag := sf.Tag.Get("json")
	if f.Quoted {
		c.refuse(where, tag,
			"has two types in JSON: encoding/json reads a number inside a string", "make the field a string, or drop the option")
	}
	if f.Unknown != "" {
		c.refuse(where, tag, "has an option that versions of encoding/json disagree about", "drop the option")
	}
	switch {
	case f.BadName != "" || len(f.Name) > plan.MaxName:
		c.refuse(where, tag, "is a name that encoding/json ignores", "use letters, digits and simple punctuation, 256 bytes at most")
	case f.Tagged && !sf.IsExported():
		c.refuse(where, tag, "is a name for a struct that is not exported", "export the embedded type, or drop the name")
	}
	if f.Inlined {
		return "", true
	}
	return f.Name, true
}

// escapeToken escapes a name for a pointer (RFC 6901, section 3).
var escapeToken = strings.NewReplacer("~", "~0", "/", "~1")

// freeSlot compiles the slot of a member, in which values that accept any JSON are admitted
// if it has the tag free.
func (c *compiler) freeSlot(f reflect.StructField, levels []plan.DepthRules, where string) plan.Slot {
	outside := c.free // of the field around this struct
	defer func() { c.free = outside }()
	c.free = f.Tag.Get("free") == "true"
	return c.memberSlot(f.Type, levels, where)
}

// memberSlot compiles the slot of a member, which may be an Optional.
func (c *compiler) memberSlot(t reflect.Type, levels []plan.DepthRules, where string) plan.Slot {
	in, ok := plan.OptionalOf(t)
	if !ok {
		return c.slot(t, levels, 0, where)
	}
	if in.Kind() == reflect.Pointer {
		c.refuse(where, t.String(), "is an Optional of a pointer, which would be nil in two ways", "use the type that it points to")
	}
	if plan.HasRule(plan.AtDepth(levels, 0).Rules, "omitempty", "omitzero") {
		c.refuse(where, plan.TagOf(levels[0].Rules), "admits a zero or empty value that was sent, which a pointer with omitempty does not",
			"remove omitempty and omitzero: the rules of an Optional hold only for a value that was sent")
	}
	p := c.slot(in, levels, 0, where)
	p.Size = int64(t.Size())
	p.Nullable = !plan.AtDepth(levels, 0).Required()
	p.Pointer = true // like a pointer: if it is absent, its required members may be absent too
	return p
}

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
