package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/authntest"
)

// One profile has three views.
func TestProfiles(t *testing.T) {
	t.Setenv("REDIS_URL", "")
	creds, err := newCredentials(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	tokens := authntest.NewIssuer(t, issuer, audience)
	srv := httptest.NewServer(newService(settings{logger: slog.New(slog.DiscardHandler), creds: creds, keys: tokens}))
	defer srv.Close()
	walt, rita := tokens.Token("walt"), tokens.Token("rita")
	anna := tokens.Sign(map[string]any{"sub": "anna", "roles": []string{"admin"}})

	for _, tc := range []struct {
		name, method, path, token, body string
		status                          int
		want                            string
	}{
		{"another user", "GET", "/v1/users/walt", rita, "", 200, `{"id":"walt","name":"Walt"}`},
		{"the user itself", "GET", "/v1/users/walt", walt, "", 200, `{"id":"walt","name":"Walt","email":"walt@notes.example"}`},
		{"an admin", "GET", "/v1/users/walt", anna, "", 200, `{"id":"walt","name":"Walt","email":"walt@notes.example","roles":[]}`},
		{"a missing user", "GET", "/v1/users/nobody", rita, "", 404, `"code":"not_found"`},
		{"another user writes", "PATCH", "/v1/users/walt", rita, `{"name":"Evil"}`, 404, `"code":"not_found"`},
		{"a role for oneself", "PATCH", "/v1/users/walt", walt, `{"roles":["admin"]}`, 403, `"code":"member_not_writable"`},
		{"the pointer of the member", "PATCH", "/v1/users/walt", walt, `{"roles":["admin"]}`, 403, `"/roles"`},
		{"a name for oneself", "PATCH", "/v1/users/walt", walt, `{"name":"Wally"}`, 200, `"name":"Wally"`},
		{"a role from an admin", "PATCH", "/v1/users/walt", anna, `{"roles":["admin"]}`, 200, `"roles":["admin"]`},
		{"no name", "PATCH", "/v1/users/walt", walt, `{"name":null}`, 422, `"code":"member_null"`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), tc.method, srv.URL+tc.path, strings.NewReader(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+tc.token)
		r.Header.Set("Content-Type", "application/json")
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		exact := strings.HasPrefix(tc.want, `{`)
		got := strings.TrimSpace(string(body))
		if res.StatusCode != tc.status || exact && got != tc.want || !exact && !strings.Contains(got, tc.want) || !json.Valid(body) {
			t.Errorf("%s: %d %s, want %d %s", tc.name, res.StatusCode, got, tc.status, tc.want)
		}
	}
}
