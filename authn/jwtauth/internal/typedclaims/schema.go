package typedclaims

import (
	"cmp"
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/jsonfield"
)

// The errors of Decode.
var (
	ErrName  = errors.New("a name differs from that of a field by case only")
	ErrValue = errors.New("a value does not decode into its field")
)

// A Schema has the names of the fields of C, the type of the claims.
type Schema struct{ root *strictjson.Shape }

// A Validator is a C with rules of its own.
type Validator interface {
	Validate(ctx context.Context) error
}

// Has reports whether C has a field for the claim called name.
func (s *Schema) Has(name string) bool { return slices.Contains(s.root.Names, name) }

// Decode decodes claims into to, a pointer to a C.
func (s *Schema) Decode(claims string, to any) error {
	if !s.root.Fits(claims) {
		return ErrName
	}
	if json.Unmarshal([]byte(claims), to) != nil {
		return ErrValue // the error of encoding/json may quote the token
	}
	return nil
}

// A schemaCompiler compiles C, the type of the claims, and the types of its fields into a
// strictjson.Shape.
type schemaCompiler struct {
	faults    *httperr.ConfigFaults
	shapes    map[reflect.Type]*strictjson.Shape // by type, because a type may contain itself
	embedding map[reflect.Type]bool              // structs whose embedded fields are being added
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// Compile returns the schema of C, and adds the faults of C to f. c is the type C. claims
// lists the names of the claims that the verifier reads. The result is nil if C is no struct.
func Compile(f *httperr.ConfigFaults, c reflect.Type, claims []string) *Schema {
	before := f.Len()
	if c.Kind() != reflect.Struct {
		f.Add("C", c, "is no struct", "declare a struct with a field for each claim")
		return nil
	}
	k := schemaCompiler{faults: f, shapes: map[reflect.Type]*strictjson.Shape{}, embedding: map[reflect.Type]bool{c: true}}
	root := k.shapeOf(c, "C")
	pointer := reflect.PointerTo(c)
	if m, ok := pointer.MethodByName("Validate"); ok && !pointer.Implements(reflect.TypeFor[Validator]()) {
		f.Add("C.Validate", m.Type, "is not the method that is called", "declare it as Validate(context.Context) error")
	}
	if promotesFromNil(c, "Validate") {
		f.Add("C.Validate", nil, "is that of an embedded pointer or interface, which may be nil",
			"embed a value, or call it from a Validate of C")
	}
	for _, name := range root.Names {
		for _, claim := range claims {
			if name != claim && field.EqualFold(name, claim) {
				f.Add("C."+name, nil, "differs from the claim "+claim+" by case only, and such a member is never accepted",
					"give the field the tag `json:\""+claim+"\"`")
				break
			}
		}
	}
	if f.Len() == before && !decodesEmpty(c) {
		f.Add("C", c, "an empty object does not decode into it", "mend its UnmarshalJSON")
	}
	return &Schema{root}
}

// shapeOf returns the shape of t. path leads from C to t, such as "C.Address.Lines[]".
func (k *schemaCompiler) shapeOf(t reflect.Type, path string) *strictjson.Shape {
	if s, ok := k.shapes[t]; ok {
		return s
	}
	s := new(strictjson.Shape)
	k.shapes[t] = s
	if p := reflect.PointerTo(t); p.Implements(jsonUnmarshaler) || p.Implements(textUnmarshaler) {
		if promotesFromNil(t, "UnmarshalJSON") || promotesFromNil(t, "UnmarshalText") {
			k.faults.Add(path, t, "its way of decoding is that of an embedded pointer or interface, which is nil", "embed a value")
		}
		return s
	}
	switch t.Kind() {
	case reflect.Pointer:
		k.shapes[t] = k.shapeOf(t.Elem(), path)
		return k.shapes[t]
	case reflect.Struct:
		k.addFields(s, t, path)
	case reflect.Slice, reflect.Array:
		s.Array = k.shapeOf(t.Elem(), path+"[]")
	case reflect.Map:
		s.Object = k.shapeOf(t.Elem(), path+"[]")
	}
	if !decodable(t) {
		k.faults.Add(path, t, "cannot be decoded from JSON", "use another type, or leave the field out with the tag `json:\"-\"`")
	}
	return s
}

// decodable reports whether encoding/json can decode into t. It does not check the
// elements of t.
func decodable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Map:
		key := t.Key()
		isInteger := reflect.Int <= key.Kind() && key.Kind() <= reflect.Uintptr
		return key.Kind() == reflect.String || isInteger || reflect.PointerTo(key).Implements(textUnmarshaler)
	case reflect.Interface:
		return t.NumMethod() == 0
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer:
		return false
	}
	return true
}

// addFields adds to s the fields of the struct t and of its embedded structs.
func (k *schemaCompiler) addFields(s *strictjson.Shape, t reflect.Type, path string) {
	for sf := range t.Fields() {
		f, ok := jsonfield.Of(sf)
		inner := sf.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case !ok: // encoding/json skips the field
		case sf.Anonymous && !sf.IsExported() && sf.Type.Kind() == reflect.Pointer:
			k.faults.Add(path+"."+sf.Name, sf.Type, "encoding/json cannot set an embedded pointer to what is not exported",
				"embed it by value")
		case f.BadName != "" || !f.Inlined:
			k.addField(s, cmp.Or(f.BadName, f.Name), sf.Type, path+"."+sf.Name)
		case k.embedding[inner]:
			k.faults.Add(path+"."+sf.Name, sf.Type, "is embedded in itself", "give the field a name")
		default:
			k.embedding[inner] = true
			k.addFields(s, inner, path)
			delete(k.embedding, inner)
		}
	}
}

// promotesFromNil reports whether t may get method from an embedded pointer or interface.
// If a token does not have that field, the field is nil, and a call of method would panic.
func promotesFromNil(t reflect.Type, method string) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	for sf := range t.Fields() {
		if !sf.Anonymous {
			continue
		}
		_, has := sf.Type.MethodByName(method)
		if kind := sf.Type.Kind(); has && (kind == reflect.Pointer || kind == reflect.Interface) || promotesFromNil(sf.Type, method) {
			return true
		}
	}
	return false
}

// addField adds to s the field that encoding/json calls name.
func (k *schemaCompiler) addField(s *strictjson.Shape, name string, t reflect.Type, path string) {
	// For a tag with quotes, encoding/json uses the name of the Go field.
	if !field.Quoted(name) || strings.ContainsAny(name, " '`") {
		k.faults.Add(path, name, "is not printable ASCII without spaces, quotes and backslashes",
			"give the field the name of the claim in a json tag")
		return
	}
	for _, other := range s.Names {
		if field.EqualFold(name, other) {
			k.faults.Add(path, name, "another field of the struct has this name, or a variant of it",
				"give each field a name of its own in a json tag")
			return
		}
	}
	s.Names = append(s.Names, name)
	s.Fields = append(s.Fields, k.shapeOf(t, path))
}

// decodesEmpty reports whether an empty object decodes into a value of c. It is false if
// the decoder panics.
func decodesEmpty(c reflect.Type) bool {
	defer func() { _ = recover() }()
	return json.Unmarshal([]byte("{}"), reflect.New(c).Interface()) == nil
}
