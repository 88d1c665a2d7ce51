package safelog

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
)

// render renders v, a value at a depth inside the composite.
func (w *walker) render(v reflect.Value, depth int) {
	if v.Kind() == reflect.Interface {
		v = v.Elem() // count and render only the value inside the interface
	}
	switch {
	case !w.takeNode(depth):
		w.writeString(cutMark)
	case !v.IsValid(), v.Kind() == reflect.Pointer && v.IsNil():
		w.writeBoth("null", "<nil>")
	case !v.CanInterface():
		w.writeString(opaque)
	default:
		if val, ok := logValue(v); ok {
			w.renderResolved(val, depth)
		} else if p := w.plan(v.Type()); p.mark != "" {
			w.writeString(p.mark)
		} else {
			w.renderValue(v, p, depth)
		}
	}
}

// renderUnder renders v, the value under keys that do not mask it.
func (w *walker) renderUnder(keys []string, v reflect.Value, depth int) {
	outer := w.search
	for _, key := range keys {
		w.search = w.searchFor(key, isText(v), w.search)
	}
	w.render(v, depth)
	w.search = outer
}

// logValue returns the slog.Value that stands for v, if v is a LogValuer, a
// slog.Value or a slog.Attr.
func logValue(v reflect.Value) (slog.Value, bool) {
	switch x := v.Interface().(type) {
	case slog.Value:
		return x, true
	case slog.Attr:
		return slog.GroupValue(x), true
	}
	lv, ok := methodOf[slog.LogValuer](v)
	return slog.AnyValue(lv), ok
}

// renderValue renders v. A type may have a method for one of the two renderings
// only. Each rendering is therefore decided alone: it is the cleaned output of
// the method, or the structure of v.
func (w *walker) renderValue(v reflect.Value, p *plan, depth int) {
	jsonBy, textBy := p.json, p.text
	if depth == 0 && p.textTop != byStructure {
		textBy = p.textTop
	}
	if v.CanAddr() && jsonBy == byStructure {
		jsonBy = p.jsonAddr
	}
	if err, ok := v.Interface().(error); depth == 0 && ok && jsonBy != byMarshaler && !p.tagged {
		// Handlers print the text of an error, but not of an error inside
		// another value.
		w.json = appendQuoted(w.json, w.cleanText(textOrPanic(err, err.Error)))
		w.renderText(v, textBy)
		return
	}
	j0, t0 := len(w.json), len(w.text)
	if jsonBy == byStructure || textBy == byStructure {
		w.renderByKind(v, p, depth)
	}
	if jsonBy != byStructure {
		w.json = w.json[:j0]
		w.renderJSON(v, jsonBy, depth)
	}
	if textBy != byStructure {
		w.text = w.text[:t0]
		w.renderText(v, textBy)
	}
}

// renderResolved renders val, the result of a LogValuer.
func (w *walker) renderResolved(val slog.Value, depth int) {
	val = val.Resolve()
	if err, ok := val.Any().(error); ok && val.Kind() == slog.KindAny && w.plainError(err) {
		// Resolve returns such an error for a panic and for an endless chain too.
		w.writeString(w.cleanText(textOrPanic(err, err.Error)))
		return
	}
	if val.Kind() != slog.KindGroup {
		w.render(reflect.ValueOf(val.Any()), depth+1)
		return
	}
	w.writeBoth("{", "[")
	for i, a := range val.Group() {
		w.writeComma()
		w.writeSpace(i == 0)
		if w.limitReached() {
			w.writeBoth(cutMember, cutMark)
			break
		}
		key, masked := w.cleanKey(a.Key)
		w.writeString(key)
		w.writeBoth(":", "=")
		switch kind := a.Value.Kind(); {
		case masked && !w.staysUnmasked(key, a.Value):
			w.writeString(redacted)
		case kind != slog.KindLogValuer && kind != slog.KindGroup:
			w.renderUnder([]string{key}, reflect.ValueOf(a.Value.Any()), depth+1)
		case w.takeNode(depth + 1):
			outer := w.search
			w.search = w.searchFor(key, false, outer)
			w.renderResolved(a.Value, depth+1)
			w.search = outer
		default:
			w.writeString(cutMark)
		}
	}
	w.writeBoth("}", "]")
}

// renderByKind renders v by its kind, without its methods.
func (w *walker) renderByKind(v reflect.Value, p *plan, depth int) {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		x := v.Convert(builtinTypes[v.Kind()]).Interface()
		w.writeScalar(jsonScalar(x), fmt.Sprint(x))
	case reflect.String:
		if v.Type() == reflect.TypeFor[rawNumber]() {
			w.writeBoth(v.String(), v.String())
			break
		}
		j, s := "", w.cleanText(v.String())
		if v.Type() == reflect.TypeFor[json.Number]() {
			j = jsonScalar(json.Number(s))
		}
		w.writeScalar(j, s)
	case reflect.Struct:
		w.writeBoth("{", "{")
		w.renderFields(v, p.fields, depth)
		w.writeBoth("}", "}")
	case reflect.Pointer, reflect.Map, reflect.Slice:
		w.renderReference(v, depth)
	case reflect.Array:
		w.renderElements(v, depth)
	default:
		s := scalarText(v)
		w.writeScalar(s, cmp.Or(s, opaque)) // opaque: channels, functions, unsafe pointers
	}
}

// writeScalar writes j to the JSON output and text to the text output. If j is
// empty, it writes text to the JSON as well, as a string.
func (w *walker) writeScalar(j, text string) {
	if j == "" {
		w.writeString(text) // a string, or a number that JSON cannot express: NaN, infinity, complex
		return
	}
	w.writeBoth(j, text)
}

// builtinTypes has the predeclared type of each kind. A value is converted to it
// so that methods of its own type are not called.
var builtinTypes = map[reflect.Kind]reflect.Type{
	reflect.Float32: reflect.TypeFor[float32](), reflect.Complex64: reflect.TypeFor[complex64](),
	reflect.Float64: reflect.TypeFor[float64](), reflect.Complex128: reflect.TypeFor[complex128](),
}

// scalarText returns the text of a bool, an integer or a float, or "".
func scalarText(v reflect.Value) string {
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	}
	return ""
}

// renderReference renders the value behind a pointer, a map or a slice. If that
// value is already being rendered, it writes the mark for a cycle.
func (w *walker) renderReference(v reflect.Value, depth int) {
	if v.IsNil() {
		text := "[]"
		if v.Kind() == reflect.Map {
			text = "map[]"
		}
		w.writeBoth("null", text)
		return
	}
	here := visit{t: v.Type(), p: v.Pointer()}
	if v.Kind() == reflect.Slice {
		here.n = v.Len() + 1 // a part of the slice begins at the same address and is no cycle
	}
	if slices.Contains(w.path, here) {
		w.writeString(cycle)
		return
	}
	w.path = append(w.path, here)
	switch v.Kind() {
	case reflect.Map:
		w.renderMap(v, depth)
	case reflect.Slice:
		w.renderElements(v, depth)
	case reflect.Pointer:
		switch v.Elem().Kind() {
		case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array:
			w.text = append(w.text, '&')
		}
		w.render(v.Elem(), depth+1)
	}
	w.path = w.path[:len(w.path)-1]
}

// renderElements renders a slice or an array.
func (w *walker) renderElements(v reflect.Value, depth int) {
	bytes := v.Type().Elem().Kind() == reflect.Uint8
	if bytes && w.byteText(v) {
		return
	}
	start := len(w.json)
	w.writeBoth("[", "[")
	for i := range v.Len() {
		w.writeComma()
		w.writeSpace(i == 0)
		if w.limitReached() {
			w.writeString(cutMark)
			break
		}
		w.render(v.Index(i), depth+1)
	}
	w.writeBoth("]", "]")
	if bytes && v.Kind() == reflect.Slice && w.plan(v.Type().Elem()).jsonByStructure() {
		w.json = append(base64.StdEncoding.AppendEncode(append(w.json[:start], '"'), v.Bytes()), '"')
	}
}

// byteText renders bytes as text if they hold a secret, or if there are more
// bytes than the limits allow. It reports whether it rendered them.
func (w *walker) byteText(v reflect.Value) bool {
	b := make([]byte, min(v.Len(), w.maxString+lookahead+1))
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	text, hide := w.rules.byteText(w.search, b)
	if hide = hide || len(b) >= w.nodes; hide {
		w.writeString(text)
	}
	return hide
}
