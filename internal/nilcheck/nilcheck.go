// Package nilcheck asks whether a value of a Config is there.
package nilcheck

import "reflect"

// Nil reports whether v, which somebody else has made, is nil, or a nil pointer
// or a nil function inside an interface, which compares with nil as something
// that is there and would panic on the first request. A map or a slice that is
// nil may be used, and is not.
func Nil(v any) bool {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func:
		return r.IsNil()
	default:
		return false
	}
}
