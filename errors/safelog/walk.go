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

// walk renders v.
func (w *walker) walk(v reflect.Value, depth int) {
	if v.Kind() == reflect.Interface {
		v = v.Elem() // an interface is no value of its own
	}
	switch {
	case !w.enter(depth):
		w.str(cutMark)
	case !v.IsValid(), v.Kind() == reflect.Pointer && v.IsNil():
		w.both("null", "<nil>")
	case !v.CanInterface():
		w.str(opaque)
	default:
		if val, ok := logValue(v); ok {
			w.resolved(val, depth)
		} else {
			w.value(v, w.plan(v.Type()), depth)
		}
	}
}

// logValue returns the value that v is logged as, if it is a LogValuer or one of
// slog's own types.
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

// value renders v. A type may render itself for one handler and not for the
// other, so each rendering is its own method's output, cleaned, or else the
// structure of v.
func (w *walker) value(v reflect.Value, p *plan, depth int) {
	jsonBy, textBy := p.json, p.text
	if depth == 0 && p.textTop != byStructure {
		textBy = p.textTop
	}
	if v.CanAddr() && jsonBy == byStructure {
		jsonBy = p.jsonAddr
	}
	if err, ok := v.Interface().(error); depth == 0 && ok && jsonBy != byMarshaler && !p.tagged {
		// Handlers print the text of an error, though not of one inside.
		w.json = appendQuoted(w.json, w.rules.text(guard(err, err.Error)))
		w.textOf(v, textBy)
		return
	}
	j0, t0 := len(w.json), len(w.text)
	if jsonBy == byStructure || textBy == byStructure {
		w.structure(v, p, depth)
	}
	if jsonBy != byStructure {
		w.json = w.json[:j0]
		w.jsonOf(v, jsonBy, depth)
	}
	if textBy != byStructure {
		w.text = w.text[:t0]
		w.textOf(v, textBy)
	}
}

// resolved renders the value that a LogValuer stands for.
func (w *walker) resolved(val slog.Value, depth int) {
	val = val.Resolve()
	if err, ok := val.Any().(error); ok && val.Kind() == slog.KindAny && w.plainError(err) {
		// Also what Resolve makes of a panic and of an endless chain.
		w.str(w.rules.text(guard(err, err.Error)))
		return
	}
	if val.Kind() != slog.KindGroup {
		w.walk(reflect.ValueOf(val.Any()), depth+1)
		return
	}
	w.both("{", "[")
	for i, a := range val.Group() {
		w.comma()
		w.space(i == 0)
		if w.full() {
			w.both(cutMember, cutMark)
			break
		}
		key, masked := w.key(a.Key)
		w.str(key)
		w.both(":", "=")
		switch kind := a.Value.Kind(); {
		case masked:
			w.str(redacted)
		case kind != slog.KindLogValuer && kind != slog.KindGroup:
			w.walk(reflect.ValueOf(a.Value.Any()), depth+1)
		case w.enter(depth + 1):
			w.resolved(a.Value, depth+1)
		default:
			w.str(cutMark)
		}
	}
	w.both("}", "]")
}

// structure renders v by its kind.
func (w *walker) structure(v reflect.Value, p *plan, depth int) {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		x := v.Convert(plainTypes[v.Kind()]).Interface()
		w.scalar(marshalled(x), fmt.Sprint(x))
	case reflect.String:
		if v.Type() == reflect.TypeFor[verbatim]() {
			w.both(v.String(), v.String())
			break
		}
		j, s := "", w.rules.text(v.String())
		if v.Type() == reflect.TypeFor[json.Number]() {
			j = marshalled(json.Number(s))
		}
		w.scalar(j, s)
	case reflect.Struct:
		w.both("{", "{")
		w.fields(v, p.fields, depth)
		w.both("}", "}")
	case reflect.Pointer, reflect.Map, reflect.Slice:
		w.reference(v, depth)
	case reflect.Array:
		w.elements(v, depth)
	default:
		s := scalarText(v)
		w.scalar(s, cmp.Or(s, opaque)) // channels, functions, unsafe pointers
	}
}

// scalar writes text, and j for JSON if JSON can express it.
func (w *walker) scalar(j, text string) {
	if j == "" {
		w.str(text) // also NaN, infinity, complex
		return
	}
	w.both(j, text)
}

// plainTypes are those without the methods that a number's type may have.
var plainTypes = map[reflect.Kind]reflect.Type{
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

// reference renders what v refers to, unless that is what is being rendered.
func (w *walker) reference(v reflect.Value, depth int) {
	if v.IsNil() {
		text := "[]"
		if v.Kind() == reflect.Map {
			text = "map[]"
		}
		w.both("null", text)
		return
	}
	here := visit{t: v.Type(), p: v.Pointer()}
	if v.Kind() == reflect.Slice {
		here.n = v.Len() + 1 // a slice of itself is another value
	}
	if slices.Contains(w.path, here) {
		w.str(cycle)
		return
	}
	w.path = append(w.path, here)
	switch v.Kind() {
	case reflect.Map:
		w.mapping(v, depth)
	case reflect.Slice:
		w.elements(v, depth)
	case reflect.Pointer:
		switch v.Elem().Kind() {
		case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array:
			w.text = append(w.text, '&')
		}
		w.walk(v.Elem(), depth+1)
	}
	w.path = w.path[:len(w.path)-1]
}

// elements renders a slice or an array.
func (w *walker) elements(v reflect.Value, depth int) {
	bytes := v.Type().Elem().Kind() == reflect.Uint8
	if bytes && w.byteText(v) {
		return
	}
	start := len(w.json)
	w.both("[", "[")
	for i := range v.Len() {
		w.comma()
		w.space(i == 0)
		if w.full() {
			w.str(cutMark)
			break
		}
		w.walk(v.Index(i), depth+1)
	}
	w.both("]", "]")
	if bytes && v.Kind() == reflect.Slice && w.plan(v.Type().Elem()).scalar() {
		w.json = append(base64.StdEncoding.AppendEncode(append(w.json[:start], '"'), v.Bytes()), '"')
	}
}

// byteText renders bytes as text if there is a secret among them, or if there
// are more than may be printed.
func (w *walker) byteText(v reflect.Value) bool {
	b := make([]byte, min(v.Len(), w.maxString+lookahead+1))
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	text, hide := w.rules.byteText(b)
	if hide = hide || len(b) >= w.nodes; hide {
		w.str(text)
	}
	return hide
}
