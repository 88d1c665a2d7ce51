package jwtissuer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// checkIssue checks that Issue either refuses a Grant with a ConfigError or issues a
// token with exactly its claims. Both jwtauth and golang-jwt must find these claims,
// including Grant.Claims.
func checkIssue(t *testing.T, i *jwtissuer.Issuer, v verifier, g jwtissuer.Grant) bool {
	t.Helper()
	out, err := i.Issue(g)
	if err != nil {
		for _, e := range mwtest.Leaves(err) {
			if _, ok := e.(*httperr.ConfigError); !ok || out != (jwtissuer.Issued{}) {
				t.Fatalf("%+v: %v, %v", g, out, e)
			}
		}
		return false
	}
	p, err := v.Verify(context.Background(), out.Token)
	if err != nil {
		t.Fatalf("%+v: issued and not accepted: %v\n%s", g, errors.Unwrap(err), decode(strings.Split(out.Token, ".")[1]))
	}
	if d := difference(p, g, out); d != "" {
		t.Fatal(d)
	}

	var claims jwt.MapClaims
	_, err = jwt.NewParser(jwt.WithStrictDecoding(), jwt.WithJSONNumber(), jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithExpirationRequired()).
		ParseWithClaims(out.Token, &claims, func(token *jwt.Token) (any, error) {
			k, err := i.Key(context.Background(), issuer, token.Header["kid"].(string), token.Header["alg"].(string))
			return k.Public, err
		})
	if err != nil {
		t.Fatalf("%+v: not accepted by golang-jwt: %v", g, err)
	}
	if g.Claims == nil {
		return true
	}
	text, err := json.Marshal(g.Claims)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.UseNumber()
	var custom map[string]any
	if err := dec.Decode(&custom); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for name, want := range custom {
		if got := claims[name]; !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: claim %q is %v, want %v", text, name, got, want)
		}
	}
	return true
}

// textPieces are texts that often break programs. They are valid in a claim.
var textPieces = []string{"a", "Z", "0", " ", ":", "/", "é", "ſ", "K", "\u2028", "\ufffd", "😀", `"`, `\`, `\u0061`, `\ufffd`, "<", "&", "{", "}", ",", "sub", "exp", "iss", "null"}
var invalidPieces = []string{"\x00", "\n", "\x7f", "\u0085", "\xff", "\xc0\x80", "\xed\xa0\x80"}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(textPieces[r.IntN(len(textPieces))])
	}
	if r.IntN(100) == 0 {
		b.WriteString(invalidPieces[r.IntN(len(invalidPieces))])
	}
	return b.String()
}

func randomValue(r *rand.Rand, depth int) any {
	switch r.IntN(8 + depth) {
	case 0:
		m := map[string]any{}
		for range r.IntN(4) {
			m[randomText(r)] = randomValue(r, depth+1)
		}
		return m
	case 1:
		l := make([]any, r.IntN(4))
		for i := range l {
			l[i] = randomValue(r, depth+1)
		}
		return l
	case 2:
		return r.NormFloat64() * 1e20
	case 3:
		return nil
	case 4:
		return r.Int64()
	}
	return randomText(r)
}

func TestIssueRandomGrants(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA("")))
	v := verifierOf(t, i)
	issued := 0
	const n = 5000
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 1))
		g := jwtissuer.Grant{Subject: "s" + randomText(r), ClientID: "c" + randomText(r), SessionID: randomText(r), Tenant: randomText(r), ACR: randomText(r), Lifetime: time.Duration(r.IntN(901)) * time.Second}
		if g.Lifetime > 0 {
			g.Lifetime += 10 * time.Second // so that no token expires during the test; the longest are refused
		}
		for range r.IntN(4) {
			g.Scopes = append(g.Scopes, fmt.Sprintf("scope:%d", r.IntN(9)))
			g.Roles = append(g.Roles, "r"+randomText(r))
		}
		if r.IntN(2) == 0 {
			g.AuthTime = time.Now().Add(-time.Duration(r.Int64N(int64(10_000 * time.Hour))))
		}
		if r.IntN(2) == 0 {
			g.Audience = []string{audience}
		}
		if r.IntN(2) == 0 {
			m := map[string]any{}
			for range r.IntN(5) {
				m["x"+randomText(r)] = randomValue(r, 0)
			}
			g.Claims = m
		}
		if checkIssue(t, i, v, g) {
			issued++
		}
	}
	if issued < n/2 || issued == n {
		t.Errorf("%d of %d were issued", issued, n)
	}
}

func FuzzIssue(f *testing.F) {
	i := newIssuer(f, issuerConfig(edDSA("")))
	v := verifierOf(f, i)
	f.Add("ann", "web", "s-1", "acme", "mfa", "notes:read notes:write", "admin", int64(0), int64(60), `{"plan":"pro"}`)
	f.Add(`"`, `\`, "\x00", "\xff", "\u2028", " ", "", int64(-1), int64(-1), `{"s\u0075b":1}`)
	f.Add("a", "b", "", "", "", "a  b", "", int64(1<<40), int64(901), `{"ſub":{"sub":[]},"a":1,"a":2}`)
	f.Add("a", "b", "", "", "", "", "", int64(1), int64(0), `null`)
	f.Add("a", "b", "", "", "", "", "", int64(1), int64(0), " {} ")
	f.Add("a", "b", "", "", "", "", "", int64(1), int64(0), `{"authorization_details":[{"type":"payment"}]}`)
	f.Fuzz(func(t *testing.T, sub, client, sid, tenant, acr, scopes, roles string, auth, life int64, claims string) {
		g := jwtissuer.Grant{Subject: sub, ClientID: client, SessionID: sid, Tenant: tenant, ACR: acr, Lifetime: time.Duration(life) * time.Second}
		if 0 < life && life < 10 {
			return // the token may expire during the test
		}
		if scopes != "" {
			g.Scopes = strings.Split(scopes, " ")
		}
		if roles != "" {
			g.Roles = strings.Split(roles, ",")
		}
		if auth != 0 {
			g.AuthTime = time.Unix(auth, 5)
		}
		if claims != "" {
			g.Claims = json.RawMessage(claims)
		}
		checkIssue(t, i, v, g)
	})
}
