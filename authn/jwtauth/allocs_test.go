package jwtauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// maxExtraAllocs is the number of allocations that the whole middleware may add to the
// verification of the signature by golang-jwt: the request record, the copy of the
// request, the decoded claims and signature, the principal, its scopes and roles.
const maxExtraAllocs = 7

func TestAllocs(t *testing.T) {
	b := randomSecret(32)
	for _, s := range append(signers(), secretSigner(b)) {
		t.Run(string(s.alg), func(t *testing.T) {
			one, several := config(s), severalIssuers(signers()[0])
			several.Issuers[0].Keys = one.Issuers[0].Keys
			if s.public == nil {
				one = secretConfig(b)
				several.Issuers = []jwtauth.TrustedIssuer{trusting(issuer, one.Issuers[0].Keys), trusting(rival, one.Issuers[0].Keys)}
			}
			t.Run("one issuer", func(t *testing.T) { checkAllocs(t, s, one) })
			t.Run("several issuers", func(t *testing.T) { checkAllocs(t, s, several) })
			ruled := config(s)
			ti := &ruled.Issuers[0]
			ti.Keys = one.Issuers[0].Keys
			ti.Kind = []jwtauth.ClaimRule{{Claim: "token_use", In: []string{"access"}}, {Claim: "extra"}}
			ti.Require = []jwtauth.ClaimRule{{Claim: "extra.deep"}, {Claim: "sid", NotIn: []string{"x"}}, {Claim: "scp", Absent: true}}
			ti.Clients, ti.AudienceFallback = []string{"web"}, "azp"
			t.Run("rules and paths", func(t *testing.T) { checkAllocs(t, s, ruled) })
			ruled.Legacy = legacyOf()
			if s.public != nil {
				t.Run("beside Legacy", func(t *testing.T) { checkAllocs(t, s, ruled) })
			}
		})
	}
}

func checkAllocs(t *testing.T, s *signer, cfg jwtauth.Config) {
	t.Helper()
	good := s.good()
	dot := strings.LastIndexByte(good, '.')
	sig := []byte(decode(good[dot+1:]))
	floor := testing.AllocsPerRun(500, func() {
		if err := s.method.Verify(good[:dot], sig, s.public); err != nil {
			t.Fatal(err)
		}
	})
	m := newMiddleware(t, build(t, cfg), "")
	passed := 0
	h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if p, ok := authn.FromContext(r.Context()); ok && p.HasScope("notes:write") && p.HasRole("editor") {
			passed++
		}
	}))
	r := requestWith(bearer(good))
	w := mwtest.NewDiscard()
	runs := 0
	mwtest.MaxAllocs(t, "Handler", floor+maxExtraAllocs, func() { runs++; h.ServeHTTP(w, r) })
	if passed != runs {
		t.Errorf("%d of %d requests passed", passed, runs)
	}
}

// A refusal before the signature is verified must not cost the service more than the
// token cost its sender.
func TestRefusalAllocs(t *testing.T) {
	s := signers()[0]
	for _, kind := range verifierKinds {
		a, _ := kind.build(t, s)
		t.Run(kind.name, func(t *testing.T) { checkRefusalAllocs(t, s, a.(tokenVerifier)) })
	}
}

type tokenVerifier interface {
	Verify(context.Context, string) (*authn.Principal, error)
}

func checkRefusalAllocs(t *testing.T, s *signer, v tokenVerifier) {
	t.Helper()
	good := s.good()
	header, rest, _ := strings.Cut(good, ".")
	for name, tc := range map[string]struct {
		token string
		want  error
	}{
		"oversize":         {strings.Repeat("a", 900<<10), jwtauth.ErrMalformed},
		"oversize, dots":   {strings.Repeat(".", 900<<10), jwtauth.ErrMalformed},
		"8 KiB of garbage": {strings.Repeat("a", 8<<10), jwtauth.ErrMalformed},
		"8 KiB of dots":    {strings.Repeat(".", 8<<10), jwtauth.ErrMalformed},
		"line end":         {good[:50] + "\n" + good[50:], jwtauth.ErrMalformed},
		"bad alphabet":     {"*" + good, jwtauth.ErrMalformed},
		"long header":      {strings.Repeat("a", 7<<10) + "." + rest, jwtauth.ErrMalformed},
		"header not JSON":  {encode("garbage") + "." + rest, jwtauth.ErrMalformed},
		"many members":     {encode(manyMembers(33)) + "." + rest, jwtauth.ErrMalformed},
		"escapes":          {encode(`{"\u0061":1}`) + "." + rest, jwtauth.ErrMalformed},
		"deep header":      {encode(strings.Repeat(`{"a":`, 200)) + "." + rest, jwtauth.ErrMalformed},
		"alg none":         {encode(s.header().with("alg", `"none"`).json()) + "." + rest, jwtauth.ErrAlgorithm},
		"unknown kid":      {encode(s.header().with("kid", `"x"`).json()) + "." + rest, jwks.ErrUnknownKey},
		"bad claims":       {header + ".*" + rest, jwtauth.ErrMalformed},
		"8 KiB of claims":  {header + "." + strings.Repeat("a", 7<<10) + "*." + rest, jwtauth.ErrMalformed},
		"another alphabet": {good[:len(good)-1] + "+", jwtauth.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			mwtest.MaxAllocs(t, "Verify", 4, func() {
				if _, err := v.Verify(context.Background(), tc.token); !errors.Is(err, tc.want) {
					t.Fatalf("got %v, want %v", err, tc.want)
				}
			})
		})
	}
}

func TestAuthorizationFieldAllocs(t *testing.T) {
	v := build(t, config(signers()[0]))
	for _, value := range []string{"", "Bearer", "Bearer a b", "Basic YTpi", "Digest " + strings.Repeat("a=b,", 1000), "Bearer " + strings.Repeat("a", 900<<10)} {
		r := requestWith(value)
		mwtest.MaxAllocs(t, "Authenticate", 0, func() {
			if _, err := v.Authenticate(r); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, s := range signers() {
		good := s.good()
		dot := strings.LastIndexByte(good, '.')
		sig := []byte(decode(good[dot+1:]))
		b.Run(string(s.alg)+"/floor", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.method.Verify(good[:dot], sig, s.public); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(s.alg)+"/verify", func(b *testing.B) {
			v := build(b, config(s))
			b.ReportAllocs()
			for b.Loop() {
				if p, err := v.Verify(context.Background(), good); err != nil || p.Subject != "ann" {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRefuse(b *testing.B) {
	s := signers()[0]
	v := build(b, config(s))
	header, rest, _ := strings.Cut(s.good(), ".")
	for name, token := range map[string]string{
		"oversize":     strings.Repeat("a", 900<<10),
		"garbage":      strings.Repeat("a", 8<<10),
		"dots":         strings.Repeat(".", 8<<10),
		"unknown-kid":  encode(s.header().with("kid", `"x"`).json()) + "." + rest,
		"many-members": encode(manyMembers(40)) + "." + rest,
		"bad-claims":   header + ".*" + rest,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(context.Background(), token); err == nil {
					b.Fatal("accepted")
				}
			}
		})
	}
}

// manyMembers returns a JSON object of n members whose names take long to compare.
func manyMembers(n int) string {
	var o object
	for i := range n {
		o = append(o, [2]string{fmt.Sprintf("a-name-%02d", i), "1"})
	}
	return o.json()
}

func BenchmarkHandler(b *testing.B) {
	s := signers()[2]
	benchHandler(b, config(s), s.good())
}

// benchHandler measures an authn.Middleware that accepts token.
func benchHandler(b *testing.B, cfg jwtauth.Config, token string) {
	m := newMiddleware(b, build(b, cfg), "")
	passed, runs := 0, 0
	h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed++ }))
	r := requestWith(bearer(token))
	w := mwtest.NewDiscard()
	b.ReportAllocs()
	for b.Loop() {
		runs++
		h.ServeHTTP(w, r)
	}
	if passed != runs {
		b.Fatalf("%d of %d requests passed", passed, runs)
	}
}

// The refusals are made in advance, except for one error that has the challenge in it.
func TestCheckAllocs(t *testing.T) {
	s := signers()[2]
	old := setClaim("exp", at(time.Now().Add(-time.Second)))(s)
	for _, realm := range []string{"", "notes"} {
		m := newMiddleware(t, build(t, config(s)), realm)
		for value, want := range map[string]float64{
			"":                                       0,
			"Bearer a b":                             0,
			bearer(strings.Repeat("a", 900<<10)):     1,
			bearer(strings.Repeat(".", 8<<10)):       1,
			bearer(strings.Repeat("a", 8<<10)):       1,
			bearer(s.good()[1:]):                     3,
			bearer(old):                              7,
			bearer(s.good()[:len(s.good())-2] + "!"): 3,
		} {
			r := requestWith(value)
			mwtest.MaxAllocs(t, fmt.Sprintf("Check of %.40q", value), want, func() {
				if _, err := m.Check(r); err == nil {
					t.Fatal("accepted")
				}
			})
		}
	}
}

// A Verifier in two Middlewares names the realm of each.
func TestChallengesOfTwoRealms(t *testing.T) {
	v := build(t, config(signers()[2]))
	var wg sync.WaitGroup
	for _, realm := range []string{"", "a", "b"} {
		wg.Go(func() {
			want := "Bearer "
			if realm != "" {
				want += `realm="` + realm + `", `
			}
			want += `error="invalid_token", error_description="The access token `
			for range 1000 {
				if got := v.Challenge(realm, authn.ErrInvalid); got != want+`is not valid"` {
					t.Error(got)
				}
				if got := v.Challenge(realm, authn.ErrExpired); got != want+`has expired"` {
					t.Error(got)
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkRefusedHandler measures a refusal, including its response.
func BenchmarkRefusedHandler(b *testing.B) {
	s := signers()[2]
	m := newMiddleware(b, build(b, config(s)), "notes")
	h := m.Handler(http.NotFoundHandler())
	for name, token := range map[string]string{"oversize": strings.Repeat("a", 900<<10), "malformed": strings.Repeat(".", 8<<10)} {
		b.Run(name, func(b *testing.B) {
			r := requestWith(bearer(token))
			w := mwtest.NewDiscard()
			b.ReportAllocs()
			for b.Loop() {
				w.Reset()
				h.ServeHTTP(w, r)
			}
			if w.Code != 401 {
				b.Fatal(w.Code)
			}
		})
	}
}
