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
	if !c.visited[t] {
		c.visited[t] = true
		c.structs = append(c.structs, t)
	}
	if c.strip[t] == nil { // also if noteUnscanned was here before
		c.strip[t], c.divided[t] = map[string]string{}, map[string]division{}
	}
	to := make(map[string]goField, t.NumField())
	for f := range t.Fields() {
		c.checkTags(f, fieldPath(where, f))
		tag := f.Tag.Get("validate")
		if p, ok := c.paramOf(n, f, fieldPath(where, f)); ok {
			if tag != "-" {
				c.strip[t][f.Name] = stripRequired(omitNothing(f.Type, parseTag(tag)))
			}
			to[f.Name] = goField{member: -1, param: p}
			continue
		}
		name, ok := c.jsonName(f, fieldPath(where, f))
		if !ok {
			if tag != "" && tag != "-" {
				fix := "remove the rule, or export the field"
				if f.Tag.Get("json") == "-" {
					fix = "remove the rule, or tag the field with its source as well: path, query, header or form"
				}
				c.refuse(fieldPath(where, f), tag, "is a rule for a field that JSON does not set", fix)
			}
			continue
		}
		levels := parseTag(tag)
		_, preset := f.Tag.Lookup("default")
		for i := range levels {
			levels[i].late = preset || f.Tag.Get("mod") != ""
		}
		if tag != "-" {
			d := c.divide(f.Type, levels, c.residue(f.Type, levels))
			c.strip[t][f.Name], c.divided[t][f.Name] = d.near, d
		}
		if name == "" {
			c.prefix = append(c.prefix, f.Index...)
			to[f.Name] = goField{member: -1, embedded: c.embed(n, f, fieldPath(where, f))}
			c.prefix = c.prefix[:len(c.prefix)-1]
			continue
		}
		i := len(n.members)
		to[f.Name] = goField{member: i}
		n.members = append(n.members, member{name: name, token: "/" + escapeToken.Replace(name), required: at(levels, 0).required()})
		p := c.memberSlot(f.Type, levels, fieldPath(where, f))
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
