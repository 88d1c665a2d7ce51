package jwtauth

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/jsonfield"
)

// A schemaCompiler compiles the types that C is made of.
type schemaCompiler struct {
	faults *httperr.ConfigFaults
	done   map[reflect.Type]*strictjson.Shape // a type may contain itself
	open   map[reflect.Type]bool              // structs whose embedded fields are being added
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// compileSchema returns the shape of C and adds what is wrong with it. claims
// are the names that have a meaning of their own.
func compileSchema(f *httperr.ConfigFaults, c reflect.Type, claims []string) *strictjson.Shape {
	before := f.Len()
	if c.Kind() != reflect.Struct {
		f.Add("C", c, "is no struct", "declare a struct with a field for each claim")
		return nil
	}
	k := schemaCompiler{faults: f, done: map[reflect.Type]*strictjson.Shape{}, open: map[reflect.Type]bool{c: true}}
	root := k.of(c, "C")
	if m, ok := reflect.PointerTo(c).MethodByName("Validate"); ok && !reflect.PointerTo(c).Implements(reflect.TypeFor[validator]()) {
		f.Add("C.Validate", m.Type, "is not the method that is called", "declare it as Validate(context.Context) error")
	}
	if mayBeNil(c, "Validate") {
		f.Add("C.Validate", nil, "is that of an embedded pointer or interface, which may be nil", "embed a value, or call it from a Validate of C")
	}
	for _, name := range root.Names {
		for _, claim := range claims {
			if name != claim && field.EqualFold(name, claim) {
				f.Add("C."+name, nil, "differs from the claim "+claim+" by case only, and such a member is never accepted", "give the field the tag `json:\""+claim+"\"`")
				break // TenantClaim may name it again, which is a fault of its own
			}
		}
	}
	if f.Len() == before && decodeEmpty(c) != nil {
		f.Add("C", c, "an empty object does not decode into it", "mend its UnmarshalJSON")
	}
	return root
}

// of returns the shape of a type, which is at a path below C.
func (k *schemaCompiler) of(t reflect.Type, at string) *strictjson.Shape {
	if s, ok := k.done[t]; ok {
		return s
	}
	s := new(strictjson.Shape)
	k.done[t] = s
	if p := reflect.PointerTo(t); p.Implements(jsonUnmarshaler) || p.Implements(textUnmarshaler) {
		if mayBeNil(t, "UnmarshalJSON") || mayBeNil(t, "UnmarshalText") {
			k.faults.Add(at, t, "its way of decoding is that of an embedded pointer or interface, which is nil", "embed a value")
		}
		return s
	}
	switch t.Kind() {
	case reflect.Pointer:
		k.done[t] = k.of(t.Elem(), at)
		return k.done[t]
	case reflect.Struct:
		k.structure(s, t, at)
	case reflect.Slice, reflect.Array:
		s.Array = k.of(t.Elem(), at+"[]")
	case reflect.Map:
		s.Object = k.of(t.Elem(), at+"[]")
	}
	if !decodable(t) {
		k.faults.Add(at, t, "cannot be decoded from JSON", "use another type, or leave the field out with the tag `json:\"-\"`")
	}
	return s
}

// decodable reports whether encoding/json can decode into t, whatever its elements.
func decodable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Map:
		key := t.Key()
		return key.Kind() == reflect.String || reflect.Int <= key.Kind() && key.Kind() <= reflect.Uintptr || reflect.PointerTo(key).Implements(textUnmarshaler)
	case reflect.Interface:
		return t.NumMethod() == 0
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return false
	}
	return true
}

// structure adds the fields of a struct and of those embedded in it to s.
func (k *schemaCompiler) structure(s *strictjson.Shape, t reflect.Type, at string) {
	for sf := range t.Fields() {
		f, ok := jsonfield.Of(sf)
		inner := sf.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case !ok:
		case sf.Anonymous && !sf.IsExported() && sf.Type.Kind() == reflect.Pointer:
			k.faults.Add(at+"."+sf.Name, sf.Type, "encoding/json cannot set an embedded pointer to what is not exported", "embed it by value")
		case f.BadName != "" || !f.Inlined:
			k.name(s, cmp.Or(f.BadName, f.Name), sf.Type, at+"."+sf.Name)
		case k.open[inner]:
			k.faults.Add(at+"."+sf.Name, sf.Type, "is embedded in itself", "give the field a name")
		default:
			k.open[inner] = true
			k.structure(s, inner, at)
			delete(k.open, inner)
		}
	}
}

// mayBeNil reports whether a method of t may be that of an embedded pointer or
// interface: calling it would panic, with a token that leaves the field out.
func mayBeNil(t reflect.Type, method string) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for sf := range t.Fields() {
		if !sf.Anonymous {
			continue
		}
		_, has := sf.Type.MethodByName(method)
		if kind := sf.Type.Kind(); has && (kind == reflect.Pointer || kind == reflect.Interface) || mayBeNil(sf.Type, method) {
			return true
		}
	}
	return false
}

// name adds a field to s.
func (k *schemaCompiler) name(s *strictjson.Shape, name string, t reflect.Type, at string) {
	// encoding/json takes no quotes in a tag, and falls back to the name in Go.
	if !field.Quoted(name) || strings.ContainsAny(name, " '`") {
		k.faults.Add(at, name, "is not printable ASCII without spaces, quotes and backslashes", "give the field the name of the claim in a json tag")
		return
	}
	for _, other := range s.Names {
		if field.EqualFold(name, other) {
			k.faults.Add(at, name, "another field of the struct has this name, or a variant of it", "give each field a name of its own in a json tag")
			return
		}
	}
	s.Names = append(s.Names, name)
	s.Fields = append(s.Fields, k.of(t, at))
}

// decodeEmpty decodes an empty object into a value of c.
func decodeEmpty(c reflect.Type) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return json.Unmarshal([]byte("{}"), reflect.New(c).Interface())
}
