package main

import (
	"net/http"

	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/validate/openapi"
)

// A document serves the OpenAPI document of the service. It is one of the routes that it
// describes, so newService fills it after the routes are built.
type document struct{ text []byte }

func (d *document) route() routes.Route {
	return routes.Route{Pattern: "GET /openapi.json", Public: "a public API has a public description", Handler: d}
}

func (d *document) write(rows []routes.Row) (err error) {
	d.text, err = openapi.Document(openapi.Info{
		Title:   "Notes",
		Version: "1",
		Schemes: []openapi.Scheme{openapi.Bearer("token", "JWT"), openapi.APIKey("key", "X-API-Key")},
	}, rows)
	return err
}

func (d *document) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(d.text) // if it fails, the client has left
}
