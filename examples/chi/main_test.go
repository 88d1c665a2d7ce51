package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestService(t *testing.T) {
	issuer := authntest.NewIssuer(t, "https://issuer.example", "https://notes.example")
	token := func(scope string) string { return issuer.Token("ann", scope) }
	h := service(issuer.Trusted())
	post := func(path, token, body string) *http.Response {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	mwtest.Refused(t, post("/notes", "", `{}`), 401, "unauthenticated")
	mwtest.Refused(t, post("/notes", token("notes:read"), `{}`), 403, "insufficient_scope")
	mwtest.Refused(t, post("/notes", token("notes:write"), `{"Title":"t"}`), 400, "validation_failed")
	mwtest.Refused(t, post("/nowhere", "", ``), 404, "not_found")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/notes", nil))
	if allow := w.Header().Get("Allow"); allow != "POST" {
		t.Errorf("Allow %q", allow)
	}
	mwtest.Refused(t, w.Result(), 405, "method_not_allowed")
	if res := post("/notes", token("notes:write"), `{"title":"t"}`); res.StatusCode != 200 || res.Header.Get("X-Frame-Options") != "DENY" || res.Header.Get("X-Correlation-ID") == "" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}
