package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authz/authztest"
)

// Every route refuses every wrong caller. A new route fails this test until it is attacked too.
func TestEveryRouteRefusesWrongCallers(t *testing.T) {
	t.Setenv("REDIS_URL", "")
	creds, err := newCredentials(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	tokens := authntest.NewIssuer(t, issuer, audience)
	srv := newService(settings{
		logger: slog.New(slog.DiscardHandler), creds: creds, keys: tokens, mail: func(string, string) {}, wider: 1000,
	})
	admin := authztest.Caller{Subject: "anna", Scopes: []string{"notes:read", "notes:write"}, Roles: []string{"admin"}}
	ofNote := func(walt *authztest.Client) authztest.Target {
		return authztest.Target{Values: map[string]string{"id": walt.Create("/v1/notes", `{"title":"a"}`)}, Body: `{"title":"b"}`}
	}
	newKey := func(body string) authztest.Target {
		_, record, err := srv.keys.auth.Generate(apiKeyRecord(time.Now()))
		if err == nil {
			err = srv.keys.store.Put(t.Context(), record)
		}
		if err != nil {
			t.Error(err)
		}
		return authztest.Target{Values: map[string]string{"id": record.ID}, Body: body, Caller: admin}
	}
	toRotate := func(*authztest.Client) authztest.Target { return newKey(`{"overlap_seconds":60}`) }
	toRevoke := func(*authztest.Client) authztest.Target { return newKey("") }
	login := fmt.Sprintf(`{"email":"walt@notes.example","password":%q}`, creds.waltPassword)
	ofSession := func(walt *authztest.Client) authztest.Target {
		walt.Do("POST", "/v1/login", login)
		var all Sessions
		if err := json.Unmarshal(walt.Do("GET", "/v1/sessions", ""), &all); err != nil || len(all.Sessions) == 0 {
			t.Error(all, err)
			return authztest.Target{}
		}
		return authztest.Target{Values: map[string]string{"id": all.Sessions[0].ID}}
	}
	with := func(target authztest.Target) func(*authztest.Client) authztest.Target {
		return func(*authztest.Client) authztest.Target { return target }
	}
	authztest.Attack(t, authztest.Config{
		Handler: srv,
		Routes:  srv.routes,
		Sign: authztest.Tokens{
			Issuers: []*authntest.Issuer{tokens},
			Claims:  func(c authztest.Caller) map[string]any { return map[string]any{"sid": "of " + c.Subject} },
			Revoke:  srv.revocation.RevokeToken,
		}.Sign,
		Caller:    authztest.Caller{Subject: "walt", Scopes: []string{"notes:read", "notes:write"}},
		OtherUser: "olga",
		Targets: map[string]func(*authztest.Client) authztest.Target{
			"/v1/notes/{id}": ofNote,
			"POST /v1/notes": with(authztest.Target{Body: `{"title":"a"}`}),
			"GET /v1/notes": func(walt *authztest.Client) authztest.Target {
				return authztest.Target{ID: walt.Create("/v1/notes", `{"title":"a"}`)}
			},
			"/v1/users/{id}":                  with(authztest.Target{Values: map[string]string{"id": "walt"}, Body: `{"name":"Walt"}`}),
			"GET /v1/keys":                    with(authztest.Target{Caller: admin}),
			"POST /v1/keys/{id}/rotation":     toRotate,
			"DELETE /v1/keys/{id}":            toRevoke,
			"GET /v1/boom":                    with(authztest.Target{Caller: admin, Status: 500}),
			"DELETE /v1/sessions/{id}":        ofSession,
			"POST /v1/login":                  with(authztest.Target{Body: login}),
			"POST /v1/token/refresh":          with(authztest.Target{Status: 401}), // there is no cookie
			"POST /v1/password-reset":         with(authztest.Target{Body: `{"email":"walt@notes.example"}`}),
			"POST /v1/password-reset/confirm": with(authztest.Target{Body: `{"email":"walt@notes.example","token":"x","password":"long enough for it"}`, Status: 400}),
		},
		Public: []string{
			"GET /healthz", "GET /openapi.json", "POST /v1/login", "POST /v1/token/refresh", "POST /v1/logout",
			"POST /v1/password-reset", "POST /v1/password-reset/confirm",
		},
		IgnoresOwner: "the service ignores a query that a route does not read",
	})
}
