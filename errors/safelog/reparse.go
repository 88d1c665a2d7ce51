package safelog

import (
	"encoding/json"
	"reflect"
	"strings"
)

// failure is written before the error of a marshaler.
const failure = "!ERROR:"

// jsonOf renders the JSON of v by its methods.
func (w *walker) jsonOf(v reflect.Value, how by, depth int) {
	if how == byText {
		w.json = appendQuoted(w.json, w.rules.text(w.textByMethod(v, how)))
		return
	}
	m, ok := methodOf[json.Marshaler](v)
	if !ok {
		w.json = appendQuoted(w.json, opaque)
		return
	}
	raw := guard(m, func() string {
		b, err := m.MarshalJSON()
		if err != nil {
			return failure + err.Error()
		}
		return string(b)
	})
	if !json.Valid([]byte(raw)) {
		raw = failure + strings.TrimPrefix(raw, failure) // or the text of a panic
		w.json = appendQuoted(w.json, w.rules.text(raw))
		return
	}
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	w.reparse(dec, depth)
}

// reparse copies one JSON value, cleaned, in its own order. What a marshaler
// prints is whatever it likes, so its output is searched like a map.
func (w *walker) reparse(dec *json.Decoder, depth int) {
	if !w.enter(depth) {
		w.skip(dec, cutMark)
		return
	}
	token, err := dec.Token()
	if err != nil {
		w.json = appendQuoted(w.json, opaque)
		return
	}
	switch x := token.(type) {
	case json.Delim:
		w.json = append(w.json, byte(x))
		for dec.More() {
			w.comma()
			if w.full() {
				w.drain(dec, x)
				break
			}
			if x == '[' {
				w.reparse(dec, depth+1)
				continue
			}
			token, _ := dec.Token()
			name, _ := token.(string)
			key, masked := w.key(name)
			w.json = appendQuoted(w.json, key)
			w.json = append(w.json, ':')
			if masked {
				w.skip(dec, redacted)
			} else {
				w.reparse(dec, depth+1)
			}
		}
		_, _ = dec.Token()
		w.json = append(w.json, byte(x)+2) // ] and } follow two after [ and {
	case string:
		w.json = appendQuoted(w.json, w.rules.text(x))
	case json.Number:
		w.json = append(w.json, x...)
	case bool:
		w.json = append(w.json, marshalled(x)...)
	default:
		w.json = append(w.json, "null"...)
	}
}

// drain reads the rest of an object or array, and leaves a mark of it.
func (w *walker) drain(dec *json.Decoder, open json.Delim) {
	w.json = appendQuoted(w.json, cutMark)
	if open == '{' {
		w.json = append(w.json, ":null"...)
	}
	var value json.RawMessage
	for dec.More() {
		if open == '{' {
			_, _ = dec.Token()
		}
		_ = dec.Decode(&value)
	}
}

// skip writes mark in place of the next value.
func (w *walker) skip(dec *json.Decoder, mark string) {
	var value json.RawMessage
	_ = dec.Decode(&value) // the whole was valid
	w.json = appendQuoted(w.json, mark)
}
