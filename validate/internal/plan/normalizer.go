package plan

import (
	"encoding"
	"reflect"
)

// A Mod changes text before the rules see it. It returns its argument, and
// allocates nothing, if there is nothing to change.
type Mod func(string) string

// A Normalizer changes the text in the fields of a struct, by the tags mod.
type Normalizer struct {
	Typ    reflect.Type
	Fields []NormalizedField
}

type NormalizedField struct {
	Index int
	Mods  []Mod       // of the strings there
	In    *Normalizer // of the structs there
}

// Useful reports whether d leads to a mod and not only to itself.
func (d *Normalizer) Useful(seen map[*Normalizer]bool) bool {
	if d == nil || seen[d] {
		return false
	}
	seen[d] = true
	for _, f := range d.Fields {
		if len(f.Mods) > 0 || f.In.Useful(seen) {
			return true
		}
	}
	return false
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
	case reflect.Map: // what is in a map cannot be changed there
		elem := reflect.New(v.Type().Elem()).Elem()
		for _, k := range v.MapKeys() {
			elem.Set(v.MapIndex(k))
			f.run(elem)
			v.SetMapIndex(k, elem)
		}
	case reflect.Struct:
		if f.In != nil && v.Type() == f.In.Typ {
			f.In.Run(v)
		} else if v.Field(0).Bool() && !v.Field(1).Bool() { // an Optional that is a value
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

// A Preset is what a field holds if the client does not send it. It is stored
// before anything is read, so what is sent, also a zero, replaces it.
type Preset struct {
	Index []int
	Value reflect.Value
	Text  []byte // for a type that decodes it: it may have pointers inside, which requests must not share
	Path  string // Go names with dots between
	Where string
	Tag   string
}

func (p *Preset) Store(v reflect.Value) {
	dst := v.FieldByIndex(p.Index)
	if p.Text == nil {
		dst.Set(p.Value)
		return
	}
	// New has tried it.
	_ = dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(p.Text)
}
