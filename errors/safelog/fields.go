package safelog

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/internal/jsonfield"
)

// A field says how one field of a struct is rendered.
type field struct {
	jsonfield.Field
	index      int
	goName     string
	member     string // the name in JSON, with quotes and colon; "" if JSON leaves it out
	inJSON     bool
	rank       int      // lower wins among fields of one name: first by depth, then by tag
	masked     bool     // by a tag or by its type
	names      []string // the name of the field, and its names in tags
	secret     []string // those of names that are sensitive
	hidden     bool     // unexported: reflection may not read it
	flat       bool     // an embedded struct that JSON flattens
	inline     []field  // fields of the flat struct
	isNameKey  bool     // its value names the secret in the field with isValueKey
	isValueKey bool
}

// maskedBy reports whether the field is masked because of its names. A value may
// stay that is no secret under any of them.
func (f *field) maskedBy(r *rules, v reflect.Value) bool {
	return slices.ContainsFunc(f.secret, func(name string) bool { return !r.staysUnmasked(name, basicValue(v)) })
}

// fieldsOf returns the planned fields of a struct.
func (r *rules) fieldsOf(t reflect.Type) []field {
	fields := r.planFields(t, []reflect.Type{t})
	markShown(fields, 0, make(map[string]*field))
	return fields
}

// markShown marks the fields that encoding/json shows. Of several fields with one
// name it shows the shallowest. Of several at the same depth it shows the field
// with a tag; if two such fields remain, it shows neither. best holds the best
// field of each name so far.
func markShown(fields []field, depth int, best map[string]*field) {
	for i := range fields {
		f := &fields[i]
		if f.rank = 2 * depth; !f.Tagged {
			f.rank++
		}
		other := best[f.member]
		switch {
		case f.flat:
			markShown(f.inline, depth+1, best)
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

// hasLogTag reports whether t, or the type that t points to, is a struct with a
// log tag, on a field of its own or of an embedded struct. Such a struct is never
// rendered by its own methods, because they ignore the tag. The same holds for
// types with secretFields, and for structs that have the methods of an embedded
// secret type.
func hasLogTag(t reflect.Type, outer ...reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(outer, t) {
		return false
	}
	outer = append(outer[:len(outer):len(outer)], t)
	for sf := range t.Fields() {
		tag := logTag(t, sf)
		if tag == "-" || tag == "mask" || sf.Anonymous && (isSecretType(sf.Type) || hasLogTag(sf.Type, outer...)) {
			return true
		}
	}
	return false
}

// logTag returns the log tag of a field of t. The secretFields count as tagged.
func logTag(t reflect.Type, sf reflect.StructField) string {
	if slices.Contains(secretFields[typeName(t)], sf.Name) {
		return "mask"
	}
	return sf.Tag.Get("log")
}

// planFields plans the fields of t. outer holds t and the structs around it.
func (r *rules) planFields(t reflect.Type, outer []reflect.Type) (fields []field) {
	for sf := range t.Fields() {
		if tag := logTag(t, sf); tag != "-" {
			fields = append(fields, r.planField(sf, tag == "mask", outer))
		}
	}
	return fields
}

// planField plans one field of the innermost struct in outer.
func (r *rules) planField(sf reflect.StructField, masked bool, outer []reflect.Type) field {
	f := field{index: sf.Index[0], goName: sf.Name, names: fieldNames(sf)}
	f.masked = masked || sf.Anonymous && isSecretType(sf.Type)
	for _, name := range f.names {
		if r.detector.SensitiveKey(name) {
			f.secret = append(f.secret, name)
		}
	}
	var inJSON bool
	if f.Field, inJSON = jsonfield.Of(sf); inJSON {
		f.Quoted = f.Quoted && scalarKind(sf.Type)
		f.member = string(appendQuoted(nil, r.cleanText(f.Name))) + ":"
	}
	embedded := sf.Type
	if embedded.Kind() == reflect.Pointer {
		embedded = embedded.Elem()
	}
	// Do not flatten a LogValuer, which decides how it is logged, nor a struct
	// that embeds itself.
	if f.Inlined && !f.masked && len(f.secret) == 0 && !isLogValuer(embedded) && !slices.Contains(outer, embedded) {
		f.flat = true
		f.inline = r.planFields(embedded, append(outer[:len(outer):len(outer)], embedded))
	}
	if f.hidden = !sf.IsExported() && !f.flat; !f.hidden {
		f.isNameKey, f.isValueKey = isNameKey(sf.Name) || isNameKey(f.Name), isValueKey(sf.Name) || isValueKey(f.Name)
	}
	return f
}

// nameTags are the keys of struct tags in which packages that read or write the
// field give it a name.
var nameTags = [...]string{
	"json", "xml", "yaml", "toml", "form", "query", "param", "path", "header", "cookie", "schema", "url",
	"db", "bson", "env", "envconfig", "mapstructure", "koanf", "msgpack",
}

// fieldNames returns the names of a field: its own, and those of its nameTags.
func fieldNames(sf reflect.StructField) []string {
	names := []string{sf.Name}
	for _, key := range nameTags {
		if tag, ok := sf.Tag.Lookup(key); ok {
			name, _, _ := strings.Cut(tag, ",")
			names = append(names, name[strings.LastIndexByte(name, ' ')+1:]) // encoding/xml allows a namespace and a space before the name
		}
	}
	return names
}

// scalarKind reports whether encoding/json applies the option "string" to t.
func scalarKind(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64 || t.Kind() == reflect.String
}

// renderFields renders the fields of a struct: flattened for JSON, nested for
// fmt.
func (w *walker) renderFields(v reflect.Value, fields []field, depth int) {
	secret := w.fieldsNameSecret(v, fields)
	for i := range fields {
		f := &fields[i]
		w.writeSpace(i == 0)
		w.text = append(append(w.text, f.goName...), ':')
		if w.limitReached() {
			w.text = append(w.text, cutMark...)
			w.writeComma()
			w.json = append(w.json, cutMember...)
			break
		}
		if f.flat {
			w.renderEmbedded(v.Field(f.index), f, depth)
			continue
		}
		before := len(w.json)
		if f.inJSON {
			w.writeComma()
			w.json = append(w.json, f.member...)
		}
		from := len(w.json)
		fv := v.Field(f.index)
		masked := f.masked || f.isValueKey && secret || f.maskedBy(w.rules, fv)
		switch {
		case masked:
			w.writeString(redacted)
		case f.hidden:
			w.writeString(opaque)
		default:
			w.renderUnder(f.names, fv, depth+1)
		}
		if f.Quoted && !masked && string(w.json[from:]) != "null" {
			w.json = appendQuoted(w.json[:from], string(w.json[from:]))
		}
		if !f.inJSON || f.omitted(v.Field(f.index)) {
			w.json = w.json[:before]
		}
	}
}

// renderEmbedded renders the struct that a flat field holds or points to.
func (w *walker) renderEmbedded(v reflect.Value, f *field, depth int) {
	start, pointer := len(w.text), v.Kind() == reflect.Pointer
	if pointer {
		if v.IsNil() {
			w.text = append(w.text, "<nil>"...)
			return
		}
		w.text = append(w.text, '&')
		v = v.Elem()
	}
	if !w.takeNode(depth + 1) {
		w.text = append(w.text, cutMark...)
		return
	}
	w.text = append(w.text, '{')
	w.renderFields(v, f.inline, depth+1)
	w.text = append(w.text, '}')
	if p := w.plan(v.Type()); p.text != byStructure && v.CanInterface() && !pointer {
		w.text = w.text[:start]
		w.renderText(v, p.text)
	}
}

// omitted reports whether JSON leaves the field out because of its value.
func (f *field) omitted(v reflect.Value) bool {
	switch {
	case f.OmitZero:
		if z, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			return textOrPanic(z, func() string { return strconv.FormatBool(z.IsZero()) }) == "true"
		}
		return v.IsZero()
	case !f.OmitEmpty, v.Kind() == reflect.Struct:
		return false
	case v.Kind() == reflect.Array, v.Kind() == reflect.Map, v.Kind() == reflect.Slice:
		return v.Len() == 0
	}
	return v.IsZero()
}
