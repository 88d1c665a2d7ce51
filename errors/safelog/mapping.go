package safelog

import (
	"cmp"
	"encoding"
	"reflect"
	"slices"
)

// A mapEntry is an entry of a map, with the position of its rendering.
type mapEntry struct {
	key      reflect.Value
	json     string // the key in JSON
	textFrom int    // the entry is walker.text[textFrom:textTo]
	textTo   int
}

// renderMap renders a map. The JSON has the order of its JSON keys, like
// encoding/json.
func (w *walker) renderMap(v reflect.Value, depth int) {
	entries := make([]mapEntry, 0, min(v.Len(), w.nodes))
	for it := v.MapRange(); it.Next() && len(entries) < cap(entries); {
		entries = append(entries, mapEntry{key: it.Key(), json: w.jsonKey(it.Key())})
	}
	slices.SortFunc(entries, func(a, b mapEntry) int { return cmp.Compare(a.json, b.json) })

	secret := w.entriesNameSecret(v, entries)
	w.json = append(w.json, '{')
	start := len(w.text)
	for i := range entries {
		e := &entries[i]
		if w.limitReached() {
			entries = entries[:i]
			break
		}
		w.writeComma()
		e.textFrom = len(w.text)
		j, t := w.mapKey(e, depth)
		w.json = append(appendQuoted(w.json, j), ':')
		w.text = append(append(w.text, t...), ':')
		masked := w.detector.SensitiveKey(j) || w.detector.SensitiveKey(t) || j != e.json && w.sensitiveUncut(e.json)
		switch value := v.MapIndex(e.key); {
		case secret && isValueKey(j), masked && (j != t || !w.staysUnmasked(j, basicValue(value))):
			w.writeString(redacted)
		default:
			w.renderUnder([]string{j}, value, depth+1)
		}
		e.textTo = len(w.text)
	}
	if len(entries) < v.Len() {
		w.writeComma()
		w.json = append(w.json, cutMember...)
	}
	w.json = append(w.json, '}')
	w.writeInFmtOrder(entries, start, len(entries) < v.Len())
}

// writeInFmtOrder sorts the entries that begin at w.text[start] in the order of
// fmt, which sorts numbers by size, and writes the brackets around them.
func (w *walker) writeInFmtOrder(entries []mapEntry, start int, cut bool) {
	slices.SortStableFunc(entries, func(a, b mapEntry) int {
		switch {
		case a.key.CanInt() && b.key.CanInt():
			return cmp.Compare(a.key.Int(), b.key.Int())
		case a.key.CanUint() && b.key.CanUint():
			return cmp.Compare(a.key.Uint(), b.key.Uint())
		case a.key.CanFloat() && b.key.CanFloat():
			return cmp.Compare(a.key.Float(), b.key.Float())
		case a.key.Kind() == reflect.String && b.key.Kind() == reflect.String:
			return cmp.Compare(a.key.String(), b.key.String())
		}
		return 0
	})
	rendered := string(w.text[start:])
	w.text = append(w.text[:start], "map["...)
	for i, e := range entries {
		w.writeSpace(i == 0)
		w.text = append(w.text, rendered[e.textFrom-start:e.textTo-start]...)
	}
	if cut {
		w.writeSpace(len(entries) == 0)
		w.text = append(w.text, cutMark...)
	}
	w.text = append(w.text, ']')
}

// mapKey returns the key of e, j for JSON and t for fmt. j equals t if encoding/json
// does not support the type of the key.
func (w *walker) mapKey(e *mapEntry, depth int) (j, t string) {
	j0, t0 := len(w.json), len(w.text)
	w.nodes++ // a key and its value count as one
	w.render(e.key, depth+1)
	t = string(w.text[t0:])
	w.json, w.text = w.json[:j0], w.text[:t0]
	if j = w.cleanText(e.json); e.json == "" && e.key.Kind() != reflect.String {
		j = t
	}
	return j, t
}

// jsonKey returns the key that encoding/json makes of k. For types that
// encoding/json does not support as keys, jsonKey follows the same rules, and
// returns "" where they give no key.
func (w *walker) jsonKey(k reflect.Value) string {
	if k.Kind() == reflect.Interface {
		k = k.Elem()
	}
	switch {
	case k.Kind() == reflect.String:
		return k.String()
	case !k.IsValid(), k.Kind() == reflect.Pointer && k.IsNil():
		return ""
	case k.CanInterface():
		if m, ok := k.Interface().(encoding.TextMarshaler); ok && !w.plan(k.Type()).tagged {
			return marshalText(m)
		}
	}
	return scalarText(k)
}
