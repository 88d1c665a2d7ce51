package jwtauth_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestPrincipal(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		synctest.Test(t, func(t *testing.T) {
			p, err := build(t, config(s)).Verify(context.Background(), s.good())
			if err != nil {
				t.Fatal(err)
			}
			p.Detail = nil
			want := &authn.Principal{
				Kind: "jwt", Issuer: issuer, Subject: "ann", ClientID: "web", TokenID: "t-1", SessionID: "s-1", Tenant: "acme",
				Scopes: []string{"notes:read", "notes:write"}, Roles: []string{"admin", "editor"},
				ACR: "mfa", AuthTime: time.Now().Add(-time.Hour).UTC(), IssuedAt: time.Now().Add(-time.Minute).UTC(), ExpiresAt: time.Now().Add(5 * time.Minute).UTC(),
			}
			if !reflect.DeepEqual(p, want) {
				t.Errorf("got  %+v\nwant %+v", p, want)
			}
		})
	})
}

// A forged token is never called expired: that error would tell the attacker that the
// rest of the token was valid.
func TestSignatureIsVerifiedBeforeClaims(t *testing.T) {
	eachSigner(t, func(t *testing.T, s *signer) {
		v := build(t, config(s))
		old := s.token(s.header().json(), claims().with("exp", at(time.Now().Add(-time.Second))).json())
		if _, err := v.Verify(context.Background(), old); !errors.Is(err, authn.ErrExpired) || errors.Is(err, authn.ErrInvalid) {
			t.Errorf("expired: %v", err)
		}
		forged := old[:len(old)-8] + "AAAAAAAA"
		if _, err := v.Verify(context.Background(), forged); !errors.Is(err, jwtauth.ErrSignature) || !errors.Is(err, authn.ErrInvalid) || errors.Is(err, authn.ErrExpired) {
			t.Errorf("forged and expired: %v", err)
		}
	})
}

// Only a token without any other fault is called expired.
func TestExpiryComesLast(t *testing.T) {
	s := signers()[2]
	v := build(t, config(s))
	for _, c := range []object{
		claims().with("aud", `"x"`), claims().with("iss", `"x"`), claims().without("sub"), claims().without("jti"), claims().with("cnf", "{}"),
		claims().with("nbf", at(time.Now().Add(time.Hour))), claims().with("nonce", "1"), claims().with("type", `"refresh"`), claims().add("EXP", "1"),
	} {
		token := s.token(s.header().json(), c.with("exp", at(time.Now().Add(-time.Second))).json())
		if _, err := v.Verify(context.Background(), token); !errors.Is(err, authn.ErrInvalid) {
			t.Errorf("%s: %v", c.json(), err)
		}
	}
}

// MaxLifetime counts Leeway. config has no Leeway.
func TestTimes(t *testing.T) {
	const byDefault = -2
	s := signers()[2]
	for name, tc := range map[string]struct {
		exp, iat, nbf    time.Duration // from now
		leeway, lifetime time.Duration
		want             error
	}{
		"last moment":             {exp: time.Second, iat: -time.Minute},
		"exp itself":              {exp: 0, iat: -time.Minute, want: authn.ErrExpired},
		"leeway after exp":        {exp: -29 * time.Second, iat: -time.Minute, leeway: 30 * time.Second},
		"leeway ends":             {exp: -30 * time.Second, iat: -time.Minute, leeway: 30 * time.Second, want: authn.ErrExpired},
		"issued now":              {exp: time.Minute},
		"issued in the future":    {exp: time.Minute, iat: time.Second, want: jwtauth.ErrNotYetValid},
		"within leeway":           {exp: time.Minute, iat: 30 * time.Second, nbf: 30 * time.Second, leeway: 30 * time.Second},
		"iat beyond leeway":       {exp: time.Minute, iat: 31 * time.Second, leeway: 30 * time.Second, want: jwtauth.ErrNotYetValid},
		"nbf now":                 {exp: time.Minute, iat: -time.Minute},
		"nbf in the future":       {exp: time.Minute, nbf: time.Second, want: jwtauth.ErrNotYetValid},
		"nbf beyond leeway":       {exp: time.Minute, nbf: 31 * time.Second, leeway: 30 * time.Second, want: jwtauth.ErrNotYetValid},
		"an hour":                 {exp: time.Hour},
		"longer than an hour":     {exp: time.Hour + time.Second, want: jwtauth.ErrClaims},
		"lifetime as configured":  {exp: 10 * time.Hour, lifetime: 10 * time.Hour},
		"longer than configured":  {exp: time.Minute + time.Second, lifetime: time.Minute, want: jwtauth.ErrClaims},
		"leeway adds to lifetime": {exp: time.Hour + time.Minute, leeway: time.Minute},
		"beyond both":             {exp: time.Hour + time.Minute + time.Second, leeway: time.Minute, want: jwtauth.ErrClaims},
		"the default leeway":      {exp: time.Hour + 10*time.Second, iat: 5 * time.Second, nbf: 5 * time.Second, leeway: byDefault},
		"iat beyond the default":  {exp: time.Minute, iat: 6 * time.Second, leeway: byDefault, want: jwtauth.ErrNotYetValid},
		"nbf beyond the default":  {exp: time.Minute, nbf: 6 * time.Second, leeway: byDefault, want: jwtauth.ErrNotYetValid},
		"life beyond the default": {exp: time.Hour + 6*time.Second, leeway: byDefault, want: jwtauth.ErrClaims},
		"expired within default":  {exp: -4 * time.Second, iat: -time.Minute, leeway: byDefault},
		"expired beyond default":  {exp: -5 * time.Second, iat: -time.Minute, leeway: byDefault, want: authn.ErrExpired},
		"no bound overflows":      {exp: 200 * 365 * 24 * time.Hour, lifetime: math.MaxInt64, leeway: time.Minute},
		"exp before iat":          {exp: -time.Minute, iat: -time.Second, want: jwtauth.ErrClaims},
		"exp equals iat":          {exp: time.Second, iat: time.Second, leeway: time.Minute, want: jwtauth.ErrClaims},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := config(s)
				cfg.Issuers[0].MaxLifetime, cfg.Issuers[0].DangerouslyLongLived = tc.lifetime, tc.lifetime > 24*time.Hour
				switch tc.leeway {
				case 0: // none, as config has it
				case byDefault:
					cfg.Issuers[0].Leeway = 0
				default:
					cfg.Issuers[0].Leeway = tc.leeway
				}
				now := time.Now()
				token := s.token(s.header().json(), claims().with("exp", at(now.Add(tc.exp))).with("iat", at(now.Add(tc.iat))).with("nbf", at(now.Add(tc.nbf))).json())
				if _, err := build(t, cfg).Verify(context.Background(), token); !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
			})
		})
	}
}

// A token expires while the service runs.
func TestTokenExpires(t *testing.T) {
	s := signers()[2]
	synctest.Test(t, func(t *testing.T) {
		v, token := build(t, config(s)), s.good()
		for range 299 {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // fake time of synctest
		}
		time.Sleep(time.Second)
		if _, err := v.Verify(t.Context(), token); !errors.Is(err, authn.ErrExpired) {
			t.Errorf("after its exp: %v", err)
		}
	})
}

func TestType(t *testing.T) {
	s := signers()[2]
	for _, tc := range []struct {
		configured, typ string
		ok              bool
	}{
		{"", "at+jwt", true}, {"", "JWT", false}, {"at+jwt", "application/AT+JWT", true},
		{"JWT", "JWT", true}, {"JWT", "jwt", true}, {"JWT", "application/jwt", true}, {"JWT", "at+jwt", false}, {"JWT", "", false},
		{"kiosk+jwt", "KIOSK+jwt", true}, {"kiosk+jwt", "\u212aio\u017fk+jwt", false}, {"kiosk+jwt", "application/application/kiosk+jwt", false},
	} {
		cfg := config(s)
		if tc.configured != "" {
			cfg.Issuers[0].Types, cfg.Issuers[0].DangerouslyAnyKind = []string{tc.configured}, true
		}
		_, err := build(t, cfg).Verify(context.Background(), s.token(s.header().with("typ", quote(tc.typ)).json(), claims().json()))
		if ok := err == nil; ok != tc.ok || !ok && !errors.Is(err, jwtauth.ErrType) {
			t.Errorf("typ %q where %q is configured: %v", tc.typ, tc.configured, err)
		}
	}
}

// Refusals are shared between requests, so they must not contain any part of a token.
func TestErrorsQuoteNoToken(t *testing.T) {
	s := signers()[2]
	v := build(t, config(s))
	const secret = "hunter2"
	for name, o := range map[string]object{"sub": claims().with("sub", `["hunter2"]`), "iss": claims().with("iss", `"hunter2"`), "aud": claims().with("aud", `"hunter2"`)} {
		_, err := v.Verify(context.Background(), s.token(s.header().json(), o.json()))
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok || e.Status != 401 {
			t.Fatalf("%s: %v", name, err)
		}
		for err := error(e); err != nil; err = errors.Unwrap(err) {
			if text := err.Error(); text == "" || strings.Contains(text, secret) {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	all := signers()
	keys := make([]jwks.Key, len(all))
	for i, s := range all {
		keys[i] = s.key()
		keys[i].ID = string(s.alg)
	}
	cfg := config(all[0])
	cfg.Issuers[0].Keys = jwks.Static(keys...)
	v := build(t, cfg)
	var wg sync.WaitGroup
	for i := range 8 {
		s := all[i%len(all)]
		good := s.token(s.header().with("kid", quote(string(s.alg))).json(), claims().with("sub", quote(string(s.alg))).json())
		wg.Go(func() {
			for range 50 {
				if p, err := v.Verify(context.Background(), good); err != nil || p.Subject != string(s.alg) || !p.HasScope("notes:write") {
					t.Errorf("%s: %+v, %v", s.alg, p, err)
				}
				if _, err := v.Verify(context.Background(), good+"A"); !errors.Is(err, authn.ErrInvalid) {
					t.Errorf("%s: %v", s.alg, err)
				}
			}
		})
	}
	wg.Wait()
}

type revokedKey struct{}

// Config.Revoked is called for each request, also for a cached token (CVE-2021-32701: a
// cached answer skipped the checks).
func TestRevoked(t *testing.T) {
	s := signers()[2]
	for _, size := range []int{0, 8} {
		t.Run(fmt.Sprintf("cache of %d", size), func(t *testing.T) {
			revoked, down, calls := false, error(nil), 0
			cfg := cachedConfig(s, size)
			cfg.Revoked = func(ctx context.Context, p *authn.Principal) (bool, error) {
				calls++
				if ctx.Value(revokedKey{}) != "here" || p.TokenID != "t-1" || p.SessionID != "s-1" || p.Subject != "ann" || p.IssuedAt.IsZero() {
					t.Errorf("Revoked was called with %+v", p)
				}
				return revoked, down
			}
			v, token := build(t, cfg), s.good()
			ctx := context.WithValue(t.Context(), revokedKey{}, "here")
			for _, tc := range []struct {
				revoked bool
				down    error
				want    error
			}{{}, {}, {true, nil, jwtauth.ErrRevoked}, {true, nil, authn.ErrInvalid}, {}, {false, errors.New("down"), authn.ErrUnavailable}, {true, errors.New("down"), authn.ErrUnavailable}, {}} {
				revoked, down = tc.revoked, tc.down
				if _, err := v.Verify(ctx, token); !errors.Is(err, tc.want) || tc.down != nil && !errors.Is(err, tc.down) {
					t.Errorf("%+v: %v", tc, err)
				}
			}
			if calls != 8 {
				t.Errorf("Revoked was called %d times", calls)
			}
			calls = 0
			for _, bad := range []string{
				otherSigners()[s.alg].good(), setClaim("aud", `"x"`)(s), "x.y.z",
				s.token(s.header().json(), claims().with("exp", at(time.Now().Add(-2*time.Second))).json()),
			} {
				if _, err := v.Verify(ctx, bad); err == nil {
					t.Error("accepted")
				}
			}
			if calls != 0 {
				t.Error("Revoked was called for a token that is not valid")
			}
		})
	}
}

func TestRevokedIsNotRemembered(t *testing.T) {
	s := signers()[2]
	cfg := cachedConfig(s, 8)
	cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) { return true, nil }
	v := build(t, cfg)
	if _, err := v.Verify(t.Context(), s.good()); !errors.Is(err, jwtauth.ErrRevoked) || jwtauth.CachedTokens(v) != 0 {
		t.Errorf("%v, %d tokens are cached", err, jwtauth.CachedTokens(v))
	}
}

func TestRevokedOverTheWire(t *testing.T) {
	s := signers()[2]
	for status, revoked := range map[int]func(context.Context, *authn.Principal) (bool, error){
		401: func(context.Context, *authn.Principal) (bool, error) { return true, nil },
		503: func(context.Context, *authn.Principal) (bool, error) {
			return false, errors.New("dial 10.0.0.1: hunter2")
		},
	} {
		cfg := config(s)
		cfg.Revoked = revoked
		m := newMiddleware(t, build(t, cfg), "")
		w, spy := httptest.NewRecorder(), &mwtest.Spy{}
		m.Handler(spy).ServeHTTP(w, requestWith(bearer(s.good())))
		mwtest.Refused(t, w.Result(), status, map[int]string{401: "invalid_credentials", 503: "authentication_unavailable"}[status])
		if spy.Calls() != 0 {
			t.Error("next ran")
		}
	}
}

// If the client leaves during the call of Revoked, the error is not an outage.
func TestCancelledWhileRevocationIsAsked(t *testing.T) {
	s := signers()[2]
	for _, size := range []int{0, 8} {
		ctx, cancel := context.WithCancel(t.Context())
		first := true
		cfg := cachedConfig(s, size)
		cfg.Revoked = func(context.Context, *authn.Principal) (bool, error) {
			if first {
				first = false
				return false, nil
			}
			cancel()
			return false, fmt.Errorf("get: %w", context.Canceled)
		}
		v, token := build(t, cfg), s.good()
		if _, err := v.Verify(ctx, token); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Verify(ctx, token); !errors.Is(err, context.Canceled) || errors.Is(err, authn.ErrUnavailable) {
			t.Error(err)
		}
	}
}
