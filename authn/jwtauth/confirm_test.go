package jwtauth_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var (
	errOtherCertificate = errors.New("the connection has another certificate, hunter2")
	errNoCertificate    = errors.New("the connection has no certificate")
)

// byCertificate is a Confirm for mutual TLS.
func byCertificate(r *http.Request, c authn.Confirmation) error {
	if c.Method != "x5t#S256" || r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return errNoCertificate
	}
	if sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw); encode(string(sum[:])) != c.Value {
		return errOtherCertificate
	}
	return nil
}

// newCertificate returns a certificate that a client has signed itself.
func newCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key := signers()[2].private
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// cnfOf returns the cnf of a token that is bound to a certificate.
func cnfOf(c tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	return `{"x5t#S256":` + quote(encode(string(sum[:]))) + `}`
}

// A bound token is accepted over its own connection alone. The cache changes no outcome.
func TestConfirmOverTheWire(t *testing.T) {
	s := signers()[2]
	mine, theirs := newCertificate(t), newCertificate(t)
	for _, size := range []int{0, 64} {
		cfg := cachedConfig(s, size)
		cfg.Confirm = byCertificate
		logger, records := mwtest.Log()
		spy := &mwtest.Spy{}
		outer := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: logger}))
		server := httptest.NewUnstartedServer(outer.Handler(newMiddleware(t, build(t, cfg), "notes").Handler(spy)))
		server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13}
		server.StartTLS()
		defer server.Close()

		send := func(token string, certificates ...tls.Certificate) *http.Response {
			transport := server.Client().Transport.(*http.Transport).Clone()
			defer transport.CloseIdleConnections()
			transport.TLSClientConfig.Certificates = certificates
			r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", bearer(token))
			res, err := (&http.Client{Transport: transport}).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			return res
		}
		token := setClaim("cnf", cnfOf(mine))(s)
		for i, step := range []struct {
			name         string
			token        string
			certificates []tls.Certificate
			cause        string // of the refusal
		}{
			{"another certificate, first", token, []tls.Certificate{theirs}, errOtherCertificate.Error()},
			{"its certificate", token, []tls.Certificate{mine}, ""},
			{"its certificate again", token, []tls.Certificate{mine}, ""},
			{"another certificate", token, []tls.Certificate{theirs}, errOtherCertificate.Error()},
			{"no certificate", token, nil, errNoCertificate.Error()},
			{"its certificate, after the refusals", token, []tls.Certificate{mine}, ""},
			{"a token without cnf", s.good(), nil, ""},
			{"a thumbprint of a key", setClaim("cnf", `{"jkt":`+quote(strings.Repeat("A", 43))+`}`)(s), []tls.Certificate{mine}, errNoCertificate.Error()},
		} {
			calls, res := spy.Calls(), send(step.token, step.certificates...)
			if step.cause == "" {
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if res.StatusCode != 200 || spy.Calls() != calls+1 {
					t.Errorf("cache %d, step %d, %s: status %d", size, i, step.name, res.StatusCode)
				}
				continue
			}
			const challenge = `Bearer realm="notes", error="invalid_token", error_description="The access token is not valid"`
			if got := res.Header.Get("WWW-Authenticate"); got != challenge || spy.Calls() != calls {
				t.Errorf("cache %d, step %d, %s: %s", size, i, step.name, got)
			}
			mwtest.Refused(t, res, 401, "invalid_credentials")
			all := records()
			cause := fmt.Sprint(all[len(all)-1]["cause"])
			if want := "jwtauth: no proof of possession: " + step.cause; cause != want {
				t.Errorf("cache %d, step %d, %s: the cause in the record is %q, want %q", size, i, step.name, cause, want)
			}
		}
	}
}

// Only one of two members, with a SHA-256 in canonical base64url, is a Confirmation.
func TestConfirmationForms(t *testing.T) {
	s := signers()[2]
	sum := strings.Repeat("Ab-_", 10) + "AbA"
	right := map[string]authn.Confirmation{
		`{"x5t#S256":"` + sum + `"}`:            {Method: "x5t#S256", Value: sum},
		` { "jkt" : "` + sum + `" } `:           {Method: "jkt", Value: sum},
		`{"j\u006bt":"` + sum[:42] + `\u0041"}`: {Method: "jkt", Value: sum},
	}
	wrong := []string{
		`{}`, `[]`, `""`, "0", "true", quote(sum), `{"jkt":null}`, `{"jkt":""}`, `{"jkt":1}`, `{"jkt":["` + sum + `"]}`, `{"jkt":{}}`,
		`{"jkt":"` + sum + `","x5t#S256":"` + sum + `"}`, `{"jkt":"` + sum + `","x5t#S256":null}`, `{"x5t#S256":"` + sum + `","kid":"x"}`, `{"jkt":"` + sum + `","x":1}`,
		`{"kid":"x"}`, `{"jwk":{"kty":"EC"}}`, `{"jku":"https://evil.example"}`, `{"JKT":"` + sum + `"}`, `{"x5t#s256":"` + sum + `"}`, `{"x5t":"` + sum + `"}`,
		`{"jkt":"` + sum[:42] + `"}`, `{"jkt":"` + sum + `A"}`, `{"jkt":"` + sum + `="}`, `{"jkt":"` + sum[:42] + `B"}`, `{"jkt":"` + strings.Repeat("A", 42) + `\n"}`,
		`{"jkt":"` + strings.ReplaceAll(sum, "-", "+") + `"}`, `{"jkt":"` + sum[:42] + ` "}`, `[{"jkt":"` + sum + `"}]`,
	}
	for _, cfg := range []jwtauth.Config{config(s), severalIssuers(s), cachedConfig(s, 64)} {
		calls := 0
		var got authn.Confirmation
		cfg.Confirm = func(_ *http.Request, c authn.Confirmation) error { calls++; got = c; return nil }
		v := build(t, cfg)
		site := newSite(t, v)
		site.inProcessOnly = true
		for raw, want := range right {
			for range 2 {
				calls, got = 0, authn.Confirmation{}
				site.runAttack(t, s, attack{raw, setClaim("cnf", raw), nil}, nil)
				if calls != 1 || got != want {
					t.Errorf("%s: %d calls, %+v", raw, calls, got)
				}
			}
		}
		calls = 0
		for _, raw := range wrong {
			site.runAttack(t, s, attack{raw, setClaim("cnf", raw), jwtauth.ErrClaims}, nil)
		}
		for _, token := range []func(*signer) string{setClaim("cnf", "null"), (*signer).good} {
			site.runAttack(t, s, attack{"not bound", token, nil}, nil)
		}
		if calls != 0 {
			t.Errorf("Confirm was called %d times for tokens that are refused or not bound", calls)
		}
	}
}

// With Config.Confirm every other attack has the same outcome as without it.
func TestAttacksWithConfirm(t *testing.T) {
	s := signers()[2]
	for _, cfg := range []jwtauth.Config{config(s), cachedConfig(s, 1<<12)} {
		cfg.Confirm = func(*http.Request, authn.Confirmation) error { return nil }
		runAttackGroups(t, newSite(t, build(t, cfg)), s)
	}
}

// An outage that Confirm reports is 503, and any other error is 401.
func TestConfirmErrors(t *testing.T) {
	s := signers()[2]
	token := setClaim("cnf", cnfOf(newCertificate(t)))(s)
	errDown := errors.New("store down")
	for name, tc := range map[string]struct {
		err    error
		status int
		code   string
		want   error
	}{
		"refused":              {errDown, 401, "invalid_credentials", jwtauth.ErrProof},
		"expired":              {authn.ErrExpired, 401, "invalid_credentials", jwtauth.ErrProof},
		"outage":               {authn.ErrUnavailable.With(errDown), 503, "authentication_unavailable", errDown},
		"outage, wrapped":      {fmt.Errorf("nonces: %w", authn.ErrUnavailable.With(errDown)), 503, "authentication_unavailable", errDown},
		"too late":             {fmt.Errorf("redis: %w", context.DeadlineExceeded), 503, "authentication_unavailable", context.DeadlineExceeded},
		"cancelled by a store": {context.Canceled, 503, "authentication_unavailable", authn.ErrUnavailable},
	} {
		var revokedAsked atomic.Int32
		cfg := cachedConfig(s, 8)
		var result error
		cfg.Confirm = func(*http.Request, authn.Confirmation) error { return result }
		cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) { revokedAsked.Add(1); return false, nil }
		v := build(t, cfg)
		h := newMiddleware(t, v, "").Handler(&mwtest.Spy{})
		for _, cached := range []bool{false, true} {
			if cached {
				result = nil
				if _, err := v.Authenticate(requestWith(bearer(token))); err != nil || jwtauth.CachedTokens(v) != 1 {
					t.Fatal(err)
				}
			} else if jwtauth.CachedTokens(v) != 0 {
				t.Errorf("%s: a refused token is in the cache", name)
			}
			result = tc.err
			revokedAsked.Store(0)
			if _, err := v.Authenticate(requestWith(bearer(token))); !errors.Is(err, tc.want) {
				t.Errorf("%s, cached %v: %v", name, cached, err)
			}
			res := mwtest.Do(h, requestWith(bearer(token)))
			if tc.status == 503 && res.Header.Get("Retry-After") == "" {
				t.Errorf("%s, cached %v: no Retry-After", name, cached)
			}
			mwtest.Refused(t, res, tc.status, tc.code)
			if revokedAsked.Load() != 0 {
				t.Errorf("%s, cached %v: Revoked was asked about a token without proof", name, cached)
			}
		}
	}
}

// Verify has no request, so it refuses a bound token, also one that the cache holds.
func TestVerifyRefusesBoundTokens(t *testing.T) {
	s := signers()[2]
	cfg := cachedConfig(s, 8)
	cfg.Confirm = func(r *http.Request, _ authn.Confirmation) error {
		if r == nil {
			t.Error("Confirm was called without a request")
		}
		return nil
	}
	v, token := build(t, cfg), setClaim("cnf", cnfOf(newCertificate(t)))(s)
	for range 2 {
		if p, err := v.Verify(t.Context(), token); !errors.Is(err, jwtauth.ErrProof) || !errors.Is(err, authn.ErrInvalid) || p != nil {
			t.Errorf("%v, %v", p, err)
		}
		if _, err := v.Authenticate(requestWith(bearer(token))); err != nil {
			t.Error(err)
		}
	}
	if got := strings.Join(lines(v.Explain(t.Context(), token)), "\n"); !strings.HasPrefix(got, "cnf: found an object, wanted absent: Verify has no request") {
		t.Error(got)
	}
	got := lines(v.Explain(t.Context(), setClaim("cnf", `{"kid":"hunter2"}`)(s)))
	if want := "cnf: found an object, wanted an object with one of x5t#S256 and jkt alone, a SHA-256 in base64url"; len(got) != 1 || got[0] != want {
		t.Error(got)
	}
}

// Confirm adds no allocation to a token in the cache, bound or not.
func TestConfirmAllocs(t *testing.T) {
	s := signers()[2]
	cfg := cachedConfig(s, 8)
	cfg.Confirm = func(*http.Request, authn.Confirmation) error { return nil }
	v := build(t, cfg)
	for name, token := range map[string]string{"unbound": s.good(), "bound": setClaim("cnf", cnfOf(newCertificate(t)))(s)} {
		r := requestWith(bearer(token))
		mwtest.MaxAllocs(t, name, 0, func() {
			if _, err := v.Authenticate(r); err != nil {
				t.Fatal(err)
			}
		})
	}
}
