package safelog

import (
	"encoding/json"
	"log/slog"
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
	m, _ := methodOf[json.Marshaler](v)
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
	t0, left := len(w.text), w.nodes+1
	w.walk(reflect.ValueOf(decode(dec, &left)), depth)
	w.text = w.text[:t0]
}

// A verbatim number is written as a marshaler has written it: as text, one in ten
// would look like the number of a card.
type verbatim string

// decode reads one JSON value. An object becomes a group, which keeps the order of
// its members. A marshaler prints whatever it likes, so its output is searched
// like a value of slog, and no more than left values of it are read.
func decode(dec *json.Decoder, left *int) any {
	*left--
	token, _ := dec.Token() // the whole is valid
	if n, ok := token.(json.Number); ok {
		return verbatim(n)
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
		return struct{}{} // a group within a group must not be empty
	}
	return slog.GroupValue(members...)
}
