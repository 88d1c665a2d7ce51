package httperr

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// WrapMux serves mux and turns its own refusals (400, 404 and 405, in plain
// text) into the envelope. Allow is kept. What a registered handler answers is
// never touched, whatever its status, and neither are the redirects of the mux,
// whose body repeats the path that was asked for, escaped.
func WrapMux(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := trackerOf(w)
		if t == nil {
			t, w = track(w, new(connTracker))
		}
		// The mux writes the pattern that matched into the request that it is
		// given, so an empty one at the time of the status is its own answer.
		// Asking mux.Handler beforehand would match every request twice.
		t.onMux = r
		defer noteRoute(r)
		mux.ServeHTTP(w, r)
	})
}

// noteRoute keeps the pattern for the record: a layer between may have copied
// the request, and the copy is where the mux wrote it. Of a mux inside a mux
// the inner one comes first.
func noteRoute(r *http.Request) {
	if rec := carrier.From(r.Context()); rec != nil && matched(r) {
		rec.Update(func(f *carrier.Facts) { f.Route = join(r.Pattern, f.Route) })
	}
}

// matched reports whether r.Pattern is a pattern. Where ServeMux redirects a
// CONNECT to a path with a slash at its end, it puts that path there: a route
// that the client would choose.
func matched(r *http.Request) bool {
	return r.Pattern != "" && (r.Method != http.MethodConnect || strings.HasPrefix(r.Pattern, "CONNECT "))
}

// join puts the prefix that an outer mux matched before the pattern of the
// inner one, unless that has it, as it has without http.StripPrefix.
func join(outer, inner string) string {
	if inner == "" {
		return outer
	}
	prefix, rest := path(outer), path(inner)
	if !strings.HasSuffix(prefix, "/") || strings.HasPrefix(rest, prefix) {
		return inner
	}
	return strings.TrimSuffix(prefix, "/") + rest
}

// path returns a pattern without its method.
func path(pattern string) string {
	if _, p, ok := strings.Cut(pattern, " "); ok {
		return p
	}
	return pattern
}
