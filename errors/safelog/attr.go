package safelog

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// A budget is what is left of the limits. It must not escape: it is on the path
// of every record.
type budget struct {
	attrs   int // attributes
	nodes   int // values inside composites, groups, and calls of LogValue
	dropped int // attributes that found none left
}

// take takes one from what is left of a limit, and reports whether there was one.
func (b *budget) take(left *int) bool {
	if *left <= 0 {
		b.dropped++
		return false
	}
	*left--
	return true
}

// attr cleans one attribute at a depth of groups, and reports whether there is
// anything left of it.
func (r *rules) attr(b *budget, a slog.Attr, depth int) (slog.Attr, bool) {
	if a.Key == "" && a.Value.Kind() == slog.KindAny && a.Value.Any() == nil {
		return a, false // the empty Attr, which handlers ignore
	}
	clean, masked := r.key(a.Key)
	if !masked && a.Value.Kind() == slog.KindLogValuer {
		// What it returns may be a group of as many more of them as it likes.
		if !b.take(&b.nodes) {
			return slog.Attr{}, false
		}
		a.Value = a.Value.Resolve() // bounded, and with its panics recovered
	}
	if (a.Value.Kind() != slog.KindGroup || masked) && !b.take(&b.attrs) {
		return slog.Attr{}, false
	}
	a.Key = clean
	if masked {
		a.Value = slog.StringValue(redacted)
		return a, true
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(r.text(a.Value.String()))
	case slog.KindGroup:
		return r.group(b, a, depth)
	case slog.KindAny:
		a.Value = r.any(b, a.Value.Any(), depth)
	}
	return a, true
}

func (r *rules) group(b *budget, a slog.Attr, depth int) (slog.Attr, bool) {
	attrs := a.Value.Group()
	if len(attrs) == 0 {
		return a, false
	}
	if depth >= r.maxDepth {
		a.Value = slog.StringValue(cutMark)
		return a, b.take(&b.attrs)
	}
	if !b.take(&b.nodes) {
		return slog.Attr{}, false
	}
	clean := make([]slog.Attr, 0, min(len(attrs), b.attrs+1))
	for _, inner := range attrs {
		if inner, ok := r.attr(b, inner, depth+1); ok {
			clean = append(clean, inner)
		}
	}
	a.Value = slog.GroupValue(clean...)
	return a, len(clean) > 0
}

// key cleans a key and reports whether the value under it is to be masked. A
// key can be input as well, where attributes are made from a map.
func (r *rules) key(key string) (string, bool) {
	clean := r.text(key)
	if clean == "" && key != "" {
		clean = "_" // an empty key would dissolve a group into its parent
	}
	return clean, r.secrets.SensitiveKey(clean) || clean != key && r.sensitiveUncut(key)
}

// sensitiveUncut is SensitiveKey for a key of which cleaning may have left only
// the beginning. It is the end that matters.
func (r *rules) sensitiveUncut(key string) bool { return r.secrets.SensitiveKey(strip(key)) }

// any cleans the value of slog.Any. What it returns is a copy: a handler behind
// may keep it, and the program may go on changing the original.
func (r *rules) any(b *budget, v any, depth int) slog.Value {
	switch x := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case []byte:
		// Handlers differ in how they print bytes, so clean ones stay bytes.
		if text, hide := r.byteText(x); hide {
			return slog.StringValue(text)
		}
		return slog.AnyValue(bytes.Clone(x))
	case error:
		if r.plainError(x) {
			return slog.StringValue(r.text(guard(x, x.Error)))
		}
	}
	return r.composite(b, v, depth)
}

// plainError reports whether every handler would print no more of err than its
// text.
func (r *rules) plainError(err error) bool {
	switch err.(type) {
	case json.Marshaler, encoding.TextMarshaler, fmt.Formatter:
		return false
	}
	return !r.plan(reflect.TypeOf(err)).tagged
}

// byteText returns bytes as text, and whether they must be printed so: if they
// are long, or have a secret and not only control characters. Bytes that are no
// text are unclean by nature, and no secret.
func (r *rules) byteText(p []byte) (text string, hide bool) {
	s := string(p[:min(len(p), r.maxString+lookahead+1)])
	text = r.text(s)
	return text, len(p) > r.maxString || text != oneLine(strip(s))
}

// guard calls a method of a logged value. A line must not cost the request, so
// a panic becomes text, as fmt and slog do it.
func guard(v any, f func() string) (s string) {
	defer func() {
		if p := recover(); p != nil {
			if s = fmt.Sprintf("!PANIC: %v", p); nilcheck.Nil(v) {
				s = "<nil>"
			}
		}
	}()
	return f()
}
