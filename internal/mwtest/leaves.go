package mwtest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Leaves returns the errors at the ends of a tree that errors.Join and several %w verbs
// have made.
func Leaves(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, Leaves(e)...)
		}
		return all
	}
	return []error{err}
}

// Faults fails t unless err consists of exactly one fault for each of the given
// prefixes, in any order. So every mistake is reported at once, and none is reported
// twice.
func Faults(t *testing.T, err error, prefixes ...string) {
	t.Helper()
	left := Leaves(err)
	for _, p := range prefixes {
		i := slices.IndexFunc(left, func(e error) bool { return strings.HasPrefix(e.Error(), p) })
		if i < 0 {
			t.Errorf("no fault starts with %q; got:\n%v", p, err)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, e := range left {
		t.Errorf("unexpected fault: %v", e)
	}
}

// OnlyHeaders fails t if h has a header that is not among names, because middleware
// that sends too many headers is as wrong as middleware that sends too few.
func OnlyHeaders(t *testing.T, h http.Header, names ...string) {
	t.Helper()
	for k := range h {
		if !slices.ContainsFunc(names, func(n string) bool { return http.CanonicalHeaderKey(n) == k }) {
			t.Errorf("unexpected header %s: %q", k, h[k])
		}
	}
}
