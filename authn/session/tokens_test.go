package session_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// No way to print Tokens shows a token.
func TestTokensAreHidden(t *testing.T) {
	a := newApp(t, nil)
	tokens, err := a.Begin(t.Context(), session.Login{Principal: ann("")})
	if err != nil {
		t.Fatal(err)
	}
	var b mwtest.Buffer
	for _, log := range []*slog.Logger{slog.New(slog.NewJSONHandler(&b, nil)), slog.New(slog.NewTextHandler(&b, nil))} {
		log.Info("login", "tokens", tokens, "pointer", &tokens, "inside", struct{ Tokens session.Tokens }{tokens})
	}
	text, _ := json.Marshal(map[string]any{"tokens": tokens})
	shown := b.String() + string(text) + fmt.Sprintf("%v %+v %#v %s %q %v", tokens, tokens, tokens, tokens, tokens, &tokens)
	for _, secret := range []string{tokens.Access, tokens.Refresh, tokens.Refresh[60:80]} {
		if strings.Contains(shown, secret) {
			t.Errorf("%q is in %s", secret, shown)
		}
	}
}

func TestRespond(t *testing.T) {
	a := newApp(t, nil)
	tokens, err := a.Begin(t.Context(), session.Login{Principal: ann("")})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := tokens.Respond(w); err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	if body["access_token"] != "access-1" || body["refresh_token"] != tokens.Refresh || body["token_type"] != "Bearer" || body["scope"] != "read write" {
		t.Errorf("%v", body)
	}
	mwtest.OnlyHeaders(t, w.Header(), "Content-Type", "Cache-Control")
}
