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
func (c *compiler) normalizer(t reflect.Type) *plan.Normalizer {
	if d, ok := c.normalizers[t]; ok {
		return d
	}
	d := &plan.Normalizer{Typ: t}
	c.normalizers[t] = d // a type may contain itself
	for f := range t.Fields() {
		where := c.path(t, f)
		inner, lists := plan.Leaf(f.Type)
		tag, tagged := f.Tag.Lookup("mod")
		read := isRead(f, isParam(f))
		field := plan.NormalizedField{Index: f.Index[0]}
		switch {
		case tagged && !read:
			c.refuse(where, tag, "is for a field that nothing is read into", "remove the tag mod")
		case tagged && (plan.ScalarKind(inner) != plan.KindString || lists > 1):
			c.refuse(where, tag,
				"is for strings, pointers to them and lists of them", "remove the tag mod, or put it on the strings inside")
		case tagged:
			field.Mods = c.mods(tag, where)
		case read && isPlainStruct(inner):
			field.In = c.normalizer(inner)
		}
		if len(field.Mods) > 0 || field.In != nil {
			d.Fields = append(d.Fields, field)
		}
	}
	return d
}

// isRead reports whether the field, or a field inside it, is read from a request. param
// tells that it is a parameter.
func isRead(f reflect.StructField, param bool) bool {
	return (f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct) && (f.Tag.Get("json") != "-" || param)
}

// isPlainStruct reports whether t is a struct that is decoded field by field.
func isPlainStruct(t reflect.Type) bool {
	decodesItself := plan.DecoderKind(t) != plan.KindInvalid || plan.ScalarKind(t) != plan.KindInvalid
	return t.Kind() == reflect.Struct && t != plan.TypeFile && !decodesItself
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
	seen := map[string]bool{}
	for name := range strings.SplitSeq(tag, ",") {
		m, ok := mods[name]
		switch {
		case !ok:
			c.refuse(where, name, "is not a way to normalise", "use trim, lower, upper or squeeze, with commas between")
			continue
		case seen[name], name == "lower" && seen["upper"], name == "upper" && seen["lower"]:
			c.refuse(where, tag, "undoes or repeats itself", "name each once, and one of lower and upper")
		}
		seen[name] = true
		list = append(list, m)
	}
	return list
}
