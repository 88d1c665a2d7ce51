package compile

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

var mods = map[string]plan.Mod{
	"trim":    strings.TrimSpace,
	"lower":   strings.ToLower,
	"upper":   strings.ToUpper,
	"squeeze": squeeze,
}

// squeeze replaces each run of white space by one space.
func squeeze(s string) string {
	inRun := false
	return strings.Map(func(r rune) rune {
		behindSpace := inRun
		inRun = unicode.IsSpace(r)
		switch {
		case !inRun:
			return r
		case behindSpace:
			return -1
		}
		return ' '
	}, s)
}

// normalizer compiles the mod tags of t and of the structs inside it.
func (c *compiler) normalizer(t reflect.Type, fields map[string]plan.GoField) *plan.Normalizer {
	if d, ok := c.normalizers[t]; ok {
		return d
	}
	d := &plan.Normalizer{Typ: t}
	c.normalizers[t] = d // a type may contain itself
	for f := range t.Fields() {
		where := c.path(t, f)
		inner, lists := plan.Leaf(f.Type)
		tag, tagged := f.Tag.Lookup("mod")
		compiled, read := fields[f.Name]
		field := plan.NormalizedField{Index: f.Index[0]}
		switch {
		case tagged && !read:
			c.refuse(where, tag, "is for a field that nothing is read into", "remove the tag mod")
		case tagged && (plan.ScalarKind(inner) != plan.KindString || lists > 1):
			c.refuse(where, tag,
				"is for strings, pointers to them and lists of them", "remove the tag mod, or put it on the strings inside")
		case tagged:
			field.Mods, c.modified = c.mods(tag, where), true
		case compiled.Embedded != nil:
			field.In = c.normalizer(inner, compiled.Embedded)
		case read && c.nodes[inner] != nil:
			field.In = c.normalizer(inner, c.nodes[inner].Fields)
		}
		if len(field.Mods) > 0 || field.In != nil {
			d.Fields = append(d.Fields, field)
		}
	}
	return d
}

// isParam reports whether the field is a parameter.
func isParam(f reflect.StructField) bool {
	for s := range plan.Sources {
		if _, ok := f.Tag.Lookup(s.String()); ok {
			return true
		}
	}
	return false
}

func (c *compiler) mods(tag, where string) (list []plan.Mod) {
	for name := range strings.SplitSeq(tag, ",") {
		if m, ok := mods[name]; ok {
			list = append(list, m)
		} else {
			c.refuse(where, name, "is not a way to normalise", "use trim, lower, upper or squeeze, with commas between")
		}
	}
	return list
}
