package safelog

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"sync"
)

// scrubbed is what a composite is handed on as: its two renderings, made in one
// walk over it.
//
// The alternatives were worse. Groups cannot hold slices, and would change what
// a text handler prints. A sanitised copy of the same type cannot be made of
// unexported fields, runs the program's own methods again where nobody looks at
// the result, and is printed by fields with fmt and by tags with encoding/json,
// so that a plan for one leaks through the other. A tree that is rendered on
// demand costs more than rendering it twice. So each handler asks, and gets
// bytes that are clean: JSON through MarshalJSON, all others the form of %+v.
type scrubbed struct{ json, text string }

// MarshalJSON implements json.Marshaler.
func (s scrubbed) MarshalJSON() ([]byte, error) { return []byte(s.json), nil }

// MarshalText implements encoding.TextMarshaler.
func (s scrubbed) MarshalText() ([]byte, error) { return []byte(s.text), nil }

// Format implements fmt.Formatter, so that %#v shows nothing else.
func (s scrubbed) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.text) }

// A walker renders one value. It is pooled.
type walker struct {
	*rules
	nodes int
	base  int // depth at which the value hangs
	json  []byte
	text  []byte
	path  []visit
}

// A visit is a reference that is being followed.
type visit struct {
	t reflect.Type
	p uintptr
	n int
}

var walkers = sync.Pool{New: func() any { return new(walker) }}

// maxPooled keeps one large value from pinning its buffers for good.
const maxPooled = 32 << 10

// composite cleans any value that is not of one of slog's own kinds.
func (r *rules) composite(b *budget, v any, depth int) slog.Value {
	w := walkers.Get().(*walker)
	w.rules, w.nodes, w.base = r, b.nodes, depth
	w.json, w.text, w.path = w.json[:0], w.text[:0], w.path[:0]
	// Every method of a logged value has its own guard; this one is for a method
	// that nobody thought of, and for what reflection refuses.
	failed := guard(w, func() string {
		w.walk(reflect.ValueOf(v), 0)
		return ""
	})
	b.nodes = w.nodes
	if failed != "" {
		return slog.StringValue(r.text(failed)) // and w, in whatever state it is, is not used again
	}
	s := scrubbed{json: string(w.json), text: string(w.text)}
	if cap(w.json)+cap(w.text) <= maxPooled {
		walkers.Put(w)
	}
	if n := len(s.json); n == len(s.text)+2 && s.json[0] == '"' && s.json[1:n-1] == s.text {
		return slog.StringValue(s.text)
	}
	return slog.AnyValue(s)
}

// enter takes one value from the budget, and reports whether there was one.
func (w *walker) enter(depth int) bool {
	if w.full() || w.base+depth > w.maxDepth {
		return false
	}
	w.nodes--
	return true
}

// full reports whether nothing more may be rendered, however deep.
func (w *walker) full() bool {
	return w.nodes <= 0 || len(w.text) > 8*w.maxString || len(w.json) > 8*w.maxString
}

// both writes a scalar that JSON and fmt write alike, or as given.
func (w *walker) both(j, t string) {
	w.json = append(w.json, j...)
	w.text = append(w.text, t...)
}

// str writes a clean string.
func (w *walker) str(s string) {
	w.json = appendQuoted(w.json, s)
	w.text = append(w.text, s...)
}

// comma separates members of the JSON rendering. No value ends in an opening
// bracket.
func (w *walker) comma() {
	if c := w.json[len(w.json)-1]; c != '{' && c != '[' {
		w.json = append(w.json, ',')
	}
}

// space separates members of the other rendering, all but the first.
func (w *walker) space(first bool) {
	if !first {
		w.text = append(w.text, ' ')
	}
}

// appendQuoted appends s as a JSON string. What JSON must escape besides the
// quote and the backslash, cleaning has taken out.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// marshalled is the JSON of a scalar, and "" if JSON cannot express it.
func marshalled(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
