package jwtauth_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// An attack is a token and the expected outcome: nil means that the token is accepted,
// and an error of this package means 401 with that cause.
type attack struct {
	name  string
	token func(*signer) string
	want  error
}

// attackGroups lists the tables of attacks, with the fewest cases that each table must
// have.
var attackGroups = []struct {
	name     string
	minCases int
	cases    func() []attack
}{
	{"control", 1, controlAttacks},
	{"alg", 21, algAttacks},
	{"confusion", 10, confusionAttacks},
	{"header-key", 8, headerKeyAttacks},
	{"crit", 11, critAttacks},
	{"duplicate", 11, duplicateAttacks},
	{"type", 10, typeAttacks},
	{"exp", 14, expAttacks},
	{"nbf", 3, nbfAttacks},
	{"iat", 3, iatAttacks},
	{"aud", 17, audAttacks},
	{"iss", 8, issAttacks},
	{"sub", 3, subAttacks},
	{"jti", 2, jtiAttacks},
	{"other claims", 20, otherClaimAttacks},
	{"kid", 14, kidAttacks},
	{"encoding", 18, encodingAttacks},
	{"payload", 12, payloadAttacks},
	{"size", 1, sizeAttacks},
}

// verifierKinds are the ways to verify the tokens of one Config. The kind must not change
// which tokens are refused, or for which reason.
var verifierKinds = []struct {
	name  string
	build func(*testing.T, *signer) (a authn.Authenticator, cachedTokens func() int)
}{
	{"one issuer", func(t *testing.T, s *signer) (authn.Authenticator, func() int) { return build(t, config(s)), nil }},
	{"several issuers", func(t *testing.T, s *signer) (authn.Authenticator, func() int) {
		return build(t, severalIssuers(s)), nil
	}},
	{"typed", func(t *testing.T, s *signer) (authn.Authenticator, func() int) {
		return mwtest.Must[*jwtauth.Verifier[extraClaims]](t)(jwtauth.NewTyped[extraClaims](config(s))), nil
	}},
	{"cached", func(t *testing.T, s *signer) (authn.Authenticator, func() int) {
		cfg := severalIssuers(s)
		cfg.Cache = 1 << 12
		v := mwtest.Must[*jwtauth.Verifier[extraClaims]](t)(jwtauth.NewTyped[extraClaims](cfg))
		if _, err := v.Verify(t.Context(), s.good()); err != nil {
			t.Fatal(err)
		}
		return v, func() int { return jwtauth.CachedTokens(v) }
	}},
}

// extraClaims has the claims of claims() that authn.Principal does not have.
type extraClaims struct {
	Subject string `json:"sub"`
	Org     string `json:"org"`
	Extra   *struct {
		Deep []any `json:"deep"`
	} `json:"extra"`
}

func TestAttacks(t *testing.T) {
	for _, kind := range verifierKinds {
		t.Run(kind.name, func(t *testing.T) {
			eachSigner(t, func(t *testing.T, s *signer) {
				a, cachedTokens := kind.build(t, s)
				site := newSite(t, a)
				// One kind is enough for requests over the network, because net/http
				// treats all kinds alike.
				site.inProcessOnly = kind.name != verifierKinds[0].name
				for _, g := range attackGroups {
					cases := g.cases()
					if len(cases) < g.minCases {
						t.Errorf("%s: %d cases, want at least %d", g.name, len(cases), g.minCases)
					}
					for _, a := range cases {
						t.Run(g.name+"/"+a.name, func(t *testing.T) { site.runAttack(t, s, a, cachedTokens) })
					}
				}
			})
		})
	}
	if n := fetches.Load(); n != 0 {
		t.Errorf("tokens made the service send %d requests", n)
	}
}

// runAttack sends the token of a and checks the outcome. A token that is refused must not
// be cached.
func (site *site) runAttack(t *testing.T, s *signer, a attack, cachedTokens func() int) {
	t.Helper()
	token, before := a.token(s), 0
	if cachedTokens != nil {
		before = cachedTokens()
	}
	site.expect(t, func(url string) *http.Request {
		r := httptest.NewRequest("GET", url, nil)
		r.Header.Set("Authorization", bearer(token))
		return r
	}, a.want)
	if cachedTokens != nil && a.want != nil && cachedTokens() != before {
		t.Error("a refused token is in the cache")
	}
}

// A site is a server with one route that needs a token.
type site struct {
	handler       http.Handler
	server        *httptest.Server
	spy           mwtest.Spy
	inProcessOnly bool // send no requests over the network

	mu           sync.Mutex
	lastDecision authn.Decision
}

func newSite(t *testing.T, a authn.Authenticator) *site {
	t.Helper()
	s := &site{}
	m, err := authn.New(authn.Config{
		Authenticators: []authn.Authenticator{a},
		Realm:          "notes",
		Observe: func(_ *http.Request, d authn.Decision) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.lastDecision = d
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = m.Handler(&s.spy)
	s.server = httptest.NewServer(s.handler)
	t.Cleanup(s.server.Close)
	return s
}

// expect sends a request in process and, if net/http can send it, over the network. It
// checks that both end with want.
func (site *site) expect(t *testing.T, request func(url string) *http.Request, want error) {
	t.Helper()
	w := httptest.NewRecorder()
	calls := site.spy.Calls()
	site.handler.ServeHTTP(w, request("/"))
	site.checkResponse(t, w.Result(), site.spy.Calls()-calls, want)

	r := request(site.server.URL)
	if site.inProcessOnly || !sendable(r.Header) {
		return
	}
	r.RequestURI = ""
	calls = site.spy.Calls()
	res, err := site.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	site.checkResponse(t, res, site.spy.Calls()-calls, want)
}

func sendable(h http.Header) bool {
	for _, values := range h {
		for _, v := range values {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return false
			}
		}
	}
	return true
}

func (s *site) checkResponse(t *testing.T, res *http.Response, calls int, want error) {
	t.Helper()
	s.mu.Lock()
	got := s.lastDecision.Err
	s.mu.Unlock()
	if !errors.Is(got, want) {
		t.Errorf("got error %v, want %v", got, want)
	}
	if want == nil {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 200 || calls != 1 {
			t.Errorf("status %d, the handler ran %d times", res.StatusCode, calls)
		}
		return
	}
	if calls != 0 {
		t.Errorf("the handler ran %d times", calls)
	}
	mwtest.OnlyHeaders(t, res.Header, "Cache-Control", "Content-Length", "Content-Type", "Date", "WWW-Authenticate", "X-Content-Type-Options", "X-Correlation-ID")
	status, code, challenge := 401, "invalid_credentials", `Bearer realm="notes", error="invalid_token", error_description="The access token is not valid"`
	switch want {
	case authn.ErrNoCredentials:
		code, challenge = "unauthenticated", `Bearer realm="notes"`
	case authn.ErrExpired:
		code, challenge = "credentials_expired", `Bearer realm="notes", error="invalid_token", error_description="The access token has expired"`
	case authn.ErrAmbiguous:
		status, code, challenge = 400, "invalid_request", `Bearer realm="notes", error="invalid_request", error_description="The request must carry one access token"`
	}
	if got := strings.Join(res.Header.Values("WWW-Authenticate"), "|"); got != challenge {
		t.Errorf("WWW-Authenticate %q, want %q", got, challenge)
	}
	mwtest.Refused(t, res, status, code)
}

// These functions make tokens.

func setClaim(name, raw string) func(*signer) string {
	return editClaims(func(o object) object { return o.with(name, raw) })
}

func deleteClaim(name string) func(*signer) string {
	return editClaims(func(o object) object { return o.without(name) })
}

func editClaims(edit func(object) object) func(*signer) string {
	return func(s *signer) string { return s.token(s.header().json(), edit(claims()).json()) }
}

func setHeader(name, raw string) func(*signer) string {
	return editHeader(func(o object) object { return o.with(name, raw) })
}

func editHeader(edit func(object) object) func(*signer) string {
	return func(s *signer) string { return s.token(edit(s.header()).json(), claims().json()) }
}

// withPayload makes a token with a valid header and signature, and any payload.
func withPayload(text string) func(*signer) string {
	return func(s *signer) string { return s.token(s.header().json(), text) }
}

// withHeader makes a token with any header, and valid claims and a valid signature.
func withHeader(text string) func(*signer) string {
	return func(s *signer) string { return s.token(text, claims().json()) }
}

// editToken makes a valid token and then edits its text.
func editToken(edit func(s *signer, good string) string) func(*signer) string {
	return func(s *signer) string { return edit(s, s.good()) }
}
