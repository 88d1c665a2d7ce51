package jwtauth_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
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

// An attackGroup is a table of attacks, with the fewest cases that it must have.
type attackGroup struct {
	name     string
	minCases int
	cases    func() []attack
}

// attackGroups are the tables of attacks.
var attackGroups = []attackGroup{
	{"control", 1, controlAttacks},
	{"alg", 21, algAttacks},
	{"confusion", 10, confusionAttacks},
	{"header-key", 8, headerKeyAttacks},
	{"crit", 11, critAttacks},
	{"duplicate", 11, duplicateAttacks},
	{"type", 10, typeAttacks},
	{"exp", 17, expAttacks},
	{"nbf", 3, nbfAttacks},
	{"iat", 3, iatAttacks},
	{"aud", 29, audAttacks},
	{"iss", 8, issAttacks},
	{"sub", 3, subAttacks},
	{"jti", 2, jtiAttacks},
	{"other claims", 20, otherClaimAttacks},
	{"kid", 14, kidAttacks},
	{"encoding", 18, encodingAttacks},
	{"payload", 12, payloadAttacks},
	{"size", 3, sizeAttacks},
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
	Org     any    `json:"org"`
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
						passed := t.Run(g.name+"/"+a.name, func(t *testing.T) { site.runAttack(t, s, a, cachedTokens) })
						if kind.name == verifierKinds[0].name {
							mwtest.Publish(t, "tokens.attacks", 1)
						}
						if !passed {
							mwtest.Publish(t, "tokens.wrong", 1)
						}
					}
				}
			})
		})
	}
	if n := fetches.Load(); n != 0 {
		t.Errorf("tokens made the service send %d requests", n)
	}
}

// The same attacks detect a middleware that leaves everything to golang-jwt with the options
// that its documentation names.
func TestAttacksDetectMistakes(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		parser := jwt.NewParser(jwt.WithValidMethods([]string{string(s.alg)}), jwt.WithIssuer(issuer),
			jwt.WithAudience(audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
		accepted, attacks := 0, 0
		for _, g := range attackGroups {
			for _, a := range g.cases() {
				if a.want == nil {
					continue
				}
				attacks++
				_, err := parser.ParseWithClaims(a.token(s), new(jwt.RegisteredClaims), func(*jwt.Token) (any, error) { return s.public, nil })
				if err == nil {
					accepted++
				}
			}
		}
		t.Logf("golang-jwt accepts %d of %d attacks", accepted, attacks)
		mwtest.Publish(t, "tokens.peer", accepted)
		if accepted == 0 {
			t.Error("no attack was accepted")
		}
	})
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
	case jwtauth.ErrCredential:
		status, code, challenge = 400, "invalid_request", `Bearer realm="notes", error="invalid_request", error_description="The Authorization field is malformed"`
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
	return func(s *signer) string { return s.token(s.header().json(), edit(s.claims()).json()) }
}

func setHeader(name, raw string) func(*signer) string {
	return editHeader(func(o object) object { return o.with(name, raw) })
}

func editHeader(edit func(object) object) func(*signer) string {
	return func(s *signer) string { return s.token(edit(s.header()).json(), s.claims().json()) }
}

// withPayload makes a token with a valid header and signature, and any payload.
func withPayload(text string) func(*signer) string {
	return func(s *signer) string { return s.token(s.header().json(), text) }
}

// withHeader makes a token with any header, and valid claims and a valid signature.
func withHeader(text string) func(*signer) string {
	return func(s *signer) string { return s.token(text, s.claims().json()) }
}

// editToken makes a valid token and then edits its text.
func editToken(edit func(s *signer, good string) string) func(*signer) string {
	return func(s *signer) string { return edit(s, s.good()) }
}

const lenient = "https://lenient.example"

// relaxations are settings that accept more, each with a token that only they accept, and the
// refusal of the same token by an issuer with the defaults.
var relaxations = []struct {
	name  string
	relax func(*jwtauth.TrustedIssuer)
	token func(s *signer, o object) string
	want  error
}{
	{"typ JWT", func(ti *jwtauth.TrustedIssuer) { ti.Types, ti.DangerouslyAnyKind = []string{"at+jwt", "JWT"}, true },
		func(s *signer, o object) string { return s.token(s.header().with("typ", `"JWT"`).json(), o.json()) }, jwtauth.ErrType},
	{"no typ", func(ti *jwtauth.TrustedIssuer) { ti.Types, ti.DangerouslyAnyKind = []string{"at+jwt", ""}, true },
		func(s *signer, o object) string { return s.token(s.header().without("typ").json(), o.json()) }, jwtauth.ErrType},
	{"Kind", func(ti *jwtauth.TrustedIssuer) {
		ti.Types, ti.Kind = []string{"at+jwt", "JWT"}, []jwtauth.ClaimRule{{Claim: "scope"}, {Claim: "extra"}}
	},
		func(s *signer, o object) string { return s.token(s.header().with("typ", `"JWT"`).json(), o.json()) }, jwtauth.ErrType},
	{"IDTokens", func(ti *jwtauth.TrustedIssuer) { ti.IDTokens = true },
		func(s *signer, o object) string { return s.token(s.header().json(), o.with("nonce", `"n"`).json()) }, jwtauth.ErrType},
	{"IDTokens, token_use", func(ti *jwtauth.TrustedIssuer) { ti.IDTokens = true },
		func(s *signer, o object) string {
			return s.token(s.header().json(), o.with("token_use", `"id"`).json())
		}, jwtauth.ErrType},
	{"AudienceFallback", func(ti *jwtauth.TrustedIssuer) { ti.AudienceFallback = "azp" },
		func(s *signer, o object) string {
			return s.token(s.header().json(), o.without("aud").with("azp", quote(audience)).json())
		}, jwtauth.ErrAudience},
	{"Audience", func(ti *jwtauth.TrustedIssuer) { ti.Audience = []string{"account", audience} },
		func(s *signer, o object) string { return s.token(s.header().json(), o.with("aud", `"account"`).json()) }, jwtauth.ErrAudience},
	{"OptionalTokenID", func(ti *jwtauth.TrustedIssuer) { ti.OptionalTokenID = true },
		func(s *signer, o object) string { return s.token(s.header().json(), o.without("jti").json()) }, jwtauth.ErrClaims},
	{"Leeway", func(ti *jwtauth.TrustedIssuer) { ti.Leeway = time.Minute },
		func(s *signer, o object) string {
			return s.token(s.header().json(), o.with("iat", at(time.Now().Add(50*time.Second))).json())
		}, jwtauth.ErrNotYetValid},
	{"Leeway of exp", func(ti *jwtauth.TrustedIssuer) { ti.Leeway = time.Minute },
		func(s *signer, o object) string {
			return s.token(s.header().json(), o.with("exp", at(time.Now().Add(-5*time.Second))).json())
		}, authn.ErrExpired},
	{"MaxLifetime", func(ti *jwtauth.TrustedIssuer) { ti.MaxLifetime = 24 * time.Hour },
		func(s *signer, o object) string {
			return s.token(s.header().json(), o.with("exp", at(time.Now().Add(20*time.Hour))).json())
		}, jwtauth.ErrClaims},
	{"DangerouslyLongLived", func(ti *jwtauth.TrustedIssuer) {
		ti.MaxLifetime, ti.DangerouslyLongLived = 1000*time.Hour, true
	},
		func(s *signer, o object) string {
			return s.token(s.header().json(), o.with("exp", at(time.Now().Add(900*time.Hour))).json())
		}, jwtauth.ErrClaims},
	{"MaxToken", func(ti *jwtauth.TrustedIssuer) { ti.MaxToken = 64 << 10 },
		func(s *signer, o object) string {
			return s.token(s.header().json(), o.with("x", quote(strings.Repeat("x", 20<<10))).json())
		}, jwtauth.ErrMalformed},
	{"MaxHeader", func(ti *jwtauth.TrustedIssuer) { ti.MaxHeader = 64 << 10 },
		func(s *signer, o object) string {
			return s.token(s.header().with("x", quote(strings.Repeat("x", 5000))).json(), o.json())
		}, jwtauth.ErrMalformed},
}

// fullyRelaxed has all relaxations at once, and the names of other claims.
func fullyRelaxed(ti *jwtauth.TrustedIssuer) {
	for _, r := range relaxations {
		r.relax(ti)
	}
	ti.Types, ti.Kind, ti.DangerouslyAnyKind = []string{"at+jwt", "JWT", ""}, nil, true
	ti.ScopeClaim, ti.RolesClaim, ti.TenantClaim, ti.ClientClaim = "roles", "scope", "sid", "org"
}

// No relaxation of an issuer changes another issuer of the same Verifier: every attack on the
// default issuer has the same outcome beside a relaxed one.
func TestNoRelaxationChangesAnotherIssuer(t *testing.T) {
	pair := func(s *signer, relax func(*jwtauth.TrustedIssuer), first bool) jwtauth.Config {
		relaxed := trusting(lenient, jwks.Static(otherSigners()[s.alg].key()))
		relax(&relaxed)
		cfg := jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{trusting(issuer, jwks.Static(s.key())), relaxed}}
		if first {
			slices.Reverse(cfg.Issuers)
		}
		return cfg
	}
	for i, r := range relaxations {
		t.Run(r.name, func(t *testing.T) {
			s := signers()[2]
			site := newSite(t, build(t, pair(s, r.relax, i%2 == 0)))
			other := otherSigners()[s.alg]
			of := func(iss string) object { return claims().with("iss", quote(iss)) }
			for _, a := range []attack{
				{"of the relaxed issuer", func(*signer) string { return r.token(other, of(lenient)) }, nil},
				{"of the other issuer", func(s *signer) string { return r.token(s, of(issuer)) }, r.want},
				{"of the relaxed issuer, by the other key", func(s *signer) string { return r.token(s, of(lenient)) }, jwtauth.ErrSignature},
				{"of the relaxed issuer, for another audience", func(*signer) string { return r.token(other, of(lenient).with("aud", `"https://evil.example"`)) }, nil},
			} {
				if strings.HasSuffix(a.name, "another audience") && r.name != "AudienceFallback" && r.name != "Audience" {
					a.want = jwtauth.ErrAudience
				} else if strings.HasSuffix(a.name, "another audience") {
					continue // these tokens set or remove aud
				}
				t.Run(a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
			}
			runAttackGroups(t, site, s)
		})
	}
	for _, first := range []bool{false, true} {
		for _, cache := range []int{0, 1 << 12} {
			t.Run(fmt.Sprintf("all at once, first %v, cache %d", first, cache), func(t *testing.T) {
				eachSigner(t, func(t *testing.T, s *signer) {
					cfg := pair(s, fullyRelaxed, first)
					cfg.Cache = cache
					runAttackGroups(t, newSite(t, build(t, cfg)), s)
				})
			})
		}
	}
}

// runAttackGroups runs all attacks on the issuer s, in process.
func runAttackGroups(t *testing.T, site *site, s *signer) {
	t.Helper()
	site.inProcessOnly = true
	for _, g := range attackGroups {
		for _, a := range g.cases() {
			t.Run(g.name+"/"+a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
		}
	}
}
