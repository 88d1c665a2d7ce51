package httperr

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// WrapMux serves mux and replaces the plain-text refusals of the mux itself
// (400, 404 and 405) with the envelope. It keeps the Allow header. It never
// changes the response of a registered handler, whatever its status. It does not
// change the redirects of the mux either; their body repeats the requested path,
// escaped.
func WrapMux(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, w := ensureTracker(w)
		// The mux stores the matched pattern in this request. If Pattern is still
		// empty when the status is written, no handler matched and the response
		// is the mux's own. A call of mux.Handler beforehand would match every
		// request twice.
		t.muxRequest = r
		defer recordRoute(r)
		mux.ServeHTTP(w, r)
	})
}

// recordRoute stores the pattern in the record of the request. The outermost
// layer cannot always read it from its own request, because a layer in between
// may have copied the request, and then the mux stored the pattern in the copy.
// With a mux inside a mux, the inner mux calls recordRoute first.
func recordRoute(r *http.Request) {
	if rec := carrier.From(r.Context()); rec != nil && hasPattern(r) {
		rec.Update(func(f *carrier.Facts) { f.Route = joinPatterns(r.Pattern, f.Route) })
	}
}

// hasPattern reports whether r.Pattern is a registered pattern. When ServeMux
// redirects a CONNECT request to the path with a trailing slash, it sets
// r.Pattern to that path, so the client would choose the route in the record.
func hasPattern(r *http.Request) bool {
	return r.Pattern != "" && (r.Method != http.MethodConnect || strings.HasPrefix(r.Pattern, "CONNECT "))
}

// joinPatterns puts the prefix that the outer mux matched in front of the
// pattern of the inner mux. Without http.StripPrefix the inner pattern already
// has that prefix; then joinPatterns returns the inner pattern.
func joinPatterns(outer, inner string) string {
	if inner == "" {
		return outer
	}
	prefix, rest := pathOf(outer), pathOf(inner)
	if !strings.HasSuffix(prefix, "/") || strings.HasPrefix(rest, prefix) {
		return inner
	}
	return strings.TrimSuffix(prefix, "/") + rest
}

// pathOf returns pattern without its method. A pattern of another router may hold
// a space behind its beginning.
func pathOf(pattern string) string {
	if _, p, ok := strings.Cut(pattern, " "); ok && pattern[0] != '/' {
		return p
	}
	return pattern
}
