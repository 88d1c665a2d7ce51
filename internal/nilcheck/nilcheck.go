// Package nilcheck checks whether a value of a Config is missing.
//
// # Use
//
//	if nilcheck.Nil(cfg.Store) {
//		faults.Add("Store", nil, "missing", "give a Store")
//	}
//
// # Threat
//
// A nil pointer or a nil function inside an interface is not equal to nil, and would panic on
// the first request.
//
// # Place in the chain
//
// It is a leaf: the constructors of the library call it.
package nilcheck

import "reflect"

// Nil reports whether v, a value that a user of the library has made, is nil, or a nil
// pointer or a nil function inside an interface. It is false for a nil map and a nil slice,
// because they can be used.
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
