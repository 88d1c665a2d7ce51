package jwtauth_test

import (
	"context"
	"errors"
	"fmt"
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

func cachedConfig(s *signer, size int) jwtauth.Config {
	cfg := config(s)
	cfg.Cache = size
	return cfg
}

// switchableSource is a source of keys of package jwks that a test can replace.
type switchableSource struct {
	current atomic.Pointer[jwks.Source]
	calls   atomic.Int64
}

func (c *switchableSource) set(source jwks.Source) { c.current.Store(&source) }

func (c *switchableSource) Key(ctx context.Context, issuer, kid, alg string) (jwks.Key, error) {
	c.calls.Add(1)
	return (*c.current.Load()).Key(ctx, issuer, kid, alg)
}

// isCached verifies token twice and reports whether the second result came from the
// cache.
func isCached(t *testing.T, v *jwtauth.Verifier[jwtauth.NoClaims], token string) bool {
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
	if isCached(t, build(t, config(s)), s.good()) {
		t.Error("the token is in the cache")
	}
	if !isCached(t, build(t, cachedConfig(s, 1)), s.good()) {
		t.Error("the token is not in the cache")
	}
}

func TestCacheFaults(t *testing.T) {
	s := signers()[2]
	for size, want := range map[int][]string{-1: {`jwtauth: Cache: "-1": is negative; `}, 1<<20 + 1: {`jwtauth: Cache: "1048577": is more than 1048576`}, 1 << 20: nil} {
		_, err := jwtauth.New(cachedConfig(s, size))
		mwtest.Faults(t, err, want...)
	}
}

// A token stays in the cache for a minute, and never beyond its exp.
func TestCacheForgets(t *testing.T) {
	s := signers()[2]
	synctest.Test(t, func(t *testing.T) {
		cfg := cachedConfig(s, 8)
		cfg.Issuers[0].Leeway = time.Minute
		v, long := build(t, cfg), s.good()
		short := setClaim("exp", at(time.Now().Add(30*time.Second)))(s)
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
			t.Error("removed before its exp")
		}
		time.Sleep(time.Second)
		if verify(long) != a || verify(short) == b {
			t.Error("still cached at its exp, or the other token is not cached")
		}
		if c := verify(short); c == verify(short) {
			t.Error("a token that only Leeway accepts is cached")
		}
		time.Sleep(29 * time.Second)
		if verify(long) != a {
			t.Error("removed within the minute")
		}
		time.Sleep(time.Second)
		if verify(long) == a {
			t.Error("cached for more than a minute")
		}
		time.Sleep(30 * time.Second)
		if _, err := v.Verify(t.Context(), short); !errors.Is(err, authn.ErrExpired) {
			t.Error(err)
		}
		if n := jwtauth.CachedTokens(v); n != 1 {
			t.Errorf("%d tokens are cached", n)
		}
	})
}

func TestCachedTokenExpires(t *testing.T) {
	s := signers()[2]
	synctest.Test(t, func(t *testing.T) {
		v, token := build(t, cachedConfig(s, 8)), s.good()
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

// After the clock was set back, the token is one of the future.
func TestCacheChecksTimesAgain(t *testing.T) {
	s := signers()[2]
	v := build(t, cachedConfig(s, 8))
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

// A change of its key affects a cached token at once.
func TestCacheFollowsTheKey(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		other := otherSigners()[s.alg]
		wrong := s.key()
		wrong.ID = "other"
		for name, tc := range map[string]struct {
			then jwks.Source
			want error
		}{
			"withdrawn":     {jwks.Static(wrong), jwks.ErrUnknownKey},
			"replaced":      {jwks.Static(other.key()), jwtauth.ErrSignature},
			"outage":        {&fakeSource{err: errors.New("down")}, authn.ErrUnavailable},
			"other key":     {&fakeSource{key: wrong}, authn.ErrUnavailable},
			"published":     {jwks.Static(s.key()), nil},
			"foreign":       {&fakeSource{key: s.key()}, nil},
			"other foreign": {&fakeSource{key: other.key()}, jwtauth.ErrSignature},
		} {
			t.Run(name, func(t *testing.T) {
				src := &switchableSource{}
				src.set(jwks.Static(s.key()))
				cfg := cachedConfig(s, 8)
				cfg.Issuers[0].Keys = src
				v, token := build(t, cfg), s.good()
				a, err := v.Verify(t.Context(), token)
				if b, err2 := v.Verify(t.Context(), token); err != nil || err2 != nil || a != b || src.calls.Load() != 2 {
					t.Fatal("not cached, or the source was not called: ", err, err2, src.calls.Load())
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

// A key that is made anew for each request gives no proof about the key of the last
// request.
func TestForeignSourceIsNotCached(t *testing.T) {
	s := signers()[2]
	cfg := cachedConfig(s, 8)
	cfg.Issuers[0].Keys = &fakeSource{key: s.key()}
	v := build(t, cfg)
	if isCached(t, v, s.good()) || jwtauth.CachedTokens(v) != 0 {
		t.Error("the token is in the cache")
	}
}

// GO-2026-4799: two configurations shared one cache.
func TestVerifiersShareNoCache(t *testing.T) {
	s := signers()[2]
	keys := jwks.Static(s.key())
	a, b, c, d := cachedConfig(s, 8), cachedConfig(s, 8), cachedConfig(s, 8), cachedConfig(s, 8)
	for _, cfg := range []jwtauth.Config{a, b, c, d} {
		cfg.Issuers[0].Keys = keys
	}
	b.Issuers[0].Audience, d.Issuers[0].MaxLifetime = []string{"elsewhere"}, time.Minute
	c.Issuers[0].Types, c.Issuers[0].DangerouslyAnyKind = []string{"JWT"}, true
	first, token := build(t, a), s.good()
	if !isCached(t, first, token) {
		t.Fatal("not cached")
	}
	for want, cfg := range map[error]jwtauth.Config{jwtauth.ErrAudience: b, jwtauth.ErrType: c, jwtauth.ErrClaims: d} {
		if _, err := build(t, cfg).Verify(t.Context(), token); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
}

// The cache accepts only exactly the text that was verified.
func TestCacheKnowsTheWholeToken(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		v, token := build(t, cachedConfig(s, 8)), s.good()
		if !isCached(t, v, token) {
			t.Fatal("not cached")
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
		if !isCached(t, v, token) || jwtauth.CachedTokens(v) != 1 {
			t.Error("no longer cached")
		}
	})
}

// A flood of valid tokens takes no more than the slots of the cache.
func TestCacheIsBounded(t *testing.T) {
	s := signers()[2]
	for _, size := range []int{1, 2, 3, 4, 5, 7, 64} {
		v := build(t, cachedConfig(s, size))
		for i := range 4 * size {
			token := setClaim("jti", fmt.Sprintf(`"t-%d"`, i))(s)
			if !isCached(t, v, token) {
				t.Errorf("size %d: token %d is not cached", size, i)
			}
			if n := jwtauth.CachedTokens(v); n > size || size < 4 && n != min(i+1, size) {
				t.Fatalf("size %d: %d tokens are cached", size, n)
			}
		}
		if n := jwtauth.CachedTokens(v); n < size*3/4 {
			t.Errorf("size %d: only %d tokens are cached", size, n)
		}
	}
}

// Tokens, keys and revocations change concurrently. No token is ever taken for another.
func TestCacheRace(t *testing.T) {
	s := signers()[2]
	src := &switchableSource{}
	keys, otherKeys := jwks.Static(s.key()), jwks.Static(otherSigners()[s.alg].key())
	src.set(keys)
	cfg := cachedConfig(s, 6)
	cfg.Issuers[0].Keys = src
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
		src.set([]jwks.Source{otherKeys, keys}[i%2])
		_, _ = v.Verify(context.Background(), tokens[0])
	}
	wg.Wait()
	src.set(otherKeys)
	for i, token := range tokens {
		if _, err := v.Verify(context.Background(), token); !errors.Is(err, jwtauth.ErrSignature) {
			t.Errorf("token %d, after its key was withdrawn: %v", i, err)
		}
	}
}

func TestCachedAllocs(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		cfg := cachedConfig(s, 8)
		cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) { return false, nil }
		for name, token := range map[string]string{"small": s.good(), "large": setClaim("x", quote(strings.Repeat("x", 5<<10)))(s)} {
			for kind, v := range map[string]interface {
				authn.Authenticator
				Verify(context.Context, string) (*authn.Principal, error)
			}{"plain": build(t, cfg), "typed": typed[extraClaims](t, cfg)} {
				ctx := t.Context()
				mwtest.MaxAllocs(t, name+" "+kind+" Verify", 0, func() {
					if _, err := v.Verify(ctx, token); err != nil {
						t.Fatal(err)
					}
				})
				m := newMiddleware(t, v, "")
				spy := &mwtest.Spy{}
				h, w := m.Handler(spy), mwtest.NewDiscard()
				r := requestWith(bearer(token))
				runs := 0
				mwtest.MaxAllocs(t, name+" "+kind+" Handler", 1, func() { runs++; h.ServeHTTP(w, r) })
				if spy.Calls() != runs {
					t.Errorf("%d of %d requests passed", spy.Calls(), runs)
				}
			}
		}
	})
}

// Two handlers may append to the scopes and roles of a principal that they share through
// the cache. Neither sees the element of the other.
func TestSharedPrincipalCannotBeGrown(t *testing.T) {
	s := signers()[2]
	v := build(t, cachedConfig(s, 8))
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
				t.Errorf("%s: one request sees an element that another appended", list)
			}
		}
	}
}

func BenchmarkCached(b *testing.B) {
	for _, s := range signers() {
		cfg := cachedConfig(s, 64)
		b.Run(string(s.alg), func(b *testing.B) {
			v, good := build(b, cfg), s.good()
			b.ReportAllocs()
			for b.Loop() {
				if p, err := v.Verify(context.Background(), good); err != nil || p.Subject != "ann" {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(s.alg)+"/Handler", func(b *testing.B) { benchHandler(b, cfg, s.good()) })
	}
}
