package main

import (
	"encoding/json"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
)

// otherRoutes returns the routes that show the layers around them.
func otherRoutes(l limits, old *lifecycle.Middleware) []routes.Route {
	const noObjects = "the response has no stored object"
	return []routes.Route{
		{Pattern: "GET /healthz", Public: "a probe has no credential", Handler: httperr.HandlerFunc(healthz)},
		{Pattern: "GET /v1/me", AnyCaller: "each caller may read its own principal", NoObject: noObjects, Handler: httperr.HandlerFunc(me)},
		{Pattern: "GET /v1/boom", Require: authz.AnyRole("admin"), NoObject: noObjects,
			Limits: []routes.Limit{l.admin}, Handler: httperr.HandlerFunc(boom)},
		{Pattern: "GET /v1/legacy", Require: authz.Scopes("notes:read"), NoObject: noObjects,
			Lifecycle: old, Handler: httperr.HandlerFunc(legacy)},
	}
}

func writeJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, err = w.Write(append(body, '\n'))
	return err
}

func healthz(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, map[string]string{"status": "ok"})
}

func me(w http.ResponseWriter, r *http.Request) error {
	p, ok := authn.FromContext(r.Context())
	if !ok {
		return authn.ErrNoCredentials
	}
	return writeJSON(w, map[string]any{"kind": p.Kind, "subject": p.Subject, "scopes": p.Scopes, "roles": p.Roles})
}

// boom panics with a secret in its message, as real services do. The client
// does not see the message, and the log contains all of it but the password.
func boom(http.ResponseWriter, *http.Request) error {
	panic("cannot connect to postgres://notes:hunter2@db.internal/notes")
}

func legacy(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, map[string]string{"use": "/v1/notes"})
}
