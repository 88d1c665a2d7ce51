package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

const (
	issuer   = "https://issuer.example"
	audience = "https://notes.example"
	keyID    = "quickstart-1"
)

// credentials are what callers of the example use. A real service issues none
// of them here: tokens come from its identity provider, and the server knows
// only public keys.
type credentials struct {
	public                                ecdsa.PublicKey
	reader, writer, other, admin, expired string
	apiKey                                string
}

func newCredentials(now time.Time) (*credentials, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	c := &credentials{public: private.PublicKey}
	for _, t := range []struct {
		to      *string
		subject string
		scope   string
		roles   []string
		issued  time.Time
	}{
		{&c.reader, "rita", "notes:read", []string{}, now},
		{&c.writer, "walt", "notes:read notes:write", []string{}, now},
		{&c.other, "olga", "notes:read notes:write", []string{}, now},
		{&c.admin, "anna", "notes:read notes:write", []string{"admin"}, now},
		{&c.expired, "rita", "notes:read", []string{}, now.Add(-2 * time.Hour)},
	} {
		id, err := uuid.NewRandom()
		if err != nil {
			return nil, err
		}
		token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
			"iss": issuer, "sub": t.subject, "aud": audience, "jti": id.String(), "client_id": "quickstart",
			"iat": t.issued.Unix(), "exp": t.issued.Add(time.Hour).Unix(),
			"scope": t.scope, "roles": t.roles,
		})
		token.Header["typ"], token.Header["kid"] = "at+jwt", keyID
		if *t.to, err = token.SignedString(private); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// grant is what the API key of the example may do, from this machine only.
func grant(now time.Time) apikey.Record {
	return apikey.Record{
		Subject:   "nightly-export",
		Scopes:    []string{"notes:read"},
		Networks:  []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		ExpiresAt: now.Add(24 * time.Hour),
	}
}

func (c *credentials) key() jwtauth.Key {
	return jwtauth.Key{ID: keyID, Algorithm: jwtauth.ES256, Public: &c.public}
}

// shell returns the credentials as assignments that a shell can read.
func (c *credentials) shell(base string) string {
	var b strings.Builder
	for _, v := range [][2]string{
		{"BASE", base}, {"READER", c.reader}, {"WRITER", c.writer}, {"OTHER", c.other},
		{"ADMIN", c.admin}, {"API_KEY", c.apiKey}, {"EXPIRED", c.expired},
	} {
		fmt.Fprintf(&b, "%s='%s'\n", v[0], v[1])
	}
	return b.String()
}

// usage returns five requests, each decided by another layer.
func (c *credentials) usage(base string) string {
	return fmt.Sprintf(`# 200: a reader reads
curl -i %[1]s/v1/notes -H 'Authorization: Bearer %[2]s'

# 401: nobody is calling
curl -i %[1]s/v1/notes

# 403: a reader may not write
curl -i %[1]s/v1/notes -H 'Authorization: Bearer %[2]s' -d '{"title":"mine"}'

# 400: a note without a title, with a member that notes do not have
curl -i %[1]s/v1/notes -H 'Authorization: Bearer %[3]s' -H 'Content-Type: application/json' -d '{"colour":"red"}'

# 429: more than 100 requests in a minute
curl -s -o /dev/null -w '%%{http_code}\n' '%[1]s/healthz?[1-101]' | sort | uniq -c

`, base, c.reader, c.writer)
}
