package main

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
)

const (
	issuer   = "https://issuer.example"
	audience = "https://notes.example"
	clientID = "quickstart"
	jwksPath = "/.well-known/jwks.json"
)

// credentials are the tokens, the API key and the passwords for callers of the example. The
// service issues its own tokens. With an identity provider there would be no
// jwtissuer.Issuer, and the constant issuer would be the provider's URL.
type credentials struct {
	issuer                                *jwtissuer.Issuer
	reader, writer, other, admin, expired string
	apiKey                                string
	waltPassword, annaPassword            string
}

func newCredentials(now time.Time) (*credentials, error) {
	key, err := jwtissuer.GenerateKey(jwks.ES256)
	if err != nil {
		return nil, err
	}
	c := &credentials{waltPassword: rand.Text(), annaPassword: rand.Text()}
	c.issuer, err = jwtissuer.New(jwtissuer.Config{
		Issuer:   issuer,
		Audience: []string{audience},
		Key:      key,
		Lifetime: time.Hour,
	})
	if err != nil {
		return nil, err
	}
	for _, t := range []struct {
		to      *string
		subject string
		scopes  []string
		roles   []string
	}{
		{&c.reader, "rita", []string{"notes:read"}, nil},
		{&c.writer, "walt", []string{"notes:read", "notes:write"}, nil},
		{&c.other, "olga", []string{"notes:read", "notes:write"}, nil},
		{&c.admin, "anna", []string{"notes:read", "notes:write"}, []string{"admin"}},
	} {
		issued, err := c.issuer.Issue(jwtissuer.Grant{Subject: t.subject, ClientID: clientID, Scopes: t.scopes, Roles: t.roles})
		if err != nil {
			return nil, err
		}
		*t.to = issued.Token
	}
	c.expired, err = signExpired(key, now.Add(-2*time.Hour))
	return c, err
}

// signExpired signs a token as the issuer would have signed it at the time
// issued. The token has expired one hour after that.
func signExpired(key jwtissuer.SigningKey, issued time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": issuer, "sub": "rita", "aud": audience, "jti": "expired", "client_id": clientID,
		"iat": issued.Unix(), "exp": issued.Add(time.Hour).Unix(), "scope": "notes:read",
	})
	token.Header["typ"], token.Header["kid"] = "at+jwt", key.ID
	return token.SignedString(key.Private)
}

// apiKeyRecord returns the record of the example's API key, which can only be
// used from this machine.
func apiKeyRecord(now time.Time) apikey.Record {
	return apikey.Record{
		Subject:   "nightly-export",
		Scopes:    []string{"notes:read"},
		Networks:  []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		ExpiresAt: now.Add(keyLifetime),
	}
}

// prettyJSON is a function of the shell that breaks the lines of an error envelope. sed knows a
// line break in this form on every system.
const prettyJSON = `pretty() {
  sed -e 's/,"correlation_id"/,\
 "correlation_id"/' -e 's/\[{/[\
  {/g' -e 's/},{/},\
  {/g'
}
`

// shell returns the credentials as assignments that a shell can read, with a header and a function
// for its commands.
func (c *credentials) shell(base string) string {
	var b strings.Builder
	for _, v := range [][2]string{
		{"BASE", base}, {"READER", c.reader}, {"WRITER", c.writer}, {"OTHER", c.other},
		{"ADMIN", c.admin}, {"API_KEY", c.apiKey}, {"EXPIRED", c.expired},
		{"WALT_PASSWORD", c.waltPassword}, {"ANNA_PASSWORD", c.annaPassword},
		{"JSON", "Content-Type: application/json"},
	} {
		fmt.Fprintf(&b, "%s='%s'\n", v[0], v[1])
	}
	return b.String() + prettyJSON
}

// usage returns curl commands for five requests. A different layer decides each.
func (c *credentials) usage(base string) string {
	const json = `-H 'Content-Type: application/json'`
	return fmt.Sprintf(`# 200: a reader reads
curl -i %[1]s/v1/notes -H 'Authorization: Bearer %[2]s'

# 401: nobody is calling
curl -i %[1]s/v1/notes

# 403: a reader may not write
curl -i %[1]s/v1/notes -H 'Authorization: Bearer %[2]s' -d '{"title":"mine"}'

# 400: a note without a title, with a member that notes do not have
curl -i %[1]s/v1/notes -H 'Authorization: Bearer %[3]s' %[5]s -d '{"colour":"red"}'

# 429: more than 30 notes of one writer in a minute
curl -sw '%%{http_code}\n' -o /dev/null '%[1]s/v1/notes#[1-31]' -H 'Authorization: Bearer %[4]s' %[5]s -d '{"title":"a"}' | sort | uniq -c

`, base, c.reader, c.writer, c.other, json)
}
