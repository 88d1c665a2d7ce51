package httperr

import "net/http"

// HandlerFunc is a handler that may return an error. [Write] answers the error,
// so the handler must not write a response and then return an error: Write
// would abort the connection.
type HandlerFunc func(http.ResponseWriter, *http.Request) error

// ServeHTTP implements http.Handler.
func (f HandlerFunc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, w = ensureTracker(w)               // tells Write whether the response has begun
	outside := w.Header()[headerEncoding] // of a compressor outside this handler
	if err := f(w, r); err != nil {
		if h := w.Header(); outside == nil {
			delete(h, headerEncoding)
		} else {
			h[headerEncoding] = outside
		}
		Write(w, r, err)
	}
}
