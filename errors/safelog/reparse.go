package safelog

import (
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
)

// failure is written before the error of a marshaler.
const failure = "!ERROR:"

// renderJSON renders the JSON of v by its methods. It decodes the output of
// MarshalJSON and renders the decoded value, so that the output is searched.
func (w *walker) renderJSON(v reflect.Value, how renderer, depth int) {
	if how == byText {
		w.json = appendQuoted(w.json, w.cleanText(w.textByMethod(v, how)))
		return
	}
	m, _ := methodOf[json.Marshaler](v)
	raw := textOrPanic(m, func() string {
		b, err := m.MarshalJSON()
		if err != nil {
			return failure + err.Error()
		}
		return string(b)
	})
	if !json.Valid([]byte(raw)) {
		raw = failure + strings.TrimPrefix(raw, failure) // raw may also be the text of a panic
		w.json = appendQuoted(w.json, w.cleanText(raw))
		return
	}
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	t0, left := len(w.text), w.nodes+1
	w.render(reflect.ValueOf(decode(dec, &left)), depth)
	w.text = w.text[:t0]
}

// A rawNumber is a number exactly as a marshaler wrote it. It is not searched:
// one number in ten would look like a card number.
type rawNumber string

// decode reads one JSON value. An object becomes a group, which keeps the order of
// its members. Output of a marshaler can be of any size, so decode reads at most
// left values.
func decode(dec *json.Decoder, left *int) any {
	*left--
	token, _ := dec.Token() // no error, since json.Valid has checked the input
	if n, ok := token.(json.Number); ok {
		return rawNumber(n)
	}
	object := token == json.Delim('{')
	if !object && token != json.Delim('[') {
		return token
	}
	var members []slog.Attr
	elements := []any{}
	for dec.More() && *left > 0 {
		if object {
			key, _ := dec.Token()
			name, _ := key.(string)
			members = append(members, slog.Any(name, decode(dec, left)))
		} else {
			elements = append(elements, decode(dec, left))
		}
	}
	if dec.More() {
		members, elements = append(members, slog.Any(cutMark, nil)), append(elements, cutMark)
	} else {
		_, _ = dec.Token()
	}
	switch {
	case !object:
		return elements
	case len(members) == 0:
		return struct{}{} // slog leaves out an empty group, but {} must stay
	}
	return slog.GroupValue(members...)
}
