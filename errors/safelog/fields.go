package safelog

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// A field is what is printed of a field of a struct.
type field struct {
	index     int
	name      string // in Go
	jsonName  string // in JSON, with quotes and colon
	inJSON    bool
	omitEmpty bool
	omitZero  bool
	quoted    bool // json:",string"
	masked    bool
	hidden    bool    // unexported: reflection may not read it
	inline    []field // of an embedded struct that JSON flattens
	flat      bool

	tagged  bool // has a name in its json tag
	isName  bool // says what the field that isNamed is
	isNamed bool
}

// fieldsOf plans a struct. encoding/json shows a field of an embedded struct
// only if no other of its name is shallower, or as deep and tagged; the same
// rule decides here.
func (r *rules) fieldsOf(t reflect.Type) []field {
	fields := r.collect(t, []reflect.Type{t})
	found := make(map[string][]candidate)
	candidates(fields, 0, found)
	for _, all := range found {
		if best := dominant(all); best != nil {
			best.inJSON = true
		}
	}
	return fields
}

// tagged reports whether t, or what it points to, is a struct in which a log tag
// decides, its own or that of a struct embedded in it. Such a struct is never
// left to its own methods, which know nothing of the tag. Nor is a cookie: its
// String is its value.
func tagged(t reflect.Type) bool { return hasTag(t, nil) }

func hasTag(t reflect.Type, outer []reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(outer, t) {
		return false
	}
	if t == cookieType {
		return true
	}
	outer = append(outer[:len(outer):len(outer)], t)
	for i := range t.NumField() {
		sf := t.Field(i)
		if tag := sf.Tag.Get("log"); tag == "-" || tag == "mask" || sf.Anonymous && hasTag(sf.Type, outer) {
			return true
		}
	}
	return false
}

var cookieType = reflect.TypeFor[http.Cookie]()

// tag returns the log tag of a field, or what it ought to be.
func tag(t reflect.Type, sf reflect.StructField) string {
	if t == cookieType && (sf.Name == "Value" || sf.Name == "Raw" || sf.Name == "Unparsed") {
		return "mask"
	}
	return sf.Tag.Get("log")
}

func (r *rules) collect(t reflect.Type, outer []reflect.Type) (fields []field) {
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := tag(t, sf)
		if tag == "-" {
			continue
		}
		f := field{index: i, name: sf.Name}
		embedded := sf.Type
		if sf.Anonymous && embedded.Kind() == reflect.Pointer {
			embedded = embedded.Elem()
		}
		isStruct := sf.Anonymous && embedded.Kind() == reflect.Struct
		if f.hidden = !sf.IsExported() && !isStruct; f.hidden {
			f.masked = tag == "mask" || r.secrets.SensitiveKey(sf.Name)
			fields = append(fields, f)
			continue
		}
		name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		dropped := name == "-" && options == "" && !strings.Contains(sf.Tag.Get("json"), ",")
		if !validName(name) {
			name = ""
		}
		f.tagged = name != ""
		if !f.tagged {
			name = sf.Name
		}
		f.masked = tag == "mask" || r.secrets.SensitiveKey(sf.Name) || r.secrets.SensitiveKey(name)
		f.isName, f.isNamed = isName(sf.Name) || isName(name), isNamed(sf.Name) || isNamed(name)
		for option := range strings.SplitSeq(options, ",") {
			f.omitEmpty = f.omitEmpty || option == "omitempty"
			f.omitZero = f.omitZero || option == "omitzero"
			f.quoted = f.quoted || option == "string" && scalarKind(sf.Type)
		}
		// A struct that decides for itself how it is logged is not taken apart,
		// nor is one that embeds itself.
		own := logs(embedded)
		if isStruct && !f.tagged && !f.masked && !dropped && !own && !slices.Contains(outer, embedded) {
			f.flat = true
			f.inline = r.collect(embedded, append(outer[:len(outer):len(outer)], embedded))
		} else if !sf.IsExported() {
			f.hidden = true
		}
		if !dropped {
			f.jsonName = string(appendQuoted(nil, r.text(name))) + ":"
		}
		fields = append(fields, f)
	}
	return fields
}

// validName reports whether encoding/json takes name from a tag.
func validName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	})
}

func scalarKind(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch k := t.Kind(); {
	case k >= reflect.Bool && k <= reflect.Float64, k == reflect.String:
		return true
	}
	return false
}

type candidate struct {
	depth int
	field *field
}

func candidates(fields []field, depth int, found map[string][]candidate) {
	for i := range fields {
		f := &fields[i]
		switch {
		case f.flat:
			candidates(f.inline, depth+1, found)
		case f.jsonName != "" && !f.hidden:
			found[f.jsonName] = append(found[f.jsonName], candidate{depth, f})
		}
	}
}

func dominant(all []candidate) *field {
	var best *field
	depth, tie := int(^uint(0)>>1), false
	for _, c := range all {
		switch {
		case c.depth < depth, c.depth == depth && c.field.tagged && !best.tagged:
			best, depth, tie = c.field, c.depth, false
		case c.depth == depth && c.field.tagged == best.tagged:
			tie = true
		}
	}
	if tie {
		return nil
	}
	return best
}

// fields renders the fields of a struct: flattened for JSON, nested for fmt.
func (w *walker) fields(v reflect.Value, fields []field, depth int) {
	inner := true
	secret := w.maskedFields(v, fields)
	for i := range fields {
		f := &fields[i]
		w.space(inner)
		inner = false
		w.text = append(w.text, f.name...)
		w.text = append(w.text, ':')
		if w.full() {
			w.text = append(w.text, cutMark...)
			w.comma()
			w.json = append(w.json, `"`+cutMark+`":null`...)
			break
		}
		if f.flat {
			w.embedded(v.Field(f.index), f, depth)
			continue
		}
		before := len(w.json)
		if f.inJSON {
			w.comma()
			w.json = append(w.json, f.jsonName...)
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
		if f.quoted && !f.masked && !secret && string(w.json[from:]) != "null" {
			w.json = appendQuoted(w.json[:from], string(w.json[from:]))
		}
		if !f.inJSON || f.omitted(v.Field(f.index)) {
			w.json = w.json[:before]
		}
	}
}

// embedded renders the struct that a flat field holds or points to.
func (w *walker) embedded(v reflect.Value, f *field, depth int) {
	start := len(w.text)
	t := v.Type()
	if v.Kind() == reflect.Pointer {
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
	if p := w.plan(v.Type()); p.text != byStructure && v.CanInterface() && t.Kind() != reflect.Pointer {
		w.text = w.text[:start]
		w.textOf(v, p.text)
	}
}

// omitted reports whether JSON leaves the field out for its value.
func (f *field) omitted(v reflect.Value) bool {
	if f.omitZero {
		if z, ok := v.Interface().(interface{ IsZero() bool }); ok && (v.Kind() != reflect.Pointer || !v.IsNil()) {
			return guard(z, func() string { return strconv.FormatBool(z.IsZero()) }) == "true"
		}
		return v.IsZero()
	}
	if !f.omitEmpty {
		return false
	}
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
