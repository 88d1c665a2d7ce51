package jwtissuer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestIssuedIsAccepted(t *testing.T) {
	eachAlgorithm(t, func(t *testing.T, key jwtissuer.SigningKey) {
		i := newIssuer(t, issuerConfig(key))
		g := grant()
		out := issue(t, i, g)
		p, err := verifierOf(t, i).Verify(context.Background(), out.Token)
		if err != nil {
			t.Fatal(err)
		}
		if d := difference(p, g, out); d != "" {
			t.Error(d)
		}
		header, _, _ := strings.Cut(out.Token, ".")
		if got, want := decode(header), `{"alg":"`+string(key.Algorithm)+`","kid":"`+kid+`","typ":"at+jwt"}`; got != want {
			t.Errorf("header %s, want %s", got, want)
		}
	})
}

// difference describes how the principal differs from the Grant. It compares only the
// fields that a Grant sets.
func difference(p *authn.Principal, g jwtissuer.Grant, out jwtissuer.Issued) string {
	got := authn.Principal{
		Kind: p.Kind, Issuer: p.Issuer, Subject: p.Subject, ClientID: p.ClientID, TokenID: p.TokenID, SessionID: p.SessionID, Tenant: p.Tenant,
		Scopes: p.Scopes, Roles: p.Roles, ACR: p.ACR, AuthTime: p.AuthTime, ExpiresAt: p.ExpiresAt,
	}
	want := authn.Principal{
		Kind: "jwt", Issuer: issuer, Subject: g.Subject, ClientID: g.ClientID, TokenID: out.ID, SessionID: g.SessionID, Tenant: g.Tenant,
		ACR: g.ACR, ExpiresAt: out.ExpiresAt,
	}
	if len(g.Scopes) > 0 {
		want.Scopes = g.Scopes
	}
	if len(g.Roles) > 0 {
		want.Roles = g.Roles
	}
	if !g.AuthTime.IsZero() {
		want.AuthTime = g.AuthTime.UTC().Truncate(time.Second)
	}
	if reflect.DeepEqual(got, want) {
		return ""
	}
	return fmt.Sprintf("got  %+v\nwant %+v", got, want)
}

// TestDifference checks that difference detects a change of each claim.
func TestDifference(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	v, g := verifierOf(t, i), grant()
	out := issue(t, i, g)
	for name, change := range map[string]func(*authn.Principal){
		"sub": func(p *authn.Principal) { p.Subject = "bob" }, "client_id": func(p *authn.Principal) { p.ClientID = "" }, "jti": func(p *authn.Principal) { p.TokenID += "x" },
		"sid": func(p *authn.Principal) { p.SessionID = "" }, "tenant": func(p *authn.Principal) { p.Tenant = "evil" }, "acr": func(p *authn.Principal) { p.ACR = "" },
		"scope": func(p *authn.Principal) { p.Scopes = p.Scopes[:1] }, "roles": func(p *authn.Principal) { p.Roles = nil }, "iss": func(p *authn.Principal) { p.Issuer += "/" },
		"auth_time": func(p *authn.Principal) { p.AuthTime = p.AuthTime.Add(time.Second) }, "exp": func(p *authn.Principal) { p.ExpiresAt = p.ExpiresAt.Add(time.Second) },
	} {
		p, err := v.Verify(context.Background(), out.Token)
		if err != nil || difference(p, g, out) != "" {
			t.Fatal(err, difference(p, g, out))
		}
		if change(p); difference(p, g, out) == "" {
			t.Errorf("%s: difference does not detect the change", name)
		}
	}
}

func claimsIn(t testing.TB, token string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(decode(strings.Split(token, ".")[1])), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// The claims are exactly the claims of the Grant, and times are whole seconds.
func TestIssuedClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the fake clock starts at midnight
		time.Sleep(1500 * time.Millisecond)
		now := float64(time.Now().Unix())
		i := newIssuer(t, issuerConfig(edDSA(kid)))
		g := grant()
		g.Claims = map[string]any{"extra": []int{1}, "html": "<&>", "issu": true}
		out := issue(t, i, g)
		want := map[string]any{
			"iss": issuer, "sub": "ann", "aud": []any{"other", audience}, "exp": now + 900, "iat": now, "jti": out.ID, "client_id": "web",
			"scope": "notes:read notes:write", "roles": []any{"admin", "editor"}, "sid": "s-1", "org": "acme", "acr": "mfa", "auth_time": now - 3600,
			"extra": []any{1.0}, "html": "<&>", "issu": true,
		}
		if got := claimsIn(t, out.Token); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		if strings.Contains(decode(strings.Split(out.Token, ".")[1]), `\u003c`) {
			t.Error("escaped for HTML")
		}

		out = issue(t, i, jwtissuer.Grant{Subject: `a"\é`, ClientID: "c", Audience: []string{audience}, Lifetime: 7 * time.Second})
		want = map[string]any{"iss": issuer, "sub": `a"\é`, "aud": audience, "exp": now + 7, "iat": now, "jti": out.ID, "client_id": "c"}
		if got := claimsIn(t, out.Token); !reflect.DeepEqual(got, want) || out.ExpiresAt.Unix() != int64(now)+7 || out.ExpiresAt.Location() != time.UTC {
			t.Errorf("got  %v\nwant %v, %v", got, want, out)
		}
	})
}

// Only a Verifier whose claims read authorization_details accepts a token that has it.
func TestAuthorizationDetails(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	g := grant()
	g.Claims = map[string]any{"authorization_details": []any{map[string]any{"type": "payment"}}}
	if !checkIssue(t, i, verifierOf(t, i), g) {
		t.Error("not issued")
	}
	if _, err := build(t, trusting(i)).Verify(t.Context(), issue(t, i, g).Token); !errors.Is(err, jwtauth.ErrClaims) {
		t.Error(err)
	}
}

func TestIssuedIDs(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA("")))
	seen := map[string]bool{}
	for range 1000 {
		id := issue(t, i, grant()).ID
		if len(id) != 26 || seen[id] { // 5 bits each
			t.Fatalf("jti %q", id)
		}
		seen[id] = true
	}
}

type failingMarshaler struct{}

func (failingMarshaler) MarshalJSON() ([]byte, error) { return nil, fmt.Errorf("no luck") }

func TestIssueRefuses(t *testing.T) {
	cfg := issuerConfig(edDSA(kid))
	i := newIssuer(t, cfg)
	cfg.TenantClaim = ""
	withoutTenant := newIssuer(t, cfg)
	many := map[string]int{}
	for n := range 111 {
		many[fmt.Sprintf("c%03d", n)] = n
	}
	claims := func(v any) func(*jwtissuer.Grant) { return func(g *jwtissuer.Grant) { g.Claims = v } }
	custom := func(reason string) []string { return []string{"jwtissuer: Grant.Claims: " + reason} }
	bound := func(method, value string) func(*jwtissuer.Grant) {
		return func(g *jwtissuer.Grant) { g.Confirmation = authn.Confirmation{Method: method, Value: value} }
	}
	raw := func(s string) func(*jwtissuer.Grant) { return claims(json.RawMessage(s)) }
	for name, tc := range map[string]struct {
		change func(*jwtissuer.Grant)
		faults []string
	}{
		"nothing":       {func(g *jwtissuer.Grant) { *g = jwtissuer.Grant{} }, []string{"jwtissuer: Grant.Subject: is empty; "}},
		"control":       {func(g *jwtissuer.Grant) { g.Subject, g.ClientID = "a\nb", "\u0085" }, []string{"jwtissuer: Grant.Subject: has a control", "jwtissuer: Grant.ClientID: has a control"}},
		"not UTF-8":     {func(g *jwtissuer.Grant) { g.SessionID, g.ACR, g.Tenant = "\xff", "\xc0\x80", "\xed\xa0\x80" }, []string{"jwtissuer: Grant.SessionID: ", "jwtissuer: Grant.ACR: ", "jwtissuer: Grant.Tenant: "}},
		"scopes":        {func(g *jwtissuer.Grant) { g.Scopes = []string{"ok", "", "two words", `"`, "é"} }, []string{"jwtissuer: Grant.Scopes[1]: ", "jwtissuer: Grant.Scopes[2]: ", "jwtissuer: Grant.Scopes[3]: ", "jwtissuer: Grant.Scopes[4]: "}},
		"roles":         {func(g *jwtissuer.Grant) { g.Roles = []string{"", "ok é", "\x7f"} }, []string{"jwtissuer: Grant.Roles[0]: ", "jwtissuer: Grant.Roles[2]: "}},
		"audience":      {func(g *jwtissuer.Grant) { g.Audience = []string{audience, audience + "/"} }, []string{"jwtissuer: Grant.Audience[1]: "}},
		"longer":        {func(g *jwtissuer.Grant) { g.Lifetime = 15*time.Minute + time.Second }, []string{`jwtissuer: Grant.Lifetime: "15m1s": `}},
		"negative":      {func(g *jwtissuer.Grant) { g.Lifetime = -time.Second }, []string{`jwtissuer: Grant.Lifetime: "-1s": `}},
		"half a second": {func(g *jwtissuer.Grant) { g.Lifetime = 1500 * time.Millisecond }, []string{`jwtissuer: Grant.Lifetime: "1.5s": `}},
		"future login":  {func(g *jwtissuer.Grant) { g.AuthTime = time.Now().Add(time.Minute) }, []string{"jwtissuer: Grant.AuthTime: "}},
		"ancient login": {func(g *jwtissuer.Grant) { g.AuthTime = time.Unix(0, 0) }, []string{"jwtissuer: Grant.AuthTime: "}},
		"too long":      {func(g *jwtissuer.Grant) { g.Subject = strings.Repeat("a", 6000) }, []string{"jwtissuer: Grant: the token would have "}},

		"another method": {bound("x5t", thumbprint), []string{"jwtissuer: Grant.Confirmation.Method: "}},
		"no method":      {bound("", thumbprint), []string{"jwtissuer: Grant.Confirmation.Method: "}},
		"no value":       {bound("jkt", ""), []string{"jwtissuer: Grant.Confirmation.Value: "}},
		"hexadecimal":    {bound("x5t#S256", strings.Repeat("a", 64)), []string{"jwtissuer: Grant.Confirmation.Value: "}},
		"padding":        {bound("x5t#S256", thumbprint+"="), []string{"jwtissuer: Grant.Confirmation.Value: "}},
		"a line end":     {bound("x5t#S256", thumbprint[:9]+"\n"+thumbprint[9:]), []string{"jwtissuer: Grant.Confirmation.Value: "}},
		"last bits set":  {bound("x5t#S256", thumbprint[:42]+"B"), []string{"jwtissuer: Grant.Confirmation.Value: "}},
		"cnf":            {claims(map[string]any{"cnf": map[string]string{"jkt": thumbprint}}), custom("has cnf, ")},
		"sub":            {claims(map[string]any{"sub": "mallory"}), custom("has sub, ")},
		"cnf and exp":    {claims(struct{ Cnf, Exp int }{}), custom("has a name that differs")},
		"token_use":      {claims(map[string]any{"token_use": "id", "nbf": 1}), append(custom("has nbf, "), custom("has token_use, ")...)},
		"the tenant":     {claims(map[string]any{"org": "evil"}), custom("has org, ")},
		"case":           {claims(map[string]any{"Sub": "mallory"}), custom("has a name that differs")},
		"long s":         {claims(map[string]any{"\u017fub": "mallory"}), custom("has a name that differs")},
		"escaped":        {raw(`{"s\u0075b":"mallory"}`), custom("has sub, ")},
		"twice":          {raw(`{"a":1,"a":2}`), custom("has two members")},
		"array":          {claims([]int{1}), custom("is not an object")},
		"string":         {claims("a"), custom("is not an object")},
		"nil map":        {claims(map[string]any(nil)), custom("is not an object")},
		"nil pointer":    {claims((*struct{})(nil)), custom("is not an object")},
		"not JSON":       {claims(func() {}), custom("cannot be marshalled")},
		"NaN":            {claims(map[string]any{"x": math.NaN()}), custom("cannot be marshalled")},
		"failing":        {claims(failingMarshaler{}), custom("cannot be marshalled")},
		"bad UTF-8":      {claims(map[string]any{"x": "\xff"}), custom("has a string that is not")},
		"bad UTF-8 key":  {claims(map[string]any{"\xff": 1}), custom("has a string that is not")},
		"raw bad UTF-8":  {raw("{\"x\":\"\xff\"}"), custom("is not JSON that")},
		"surrogate":      {raw(`{"x":"\ud800"}`), custom("is not JSON that")},
		"deep":           {raw(`{"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + "}"), custom("is nested too deeply")},
		"many":           {claims(many), custom("is nested too deeply, or has too many")},
		"long claims":    {claims(map[string]any{"x": strings.Repeat("a", 6000)}), []string{"jwtissuer: Grant: the token would have "}},
	} {
		t.Run(name, func(t *testing.T) {
			g := grant()
			tc.change(&g)
			out, err := i.Issue(g)
			if out != (jwtissuer.Issued{}) {
				t.Error("issued")
			}
			mwtest.Faults(t, err, tc.faults...)
			for _, e := range mwtest.Leaves(err) {
				if c, ok := e.(*httperr.ConfigError); !ok || c.Reason == "" || c.Fix == "" || strings.Contains(e.Error(), "mallory") {
					t.Errorf("%v is not a ConfigError with a fix, or quotes a claim", e)
				}
			}
		})
	}
	_, err := withoutTenant.Issue(grant())
	mwtest.Faults(t, err, "jwtissuer: Grant.Tenant: there is no claim for it")
}

// thumbprint is a SHA-256 in base64url.
const thumbprint = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"

// A bound token has one member in cnf, and a Verifier accepts it only with a proof of the key.
func TestConfirmation(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	for _, method := range []string{"x5t#S256", "jkt"} {
		g := grant()
		g.Confirmation = authn.Confirmation{Method: method, Value: thumbprint}
		out := issue(t, i, g)
		if got, want := claimsIn(t, out.Token)["cnf"], map[string]any{method: thumbprint}; !reflect.DeepEqual(got, want) {
			t.Errorf("cnf is %v, want %v", got, want)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+out.Token)
		for held, want := range map[authn.Confirmation]error{g.Confirmation: nil, {Method: method, Value: "other"}: authn.ErrInvalid, {}: authn.ErrInvalid} {
			cfg := trusting(i)
			if held != (authn.Confirmation{}) {
				cfg.Confirm = func(_ *http.Request, c authn.Confirmation) error {
					if c != held {
						return errors.New("another key")
					}
					return nil
				}
			}
			p, err := mwtest.Must[*jwtauth.Verifier[detailed]](t)(jwtauth.NewTyped[detailed](cfg)).Authenticate(r)
			if want == nil && (err != nil || difference(p, g, out) != "") || !errors.Is(err, want) {
				t.Errorf("%s, proof of %+v: %+v, %v", method, held, p, err)
			}
		}
	}
}

// Without a ClientID the token has no client_id, and a Verifier accepts it.
func TestIssueWithoutClientID(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	out := issue(t, i, jwtissuer.Grant{Subject: "ann"})
	if _, found := claimsIn(t, out.Token)["client_id"]; found {
		t.Error("there is a client_id")
	}
	p, err := verifierOf(t, i).Verify(context.Background(), out.Token)
	if err != nil || p.Subject != "ann" || p.ClientID != "" {
		t.Errorf("%+v, %v", p, err)
	}
}

// A Grant of the largest size is accepted by the verifier too.
func TestIssueLimits(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	v := verifierOf(t, i)
	many := map[string]any{}
	for n := range 110 {
		many[fmt.Sprintf("c%03d", n)] = nil
	}
	deep := json.RawMessage(strings.Repeat("[", 15) + strings.Repeat("]", 15))
	for name, claims := range map[string]any{
		"members": many,
		"depth":   map[string]any{"x": deep},
		"empty":   map[string]any{},
		"escapes": map[string]any{"\u2028": "\x01 \\ufffd \ufffd <", "": 1},
		"struct": struct {
			Plan string `json:"plan"`
			N    int    `json:"n,omitempty"`
		}{Plan: "pro"},
	} {
		g := grant()
		g.Claims = claims
		if _, err := v.Verify(context.Background(), issue(t, i, g).Token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// For each size up to the limit, an issued token is accepted.
	issued := 0
	for n := 5600; n < 6000; n++ {
		g := grant()
		g.Subject = strings.Repeat("a", n)
		out, err := i.Issue(g)
		if err != nil {
			break
		}
		if _, err := v.Verify(context.Background(), out.Token); err != nil {
			t.Fatalf("%d bytes: %v", len(out.Token), err)
		}
		if issued = len(out.Token); issued > 8<<10 {
			t.Fatalf("%d bytes", issued)
		}
	}
	if issued < 8<<10-2 {
		t.Errorf("the longest token has %d bytes", issued)
	}
}

// Issue neither changes nor keeps the Grant.
func TestIssueDoesNotChangeTheGrant(t *testing.T) {
	cfg := issuerConfig(edDSA(kid))
	aud := slices.Clone(cfg.Audience)
	cfg.Audience = aud
	i := newIssuer(t, cfg)
	aud[0], aud[1] = "changed", "changed"
	g := grant()
	m := map[string]any{"a": 1}
	g.Claims = m
	before := fmt.Sprint(g)
	out := issue(t, i, g)
	if got := claimsIn(t, out.Token)["aud"]; !reflect.DeepEqual(got, []any{"other", audience}) {
		t.Errorf("aud %v", got)
	}
	if fmt.Sprint(g) != before || !maps.Equal(m, map[string]any{"a": 1}) {
		t.Error("the grant was changed")
	}
}

func BenchmarkIssue(b *testing.B) {
	for _, alg := range []jwks.Algorithm{jwks.RS256, jwks.ES256, jwks.EdDSA} {
		b.Run(string(alg), func(b *testing.B) {
			i := newIssuer(b, issuerConfig(jwtissuer.SigningKey{ID: kid, Algorithm: alg, Private: privateKeys()[alg]}))
			g := grant()
			b.ReportAllocs()
			for b.Loop() {
				if out, err := i.Issue(g); err != nil || out.Token == "" {
					b.Fatal(err)
				}
			}
		})
	}
}
