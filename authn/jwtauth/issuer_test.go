package jwtauth_test

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestNewIssuerReportsAllFaults(t *testing.T) {
	_, err := jwtauth.NewIssuer(jwtauth.IssuerConfig{})
	mwtest.Faults(t, err, "jwtauth: Issuer: is empty; ", "jwtauth: Audience: is empty; ", "jwtauth: Key.Algorithm: ", "jwtauth: Key.Private: ")

	_, err = jwtauth.NewIssuer(jwtauth.IssuerConfig{
		Issuer: "http://issuer.example", Audience: []string{"ok", "", "two words", "\xff"}, Key: jwtauth.SigningKey{ID: "a b", Algorithm: "none", Private: "hunter2"},
		Lifetime: time.Hour + time.Second, Ahead: time.Minute, MaxAge: 10 * time.Minute, TenantClaim: "Exp",
	})
	mwtest.Faults(t, err,
		`jwtauth: Issuer: "http://issuer.example": its keys could be replaced`,
		`jwtauth: Audience[1]: "": `, `jwtauth: Audience[2]: "two words": `, `jwtauth: Audience[3]: "\xff": `,
		`jwtauth: Key.ID: "a b": `, `jwtauth: Key.Algorithm: "none": `, `jwtauth: Key.Private: "string": `,
		`jwtauth: Lifetime: "1h0m1s": a stolen token`, `jwtauth: Ahead: "1m0s": `, `jwtauth: TenantClaim: "Exp": `,
	)
	for _, e := range mwtest.Leaves(err) {
		if c, ok := e.(*httperr.ConfigError); !ok || c.Reason == "" || c.Fix == "" {
			t.Errorf("%v is not a ConfigError with a fix", e)
		}
	}
}

func TestIssuerURL(t *testing.T) {
	for url, fault := range map[string]string{
		"https://issuer.example":           "",
		"https://issuer.example/":          "",
		"https://issuer.example:8443/a/b":  "",
		"http://localhost:8080":            "",
		"http://127.0.0.1:8080/":           "",
		"http://[::1]":                     "",
		"":                                 "jwtauth: Issuer: is empty",
		"issuer":                           `jwtauth: Issuer: "issuer": is not an absolute URL`,
		"/issuer":                          `jwtauth: Issuer: "/issuer": is not an absolute URL`,
		"https:issuer.example":             `jwtauth: Issuer: "https:issuer.example": is not an absolute URL`,
		"https://":                         `jwtauth: Issuer: "https://": is not an absolute URL`,
		"https://issuer .example":          `jwtauth: Issuer: "https://issuer .example": is not an absolute URL`,
		"https://issuer\xff.example":       `jwtauth: Issuer: "https://issuer\xff.example": is not an absolute URL`,
		"https://[::1":                     `jwtauth: Issuer: "https://[::1": is not an absolute URL`,
		"ftp://issuer.example":             `jwtauth: Issuer: "ftp://issuer.example": its keys could be replaced`,
		"http://10.0.0.1":                  `jwtauth: Issuer: "http://10.0.0.1": its keys could be replaced`,
		"http://[::1%25lo]":                `jwtauth: Issuer: "http://[::1%25lo]": its keys could be replaced`,
		"http://localhost.evil.example":    `jwtauth: Issuer: "http://localhost.evil.example": its keys could be replaced`,
		"https://u:hunter2@issuer.example": "jwtauth: Issuer: has a user, a query or a fragment",
		"https://issuer.example?":          "jwtauth: Issuer: has a user, a query or a fragment",
		"https://issuer.example#a":         "jwtauth: Issuer: has a user, a query or a fragment",
	} {
		cfg := issuerConfig(edDSA(kid))
		cfg.Issuer = url
		_, err := jwtauth.NewIssuer(cfg)
		if fault == "" {
			mwtest.Faults(t, err)
		} else {
			mwtest.Faults(t, err, fault)
		}
	}
}

func TestIssuerPeriods(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*jwtauth.IssuerConfig)
		faults []string
	}{
		"defaults":        {func(*jwtauth.IssuerConfig) {}, nil},
		"least":           {func(c *jwtauth.IssuerConfig) { c.Lifetime, c.MaxAge, c.Ahead = time.Minute, time.Minute, time.Minute }, nil},
		"most":            {func(c *jwtauth.IssuerConfig) { c.Lifetime, c.MaxAge, c.Ahead = time.Hour, time.Hour, 24*time.Hour }, nil},
		"long lived":      {func(c *jwtauth.IssuerConfig) { c.Lifetime, c.DangerouslyLongLived = 1000*time.Hour, true }, nil},
		"too little":      {func(c *jwtauth.IssuerConfig) { c.Lifetime, c.MaxAge, c.Ahead = time.Second, time.Second, time.Second-1 }, []string{"jwtauth: Lifetime: ", "jwtauth: MaxAge: ", "jwtauth: Ahead: "}},
		"too much":        {func(c *jwtauth.IssuerConfig) { c.Lifetime, c.MaxAge, c.Ahead = 2*time.Hour, 2*time.Hour, 25*time.Hour }, []string{"jwtauth: Lifetime: ", "jwtauth: MaxAge: ", "jwtauth: Ahead: "}},
		"negative":        {func(c *jwtauth.IssuerConfig) { c.Lifetime, c.MaxAge, c.Ahead = -1, -1, -2 }, []string{"jwtauth: Lifetime: ", "jwtauth: MaxAge: ", "jwtauth: Ahead: "}},
		"parts of second": {func(c *jwtauth.IssuerConfig) { c.Lifetime, c.MaxAge = time.Minute+1, time.Minute+1 }, []string{"jwtauth: Lifetime: ", "jwtauth: MaxAge: "}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := issuerConfig(edDSA(kid))
			tc.change(&cfg)
			_, err := jwtauth.NewIssuer(cfg)
			mwtest.Faults(t, err, tc.faults...)
		})
	}
}
