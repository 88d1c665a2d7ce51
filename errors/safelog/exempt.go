package safelog

import (
	"encoding/json"
	"log/slog"
	"reflect"
	"strconv"
	"time"

	"github.com/go-sallyport/sallyport/errors/safelog/internal/detect"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// staysUnmasked reports whether v is printed although its key is sensitive: a
// bool, a number under a plural, a working directory under PWD, and the hash of
// a refused credential. A name of Config.Keys masks every value.
func (r *rules) staysUnmasked(key string, v slog.Value) bool {
	switch v.Kind() {
	case slog.KindBool:
		return r.detector.SensitiveKey(key) && !r.detector.OwnKey(key)
	case slog.KindInt64:
		return r.detector.StaysNumber(key, float64(v.Int64()))
	case slog.KindUint64:
		return r.detector.StaysNumber(key, float64(v.Uint64()))
	case slog.KindFloat64:
		return r.detector.StaysNumber(key, v.Float64())
	case slog.KindDuration:
		return r.detector.StaysNumber(key, v.Duration().Seconds())
	case slog.KindString:
		return r.detector.StaysText(key, v.String()) || carrier.IsCredentialHash(v.String()) && r.identifies(key)
	case slog.KindAny:
		basic := basicValue(reflect.ValueOf(v.Any()))
		return basic.Kind() != slog.KindAny && r.staysUnmasked(key, basic)
	}
	return false
}

// basicValue returns v, or the value that v points to, as a value of a basic kind
// of slog. Other values, also those with methods that print them, become nil.
func basicValue(v reflect.Value) slog.Value {
	for range 3 { // no more, since a pointer can point to itself
		if v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
	}
	switch {
	case !v.IsValid():
	case v.Type() == reflect.TypeFor[time.Duration]():
		return slog.DurationValue(time.Duration(v.Int()))
	case v.Type() == reflect.TypeFor[rawNumber](), v.Type() == reflect.TypeFor[json.Number]():
		if n, err := strconv.ParseFloat(v.String(), 64); err == nil {
			return slog.Float64Value(n)
		}
	case v.Type().NumMethod() > 0:
	case v.Kind() == reflect.Bool:
		return slog.BoolValue(v.Bool())
	case v.CanInt():
		return slog.Int64Value(v.Int())
	case v.CanUint():
		return slog.Uint64Value(v.Uint())
	case v.CanFloat():
		return slog.Float64Value(v.Float())
	case v.Kind() == reflect.String:
		return slog.StringValue(v.String())
	}
	return slog.Value{}
}

// identifies reports whether key is one of carrier.IdentifyingKeys, and not in
// Config.Keys.
func (r *rules) identifies(key string) bool {
	for _, name := range r.identifying {
		if detect.IsName(key, name) {
			return true
		}
	}
	return false
}

// searchFor returns the Detector for text under key. outer is the Detector of the
// values around it. An identifier is a text, so everything but text under such a
// key is searched as usual.
func (r *rules) searchFor(key string, isText bool, outer *detect.Detector) *detect.Detector {
	switch {
	case outer == r.plain || r.detector.PlainKey(key):
		return r.plain
	case isText && r.identifies(key):
		return r.identifiers
	}
	return outer
}

// isText reports whether v is, or points to, a string.
func isText(v reflect.Value) bool {
	return basicValue(v).Kind() == slog.KindString
}
