package httperr

import "net/http"

// HandlerFunc is a handler that may fail. An error that it returns is answered
// by [Write]; it must not have written a response then. If it has, the
// connection is aborted.
type HandlerFunc func(http.ResponseWriter, *http.Request) error

// ServeHTTP implements http.Handler.
func (f HandlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if trackerOf(w) == nil {
		// Without the middleware outside, nobody else could tell whether the
		// response has begun.
		_, w = track(w, new(connTracker))
	}
	if err := f(w, r); err != nil {
		Write(w, r, err)
	}
}
