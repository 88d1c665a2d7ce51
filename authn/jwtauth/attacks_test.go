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

// An attack is a token, and what must become of it: nil accepts, one of this
// package's errors is 401 with that cause.
type attack struct {
	name  string
	token func(*signer) string
	want  error
}

// groups are the tables, with the fewest cases that each must have.
var groups = []struct {
	name  string
	least int
	cases func() []attack
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

// The ways in which one Config's worth of tokens can be judged. None of them may
// make a difference to what is refused, or why.
var kinds = []struct {
	name  string
	build func(*testing.T, *signer) (a authn.Authenticator, remembered func() int)
}{
	{"one issuer", func(t *testing.T, s *signer) (authn.Authenticator, func() int) { return build(t, config(s)), nil }},
	{"several issuers", func(t *testing.T, s *signer) (authn.Authenticator, func() int) {
		return build(t, severalIssuers(s)), nil
	}},
	{"typed", func(t *testing.T, s *signer) (authn.Authenticator, func() int) {
		return mwtest.Must[*jwtauth.Verifier[extras]](t)(jwtauth.NewTyped[extras](config(s))), nil
	}},
	{"cached", func(t *testing.T, s *signer) (authn.Authenticator, func() int) {
		cfg := severalIssuers(s)
		cfg.Cache = 1 << 12
		v := mwtest.Must[*jwtauth.Verifier[extras]](t)(jwtauth.NewTyped[extras](cfg))
		if _, err := v.Verify(t.Context(), s.good()); err != nil {
			t.Fatal(err)
		}
		return v, func() int { return jwtauth.Remembered(v) }
	}},
}

// extras are the claims of claims() that authn.Principal does not have.
type extras struct {
	Subject string `json:"sub"`
	Org     string `json:"org"`
	Extra   *struct {
		Deep []any `json:"deep"`
	} `json:"extra"`
}

func TestAttacks(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			eachSigner(t, func(t *testing.T, s *signer) {
				a, remembered := kind.build(t, s)
				site := newSite(t, a)
				// What net/http does to a request it does for all kinds.
				site.local = kind.name != kinds[0].name
				for _, g := range groups {
					cases := g.cases()
					if len(cases) < g.least {
						t.Errorf("%s: %d cases, want at least %d", g.name, len(cases), g.least)
					}
					for _, a := range cases {
						t.Run(g.name+"/"+a.name, func(t *testing.T) { site.attack(t, s, a, remembered) })
					}
				}
			})
		})
	}
	if n := fetched.Load(); n != 0 {
		t.Errorf("a token made the service fetch something %d times", n)
	}
}

// attack sends what a makes. What is refused is not remembered.
func (site *site) attack(t *testing.T, s *signer, a attack, remembered func() int) {
	t.Helper()
	token, before := a.token(s), 0
	if remembered != nil {
		before = remembered()
	}
	site.judge(t, func(url string) *http.Request {
		r := httptest.NewRequest("GET", url, nil)
		r.Header.Set("Authorization", bearer(token))
		return r
	}, a.want)
	if remembered != nil && a.want != nil && remembered() != before {
		t.Error("a token that was refused is remembered")
	}
}

// A site is a server whose one route needs a token.
type site struct {
	handler http.Handler
	server  *httptest.Server
	spy     mwtest.Spy
	local   bool // nothing goes over the wire

	mu   sync.Mutex
	last authn.Decision
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
			s.last = d
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

// judge sends a request in process and, if net/http lets it through, over the
// wire, and checks that both end as want says.
func (site *site) judge(t *testing.T, request func(url string) *http.Request, want error) {
	t.Helper()
	w := httptest.NewRecorder()
	calls := site.spy.Calls()
	site.handler.ServeHTTP(w, request("/"))
	site.check(t, w.Result(), site.spy.Calls()-calls, want)

	r := request(site.server.URL)
	if site.local || !sendable(r.Header) {
		return
	}
	r.RequestURI = ""
	calls = site.spy.Calls()
	res, err := site.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	site.check(t, res, site.spy.Calls()-calls, want)
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

func (s *site) check(t *testing.T, res *http.Response, calls int, want error) {
	t.Helper()
	s.mu.Lock()
	got := s.last.Err
	s.mu.Unlock()
	if !errors.Is(got, want) {
		t.Errorf("refused because of %v, want %v", got, want)
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

// What tokens are made of.

func claim(name, raw string) func(*signer) string {
	return claimsAs(func(o object) object { return o.with(name, raw) })
}

func noClaim(name string) func(*signer) string {
	return claimsAs(func(o object) object { return o.without(name) })
}

func claimsAs(edit func(object) object) func(*signer) string {
	return func(s *signer) string { return s.token(s.header().json(), edit(claims()).json()) }
}

func head(name, raw string) func(*signer) string {
	return headAs(func(o object) object { return o.with(name, raw) })
}

func headAs(edit func(object) object) func(*signer) string {
	return func(s *signer) string { return s.token(edit(s.header()).json(), claims().json()) }
}

// payload is a token with a good header and signature, and any payload.
func payload(text string) func(*signer) string {
	return func(s *signer) string { return s.token(s.header().json(), text) }
}

// header is a token with any header, and good claims and signature.
func header(text string) func(*signer) string {
	return func(s *signer) string { return s.token(text, claims().json()) }
}

// changed is a good token, changed afterwards.
func changed(edit func(s *signer, good string) string) func(*signer) string {
	return func(s *signer) string { return edit(s, s.good()) }
}
