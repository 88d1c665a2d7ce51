package safelog

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/go-sallyport/sallyport/errors/safelog/internal/detect"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// A budget holds the remaining part of each limit. It must not escape to the
// heap, because every record needs one.
type budget struct {
	attrs   int // attributes
	nodes   int // values inside composites, groups, and calls of LogValue
	dropped int // attributes that were dropped because a limit was used up

	plain bool // the attributes are under a key of DangerouslyPlainKeys
}

// take subtracts one from the remaining part of a limit. If none is left, it
// counts a dropped attribute and returns false.
func (b *budget) take(left *int) bool {
	if *left <= 0 {
		b.dropped++
		return false
	}
	*left--
	return true
}

// cleanAttr cleans one attribute at a depth of groups. It reports whether the
// attribute must be logged.
func (r *rules) cleanAttr(b *budget, a slog.Attr, depth int) (slog.Attr, bool) {
	if a.Key == "" && a.Value.Kind() == slog.KindAny && a.Value.Any() == nil {
		return a, false // handlers ignore the empty Attr
	}
	clean, masked := r.cleanKey(a.Key)
	masked = masked && !r.staysUnmasked(clean, a.Value)
	if !masked && a.Value.Kind() == slog.KindLogValuer {
		// Each call counts, since LogValue may return a group of many more
		// LogValuers.
		if !b.take(&b.nodes) {
			return slog.Attr{}, false
		}
		a.Value = a.Value.Resolve() // it limits the number of calls and recovers panics
	}
	if (a.Value.Kind() != slog.KindGroup || masked) && !b.take(&b.attrs) {
		return slog.Attr{}, false
	}
	a.Key = clean
	if masked {
		a.Value = slog.StringValue(redacted)
		return a, true
	}
	search := r.detector
	if b.plain {
		search = r.plain
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(r.cleanTextWith(r.searchFor(clean, true, search), a.Value.String()))
	case slog.KindGroup:
		outer := b.plain
		b.plain = r.searchFor(clean, false, search) == r.plain
		a, ok := r.cleanGroup(b, a, depth)
		b.plain = outer
		return a, ok
	case slog.KindAny:
		v := a.Value.Any()
		a.Value = r.cleanAny(b, v, depth, r.searchFor(clean, isText(reflect.ValueOf(v)), search))
	}
	return a, true
}

// cleanGroup is cleanAttr for a group.
func (r *rules) cleanGroup(b *budget, a slog.Attr, depth int) (slog.Attr, bool) {
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
		if inner, ok := r.cleanAttr(b, inner, depth+1); ok {
			clean = append(clean, inner)
		}
	}
	a.Value = slog.GroupValue(clean...)
	return a, len(clean) > 0
}

// cleanKey cleans a key and reports whether its value must be masked. A key can
// be input of a client too, where a program makes attributes from a map.
func (r *rules) cleanKey(key string) (string, bool) {
	clean := r.cleanText(key)
	if clean == "" && key != "" {
		clean = "_" // a group with an empty key would be inlined into its parent
	}
	return clean, r.detector.SensitiveKey(clean) || clean != key && r.sensitiveUncut(key)
}

// sensitiveUncut is SensitiveKey for the original key. Cleaning may have cut off
// its end, and the end decides.
func (r *rules) sensitiveUncut(key string) bool { return r.detector.SensitiveKey(stripControls(key)) }

// cleanAny cleans the value of slog.Any. It returns a copy: the next handler may
// keep it, and the program may change the original later. search finds the
// secrets in its text.
func (r *rules) cleanAny(b *budget, v any, depth int, search *detect.Detector) slog.Value {
	switch x := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case []byte:
		// Clean bytes stay bytes, since handlers print bytes in different ways.
		if text, hide := r.byteText(search, x); hide {
			return slog.StringValue(text)
		}
		return slog.AnyValue(bytes.Clone(x))
	case error:
		if r.plainError(x) {
			return slog.StringValue(r.cleanTextWith(search, textOrPanic(x, x.Error)))
		}
	}
	return r.composite(b, v, depth, search)
}

// plainError reports whether every handler would print only the text of err.
func (r *rules) plainError(err error) bool {
	switch err.(type) {
	case json.Marshaler, encoding.TextMarshaler, fmt.Formatter:
		return false
	}
	return !r.plan(reflect.TypeOf(err)).tagged
}

// byteText returns the bytes p as clean text. hide reports whether the text must
// replace the bytes, because they are too long or hold a secret. Control
// characters alone are no reason: binary data has them, and they are no secret.
func (r *rules) byteText(search *detect.Detector, p []byte) (text string, hide bool) {
	s := string(p[:min(len(p), r.maxString+lookahead+1)])
	text = r.cleanTextWith(search, s)
	return text, len(p) > r.maxString || text != oneLine(stripControls(s))
}

// textOrPanic returns the result of f, which calls a method of the logged value
// v. A log line must not abort the request, so a panic becomes text, as in fmt
// and slog.
func textOrPanic(v any, f func() string) (s string) {
	defer func() {
		if p := recover(); p != nil {
			if s = fmt.Sprintf("!PANIC: %v", p); nilcheck.Nil(v) {
				s = "<nil>"
			}
		}
	}()
	return f()
}
