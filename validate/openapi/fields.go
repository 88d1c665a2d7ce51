package openapi

import (
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// A jsonField is a member that encoding/json writes for a struct.
type jsonField struct {
	name, goName string
	typ          reflect.Type
	mayBeAbsent  bool // by omitempty, omitzero or a nil pointer to an embedded struct
	neverNil     bool // by omitempty, which leaves out nil
	quoted       bool // the option string
	tagged       bool
	depth        int
}

// An embedded is a struct whose fields count as fields of the outer struct.
type embedded struct {
	typ         reflect.Type
	mayBeAbsent bool
}

// fieldsOf returns the members of a struct by the rules of encoding/json: of the fields
// with one name the least nested decides, and of these a field with a tag. If two
// decide, the member is not written.
func fieldsOf(t reflect.Type) (list []jsonField) {
	var found []jsonField
	visited := map[reflect.Type]bool{}
	level := []embedded{{typ: t}}
	for depth := 0; len(level) > 0; depth++ {
		var next []embedded
		for _, e := range level {
			visited[e.typ] = true
		}
		for _, e := range level {
			fields, inner := readFields(e, depth)
			found = append(found, fields...)
			next = append(next, inner...)
		}
		level = slices.DeleteFunc(next, func(e embedded) bool { return visited[e.typ] })
	}
	for i, f := range found {
		if !slices.ContainsFunc(found[:i], func(g jsonField) bool { return g.name == f.name }) {
			if d, ok := dominant(found, f.name); ok {
				list = append(list, d)
			}
		}
	}
	return list
}

// dominant returns the field that decides about a name.
func dominant(found []jsonField, name string) (best jsonField, ok bool) {
	less := func(a, b jsonField) bool { return a.depth < b.depth || a.depth == b.depth && a.tagged && !b.tagged }
	for _, f := range found {
		switch {
		case f.name != name:
		case best.typ == nil || less(f, best):
			best, ok = f, true
		case !less(best, f):
			ok = false
		}
	}
	return best, ok
}

// readFields returns the members of one struct, and the structs that it embeds.
func readFields(e embedded, depth int) (fields []jsonField, inner []embedded) {
	for f := range e.typ.Fields() {
		tag := f.Tag.Get("json")
		t := f.Type
		if f.Anonymous && t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if tag == "-" || !f.IsExported() && (!f.Anonymous || t.Kind() != reflect.Struct) {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if !isName(name) {
			name = ""
		}
		if f.Anonymous && name == "" && t.Kind() == reflect.Struct {
			inner = append(inner, embedded{t, e.mayBeAbsent || f.Type.Kind() == reflect.Pointer})
			continue
		}
		j := jsonField{name: name, goName: f.Name, typ: f.Type, tagged: name != "", mayBeAbsent: e.mayBeAbsent, depth: depth}
		if name == "" {
			j.name = f.Name
		}
		for o := range strings.SplitSeq(options, ",") {
			switch o {
			case "omitempty":
				j.mayBeAbsent, j.neverNil = true, hasOneNil(f.Type)
			case "omitzero":
				j.mayBeAbsent = true
			case "string":
				j.quoted = isQuotable(f.Type)
			}
		}
		fields = append(fields, j)
	}
	return fields, inner
}

// isName reports whether encoding/json takes the name of a tag.
func isName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) < 0
}

// isQuotable reports whether the option string has an effect.
func isQuotable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	k := t.Kind()
	return (k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String) && !hasMethod(reflect.PointerTo(t))
}

// hasOneNil reports whether a value of type t is null only if it is nil itself.
func hasOneNil(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		k := t.Elem().Kind()
		return k != reflect.Pointer && k != reflect.Slice && k != reflect.Map && k != reflect.Interface
	}
	return t.Kind() == reflect.Slice || t.Kind() == reflect.Map
}
