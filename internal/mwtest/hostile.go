package mwtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
)

// vandalise changes every value of h in place and grows every slice. A handler may do
// so with its own response. It breaks every middleware that shares header slices
// between requests or between headers.
func vandalise(h http.Header) {
	for k, v := range h {
		for i := range v {
			v[i] = "vandalised"
		}
		_ = append(v, "grown")
		h[k] = v
	}
}

// HostileInner returns a handler that vandalises the headers of its request and
// response.
func HostileInner() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		vandalise(w.Header())
		vandalise(r.Header)
	})
}

// HostileOuter runs next and then vandalises the headers that next has left.
func HostileOuter(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		vandalise(w.Header())
		vandalise(r.Header)
	})
}

// Unshared fails t if hostile neighbours of middleware can change a later response of
// it, or if a change of one of its headers can reach another header. request must
// return a new, equal request each time.
func Unshared(t *testing.T, middleware func(http.Handler) http.Handler, request func() *http.Request) {
	t.Helper()
	if fault := findSharing(middleware, request); fault != "" {
		t.Error(fault)
	}
}

// findSharing returns a description of the first header slice that is shared, or "".
func findSharing(middleware func(http.Handler) http.Handler, request func() *http.Request) string {
	headers := func(wrap func(http.Handler) http.Handler, inner http.Handler) http.Header {
		w := httptest.NewRecorder()
		wrap(middleware(inner)).ServeHTTP(w, request())
		return w.Header()
	}
	plain := func(h http.Handler) http.Handler { return h }
	want := headers(plain, &Spy{})
	delete(want, "X-Correlation-Id")
	for range 3 {
		headers(HostileOuter, HostileInner())
		headers(HostileOuter, &Spy{})
		got := headers(plain, &Spy{})
		delete(got, "X-Correlation-Id")
		if !reflect.DeepEqual(got, want) {
			return fmt.Sprintf("a hostile neighbour changed a later response:\n got %v\nwant %v", got, want)
		}
	}

	// Growing or changing one header in place must leave all others alone.
	names := headers(plain, &Spy{})
	for name := range names {
		h := headers(plain, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			v := w.Header()[name]
			for i := range v {
				v[i] = "vandalised"
			}
			w.Header()[name] = append(v, "grown")
		}))
		for other, v := range h {
			for _, value := range v {
				if other != name && (value == "vandalised" || value == "grown") {
					return fmt.Sprintf("changing %s changed %s", name, other)
				}
			}
		}
	}
	return ""
}
