package safelog

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"sync"

	"github.com/go-sallyport/sallyport/errors/safelog/internal/detect"
)

// rendering replaces a composite in the record that is passed on. It has the
// two clean renderings of the composite, both made in one walk: MarshalJSON
// returns the JSON, and every other method the form of %+v.
//
// The alternatives were worse. Groups cannot hold slices, and would change the
// output of a text handler. A cleaned copy of the same type cannot be made if
// there are unexported fields. Its methods would run again, and their output
// would not be searched. And fmt prints such a copy by fields but encoding/json
// by tags, so a copy that is clean for one leaks through the other. A tree that
// is rendered on demand costs more than both renderings.
type rendering struct{ json, text string }

// MarshalJSON implements json.Marshaler.
func (s rendering) MarshalJSON() ([]byte, error) { return []byte(s.json), nil }

// MarshalText implements encoding.TextMarshaler.
func (s rendering) MarshalText() ([]byte, error) { return []byte(s.text), nil }

// Format implements fmt.Formatter, so that %#v prints the same text.
func (s rendering) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.text) }

// A walker renders one value. It is pooled.
type walker struct {
	*rules
	search *detect.Detector // for the current value
	nodes  int
	base   int // depth of the groups around the value
	json   []byte
	text   []byte
	path   []visit // references around the current value
}

// A visit identifies a reference whose value is being rendered.
type visit struct {
	t reflect.Type
	p uintptr
	n int
}

var walkers = sync.Pool{New: func() any { return new(walker) }}

// maxPooled is the capacity, in bytes, up to which a walker goes back to the
// pool. One large value must not keep its large buffers allocated.
const maxPooled = 32 << 10

// composite cleans a value that has none of the basic kinds of slog.
func (r *rules) composite(b *budget, v any, depth int, search *detect.Detector) slog.Value {
	w := walkers.Get().(*walker)
	w.rules, w.search, w.nodes, w.base = r, search, b.nodes, depth
	w.json, w.text, w.path = w.json[:0], w.text[:0], w.path[:0]
	// Every known method of a logged value is called through textOrPanic. This
	// outer call covers a method that was overlooked, and panics of reflection.
	failed := textOrPanic(w, func() string {
		w.render(reflect.ValueOf(v), 0)
		return ""
	})
	b.nodes = w.nodes
	if failed != "" {
		return slog.StringValue(r.cleanText(failed)) // do not reuse w: its state is unknown
	}
	s := rendering{json: string(w.json), text: string(w.text)}
	if cap(w.json)+cap(w.text) <= maxPooled {
		walkers.Put(w)
	}
	if n := len(s.json); n == len(s.text)+2 && s.json[0] == '"' && s.json[1:n-1] == s.text {
		return slog.StringValue(s.text)
	}
	return slog.AnyValue(s)
}

// cleanText cleans a text inside the current value.
func (w *walker) cleanText(s string) string { return w.cleanTextWith(w.search, s) }

// takeNode subtracts one value from the budget. It reports false if no value is
// left, or if depth is beyond the limit.
func (w *walker) takeNode(depth int) bool {
	if w.limitReached() || w.base+depth > w.maxDepth {
		return false
	}
	w.nodes--
	return true
}

// limitReached reports whether no further value may be rendered, at any depth.
func (w *walker) limitReached() bool {
	return w.nodes <= 0 || len(w.text) > 8*w.maxString || len(w.json) > 8*w.maxString
}

// writeBoth writes j to the JSON rendering and t to the text rendering.
func (w *walker) writeBoth(j, t string) {
	w.json = append(w.json, j...)
	w.text = append(w.text, t...)
}

// writeString writes a clean string to both renderings.
func (w *walker) writeString(s string) {
	w.json = appendQuoted(w.json, s)
	w.text = append(w.text, s...)
}

// writeComma separates members of the JSON rendering. It writes no comma after an
// opening bracket, which no value ends in.
func (w *walker) writeComma() {
	if c := w.json[len(w.json)-1]; c != '{' && c != '[' {
		w.json = append(w.json, ',')
	}
}

// writeSpace separates members of the text rendering, except before the first.
func (w *walker) writeSpace(first bool) {
	if !first {
		w.text = append(w.text, ' ')
	}
}

// appendQuoted appends s, a clean string, as a JSON string. It escapes only the
// quote and the backslash: cleaning has removed all other characters that JSON
// must escape.
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

// jsonScalar returns the JSON of a scalar, or "" if JSON cannot express it.
func jsonScalar(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
