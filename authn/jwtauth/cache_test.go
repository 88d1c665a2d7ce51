package jwtauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func cached(s *signer, size int) jwtauth.Config {
	cfg := config(s)
	cfg.Cache = size
	return cfg
}

// changing is a source that can be changed, of keys of the package's own.
type changing struct {
	now   atomic.Pointer[jwks.Source]
	asked atomic.Int64
}

func (c *changing) set(source jwks.Source) { c.now.Store(&source) }

func (c *changing) Key(ctx context.Context, issuer, kid string) (jwks.Key, error) {
	c.asked.Add(1)
	return (*c.now.Load()).Key(ctx, issuer, kid)
}

// same reports whether two judgements are of one verification.
func same(t *testing.T, v *jwtauth.Verifier[jwtauth.NoClaims], token string) bool {
	t.Helper()
	a, err := v.Verify(t.Context(), token)
	b, err2 := v.Verify(t.Context(), token)
	if err != nil || err2 != nil || a.Subject != "ann" || b.Subject != "ann" {
		t.Fatal(err, err2)
	}
	return a == b
}

func TestCacheIsOffByDefault(t *testing.T) {
	s := signers()[2]
	if same(t, build(t, config(s)), s.good()) {
		t.Error("a token was remembered")
	}
	if !same(t, build(t, cached(s, 1)), s.good()) {
		t.Error("no token was remembered")
	}
}

func TestCacheFaults(t *testing.T) {
	s := signers()[2]
	for size, want := range map[int][]string{-1: {`jwtauth: Cache: "-1": is negative; `}, 1<<20 + 1: {`jwtauth: Cache: "1048577": is more than 1048576`}, 1 << 20: nil} {
		_, err := jwtauth.New(cached(s, size))
		mwtest.Faults(t, err, want...)
	}
}

// A token is remembered for a minute, and never beyond its exp.
func TestCacheForgets(t *testing.T) {
	s := signers()[2]
	synctest.Test(t, func(t *testing.T) {
		cfg := cached(s, 8)
		cfg.Leeway = time.Minute
		v, long := build(t, cfg), s.good()
		short := claim("exp", at(time.Now().Add(30*time.Second)))(s)
		verify := func(token string) *authn.Principal {
			p, err := v.Verify(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		a, b := verify(long), verify(short)
		time.Sleep(29 * time.Second)
		if verify(long) != a || verify(short) != b {
			t.Error("forgotten too early")
		}
		time.Sleep(time.Second)
		if verify(long) != a || verify(short) == b {
			t.Error("remembered beyond exp, or not at all")
		}
		if c := verify(short); c == verify(short) {
			t.Error("a token that lives by Leeway only is remembered")
		}
		time.Sleep(29 * time.Second)
		if verify(long) != a {
			t.Error("forgotten within the minute")
		}
		time.Sleep(time.Second)
		if verify(long) == a {
			t.Error("remembered for more than a minute")
		}
		time.Sleep(30 * time.Second)
		if _, err := v.Verify(t.Context(), short); !errors.Is(err, authn.ErrExpired) {
			t.Error(err)
		}
		if n := jwtauth.Remembered(v); n != 1 {
			t.Errorf("%d are remembered", n)
		}
	})
}

func TestCachedTokenExpires(t *testing.T) {
	s := signers()[2]
	synctest.Test(t, func(t *testing.T) {
		v, token := build(t, cached(s, 8)), s.good()
		for range 299 {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, authn.ErrExpired) {
			t.Error(err)
		}
	})
}

// A clock that is set back makes a token one of the future.
func TestCacheJudgesTimesAgain(t *testing.T) {
	s := signers()[2]
	v := build(t, cached(s, 8))
	now := time.Now()
	for name, token := range map[string]string{
		"nbf":       s.token(s.header().json(), claims().with("nbf", at(now)).with("iat", at(now.Add(-time.Hour+10*time.Minute))).json()),
		"iat":       s.token(s.header().json(), claims().with("iat", at(now)).without("nbf").json()),
		"auth_time": s.token(s.header().json(), claims().with("auth_time", at(now)).without("nbf").json()),
	} {
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Fatal(name, err)
		}
		if p, err := jwtauth.FromCacheAt(t.Context(), v, token, now); p == nil || err != nil {
			t.Errorf("%s: %v, %v", name, p, err)
		}
		if p, err := jwtauth.FromCacheAt(t.Context(), v, token, now.Add(-2*time.Second)); p != nil || !errors.Is(err, jwtauth.ErrNotYetValid) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

// What becomes of its key becomes of a token, at once.
func TestCacheFollowsTheKey(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		other := strangers()[s.alg]
		wrong := s.key()
		wrong.ID = "other"
		for name, tc := range map[string]struct {
			then jwks.Source
			want error
		}{
			"withdrawn":    {jwks.Static(wrong), jwks.ErrUnknownKey},
			"replaced":     {jwks.Static(other.key()), jwtauth.ErrSignature},
			"outage":       {&source{err: errors.New("down")}, authn.ErrUnavailable},
			"other key":    {&source{key: wrong}, authn.ErrUnavailable},
			"published":    {jwks.Static(s.key()), nil},
			"not its own":  {&source{key: s.key()}, nil},
			"nobody's key": {&source{key: other.key()}, jwtauth.ErrSignature},
		} {
			t.Run(name, func(t *testing.T) {
				src := &changing{}
				src.set(jwks.Static(s.key()))
				cfg := cached(s, 8)
				cfg.Keys = src
				v, token := build(t, cfg), s.good()
				a, err := v.Verify(t.Context(), token)
				if b, err2 := v.Verify(t.Context(), token); err != nil || err2 != nil || a != b || src.asked.Load() != 2 {
					t.Fatal("not remembered, or the source was not asked: ", err, err2, src.asked.Load())
				}
				src.set(tc.then)
				b, err := v.Verify(t.Context(), token)
				if !errors.Is(err, tc.want) || b == a {
					t.Errorf("got %v, want %v", err, tc.want)
				}
			})
		}
	})
}

// A key that is made anew for each request proves nothing about the last one.
func TestForeignSourceIsNotCached(t *testing.T) {
	s := signers()[2]
	cfg := cached(s, 8)
	cfg.Keys = &source{key: s.key()}
	v := build(t, cfg)
	if same(t, v, s.good()) || jwtauth.Remembered(v) != 0 {
		t.Error("a token was remembered")
	}
}

// GO-2026-4799: one cache that served two configurations.
func TestVerifiersShareNoCache(t *testing.T) {
	s := signers()[2]
	keys := jwks.Static(s.key())
	a := cached(s, 8)
	a.Keys = keys
	b, c, d := a, a, a
	b.Audience, c.Type, d.MaxLifetime = []string{"elsewhere"}, "JWT", time.Minute
	first, token := build(t, a), s.good()
	if !same(t, first, token) {
		t.Fatal("not remembered")
	}
	for want, cfg := range map[error]jwtauth.Config{jwtauth.ErrAudience: b, jwtauth.ErrType: c, jwtauth.ErrClaims: d} {
		if _, err := build(t, cfg).Verify(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

// Only the very text that was verified is remembered.
func TestCacheKnowsTheWholeToken(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		v, token := build(t, cached(s, 8)), s.good()
		if !same(t, v, token) {
			t.Fatal("not remembered")
		}
		for i := range token {
			c := byte('A')
			if token[i] == c {
				c = 'B'
			}
			if _, err := v.Verify(t.Context(), token[:i]+string(c)+token[i+1:]); !errors.Is(err, authn.ErrInvalid) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
		for _, other := range []string{token + "A", token + "=", token[:len(token)-1], " " + token, strings.ToUpper(token)} {
			if _, err := v.Verify(t.Context(), other); !errors.Is(err, authn.ErrInvalid) {
				t.Errorf("%q: %v", other, err)
			}
		}
		if !same(t, v, token) || jwtauth.Remembered(v) != 1 {
			t.Error("forgotten")
		}
	})
}

// A flood of good tokens takes no more than its places.
func TestCacheIsBounded(t *testing.T) {
	s := signers()[2]
	for _, size := range []int{1, 2, 3, 4, 5, 7, 64} {
		v := build(t, cached(s, size))
		for i := range 4 * size {
			token := claim("jti", fmt.Sprintf(`"t-%d"`, i))(s)
			if !same(t, v, token) {
				t.Errorf("size %d: token %d is not remembered", size, i)
			}
			if n := jwtauth.Remembered(v); n > size || size < 4 && n != min(i+1, size) {
				t.Fatalf("size %d: %d are remembered", size, n)
			}
		}
		if n := jwtauth.Remembered(v); n < size*3/4 {
			t.Errorf("size %d: only %d are remembered", size, n)
		}
	}
}

// Tokens, keys and revocations come and go; nothing is ever mistaken.
func TestCacheRace(t *testing.T) {
	s := signers()[2]
	src := &changing{}
	good, gone := jwks.Static(s.key()), jwks.Static(strangers()[s.alg].key())
	src.set(good)
	cfg := cached(s, 6)
	cfg.Keys = src
	cfg.Revoked = func(_ context.Context, p *authn.Principal) (bool, error) { return p.TokenID == "t-3", nil }
	v := build(t, cfg)
	tokens := make([]string, 12)
	for i := range tokens {
		tokens[i] = s.token(s.header().json(), claims().with("jti", fmt.Sprintf(`"t-%d"`, i)).with("sub", fmt.Sprintf(`"s-%d"`, i)).json())
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := range 300 {
				i := (n*7 + g) % len(tokens)
				p, err := v.Verify(context.Background(), tokens[i])
				switch {
				case err == nil && (i == 3 || p.TokenID != fmt.Sprintf("t-%d", i) || p.Subject != fmt.Sprintf("s-%d", i)):
					t.Errorf("token %d is %+v", i, p)
				case err != nil && !errors.Is(err, jwtauth.ErrSignature) && (i != 3 || !errors.Is(err, jwtauth.ErrRevoked)):
					t.Errorf("token %d: %v", i, err)
				}
			}
		})
	}
	for i := range 50 {
		src.set([]jwks.Source{gone, good}[i%2])
		_, _ = v.Verify(context.Background(), tokens[0])
	}
	wg.Wait()
	src.set(gone)
	for i, token := range tokens {
		if _, err := v.Verify(context.Background(), token); !errors.Is(err, jwtauth.ErrSignature) {
			t.Errorf("token %d, whose key is gone: %v", i, err)
		}
	}
}

func TestCachedAllocs(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		cfg := cached(s, 8)
		cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) { return false, nil }
		for name, token := range map[string]string{"small": s.good(), "large": claim("x", quote(strings.Repeat("x", 5<<10)))(s)} {
			for kind, v := range map[string]interface {
				authn.Authenticator
				Verify(context.Context, string) (*authn.Principal, error)
			}{"plain": build(t, cfg), "typed": typed[extras](t, cfg)} {
				ctx := t.Context()
				mwtest.MaxAllocs(t, name+" "+kind+" Verify", 0, func() {
					if _, err := v.Verify(ctx, token); err != nil {
						t.Fatal(err)
					}
				})
				m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{v}})
				if err != nil {
					t.Fatal(err)
				}
				spy := &mwtest.Spy{}
				h, w := m.Handler(spy), mwtest.NewDiscard()
				r := httptest.NewRequest("GET", "/", nil)
				r.Header.Set("Authorization", bearer(token))
				runs := 0
				mwtest.MaxAllocs(t, name+" "+kind+" Handler", 2, func() { runs++; h.ServeHTTP(w, r) })
				if spy.Calls() != runs {
					t.Errorf("%d of %d requests passed", spy.Calls(), runs)
				}
			}
		}
	})
}

// What handlers append to the scopes and roles that they were given is theirs:
// with a cache, two requests have one principal at the same time.
func TestSharedPrincipalCannotBeGrown(t *testing.T) {
	s := signers()[2]
	v := build(t, cached(s, 8))
	for _, list := range []string{`"a"`, `"a b"`, `"a "`, `" a  b   "`, `["a"]`, `["a","b"]`, `[]`} {
		cl := claims().with("scope", list)
		if list[0] == '[' {
			cl = cl.with("roles", list)
		} else {
			cl = cl.with("roles", `["a,b,c"]`)
		}
		p, err := v.Verify(t.Context(), s.token(s.header().json(), cl.json()))
		if err != nil {
			t.Fatal(err)
		}
		for _, all := range [][]string{p.Scopes, p.Roles} {
			grown := func(by string) []string { return append(all, by) }
			mine, theirs := grown("mine"), grown("theirs")
			if mine[len(all)] != "mine" || theirs[len(all)] != "theirs" {
				t.Errorf("%s: what one request appends, another sees", list)
			}
		}
	}
}
