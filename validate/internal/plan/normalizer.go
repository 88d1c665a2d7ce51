package plan

import (
	"encoding"
	"reflect"
)

// A Mod changes text before the rules run. If there is nothing to change, it returns its
// argument and allocates nothing.
type Mod func(string) string

// A Normalizer applies the mod tags of a struct.
type Normalizer struct {
	Typ    reflect.Type
	Fields []NormalizedField
}

type NormalizedField struct {
	Index int
	Mods  []Mod       // for the strings in the field
	In    *Normalizer // for the structs in the field
}

func (d *Normalizer) Run(v reflect.Value) {
	for i := range d.Fields {
		d.Fields[i].run(v.Field(d.Fields[i].Index))
	}
}

func (f *NormalizedField) run(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			f.run(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			f.run(v.Index(i))
		}
	case reflect.Map: // an element of a map is not addressable, so a changed copy replaces it
		elem := reflect.New(v.Type().Elem()).Elem()
		for _, k := range v.MapKeys() {
			elem.Set(v.MapIndex(k))
			f.run(elem)
			v.SetMapIndex(k, elem)
		}
	case reflect.Struct:
		if f.In != nil && v.Type() == f.In.Typ {
			f.In.Run(v)
		} else if v.Field(0).Bool() && !v.Field(1).Bool() { // an Optional with a value
			f.run(v.Field(2))
		}
	case reflect.String:
		s := v.String()
		for _, m := range f.Mods {
			s = m(s)
		}
		v.SetString(s)
	}
}

// A Preset is the default of a field. It is stored before the request is read, so a value
// in the request replaces it, zero included.
type Preset struct {
	Index []int
	Value reflect.Value
	Text  []byte // for a type with UnmarshalText, decoded again each time: requests must not share pointers inside it
	Path  string // Go names joined by dots
	Where string
	Tag   string
}

func (p *Preset) Store(v reflect.Value) {
	dst := v.FieldByIndex(p.Index)
	if p.Text == nil {
		dst.Set(p.Value)
		return
	}
	// The error cannot occur: New has decoded the same text.
	_ = dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(p.Text)
}
