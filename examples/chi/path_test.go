package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

type byID struct {
	ID string `path:"id"`
}

// TestPathOfChi asserts the statements about chi in the documentation of
// validate, and how chi differs from ServeMux.
func TestPathOfChi(t *testing.T) {
	var got string
	fn := func(_ context.Context, in *byID) (*struct{}, error) {
		got = in.ID
		return nil, nil
	}
	plain := validate.Handler(fn)
	asked := validate.Handle(mwtest.Must[*validate.Schema[byID]](t)(validate.New[byID](validate.Config{Path: chi.URLParam})), fn)

	mux := http.NewServeMux()
	mux.Handle("GET /mux/{id}", plain)
	mux.Handle("GET /mux/other/{name}", plain)
	r := chi.NewRouter()
	r.Method("GET", "/chi/{id}", plain)
	r.Method("GET", "/digits/{id:[0-9]+}", plain)
	r.Method("GET", "/chi/other/{name}", plain)
	r.Method("GET", "/asked/{id}", asked)
	r.Method("GET", "/asked/other/{name}", asked)
	r.Route("/in", func(r chi.Router) {
		r.With(validate.Middleware[byID]()).Get("/with/{id}", func(_ http.ResponseWriter, r *http.Request) {
			v, _ := validate.From[byID](r)
			got = v.ID
		})
		r.Group(func(r chi.Router) { r.Method("GET", "/group/{id}", plain) })
	})
	used := chi.NewRouter()
	used.Use(validate.Middleware[byID]())
	used.Get("/{id}", func(http.ResponseWriter, *http.Request) {})

	for _, tc := range []struct {
		h          http.Handler
		path, want string
		status     int // of a refusal
		code       string
	}{
		{h: mux, path: "/mux/a", want: "a"},
		{h: mux, path: "/mux/a%2Fb%20c", want: "a/b c"},
		{h: mux, path: "/mux/a%20b", want: "a b"},
		{h: mux, path: "/mux/other/a", status: 500, code: "internal_error"},
		{h: r, path: "/chi/a", want: "a"},
		{h: r, path: "/chi/a%2Fb%20c", want: "a%2Fb%20c"},
		{h: r, path: "/chi/a%20b", want: "a b"},
		{h: r, path: "/digits/7", want: "7"},
		{h: r, path: "/chi/other/a", status: 500, code: "internal_error"},
		{h: r, path: "/asked/a%2Fb", want: "a%2Fb"},
		{h: r, path: "/asked/other/a", status: 400, code: "validation_failed"},
		{h: r, path: "/in/with/a", want: "a"},
		{h: r, path: "/in/group/a", want: "a"},
		{h: used, path: "/a", status: 500, code: "internal_error"}, // the middleware runs before chi has found the route
	} {
		got = ""
		res := mwtest.Do(tc.h, httptest.NewRequest("GET", tc.path, nil))
		if tc.code != "" {
			mwtest.Refused(t, res, tc.status, tc.code)
		} else if got != tc.want || res.StatusCode > 299 {
			t.Errorf("%s: %d %q, want %q", tc.path, res.StatusCode, got, tc.want)
		}
	}
}
