package compile

import (
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// defaults compiles the default tags of t and of the structs inside it. fields are the compiled
// fields of t: nothing is read into the others. inside tells that t is behind a list, a map or
// a pointer.
func (c *compiler) defaults(t reflect.Type, fields map[string]plan.GoField, index []int, path string, inside bool) {
	if inside {
		if c.defaulted[t] {
			return
		}
		c.defaulted[t] = true
	}
	for f := range t.Fields() {
		compiled, read := fields[f.Name]
		at := append(slices.Clone(index), f.Index...)
		if tag, ok := f.Tag.Lookup("default"); ok {
			s := plan.Preset{Index: at, Path: path + f.Name, Where: c.path(t, f), Tag: tag}
			c.preset(t, f, compiled.Param, s, inside, read && f.IsExported())
		}
		in, _ := plan.Leaf(f.Type)
		switch n := c.nodes[in]; {
		case compiled.Embedded != nil:
			c.defaults(in, compiled.Embedded, at, path+f.Name+".", inside)
		case read && n != nil:
			c.defaults(in, n.Fields, at, path+f.Name+".", inside || in != f.Type)
		}
	}
}

// preset compiles one default.
func (c *compiler) preset(t reflect.Type, f reflect.StructField, p *plan.Parameter, s plan.Preset, inside, read bool) {
	levels, k := c.rulesOf(t).Fields[f.Name].Levels, plan.ScalarKind(f.Type)
	var reason, fix string
	switch {
	case !read:
		reason, fix = "is a default for a field that nothing is read into", "set it in the handler"
	case inside:
		reason = "is a default inside a list, a map, a pointer or an Optional, where nobody can tell absence from zero"
		fix = "set it in the handler, or make the field a pointer"
	case plan.AtDepth(levels, 0).Required(), p != nil && p.In == plan.InPath:
		reason, fix = "is a default for what is always there or else refused, and so never used", "remove the default, or the rule required"
	case k == plan.KindInvalid:
		reason, fix = "is a default for a type that has none: absent, it is nil or empty", "use a string, a bool, a number or a type with UnmarshalText"
	}
	if reason != "" {
		c.refuse(s.Where, s.Tag, reason, fix)
		return
	}
	if p == nil {
		p = &plan.Parameter{Typ: f.Type, Kind: k, Form: plan.FormOf(f.Type), MaxBytes: c.mostBytes(plan.AtDepth(levels, 0))}
		_, p.Bits = plan.Basic(f.Type)
	}
	s.Value = reflect.New(f.Type).Elem()
	if flaw, ok := p.Store(s.Value, s.Tag); !ok {
		c.refuse(s.Where, s.Tag, "is not a value of the field: it "+flaw.Message,
			"correct the default (a time.Duration is a whole number of nanoseconds, as in a body)")
		return
	}
	if k == plan.KindText && f.Type != plan.TypeTime {
		s.Text = []byte(s.Tag)
	}
	c.out.Presets = append(c.out.Presets, s)
}
