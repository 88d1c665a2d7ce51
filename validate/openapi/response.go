package openapi

import (
	"cmp"
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"time"

	schemaname "github.com/go-sallyport/sallyport/validate/internal/openapi"
)

// schemas are the members of components/schemas.
type schemas struct {
	all   object                  // a json.RawMessage belongs to a body of a request
	names map[reflect.Type]string // of the types of responses
	views map[reflect.Type]bool   // the types of responses of which a view may leave out members
}

func newSchemas() *schemas {
	return &schemas{all: object{}, names: map[reflect.Type]string{}, views: map[reflect.Type]bool{}}
}

// A typeFault is a type that encoding/json cannot encode.
type typeFault struct{ at, reason string }

var (
	typeTime      = reflect.TypeFor[time.Time]()
	typeNumber    = reflect.TypeFor[json.Number]()
	typeMarshaler = reflect.TypeFor[json.Marshaler]()
	typeText      = reflect.TypeFor[encoding.TextMarshaler]()
)

// response returns the schema of the values that encoding/json writes for a type.
func (s *schemas) response(t reflect.Type) (object, []typeFault) {
	w := typeWriter{schemas: s}
	return w.value(t, t.String()), w.faults
}

// noteViews notes all types in a response of type t if one of them has a tag of package
// authz/view.
func (s *schemas) noteViews(t reflect.Type) {
	tree := map[reflect.Type]bool{}
	if visit(t, tree) {
		maps.Copy(s.views, tree)
	}
}

// visit adds the types in t to tree, and reports whether one of them has a tag view.
func visit(t reflect.Type, tree map[reflect.Type]bool) (views bool) {
	if tree[t] {
		return false
	}
	tree[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return visit(t.Elem(), tree)
	case reflect.Struct:
		for f := range t.Fields() {
			_, tagged := f.Tag.Lookup("view")
			views = visit(f.Type, tree) || tagged || views
		}
	}
	return views
}

// A typeWriter writes the schema of one response.
type typeWriter struct {
	*schemas
	faults []typeFault
}

// value returns the schema of a value of type t. at is its place, for faults.
func (w *typeWriter) value(t reflect.Type, at string) object {
	if t.Kind() == reflect.Pointer {
		if t.Elem() != typeTime && hasMethod(t) {
			return encodesItself(t)
		}
		return withNull(w.value(t.Elem(), at))
	}
	if t == typeNumber || hasMethod(t) {
		return encodesItself(t)
	}
	if hasMethod(reflect.PointerTo(t)) {
		return object{} // encoding/json calls the method only where the value has an address
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Array:
		return w.composite(t, at)
	}
	return w.scalar(t, at)
}

// hasMethod reports whether encoding/json calls a method of t to encode it.
func hasMethod(t reflect.Type) bool { return t.Implements(typeMarshaler) || t.Implements(typeText) }

// encodesItself returns the schema of a type with a method that encodes it.
func encodesItself(t reflect.Type) object {
	switch {
	case t == typeTime:
		return object{"type": "string", "format": "date-time"}
	case t == typeNumber:
		return object{"type": "number"}
	case t.Implements(typeMarshaler):
		return object{}
	case t.Kind() == reflect.Pointer, t.Kind() == reflect.Interface:
		return withNull(object{"type": "string"})
	}
	return object{"type": "string"}
}

func (w *typeWriter) scalar(t reflect.Type, at string) object {
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return object{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Interface:
		return object{}
	}
	w.faults = append(w.faults, typeFault{at, "is a " + t.Kind().String() + ", which encoding/json cannot encode"})
	return object{}
}

// composite returns a reference to the schema of a type with a name, or the schema itself of
// a type without one. Null is beside the reference.
func (w *typeWriter) composite(t reflect.Type, at string) object {
	nullable := t.Kind() == reflect.Slice || t.Kind() == reflect.Map
	if t.Name() == "" {
		schema := w.members(t, at)
		if nullable {
			return withNull(schema)
		}
		return schema
	}
	name, known := w.names[t]
	if !known {
		base := cmp.Or(schemaname.ComponentName(t), "Object")
		for i := 1; name == "" || w.all[name] != nil; i++ {
			name = numbered(base, i)
		}
		w.names[t], w.all[name] = name, object{} // before its members refer to it
		w.all[name] = w.members(t, t.String())
	}
	if nullable {
		return withNull(reference("schemas", name))
	}
	return reference("schemas", name)
}

// members returns the schema of a struct, a list or a map.
func (w *typeWriter) members(t reflect.Type, at string) object {
	switch t.Kind() {
	case reflect.Slice:
		if e := t.Elem(); e.Kind() == reflect.Uint8 && !hasMethod(reflect.PointerTo(e)) {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": w.value(t.Elem(), at+"[]")}
	case reflect.Array:
		return object{"type": "array", "items": w.value(t.Elem(), at+"[]"), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Map:
		if k := t.Key(); !isKey(k) {
			w.faults = append(w.faults, typeFault{at, "has keys of type " + k.String() + ", which encoding/json cannot encode"})
		}
		return object{"type": "object", "additionalProperties": w.value(t.Elem(), at+"[]")}
	}
	properties, required := object{}, []string{}
	for _, f := range fieldsOf(t) {
		schema := w.value(f.typ, at+"."+f.goName)
		if f.quoted {
			schema = quoted(f.typ)
		}
		if f.neverNil {
			schema = withoutNull(schema)
		}
		if properties[f.name] = schema; !f.mayBeAbsent {
			required = append(required, f.name)
		}
	}
	schema := object{"type": "object", "properties": properties}
	if len(required) > 0 && !w.views[t] {
		schema["required"] = required
	}
	return schema
}

// isKey reports whether encoding/json encodes a map with keys of type t.
func isKey(t reflect.Type) bool {
	k := t.Kind()
	return k == reflect.String || k >= reflect.Int && k <= reflect.Uintptr || t.Implements(typeText)
}

// quoted returns the schema of a field with the option string.
func quoted(t reflect.Type) object {
	if t.Kind() == reflect.Pointer {
		return withNull(object{"type": "string"})
	}
	return object{"type": "string"}
}

// withNull returns a schema that admits null too.
func withNull(schema object) object {
	switch t := schema["type"].(type) {
	case string:
		schema["type"] = []string{t, "null"}
		return schema
	case []string:
		return schema
	}
	if len(schema) == 0 || schema["anyOf"] != nil {
		return schema // any value, or null already
	}
	return object{"anyOf": []any{schema, object{"type": "null"}}}
}

// withoutNull returns the schema that withNull has got.
func withoutNull(schema object) object {
	if t, ok := schema["type"].([]string); ok {
		schema["type"] = t[0]
	}
	if list, ok := schema["anyOf"].([]any); ok {
		return list[0].(object)
	}
	return schema
}
