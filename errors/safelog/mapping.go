package safelog

import (
	"cmp"
	"encoding"
	"reflect"
	"slices"
)

// An entry of a map, and where it was rendered.
type entry struct {
	key      reflect.Value
	json     string // the key as JSON has it
	textFrom int
	textTo   int
}

// mapping renders a map in the order of its JSON keys, as encoding/json does.
func (w *walker) mapping(v reflect.Value, depth int) {
	entries := make([]entry, 0, min(v.Len(), w.nodes))
	for it := v.MapRange(); it.Next() && len(entries) < cap(entries); {
		entries = append(entries, entry{key: it.Key(), json: w.jsonKey(it.Key())})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.json, b.json) })

	secret := w.maskedEntries(v, entries)
	w.json = append(w.json, '{')
	start := len(w.text)
	for i := range entries {
		e := &entries[i]
		if w.full() {
			entries = entries[:i]
			break
		}
		w.comma()
		e.textFrom = len(w.text)
		j, t := w.mapKey(e, depth)
		w.json = append(appendQuoted(w.json, j), ':')
		w.text = append(append(w.text, t...), ':')
		if w.secrets.SensitiveKey(j) || w.secrets.SensitiveKey(t) || j != e.json && w.sensitiveUncut(e.json) || secret && isNamed(j) {
			w.str(redacted)
		} else {
			w.walk(v.MapIndex(e.key), depth+1)
		}
		e.textTo = len(w.text)
	}
	if len(entries) < v.Len() {
		w.comma()
		w.json = append(w.json, cutMember...)
	}
	w.json = append(w.json, '}')
	w.reorder(entries, start, len(entries) < v.Len())
}

// reorder puts the entries that begin at w.text[start] into the order of fmt,
// which sorts numbers by size, and into brackets.
func (w *walker) reorder(entries []entry, start int, cut bool) {
	slices.SortStableFunc(entries, func(a, b entry) int {
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
		w.space(i == 0)
		w.text = append(w.text, rendered[e.textFrom-start:e.textTo-start]...)
	}
	if cut {
		w.space(len(entries) == 0)
		w.text = append(w.text, cutMark...)
	}
	w.text = append(w.text, ']')
}

// mapKey renders a key for both handlers. What the key is for fmt is also what
// it is for JSON where that knows none of its type.
func (w *walker) mapKey(e *entry, depth int) (j, t string) {
	j0, t0 := len(w.json), len(w.text)
	w.nodes++ // a key and its value count as one
	w.walk(e.key, depth+1)
	t = string(w.text[t0:])
	w.json, w.text = w.json[:j0], w.text[:t0]
	if j = w.rules.text(e.json); e.json == "" && e.key.Kind() != reflect.String {
		j = t
	}
	return j, t
}

// jsonKey is the key that encoding/json makes of k, or would if it took it, or "".
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
