package jwtauth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The log alone must show an operator the field to change, with the names of the Config
// and of the claims. It must not show any part of a token.
func TestRefusals(t *testing.T) {
	s := signers()[2]
	cfg := config(s)
	cfg.Leeway, cfg.MaxLifetime = 30*time.Second, 10*time.Minute
	cfg.ScopeClaim, cfg.RolesClaim = "scp", "https://notes.example/roles"
	v := build(t, cfg)
	const planted = "hunter2"
	now := time.Now()
	for name, tc := range map[string]struct {
		token func(*signer) string
		want  string
	}{
		"typ":       {setHeader("typ", quote(planted)), `typ is not "at+jwt" (Config.Type)`},
		"alg":       {setHeader("alg", quote(planted)), "alg is none of this package"},
		"key's alg": {setHeader("alg", `"RS256"`), "alg is not the Algorithm of the key that kid names"},
		"kid":       {setHeader("kid", quote(planted)), "kid names none of Config.Keys"},
		"iss":       {setClaim("iss", quote(planted)), "iss is not Config.Issuer"},
		"aud":       {setClaim("aud", quote(planted)), "aud has none of Config.Audience"},
		"sub":       {deleteClaim("sub"), "sub is not a string, or is empty or has a control character"},
		"exp":       {setClaim("exp", quote(planted)), "exp is not a number of seconds since 1970"},
		"lifetime":  {setClaim("exp", at(now.Add(time.Hour))), "exp is more than 10m0s after iat (Config.MaxLifetime)"},
		"iat":       {setClaim("iat", at(now.Add(time.Minute))), "iat is more than 30s in the future (Config.Leeway)"},
		"nbf":       {setClaim("nbf", at(now.Add(time.Minute))), "nbf is more than 30s in the future (Config.Leeway)"},
		"auth_time": {setClaim("auth_time", at(now.Add(time.Minute))), "auth_time is more than 30s in the future (Config.Leeway)"},
		"scope":     {setClaim("scp", "7"), "scp is not a string or an array of scopes"},
		"roles":     {setClaim("https://notes.example/roles", quote(planted)), "https://notes.example/roles is not an array of strings"},
		"tenant":    {setClaim("org", `["`+planted+`"]`), "org is not a string, or is empty or has a control character"},
		"type":      {setClaim("type", `"refresh"`), "type says that it is not an access token"},
		"token_use": {setClaim("token_use", `"id"`), "token_use says that it is not an access token"},
	} {
		t.Run(name, func(t *testing.T) {
			token := tc.token(s)
			_, err := v.Verify(context.Background(), token)
			if err == nil || !strings.HasSuffix(err.Error(), ": "+tc.want) {
				t.Fatalf("got  %v\nwant …: %s", err, tc.want)
			}
			if strings.Contains(err.Error(), planted) {
				t.Errorf("a part of the token is in %v", err)
			}
			if _, again := v.Verify(context.Background(), token); again != err {
				t.Error("the refusal is not shared between requests")
			}
		})
	}
}

// The refusals of one Verifier do not name the values of another Config.
func TestRefusalsAreOfOneVerifier(t *testing.T) {
	s := signers()[2]
	cfg := config(s)
	cfg.Type, cfg.MaxLifetime = "JWT", time.Minute
	build(t, config(s))
	strict := build(t, cfg)
	build(t, config(s))
	_, err := strict.Verify(context.Background(), s.good())
	if err == nil || !strings.HasSuffix(err.Error(), `: typ is not "JWT" (Config.Type)`) {
		t.Error(err)
	}
}

func TestLifetimeHasABound(t *testing.T) {
	s := signers()[2]
	for _, tc := range []struct {
		max  time.Duration
		long bool
		want []string
	}{
		{24 * time.Hour, false, nil},
		{24*time.Hour + 1, false, []string{`jwtauth: MaxLifetime: "24h0m0.000000001s": a stolen token is good for as long, and cannot be revoked; write at most 24h`}},
		{30 * 24 * time.Hour, true, nil},
		{-1, true, []string{`jwtauth: MaxLifetime: "-1ns": is negative; `}},
	} {
		cfg := config(s)
		cfg.MaxLifetime, cfg.DangerouslyLongLived = tc.max, tc.long
		_, err := jwtauth.New(cfg)
		mwtest.Faults(t, err, tc.want...)
	}
	cfg := config(s)
	cfg.Leeway = -1
	_, err := jwtauth.New(cfg)
	mwtest.Faults(t, err, `jwtauth: Leeway: "-1ns": is not between 0 and 1m0s; write at most 1m; keep the clocks by NTP`)
}
