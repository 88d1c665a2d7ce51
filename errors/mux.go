package httperr

import (
	"net/http"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// WrapMux serves mux and turns its own 404 and 405, which are plain text, into
// the envelope. Allow is kept. What a registered handler answers is never
// touched, whatever its status.
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
// the request, and the copy is where the mux wrote it.
func noteRoute(r *http.Request) {
	if rec := carrier.From(r.Context()); rec != nil && r.Pattern != "" {
		rec.Update(func(f *carrier.Facts) { f.Route = r.Pattern })
	}
}

// replaceMux answers in place of the mux.
func (t *tracker) replaceMux(status int) {
	e := ErrNotFound
	if status == http.StatusMethodNotAllowed {
		e = ErrMethodNotAllowed
	}
	r := t.onMux
	t.onMux = nil // Write comes back through WriteHeader
	Write(t, r, e)
	t.drop = true
}
