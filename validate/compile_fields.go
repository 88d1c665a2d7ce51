package validate

import (
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/internal/jsonfield"
)

// fields compiles the fields of t into members of n, by the rules of
// encoding/json, and returns where each of them went. An embedded struct gives
// its fields to n.
func (c *compiler) fields(n *node, t reflect.Type, where string) map[string]goField {
	rules := c.rulesOf(t)
	rules.scanned = true
	to := make(map[string]goField, t.NumField())
	for f := range t.Fields() {
		c.checkTags(f, fieldPath(where, f))
		r := rules.fields[f.Name]
		if p, ok := c.paramOf(n, f, r.levels, fieldPath(where, f)); ok {
			c.divided[r] = division{near: stripRequired(omitNothing(f.Type, r.levels))}
			to[f.Name] = goField{member: -1, param: p, rules: r}
			continue
		}
		name, ok := c.jsonName(f, fieldPath(where, f))
		if !ok {
			if r.tag != "" && !r.off() {
				fix := "remove the rule, or export the field"
				if f.Tag.Get("json") == "-" {
					fix = "remove the rule, or tag the field with its source as well: path, query, header or form"
				}
				c.refuse(fieldPath(where, f), r.tag, "is a rule for a field that JSON does not set", fix)
			}
			continue
		}
		_, preset := f.Tag.Lookup("default")
		for i := range r.levels {
			r.levels[i].late = preset || f.Tag.Get("mod") != ""
		}
		c.divided[r] = c.divide(f.Type, r.levels, c.residue(f.Type, r.levels))
		if name == "" {
			c.prefix = append(c.prefix, f.Index...)
			to[f.Name] = goField{member: -1, rules: r, embedded: c.embed(n, f, fieldPath(where, f))}
			c.prefix = c.prefix[:len(c.prefix)-1]
			continue
		}
		i := len(n.members)
		to[f.Name] = goField{member: i, rules: r}
		n.members = append(n.members, member{name: name, token: "/" + escapeToken.Replace(name), required: at(r.levels, 0).required()})
		p := c.memberSlot(f.Type, r.levels, fieldPath(where, f))
		n.members[i].slot = p
	}
	return to
}

func (c *compiler) embed(n *node, f reflect.StructField, where string) map[string]goField {
	switch {
	case f.Type.Kind() == reflect.Pointer:
		c.refuse(where, f.Type.String(), "is an embedded pointer, of which nobody can tell whether it was sent", "embed the struct itself, or give the field a JSON name")
	case decoderKind(f.Type) != kindInvalid:
		c.refuse(where, f.Type.String(), "is embedded and decodes itself", "give the field a JSON name")
	case !c.refuseNull(f.Type, where):
		return c.fields(n, f.Type, where)
	}
	return nil
}

// jsonName returns the name that encoding/json gives the field, "" for an
// embedded struct whose fields it takes instead. ok is false if it skips it.
func (c *compiler) jsonName(sf reflect.StructField, where string) (name string, ok bool) {
	f, ok := jsonfield.Of(sf)
	if !ok {
		return "", false
	}
	tag := sf.Tag.Get("json")
	if f.Quoted {
		c.refuse(where, tag, "has two types in JSON: encoding/json reads a number inside a string", "make the field a string, or drop the option")
	}
	if f.Unknown != "" {
		c.refuse(where, tag, "has an option that versions of encoding/json disagree about", "drop the option")
	}
	switch {
	case f.BadName != "" || len(f.Name) > maxName:
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
