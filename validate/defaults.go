package validate

import (
	"encoding"
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A preset is what a field holds if the client does not send it. It is stored
// before anything is read, so what is sent, also a zero, replaces it.
type preset struct {
	index []int
	value reflect.Value
	text  []byte // for a type that decodes it: it may have pointers inside, which requests must not share
	path  string // Go names with dots between
	where string
	tag   string
}

func (p *preset) store(v reflect.Value) {
	dst := v.FieldByIndex(p.index)
	if p.text == nil {
		dst.Set(p.value)
		return
	}
	// New has tried it.
	_ = dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(p.text)
}

// preload stores the defaults.
func (b *binder) preload(v reflect.Value) {
	for i := range b.presets {
		b.presets[i].store(v)
	}
}

// defaults compiles the tags default of t and of the structs inside it. inside
// tells that they are behind a list, a map or a pointer.
func (c *compiler) defaults(t reflect.Type, index []int, path string, inside bool) {
	if inside {
		if c.defaulted[t] {
			return
		}
		c.defaulted[t] = true
	}
	for f := range t.Fields() {
		at := append(slices.Clone(index), f.Index...)
		p := c.paramAt(at)
		read := p != nil || f.Tag.Get("json") != "-" && (f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct)
		if tag, ok := f.Tag.Lookup("default"); ok {
			c.preset(t, f, p, preset{index: at, path: path + f.Name, where: fieldPath(typeName(t), f), tag: tag}, inside, read && f.IsExported())
		}
		if !read || p != nil {
			continue
		}
		in, _ := leaf(f.Type)
		if in.Kind() == reflect.Struct && scalarKind(in) == kindInvalid && decoderKind(in) == kindInvalid {
			c.defaults(in, at, path+f.Name+".", inside || in != f.Type)
		}
	}
}

// paramAt returns the parameter that is the field of that index, or nil.
func (c *compiler) paramAt(index []int) *parameter {
	for _, list := range c.params {
		for _, p := range list {
			if slices.Equal(p.index, index) {
				return p
			}
		}
	}
	return nil
}

// preset compiles one default.
func (c *compiler) preset(t reflect.Type, f reflect.StructField, p *parameter, s preset, inside, read bool) {
	levels, k := c.rulesOf(t).fields[f.Name].levels, scalarKind(f.Type)
	switch {
	case !read:
		c.refuse(s.where, s.tag, "is a default for a field that nothing is read into", "set it in the handler")
		return
	case inside:
		c.refuse(s.where, s.tag, "is a default inside a list, a map, a pointer or an Optional, where nobody can tell absence from zero", "set it in the handler, or make the field a pointer")
		return
	case at(levels, 0).required():
		c.refuse(s.where, s.tag, "is a default for what is required, and so never used", "remove the rule required, or the default")
		return
	case p != nil && traits[p.in].always:
		c.refuse(s.where, s.tag, "is a default for a part of the path, which is never absent", "remove the default")
		return
	case k == kindInvalid:
		c.refuse(s.where, s.tag, "is a default for a type that has none: absent, it is nil or empty", "use a string, a bool, a number or a type with UnmarshalText")
		return
	}
	if p == nil {
		p = &parameter{typ: f.Type, kind: k, maxBytes: c.mostBytes(at(levels, 0))}
		_, p.bits = basic(f.Type)
	}
	s.value = reflect.New(f.Type).Elem()
	if flaw, ok := p.store(s.value, s.tag); !ok {
		c.refuse(s.where, s.tag, "is not a value of the field: it "+flaw.message, ofDefault(f.Type, s.tag))
		return
	}
	if k == kindText && f.Type != typeTime {
		s.text = []byte(s.tag)
	}
	c.presets = append(c.presets, s)
}

// tryPresets holds the defaults, as normalised, to the rules of their fields.
// Rules that look at other fields are left out: those may be sent.
func tryPresets(t reflect.Type, presets []preset, run *validator.Validate, prepare func(reflect.Value), faults *httperr.ConfigFaults) {
	if len(presets) == 0 {
		return
	}
	v := reflect.New(t)
	prepare(v.Elem())
	// All defaults are in the struct itself and in those that are values in it.
	broken, _ := run.Struct(v.Interface()).(validator.ValidationErrors)
	for _, b := range broken {
		path := strings.TrimPrefix(b.StructNamespace(), t.Name()+".")
		i := slices.IndexFunc(presets, func(p preset) bool { return p.path == path })
		if i >= 0 && table[b.Tag()].fields == noField {
			faults.Add(presets[i].where, presets[i].tag, "breaks the rule "+b.Tag()+" of its own field", "correct the default or the rule")
		}
	}
}
