package jwtauth_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
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

// What an attacker changed is never called expired: that would tell him that
// the rest of it was right.
func TestSignatureIsJudgedBeforeClaims(t *testing.T) {
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

// Only what would be accepted otherwise is called expired.
func TestExpiryComesLast(t *testing.T) {
	s := signers()[2]
	v := build(t, config(s))
	for _, c := range []object{
		claims().with("aud", `"x"`), claims().with("iss", `"x"`), claims().without("sub"), claims().without("jti"), claims().with("cnf", "{}"),
		claims().with("nbf", at(time.Now().Add(time.Hour))), claims().with("scope", "1"), claims().with("roles", `"r"`), claims().plus("EXP", "1"),
	} {
		token := s.token(s.header().json(), c.with("exp", at(time.Now().Add(-time.Second))).json())
		if _, err := v.Verify(context.Background(), token); !errors.Is(err, authn.ErrInvalid) {
			t.Errorf("%s: %v", c.json(), err)
		}
	}
}

func TestTimes(t *testing.T) {
	s := signers()[2]
	for name, tc := range map[string]struct {
		exp, iat, nbf    time.Duration // from now
		leeway, lifetime time.Duration
		want             error
	}{
		"last moment":               {exp: time.Second, iat: -time.Minute},
		"exp is the first not":      {exp: 0, iat: -time.Minute, want: authn.ErrExpired},
		"leeway after exp":          {exp: -29 * time.Second, iat: -time.Minute, leeway: 30 * time.Second},
		"leeway ends":               {exp: -30 * time.Second, iat: -time.Minute, leeway: 30 * time.Second, want: authn.ErrExpired},
		"issued now":                {exp: time.Minute},
		"issued in the future":      {exp: time.Minute, iat: time.Second, want: jwtauth.ErrNotYetValid},
		"within leeway":             {exp: time.Minute, iat: 30 * time.Second, nbf: 30 * time.Second, leeway: 30 * time.Second},
		"iat beyond leeway":         {exp: time.Minute, iat: 31 * time.Second, leeway: 30 * time.Second, want: jwtauth.ErrNotYetValid},
		"nbf now":                   {exp: time.Minute, iat: -time.Minute},
		"nbf in the future":         {exp: time.Minute, nbf: time.Second, want: jwtauth.ErrNotYetValid},
		"nbf beyond leeway":         {exp: time.Minute, nbf: 31 * time.Second, leeway: 30 * time.Second, want: jwtauth.ErrNotYetValid},
		"an hour":                   {exp: time.Hour},
		"longer than an hour":       {exp: time.Hour + time.Second, want: jwtauth.ErrClaims},
		"as configured":             {exp: 10 * time.Hour, lifetime: 10 * time.Hour},
		"longer than configured":    {exp: time.Minute + time.Second, lifetime: time.Minute, want: jwtauth.ErrClaims},
		"leeway is no lifetime":     {exp: time.Hour + time.Second, leeway: time.Minute, want: jwtauth.ErrClaims},
		"expired before it existed": {exp: -time.Minute, iat: -time.Second, want: jwtauth.ErrClaims},
		"lived for no time":         {exp: time.Second, iat: time.Second, leeway: time.Minute, want: jwtauth.ErrClaims},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := config(s)
				cfg.Leeway, cfg.MaxLifetime = tc.leeway, tc.lifetime
				now := time.Now()
				token := s.token(s.header().json(), claims().with("exp", at(now.Add(tc.exp))).with("iat", at(now.Add(tc.iat))).with("nbf", at(now.Add(tc.nbf))).json())
				if _, err := build(t, cfg).Verify(context.Background(), token); !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
			})
		})
	}
}

// A token ages while the service runs.
func TestTokenExpires(t *testing.T) {
	s := signers()[2]
	synctest.Test(t, func(t *testing.T) {
		v, token := build(t, config(s)), s.good()
		for range 299 {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // of the bubble
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
		cfg.Type = tc.configured
		_, err := build(t, cfg).Verify(context.Background(), s.token(s.header().with("typ", quote(tc.typ)).json(), claims().json()))
		if ok := err == nil; ok != tc.ok || !ok && !errors.Is(err, jwtauth.ErrType) {
			t.Errorf("typ %q where %q is configured: %v", tc.typ, tc.configured, err)
		}
	}
}

// Refusals are shared between requests, so nothing of a token may be in them.
func TestErrorsHoldNothingOfTheToken(t *testing.T) {
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
	keys := make([]jwtauth.Key, len(all))
	for i, s := range all {
		keys[i] = s.key()
		keys[i].ID = string(s.alg)
	}
	cfg := config(all[0])
	cfg.Keys = jwtauth.Static(keys...)
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
