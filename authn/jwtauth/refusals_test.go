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
	cfg.Issuers[0].Leeway, cfg.Issuers[0].MaxLifetime = 30*time.Second, 10*time.Minute
	cfg.Issuers[0].ScopeClaim, cfg.Issuers[0].RolesClaim = "scp", "https://notes.example/roles"
	v := build(t, cfg)
	const planted = "hunter2"
	now := time.Now()
	for name, tc := range map[string]struct {
		token func(*signer) string
		want  string
	}{
		"typ":       {setHeader("typ", quote(planted)), `typ is not "at+jwt" (Config.Issuers[0].Types)`},
		"alg":       {setHeader("alg", quote(planted)), "alg is not one that a key of the Verifier can have"},
		"key's alg": {setHeader("alg", `"RS256"`), "alg is not the Algorithm of the key that kid names"},
		"kid":       {setHeader("kid", quote(planted)), "kid is not one of the keys of the issuer (Config.Issuers[0].Keys)"},
		"iss":       {setClaim("iss", quote(planted)), `iss is not "https://issuer.example" (Config.Issuers[0].Issuer)`},
		"aud":       {setClaim("aud", quote(planted)), `aud is not one of ["other" "https://api.example"] (Config.Issuers[0].Audience)`},
		"sub":       {deleteClaim("sub"), "sub is missing"},
		"exp":       {setClaim("exp", quote(planted)), "exp is not a number of seconds since 1970"},
		"lifetime":  {setClaim("exp", at(now.Add(time.Hour))), "exp is not at most 10m0s after iat (Config.Issuers[0].MaxLifetime)"},
		"iat":       {setClaim("iat", at(now.Add(time.Minute))), "iat is not at most 30s in the future (Config.Issuers[0].Leeway)"},
		"nbf":       {setClaim("nbf", at(now.Add(time.Minute))), "nbf is not at most 30s in the future (Config.Issuers[0].Leeway)"},
		"auth_time": {setClaim("auth_time", at(now.Add(time.Minute))), "auth_time is not at most 30s in the future (Config.Issuers[0].Leeway)"},
		"sub, form": {setClaim("sub", `["`+planted+`"]`), "sub is not a string that is not empty and has no control characters"},
		"jti":       {deleteClaim("jti"), "jti is missing (Config.Issuers[0].OptionalTokenID)"},
		"nonce":     {setClaim("nonce", quote(planted)), "nonce is not absent: only ID tokens have it (Config.Issuers[0].IDTokens)"},
		"events":    {setClaim("events", quote(planted)), "events is not absent: only logout tokens and other event tokens have it"},
		"cnf":       {setClaim("cnf", quote(planted)), "cnf is not absent: it binds the token to a key, and the request proves no possession (Config.Confirm)"},
		"details": {setClaim("authorization_details", `[{"type":"`+planted+`"}]`),
			"authorization_details is not absent: it limits what the token permits, and no field of C reads it (NewTyped)"},
		"type":      {setClaim("type", `"refresh"`), "type is not that of an access token (Config.Issuers[0].Kind)"},
		"token_use": {setClaim("token_use", `"id"`), "token_use is not that of an access token (Config.Issuers[0].Kind)"},
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
	cfg.Issuers[0].Types, cfg.Issuers[0].DangerouslyAnyKind, cfg.Issuers[0].MaxLifetime = []string{"JWT"}, true, time.Minute
	build(t, config(s))
	strict := build(t, cfg)
	build(t, config(s))
	_, err := strict.Verify(context.Background(), s.good())
	if err == nil || !strings.HasSuffix(err.Error(), `: typ is not "JWT" (Config.Issuers[0].Types)`) {
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
		{24*time.Hour + 1, false, []string{`jwtauth: Issuers[0].MaxLifetime: "24h0m0.000000001s": a stolen token is good for as long, and cannot be revoked; write at most 24h`}},
		{30 * 24 * time.Hour, true, nil},
		{-1, true, []string{`jwtauth: Issuers[0].MaxLifetime: "-1ns": is negative; `}},
	} {
		cfg := config(s)
		cfg.Issuers[0].MaxLifetime, cfg.Issuers[0].DangerouslyLongLived = tc.max, tc.long
		_, err := jwtauth.New(cfg)
		mwtest.Faults(t, err, tc.want...)
	}
	cfg := config(s)
	cfg.Issuers[0].Leeway = time.Minute + 1
	_, err := jwtauth.New(cfg)
	mwtest.Faults(t, err, `jwtauth: Issuers[0].Leeway: "1m0.000000001s": is more than 1m0s; write at most 1m; keep the clocks by NTP`)
}
