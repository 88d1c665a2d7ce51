package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The whole service, with tokens that no honest issuer signs: the test issuer takes the
// place of the keys that the service fetches.
func TestServiceRefusesBadTokens(t *testing.T) {
	t.Setenv("REDIS_URL", "")
	creds, err := newCredentials(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	tokens := authntest.NewIssuer(t, issuer, audience)
	srv := httptest.NewServer(newService(settings{logger: slog.New(slog.DiscardHandler), creds: creds, keys: tokens}))
	defer srv.Close()
	for _, tc := range []struct {
		name, path, token string
		status            int
		code              string
	}{
		{"a reader", "/v1/notes", tokens.Token("rita", "notes:read"), 200, ""},
		{"without the scope", "/v1/notes", tokens.Token("rita", "notes:write"), 403, "insufficient_scope"},
		{"expired", "/v1/notes", tokens.Expired("rita", "notes:read"), 401, "credentials_expired"},
		{"forged", "/v1/notes", tokens.Forged("rita", "notes:read"), 401, "invalid_credentials"},
		{"for another service", "/v1/me", tokens.Sign(map[string]any{"aud": "https://bank.example"}), 401, "invalid_credentials"},
		{"of another issuer", "/v1/me", tokens.Sign(map[string]any{"iss": "https://evil.example"}), 401, "invalid_credentials"},
		{"without an end", "/v1/me", tokens.Sign(map[string]any{"exp": nil}), 401, "invalid_credentials"},
		{"of the service itself, whose keys it does not use here", "/v1/me", creds.reader, 401, "invalid_credentials"},
		{"an admin", "/v1/boom", tokens.Sign(map[string]any{"roles": []string{"admin"}}), 500, "internal_error"},
		{"no admin", "/v1/boom", tokens.Sign(map[string]any{"roles": []string{"editor"}}), 403, "forbidden"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL+tc.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+tc.token)
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case tc.code != "":
			mwtest.Refused(t, res, tc.status, tc.code)
		case res.StatusCode != tc.status:
			t.Errorf("%s: %d", tc.name, res.StatusCode)
		}
		res.Body.Close()
	}
}

// A handler alone, for a caller that needs no token.
func TestMe(t *testing.T) {
	h := httperr.HandlerFunc(me)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, authntest.As(httptest.NewRequest("GET", "/v1/me", nil), "rita", "notes:read"))
	if want := `{"kind":"jwt","roles":null,"scopes":["notes:read"],"subject":"rita"}`; w.Code != 200 || strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("%d %s, want %s", w.Code, w.Body, want)
	}
	mwtest.Refused(t, mwtest.Do(h, httptest.NewRequest("GET", "/v1/me", nil)), 401, "unauthenticated")
}
