package jwtissuer_test

import (
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestNewReportsAllFaults(t *testing.T) {
	_, err := jwtissuer.New(jwtissuer.Config{})
	mwtest.Faults(t, err, "jwtissuer: Issuer: is empty; ", "jwtissuer: Audience: is empty; ", "jwtissuer: Key.Algorithm: ", "jwtissuer: Key.Private: ")

	_, err = jwtissuer.New(jwtissuer.Config{
		Issuer: "http://issuer.example", Audience: []string{"ok", "", "two words", "\xff"}, Key: jwtissuer.SigningKey{ID: "a b", Algorithm: "none", Private: "hunter2"},
		Lifetime: time.Hour + time.Second, Ahead: time.Minute, MaxAge: 10 * time.Minute, TenantClaim: "Exp",
	})
	mwtest.Faults(t, err,
		`jwtissuer: Issuer: "http://issuer.example": is not https`,
		`jwtissuer: Audience[1]: "": `, `jwtissuer: Audience[2]: "two words": `, `jwtissuer: Audience[3]: "\xff": `,
		`jwtissuer: Key.ID: "a b": `, `jwtissuer: Key.Algorithm: "none": `, `jwtissuer: Key.Private: "string": `,
		`jwtissuer: Lifetime: "1h0m1s": a stolen token`, `jwtissuer: Ahead: "1m0s": `, `jwtissuer: TenantClaim: "Exp": `,
	)
	_, err = jwtissuer.New(jwtissuer.Config{
		Issuer: "https://issuer.example", Audience: []string{"a"}, Key: mwtest.Must[jwtissuer.SigningKey](t)(jwtissuer.GenerateKey(jwks.ES256)), TenantClaim: "org.id",
	})
	mwtest.Faults(t, err, `jwtissuer: TenantClaim: "org.id": is not the name of a claim; use printable ASCII`)
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
		"":                                 "jwtissuer: Issuer: is empty",
		"issuer":                           `jwtissuer: Issuer: "issuer": has no host`,
		"/issuer":                          `jwtissuer: Issuer: "/issuer": has no host`,
		"https:issuer.example":             `jwtissuer: Issuer: "https:issuer.example": has no host`,
		"https://":                         `jwtissuer: Issuer: "https://": has no host`,
		"https://issuer .example":          `jwtissuer: Issuer: "https://issuer .example": is not a URL`,
		"https://issuer\xff.example":       `jwtissuer: Issuer: "https://issuer\xff.example": is not a URL`,
		"https://[::1":                     `jwtissuer: Issuer: "https://[::1": is not a URL`,
		"ftp://issuer.example":             `jwtissuer: Issuer: "ftp://issuer.example": is not https`,
		"http://10.0.0.1":                  `jwtissuer: Issuer: "http://10.0.0.1": is not https`,
		"http://[::1%25lo]":                `jwtissuer: Issuer: "http://[::1%25lo]": is not https`,
		"http://localhost.evil.example":    `jwtissuer: Issuer: "http://localhost.evil.example": is not https`,
		"https://u:hunter2@issuer.example": "jwtissuer: Issuer: has a user or a password",
		"https://issuer.example?":          "jwtissuer: Issuer: has a query",
		"https://issuer.example#a":         `jwtissuer: Issuer: "https://issuer.example#a": has a fragment`,
	} {
		cfg := issuerConfig(edDSA(kid))
		cfg.Issuer = url
		_, err := jwtissuer.New(cfg)
		if fault == "" {
			mwtest.Faults(t, err)
		} else {
			mwtest.Faults(t, err, fault)
		}
	}
}

func TestIssuerPeriods(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*jwtissuer.Config)
		faults []string
	}{
		"defaults":        {func(*jwtissuer.Config) {}, nil},
		"least":           {func(c *jwtissuer.Config) { c.Lifetime, c.MaxAge, c.Ahead = time.Minute, time.Minute, time.Minute }, nil},
		"most":            {func(c *jwtissuer.Config) { c.Lifetime, c.MaxAge, c.Ahead = time.Hour, time.Hour, 24*time.Hour }, nil},
		"long lived":      {func(c *jwtissuer.Config) { c.Lifetime, c.DangerouslyLongLived = 1000*time.Hour, true }, nil},
		"too little":      {func(c *jwtissuer.Config) { c.Lifetime, c.MaxAge, c.Ahead = time.Second, time.Second, time.Second-1 }, []string{"jwtissuer: Lifetime: ", "jwtissuer: MaxAge: ", "jwtissuer: Ahead: "}},
		"too much":        {func(c *jwtissuer.Config) { c.Lifetime, c.MaxAge, c.Ahead = 2*time.Hour, 2*time.Hour, 25*time.Hour }, []string{"jwtissuer: Lifetime: ", "jwtissuer: MaxAge: ", "jwtissuer: Ahead: "}},
		"negative":        {func(c *jwtissuer.Config) { c.Lifetime, c.MaxAge, c.Ahead = -1, -1, -2 }, []string{"jwtissuer: Lifetime: ", "jwtissuer: MaxAge: ", "jwtissuer: Ahead: "}},
		"parts of second": {func(c *jwtissuer.Config) { c.Lifetime, c.MaxAge = time.Minute+1, time.Minute+1 }, []string{"jwtissuer: Lifetime: ", "jwtissuer: MaxAge: "}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := issuerConfig(edDSA(kid))
			tc.change(&cfg)
			_, err := jwtissuer.New(cfg)
			mwtest.Faults(t, err, tc.faults...)
		})
	}
}
