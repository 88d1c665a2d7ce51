package safelog

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/go-sallyport/sallyport/internal/jsonfield"
)

// A field is what is printed of a field of a struct.
type field struct {
	jsonfield.Field
	index   int
	goName  string
	member  string // the name in JSON, with quotes and colon
	inJSON  bool
	rank    int // by depth, and then by tag
	masked  bool
	hidden  bool    // unexported: reflection may not read it
	flat    bool    // an embedded struct that JSON flattens
	inline  []field // its fields
	isName  bool    // names the secret in the field that isNamed
	isNamed bool
}

// fieldsOf plans a struct.
func (r *rules) fieldsOf(t reflect.Type) []field {
	fields := r.collect(t, []reflect.Type{t})
	show(fields, 0, make(map[string]*field))
	return fields
}

// show marks the fields that encoding/json shows: of several with one name the
// shallowest, of several as deep the one with a tag, and none if there are two.
// best has the one of each name so far.
func show(fields []field, depth int, best map[string]*field) {
	for i := range fields {
		f := &fields[i]
		if f.rank = 2 * depth; !f.Tagged {
			f.rank++
		}
		other := best[f.member]
		switch {
		case f.flat:
			show(f.inline, depth+1, best)
		case f.member == "" || f.hidden:
		case other == nil || f.rank < other.rank:
			if other != nil {
				other.inJSON = false
			}
			f.inJSON, best[f.member] = true, f
		case f.rank == other.rank:
			other.inJSON = false
		}
	}
}

// tagged reports whether t, or what it points to, is a struct in which a log tag
// decides, its own or that of a struct embedded in it. Such a struct is never
// left to its own methods, which know nothing of the tag. Nor is a cookie: its
// String is its value.
func tagged(t reflect.Type, outer ...reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(outer, t) {
		return false
	}
	outer = append(outer[:len(outer):len(outer)], t)
	for sf := range t.Fields() {
		if tag := tag(t, sf); tag == "-" || tag == "mask" || sf.Anonymous && tagged(sf.Type, outer...) {
			return true
		}
	}
	return false
}

// tag returns the log tag of a field, or what it ought to be.
func tag(t reflect.Type, sf reflect.StructField) string {
	if t == reflect.TypeFor[http.Cookie]() && (sf.Name == "Value" || sf.Name == "Raw" || sf.Name == "Unparsed") {
		return "mask"
	}
	return sf.Tag.Get("log")
}

func (r *rules) collect(t reflect.Type, outer []reflect.Type) (fields []field) {
	for sf := range t.Fields() {
		if tag := tag(t, sf); tag != "-" {
			fields = append(fields, r.field(sf, tag == "mask", outer))
		}
	}
	return fields
}

// field plans one field of the innermost struct in outer.
func (r *rules) field(sf reflect.StructField, masked bool, outer []reflect.Type) field {
	f := field{index: sf.Index[0], goName: sf.Name}
	f.masked = masked || r.secrets.SensitiveKey(sf.Name)
	var inJSON bool
	if f.Field, inJSON = jsonfield.Of(sf); inJSON {
		f.masked = f.masked || r.secrets.SensitiveKey(f.Name)
		f.Quoted = f.Quoted && scalarKind(sf.Type)
		f.member = string(appendQuoted(nil, r.text(f.Name))) + ":"
	}
	embedded := sf.Type
	if embedded.Kind() == reflect.Pointer {
		embedded = embedded.Elem()
	}
	// A struct that decides for itself how it is logged is not taken apart, nor
	// is one that embeds itself.
	if f.Inlined && !f.masked && !logs(embedded) && !slices.Contains(outer, embedded) {
		f.flat = true
		f.inline = r.collect(embedded, append(outer[:len(outer):len(outer)], embedded))
	}
	if f.hidden = !sf.IsExported() && !f.flat; !f.hidden {
		f.isName, f.isNamed = isName(sf.Name) || isName(f.Name), isNamed(sf.Name) || isNamed(f.Name)
	}
	return f
}

func scalarKind(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64 || t.Kind() == reflect.String
}

// fields renders the fields of a struct: flattened for JSON, nested for fmt.
func (w *walker) fields(v reflect.Value, fields []field, depth int) {
	secret := w.maskedFields(v, fields)
	for i := range fields {
		f := &fields[i]
		w.space(i == 0)
		w.text = append(append(w.text, f.goName...), ':')
		if w.full() {
			w.text = append(w.text, cutMark...)
			w.comma()
			w.json = append(w.json, cutMember...)
			break
		}
		if f.flat {
			w.embedded(v.Field(f.index), f, depth)
			continue
		}
		before := len(w.json)
		if f.inJSON {
			w.comma()
			w.json = append(w.json, f.member...)
		}
		from := len(w.json)
		switch fv := v.Field(f.index); {
		case f.masked, f.isNamed && secret:
			w.str(redacted)
		case f.hidden:
			w.str(opaque)
		default:
			w.walk(fv, depth+1)
		}
		if f.Quoted && !f.masked && !secret && string(w.json[from:]) != "null" {
			w.json = appendQuoted(w.json[:from], string(w.json[from:]))
		}
		if !f.inJSON || f.omitted(v.Field(f.index)) {
			w.json = w.json[:before]
		}
	}
}

// embedded renders the struct that a flat field holds or points to.
func (w *walker) embedded(v reflect.Value, f *field, depth int) {
	start, pointer := len(w.text), v.Kind() == reflect.Pointer
	if pointer {
		if v.IsNil() {
			w.text = append(w.text, "<nil>"...)
			return
		}
		w.text = append(w.text, '&')
		v = v.Elem()
	}
	if !w.enter(depth + 1) {
		w.text = append(w.text, cutMark...)
		return
	}
	w.text = append(w.text, '{')
	w.fields(v, f.inline, depth+1)
	w.text = append(w.text, '}')
	if p := w.plan(v.Type()); p.text != byStructure && v.CanInterface() && !pointer {
		w.text = w.text[:start]
		w.textOf(v, p.text)
	}
}

// omitted reports whether JSON leaves the field out for its value.
func (f *field) omitted(v reflect.Value) bool {
	switch {
	case f.OmitZero:
		if z, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			return guard(z, func() string { return strconv.FormatBool(z.IsZero()) }) == "true"
		}
		return v.IsZero()
	case !f.OmitEmpty, v.Kind() == reflect.Struct:
		return false
	case v.Kind() == reflect.Array, v.Kind() == reflect.Map, v.Kind() == reflect.Slice:
		return v.Len() == 0
	}
	return v.IsZero()
}
