package validate

import (
	"reflect"
	"strings"
	"unicode"
)

// A mod changes text before the rules see it. It returns its argument, and
// allocates nothing, if there is nothing to change.
type mod func(string) string

var mods = map[string]mod{
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

// A tidy is what to do with the fields of a struct.
type tidy struct {
	typ    reflect.Type
	fields []tidyField
}

type tidyField struct {
	index int
	mods  []mod // of the strings there
	in    *tidy // of the structs there
}

// tidies compiles the tags mod of t and of the structs inside it. It returns
// nil if there are none.
func (c *compiler) tidies(t reflect.Type) *tidy {
	if d, ok := c.tidied[t]; ok {
		return d
	}
	d := &tidy{typ: t}
	c.tidied[t] = d // a type may contain itself
	for f := range t.Fields() {
		where := fieldPath(typeName(t), f)
		inner, shape := leaf(f.Type)
		tag, tagged := f.Tag.Lookup("mod")
		read := (f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct) && (f.Tag.Get("json") != "-" || isParam(f))
		field := tidyField{index: f.Index[0]}
		switch {
		case tagged && !read:
			c.refuse(where, tag, "is for a field that nothing is read into", "remove the tag mod")
		case tagged && (inner.Kind() != reflect.String || decoderKind(inner) != kindInvalid || scalarKind(inner) != kindString || shape > 1):
			c.refuse(where, tag, "is for strings, pointers to them and lists of them", "remove the tag mod, or put it on the strings inside")
		case tagged:
			field.mods = c.mods(tag, where)
		case read && inner.Kind() == reflect.Struct && inner != typeFile && decoderKind(inner) == kindInvalid && scalarKind(inner) == kindInvalid:
			field.in = c.tidies(inner)
		}
		if len(field.mods) > 0 || field.in != nil {
			d.fields = append(d.fields, field)
		}
	}
	return d
}

// isParam reports whether the field is a parameter.
func isParam(f reflect.StructField) bool {
	for s := range sources {
		if _, ok := f.Tag.Lookup(s.String()); ok {
			return true
		}
	}
	return false
}

func (c *compiler) mods(tag, where string) (list []mod) {
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

// useful reports whether d leads to a mod and not only to itself.
func (d *tidy) useful(seen map[*tidy]bool) bool {
	if d == nil || seen[d] {
		return false
	}
	seen[d] = true
	for _, f := range d.fields {
		if len(f.mods) > 0 || f.in.useful(seen) {
			return true
		}
	}
	return false
}

// normalise runs the mods on what has been decoded and on the defaults.
func (b *binder) normalise(v reflect.Value) {
	if b.tidy != nil {
		b.tidy.run(v)
	}
}

func (d *tidy) run(v reflect.Value) {
	for i := range d.fields {
		d.fields[i].run(v.Field(d.fields[i].index))
	}
}

func (f *tidyField) run(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			f.run(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			f.run(v.Index(i))
		}
	case reflect.Map: // what is in a map cannot be changed there
		elem := reflect.New(v.Type().Elem()).Elem()
		for _, k := range v.MapKeys() {
			elem.Set(v.MapIndex(k))
			f.run(elem)
			v.SetMapIndex(k, elem)
		}
	case reflect.Struct:
		if f.in != nil && v.Type() == f.in.typ {
			f.in.run(v)
		} else if v.Field(0).Bool() && !v.Field(1).Bool() { // an Optional that is a value
			f.run(v.Field(2))
		}
	case reflect.String:
		s := v.String()
		for _, m := range f.mods {
			s = m(s)
		}
		v.SetString(s)
	}
}
