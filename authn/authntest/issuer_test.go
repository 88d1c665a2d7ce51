package authntest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtauth/idp"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// service answers with the principal.
func service(t *testing.T, trusted jwtauth.TrustedIssuer) http.Handler {
	t.Helper()
	v := mwtest.Must[*jwtauth.Verifier[jwtauth.NoClaims]](t)(jwtauth.New(jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{trusted}}))
	auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{v}}))
	return auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, _ := authn.FromContext(r.Context())
		_, _ = fmt.Fprint(w, p.Issuer, " ", p.Subject, " ", p.Scopes, " ", p.Roles)
	}))
}

func TestIssuerOverTheWire(t *testing.T) {
	issuer := authntest.NewIssuer(t, "https://issuer.example", "https://notes.example")
	other := authntest.NewIssuer(t, "https://issuer.example", "https://notes.example")
	published := httptest.NewServer(issuer.JWKS())
	defer published.Close()
	remote := jwks.Remote(published.URL)
	defer func() { _ = remote.Close() }()
	fetched := issuer.Trusted()
	fetched.Keys = remote
	for kind, trusted := range map[string]jwtauth.TrustedIssuer{"as a source": issuer.Trusted(), "by its endpoint": fetched} {
		srv := httptest.NewServer(service(t, trusted))
		defer srv.Close()
		for name, tc := range map[string]struct {
			token  string
			status int
			want   string
		}{
			"good":             {issuer.Token("ann", "a", "b"), 200, "https://issuer.example ann [a b] []"},
			"no scopes":        {issuer.Token("ann"), 200, "https://issuer.example ann [] []"},
			"roles":            {issuer.Sign(map[string]any{"sub": "anna", "roles": []string{"admin"}}), 200, "https://issuer.example anna [] [admin]"},
			"expired":          {issuer.Expired("ann", "a"), 401, "credentials_expired"},
			"forged":           {issuer.Forged("ann", "a"), 401, "invalid_credentials"},
			"another issuer":   {other.Token("ann", "a"), 401, "invalid_credentials"},
			"another audience": {issuer.Sign(map[string]any{"aud": "https://x.example"}), 401, "invalid_credentials"},
			"no exp":           {issuer.Sign(map[string]any{"exp": nil}), 401, "invalid_credentials"},
		} {
			r, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+tc.token)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			if res.Body.Close(); res.StatusCode != tc.status || !strings.Contains(string(body), tc.want) {
				t.Errorf("%s, %s: %d %s, want %d %s", kind, name, res.StatusCode, body, tc.status, tc.want)
			}
		}
	}
}

// A forged token is like a good one in everything but its signature.
func TestForgedDiffersInTheSignatureOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := authntest.NewIssuer(t, "https://issuer.example", "https://notes.example")
		good, forged := strings.Split(issuer.Token("ann"), "."), strings.Split(issuer.Forged("ann"), ".")
		if good[0] != forged[0] || len(good[1]) != len(forged[1]) || good[2] == forged[2] {
			t.Errorf("%q\n%q", good, forged)
		}
		token := issuer.Token("ann")
		time.Sleep(time.Hour + time.Minute)
		r := get()
		r.Header.Set("Authorization", "Bearer "+token)
		mwtest.Refused(t, mwtest.Do(service(t, issuer.Trusted()), r), 401, "credentials_expired")
	})
}

// A failingTB notes that the test was ended.
type failingTB struct {
	testing.TB
	failed string
}

func (*failingTB) Helper() {}
func (f *failingTB) Fatal(args ...any) {
	f.failed = fmt.Sprint(args...)
	panic(f)
}

func TestIssuerFailsTheTest(t *testing.T) {
	for want, run := range map[string]func(testing.TB){
		"Issuer: \"http://issuer.example\": is not https": func(t testing.TB) { authntest.NewIssuer(t, "http://issuer.example", "a") },
		"Audience: is empty":                              func(t testing.TB) { authntest.NewIssuer(t, "https://issuer.example") },
		"json: unsupported type": func(t testing.TB) {
			authntest.NewIssuer(t, "https://issuer.example", "a").Sign(map[string]any{"x": func() {}})
		},
	} {
		f := &failingTB{TB: t}
		func() {
			defer func() { _ = recover() }()
			run(f)
		}()
		if !strings.Contains(f.failed, want) {
			t.Errorf("failed with %q, want %q", f.failed, want)
		}
	}
}

// The settings of a provider whose tokens have another typ: only Keys is of the test.
func TestIssuerOfAnotherType(t *testing.T) {
	plain := authntest.NewIssuer(t, "https://tenant.eu.auth0.com/", "https://notes.example")
	issuer := plain.WithType("JWT")
	auth0 := idp.Auth0("tenant.eu.auth0.com", "https://notes.example")
	auth0.Keys = plain
	untyped := plain.Trusted()
	untyped.Types, untyped.DangerouslyAnyKind = []string{""}, true
	for name, tc := range map[string]struct {
		trusted jwtauth.TrustedIssuer
		token   string
		status  int
	}{
		"good":          {auth0, issuer.Token("ann", "notes:read"), 200},
		"by a claim":    {auth0, issuer.Sign(map[string]any{"permissions": []string{"notes:read"}}), 200},
		"no kind":       {auth0, issuer.Token("ann"), 401},
		"expired":       {auth0, issuer.Expired("ann", "notes:read"), 401},
		"forged":        {auth0, issuer.Forged("ann", "notes:read"), 401},
		"of RFC 9068":   {auth0, plain.Token("ann", "notes:read"), 401},
		"without a typ": {untyped, plain.WithType("").Token("ann"), 200},
		"with one":      {untyped, issuer.Token("ann"), 401},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+tc.token)
		service(t, tc.trusted).ServeHTTP(w, r)
		if w.Code != tc.status {
			t.Errorf("%s: %d, want %d", name, w.Code, tc.status)
		}
	}
}
