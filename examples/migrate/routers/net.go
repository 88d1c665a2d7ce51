package routers

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"
	"github.com/julienschmidt/httprouter"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/routers"
)

// page: servemux
func onServeMux(l *layers) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /notes/{id}", l.getNote)
	mux.Handle("POST /notes", l.auth.Handler(l.addNote))
	mux.HandleFunc("GET /boom", panicking)
	return l.outer(httperr.WrapMux(mux)) // the 404 and 405 of the mux as envelopes
}

// page: end

// page: chi
func onChi(l *layers) http.Handler {
	r := chi.NewRouter()
	r.NotFound(notFound.ServeHTTP)
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		var allow []string
		for _, m := range methods {
			if r.Match(chi.NewRouteContext(), m, req.URL.Path) {
				allow = append(allow, m)
			}
		}
		httperr.Write(w, req, httperr.ErrMethodNotAllowed.WithHeader("Allow", strings.Join(allow, ", ")))
	})
	r.Use(l.outer)
	r.Method("GET", "/notes/{id}", l.getNote)
	r.With(l.auth.Handler).Method("POST", "/notes", l.addNote)
	r.Get("/boom", panicking)
	return r
}

// page: end

// page: gorilla
func onGorilla(l *layers) http.Handler {
	r := mux.NewRouter()
	r.Use(routers.Gorilla)
	r.NotFoundHandler = notFound
	r.MethodNotAllowedHandler = routers.GorillaNotAllowed(r)
	r.Handle("/notes/{id}", l.getNote).Methods("GET")
	r.Handle("/notes", l.auth.Handler(l.addNote)).Methods("POST")
	r.HandleFunc("/boom", panicking)
	return l.outer(r)
}

// page: end

// page: httprouter
func onHTTPRouter(l *layers) http.Handler {
	r := httprouter.New()
	r.NotFound = notFound
	r.MethodNotAllowed = notAllowed // httprouter has set Allow
	handle := func(path string, h http.Handler) (string, httprouter.Handle) {
		return routers.HTTPRouter(path, func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) { h.ServeHTTP(w, r) })
	}
	r.GET(handle("/notes/:id", l.getNote))
	r.POST(handle("/notes", l.auth.Handler(l.addNote)))
	r.GET(handle("/boom", http.HandlerFunc(panicking)))
	return l.outer(r)
}

// page: end
