package safelog

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
)

// A renderer says how a value is rendered.
type renderer uint8

const (
	byStructure renderer = iota
	byMarshaler          // json.Marshaler
	byText               // encoding.TextMarshaler
	byFmt                // fmt.Formatter, error or fmt.Stringer
)

// A plan says how the values of one type are rendered.
type plan struct {
	mark     string // stands for every value of the type, if it is not ""
	json     renderer
	jsonAddr renderer // if json is byStructure and the value is addressable
	text     renderer
	textTop  renderer // if the value is a whole attribute
	tagged   bool     // rendered by structure, even if it has methods
	fields   []field  // fields of a struct
}

// jsonByStructure reports whether no method renders the JSON of the type.
func (p *plan) jsonByStructure() bool { return p.json == byStructure && p.jsonAddr == byStructure }

// plan returns the plan of t. The first call makes it.
func (r *rules) plan(t reflect.Type) *plan {
	if p, ok := r.plans.Load(t); ok {
		return p.(*plan)
	}
	ptr := reflect.PointerTo(t)
	p := &plan{mark: markOf(t), tagged: hasLogTag(t)}
	switch {
	case p.tagged: // methods would ignore the log tags
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
	if t.Kind() == reflect.Struct && p.mark == "" {
		p.fields = r.fieldsOf(t)
	}
	actual, _ := r.plans.LoadOrStore(t, p)
	return actual.(*plan)
}

func implements[M any](t reflect.Type) bool { return t.Implements(reflect.TypeFor[M]()) }

// isLogValuer reports whether t or a pointer to t has the method LogValue.
func isLogValuer(t reflect.Type) bool {
	return implements[slog.LogValuer](t) || implements[slog.LogValuer](reflect.PointerTo(t))
}

// methodOf returns v, or its address, as an M.
func methodOf[M any](v reflect.Value) (m M, ok bool) {
	if m, ok = v.Interface().(M); !ok && v.CanAddr() {
		m, ok = v.Addr().Interface().(M)
	}
	return m, ok
}

// renderText renders the text of v by its methods.
func (w *walker) renderText(v reflect.Value, how renderer) {
	w.text = append(w.text, w.cleanText(w.textByMethod(v, how))...)
}

// textByMethod returns the text that a method of v returns, not cleaned.
func (w *walker) textByMethod(v reflect.Value, how renderer) string {
	if m, ok := methodOf[encoding.TextMarshaler](v); ok && how == byText {
		return marshalText(m)
	}
	return textOrPanic(nil, func() string { return fmt.Sprintf("%+v", v.Interface()) })
}

func marshalText(m encoding.TextMarshaler) string {
	return textOrPanic(m, func() string {
		b, err := m.MarshalText()
		if err != nil {
			return failure + err.Error()
		}
		return string(b)
	})
}
