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

// squeeze makes one space of each run of white space.
func squeeze(s string) string {
	space, clean := false, true
	for _, r := range s {
		now := unicode.IsSpace(r)
		if now && (space || r != ' ') {
			clean = false
			break
		}
		space = now
	}
	if clean {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space = false
	for _, r := range s {
		now := unicode.IsSpace(r)
		switch {
		case !now:
			b.WriteRune(r)
		case !space:
			b.WriteByte(' ')
		}
		space = now
	}
	return b.String()
}

// tidies compiles the tags mod of t and of the structs inside it. It returns
// nil if there are none.
func (c *compiler) normalizer(t reflect.Type) *plan.Normalizer {
	if d, ok := c.normalizers[t]; ok {
		return d
	}
	d := &plan.Normalizer{Typ: t}
	c.normalizers[t] = d // a type may contain itself
	for f := range t.Fields() {
		where := plan.FieldPath(plan.TypeName(t), f)
		inner, shape := plan.Leaf(f.Type)
		tag, tagged := f.Tag.Lookup("mod")
		read := (f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct) && (f.Tag.Get("json") != "-" || isParam(f))
		field := plan.NormalizedField{Index: f.Index[0]}
		switch {
		case tagged && !read:
			c.refuse(where, tag, "is for a field that nothing is read into", "remove the tag mod")
		case tagged && (inner.Kind() != reflect.String || plan.DecoderKind(inner) != plan.KindInvalid || plan.ScalarKind(inner) != plan.KindString || shape > 1):
			c.refuse(where, tag, "is for strings, pointers to them and lists of them", "remove the tag mod, or put it on the strings inside")
		case tagged:
			field.Mods = c.mods(tag, where)
		case read && inner.Kind() == reflect.Struct && inner != plan.TypeFile && plan.DecoderKind(inner) == plan.KindInvalid && plan.ScalarKind(inner) == plan.KindInvalid:
			field.In = c.normalizer(inner)
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
