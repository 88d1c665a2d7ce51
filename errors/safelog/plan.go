package safelog

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
)

// by says what renders a value.
type by uint8

const (
	byStructure by = iota
	byMarshaler    // json.Marshaler
	byText         // encoding.TextMarshaler
	byFmt          // fmt.Formatter, error or fmt.Stringer
)

// A plan is what is known of a type.
type plan struct {
	json     by
	jsonAddr by // if the value is addressable
	text     by
	textTop  by      // if the value is a whole attribute
	tagged   bool    // rendered by structure, whatever methods it has
	fields   []field // of a struct
}

func (p *plan) scalar() bool { return p.json == byStructure && p.jsonAddr == byStructure }

// plan returns the plan of t, and makes it the first time.
func (r *rules) plan(t reflect.Type) *plan {
	if p, ok := r.plans.Load(t); ok {
		return p.(*plan)
	}
	ptr := reflect.PointerTo(t)
	p := &plan{tagged: tagged(t)}
	switch {
	case p.tagged: // methods know nothing of our tags
	case implements[json.Marshaler](t):
		p.json = byMarshaler
	case implements[json.Marshaler](ptr):
		p.jsonAddr = byMarshaler
	case implements[encoding.TextMarshaler](t):
		p.json = byText
	case implements[encoding.TextMarshaler](ptr):
		p.jsonAddr = byText
	}
	if !p.tagged && (implements[fmt.Formatter](t) || implements[error](t) || implements[fmt.Stringer](t)) {
		p.text = byFmt
	}
	if !p.tagged && implements[encoding.TextMarshaler](t) {
		p.textTop = byText
	}
	if t.Kind() == reflect.Struct {
		p.fields = r.fieldsOf(t)
	}
	actual, _ := r.plans.LoadOrStore(t, p)
	return actual.(*plan)
}

func implements[M any](t reflect.Type) bool { return t.Implements(reflect.TypeFor[M]()) }

// logs reports whether t or a pointer to it has LogValue.
func logs(t reflect.Type) bool {
	return implements[slog.LogValuer](t) || implements[slog.LogValuer](reflect.PointerTo(t))
}

// methodOf returns v, or its address, as an M.
func methodOf[M any](v reflect.Value) (m M, ok bool) {
	if m, ok = v.Interface().(M); !ok && v.CanAddr() {
		m, ok = v.Addr().Interface().(M)
	}
	return m, ok
}

// textOf renders the text of v by its methods.
func (w *walker) textOf(v reflect.Value, how by) {
	w.text = append(w.text, w.rules.text(w.textByMethod(v, how))...)
}

// textByMethod is what v says of itself, unclean.
func (w *walker) textByMethod(v reflect.Value, how by) string {
	if m, ok := methodOf[encoding.TextMarshaler](v); ok && how == byText {
		return marshalText(m)
	}
	return guard(nil, func() string { return fmt.Sprintf("%+v", v.Interface()) })
}

func marshalText(m encoding.TextMarshaler) string {
	return guard(m, func() string {
		b, err := m.MarshalText()
		if err != nil {
			return failure + err.Error()
		}
		return string(b)
	})
}
