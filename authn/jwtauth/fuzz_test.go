package jwtauth_test

import (
	"context"
	"crypto/sha512"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// checkAgainstPeer checks that golang-jwt accepts every token that this package accepts,
// with the same key and the same subject. The opposite is far from true.
func checkAgainstPeer(t *testing.T, v *jwtauth.Verifier[jwtauth.NoClaims], s *signer, token string) {
	t.Helper()
	p, err := v.Verify(context.Background(), token)
	if err != nil {
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok || e.Status != 401 || p != nil {
			t.Fatalf("%q: %v, %v", token, p, err)
		}
		return
	}
	var claims jwt.RegisteredClaims
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{string(s.alg)}), jwt.WithStrictDecoding(), jwt.WithIssuer(issuer), jwt.WithExpirationRequired(), jwt.WithIssuedAt()).
		ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
			if t.Header["kid"] != kid && t.Header["kid"] != nil {
				return nil, errors.New("another key")
			}
			return s.public, nil
		})
	// golang-jwt takes a claim Jti for jti, which a Verifier refuses only with Config.Revoked.
	var exact map[string]json.RawMessage
	if err := json.Unmarshal([]byte(decode(splitToken(token)[1])), &exact); err != nil {
		t.Fatal(err)
	}
	if err != nil || claims.Subject != p.Subject || decodeString(exact["jti"]) != p.TokenID || claims.Issuer != p.Issuer || claims.ExpiresAt.Unix() != p.ExpiresAt.Unix() {
		t.Fatalf("%q: golang-jwt returns %+v, %v; this package returns %+v", token, claims, err, p)
	}
}

// FuzzSigned signs the header and the claims that the fuzzer makes up.
func FuzzSigned(f *testing.F) {
	s := signers()[2]
	v := build(f, config(s))
	for _, g := range attackGroups {
		for _, a := range g.cases() {
			if h, rest, ok := strings.Cut(a.token(s), "."); ok {
				c, _, _ := strings.Cut(rest, ".")
				f.Add(decode(h), decode(c))
			}
		}
	}
	f.Fuzz(func(t *testing.T, header, claims string) { checkAgainstPeer(t, v, s, s.token(header, claims)) })
}

// FuzzToken changes whole tokens. It also checks that every refusal is 401.
func FuzzToken(f *testing.F) {
	s := signers()[2]
	v := build(f, config(s))
	for _, g := range attackGroups {
		for _, a := range g.cases() {
			f.Add(a.token(s))
		}
	}
	f.Fuzz(func(t *testing.T, token string) { checkAgainstPeer(t, v, s, token) })
}

// FuzzConfirmation checks that a cnf which reaches Confirm has one member for every other
// reader too, and that this member is the Confirmation.
func FuzzConfirmation(f *testing.F) {
	s := signers()[2]
	cfg := config(s)
	var got *authn.Confirmation
	cfg.Confirm = func(_ *http.Request, c authn.Confirmation) error { got = &c; return nil }
	v := build(f, cfg)
	sum := strings.Repeat("A", 43)
	for _, raw := range []string{`{"jkt":"` + sum + `"}`, `{"x5t#S256":"` + sum + `"}`, `{"jkt":"` + sum + `","x":1}`, `{"j\u006bt":"` + sum + `"}`, `{"JKT":1}`, "null", "[]"} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got = nil
		token := s.token(s.header().json(), claims().with("cnf", raw).json())
		_, err := v.Authenticate(requestWith(bearer(token)))
		var all struct {
			Cnf map[string]any `json:"cnf"`
		}
		text := decode(splitToken(token)[1])
		if err == nil && got == nil {
			if json.Unmarshal([]byte(text), &all) != nil || all.Cnf != nil {
				t.Fatalf("%s is accepted as a token that is not bound", text)
			}
			return
		}
		if got == nil {
			return
		}
		if json.Unmarshal([]byte(text), &all) != nil || len(all.Cnf) != 1 || all.Cnf[got.Method] != got.Value || len(decode(got.Value)) != 32 {
			t.Fatalf("%s is read as %+v, and encoding/json reads %v", text, *got, all.Cnf)
		}
	})
}

// idTokenReference is a slow reference of the claims that belong to a login: it returns the
// first claim that is wrong, by encoding/json alone.
func idTokenReference(header, text string) string {
	var h struct{ Typ any }
	var c map[string]any
	if json.Unmarshal([]byte(header), &h) != nil || json.Unmarshal([]byte(text), &c) != nil {
		return "JSON"
	}
	if typ, ok := h.Typ.(string); h.Typ != nil && (!ok || !strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), "jwt")) {
		return "typ"
	}
	audiences, several := c["aud"].([]any)
	if !several {
		audiences = []any{c["aud"]}
	}
	sum := sha512.Sum512([]byte(accessToken)) // the signer has EdDSA
	switch {
	case c["iss"] != issuer:
		return "iss"
	case c["nonce"] != nonce:
		return "nonce"
	case !slices.Contains(audiences, any(audience)):
		return "aud"
	case c["azp"] != nil && c["azp"] != audience || c["azp"] == nil && len(audiences) > 1:
		return "azp"
	case c["at_hash"] != nil && c["at_hash"] != encode(string(sum[:32])):
		return "at_hash"
	case c["events"] != nil || c["cnf"] != nil || c["authorization_details"] != nil:
		return "another kind"
	}
	return ""
}

// FuzzIDToken checks that an accepted ID token is right for the reference too.
func FuzzIDToken(f *testing.F) {
	s := signers()[2].in(idTokenShape)
	v := newIDToken[jwtauth.NoClaims](f, idTokenConfig(s))
	for _, tc := range idTokenCases() {
		if p := splitToken(tc.token(s)); len(p) == 3 {
			f.Add(decode(p[0]), decode(p[1]))
		}
	}
	f.Fuzz(func(t *testing.T, header, claims string) {
		token, err := v.Verify(t.Context(), s.token(header, claims), jwtauth.IDTokenRequest{Nonce: nonce, AccessToken: accessToken})
		if wrong := idTokenReference(header, claims); err == nil && (wrong != "" || token.ClientID != audience) {
			t.Fatalf("%s %s is accepted, and %q is wrong", header, claims, wrong)
		}
	})
}

// The reference of FuzzIDToken finds the claim that is wrong, so a Verifier that does not
// check this claim fails.
func TestIDTokenReference(t *testing.T) {
	s := signers()[2].in(idTokenShape)
	for name, want := range map[string]string{
		"right": "", "other nonce": "nonce", "no nonce": "nonce", "other audience": "aud", "two audiences with azp": "", "two audiences without azp": "azp", "other azp": "azp",
		"azp in an array": "azp", "at_hash": "", "at_hash wrong": "at_hash", "typ at+jwt": "typ", "typ logout+jwt": "typ", "a logout token": "another kind",
	} {
		cases := idTokenCases()
		i := slices.IndexFunc(cases, func(tc idTokenCase) bool { return tc.name == name })
		p := splitToken(cases[i].token(s))
		if got := idTokenReference(decode(p[0]), decode(p[1])); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

const placeholder = "THE-TOKEN"

// FuzzAuthorization checks that Authenticate handles a field exactly if Present reports
// it, and that an accepted field is the word Bearer and then a valid token.
func FuzzAuthorization(f *testing.F) {
	s := signers()[2]
	v, good := build(f, config(s)), s.good()
	for _, tc := range authorizationCases {
		if tc.fields != nil {
			f.Add(strings.Join(tc.fields(placeholder), ","))
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		value = strings.ReplaceAll(value, placeholder, good)
		r := requestWith(value)
		p, err := v.Authenticate(r)
		if absent := errors.Is(err, authn.ErrNoCredentials); absent == v.Present(r) {
			t.Fatalf("%q: Present says %v, Authenticate %v", value, !absent, err)
		}
		if err == nil && (p == nil || !strings.EqualFold(strings.TrimRight(strings.TrimSuffix(value, good), " "), "bearer") || !strings.HasSuffix(value, " "+good)) {
			t.Fatalf("%q passes", value)
		}
		if err != nil && !errors.Is(err, authn.ErrNoCredentials) && !errors.Is(err, authn.ErrInvalid) && !errors.Is(err, authn.ErrAmbiguous) {
			t.Fatalf("%q: %v", value, err)
		}
	})
}

// Present and Authenticate agree about each place, a request passes only with exactly one
// token, and the next handler never sees the token in a subprotocol.
func FuzzSources(f *testing.F) {
	s := signers()[2]
	v, good := build(f, withSources(f, s)), s.good()
	f.Add("Bearer "+placeholder, "", "")
	f.Add("Bearer", cookieName+"="+placeholder, "chat")
	f.Add("", "x=1; "+cookieName+"=\""+placeholder+"\"", marker)
	f.Add("Basic YTpi", cookieName+"=", "chat, "+marker+", "+placeholder)
	f.Add("Bearer x", cookieName+"=x;"+cookieName, marker+",x,"+marker)
	f.Fuzz(func(t *testing.T, authorization, cookie, protocols string) {
		r := requestWith(strings.ReplaceAll(authorization, placeholder, good))
		r.Header["Cookie"] = []string{strings.ReplaceAll(cookie, placeholder, good)}
		r.Header["Sec-Websocket-Protocol"] = []string{strings.ReplaceAll(protocols, placeholder, good)}
		_, err := v.Authenticate(r)
		if absent := errors.Is(err, authn.ErrNoCredentials); absent == v.Present(r) {
			t.Fatalf("%q: Present says %v, Authenticate %v", r.Header, !absent, err)
		}
		if err != nil {
			return
		}
		passing := 0
		for _, name := range []string{"Authorization", "Cookie", "Sec-Websocket-Protocol"} {
			alone := &http.Request{Method: "GET", Header: http.Header{name: r.Header[name]}}
			if _, err := v.Authenticate(alone); err == nil {
				passing++
			} else if !errors.Is(err, authn.ErrNoCredentials) {
				t.Fatalf("%q passes, and %s alone is %v", r.Header, name, err)
			}
		}
		if passing != 1 {
			t.Fatalf("%q passes with %d tokens", r.Header, passing)
		}
		left := v.WithoutCredential(r).Header.Get("Sec-WebSocket-Protocol")
		if token := protocolAfterMarker(r.Header.Get("Sec-WebSocket-Protocol")); token == good && strings.Contains(left, good) {
			t.Fatalf("%q is left of %q", left, r.Header)
		}
	})
}

// protocolAfterMarker returns the subprotocol after the only marker in a list, by a slow reference.
func protocolAfterMarker(protocols string) string {
	all := strings.FieldsFunc(protocols, func(c rune) bool { return strings.ContainsRune(", \t", c) })
	if i := slices.Index(all, marker); i >= 0 && i+1 < len(all) && !slices.Contains(all[i+1:], marker) {
		return all[i+1]
	}
	return ""
}

func decodeString(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}

// fuzzConfigs are the Configs of the relations below.
func fuzzConfigs(s *signer) []jwtauth.Config {
	relaxed := severalIssuers(s)
	relaxed.Issuers[0].Types, relaxed.Issuers[0].Kind = []string{"at+jwt", "JWT", ""}, []jwtauth.ClaimRule{{Claim: "scope"}, {Claim: "token_use", In: []string{"access"}}}
	relaxed.Issuers[0].Require = []jwtauth.ClaimRule{{Claim: "extra.deep", Optional: true}, {Claim: "role", NotIn: []string{"anon"}, Optional: true}}
	relaxed.Issuers[0].AudienceFallback, relaxed.Issuers[0].Clients, relaxed.Issuers[0].OptionalTokenID = "azp", []string{"web"}, true
	fullyRelaxed(&relaxed.Issuers[1])
	relaxed.Legacy = legacyOf()
	tenants := tenantConfig(s, tenantID)
	tenants.Issuers = append(tenants.Issuers, config(s).Issuers...)
	confirming := config(s)
	confirming.Confirm = func(*http.Request, authn.Confirmation) error { return nil }
	return []jwtauth.Config{config(s), severalIssuers(s), relaxed, tenants, confirming}
}

// FuzzExplain checks that Explain finds a problem if and only if Verify refuses the token, and
// none twice. The fuzzer makes up the header and the claims, and chooses the signature.
func FuzzExplain(f *testing.F) {
	s := signers()[2]
	var all []interface {
		Verify(context.Context, string) (*authn.Principal, error)
		Explain(context.Context, string) []jwtauth.Problem
	}
	for _, cfg := range fuzzConfigs(s) {
		all = append(all, build(f, cfg), typed[custom](f, cfg))
	}
	for _, g := range attackGroups {
		for _, a := range g.cases() {
			if h, rest, ok := strings.Cut(a.token(s), "."); ok {
				c, _, _ := strings.Cut(rest, ".")
				f.Add(decode(h), decode(c), uint8(0))
			}
		}
	}
	for _, tc := range legacyCases() {
		if p := splitToken(tc.token); len(p) == 3 {
			f.Add(decode(p[0]), decode(p[1]), uint8(1))
		}
	}
	for _, a := range tenantAttacks() {
		p := splitToken(a.token(s))
		f.Add(decode(p[0]), decode(p[1]), uint8(0))
	}
	f.Fuzz(func(t *testing.T, header, claims string, by uint8) {
		signed := encode(header) + "." + encode(claims)
		var token string
		switch by % 3 {
		case 0:
			token = signed + "." + s.sign(signed)
		case 1:
			sig, _ := jwt.SigningMethodHS256.Sign(signed, legacySecret)
			token = signed + "." + encode(string(sig))
		default:
			token = signed + ".AAAA"
		}
		for i, v := range all {
			_, err := v.Verify(t.Context(), token)
			problems := v.Explain(t.Context(), token)
			if (err == nil) != (len(problems) == 0) {
				t.Fatalf("config %d, %s %s: Verify %v, Explain %v", i, header, claims, err, problems)
			}
			seen := map[jwtauth.Problem]bool{}
			for _, p := range problems {
				if seen[p] || p.Claim == "" || p.Found == "" || p.Wanted == "" {
					t.Fatalf("config %d, %s %s: %v", i, header, claims, problems)
				}
				seen[p] = true
			}
		}
	})
}

// FuzzShortForm checks that an issuer in the short form, the same issuer in Issuers, and the
// same issuer beside others decide alike. The Principal is the same too.
func FuzzShortForm(f *testing.F) {
	s := signers()[2]
	ti := jwtauth.TrustedIssuer{Issuer: issuer, Audience: []string{audience}, Keys: jwks.Static(s.key())}
	short := build(f, jwtauth.Config{Issuer: ti.Issuer, Audience: ti.Audience, Keys: ti.Keys})
	others := []*jwtauth.Verifier[jwtauth.NoClaims]{
		build(f, jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{ti}}),
		build(f, jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{trusting(rival, jwks.Static(s.key())), ti}}),
		build(f, jwtauth.Config{Issuers: []jwtauth.TrustedIssuer{ti}, Legacy: legacyOf(), Cache: 64}),
	}
	for _, g := range attackGroups {
		for _, a := range g.cases() {
			if h, rest, ok := strings.Cut(a.token(s), "."); ok {
				c, _, _ := strings.Cut(rest, ".")
				f.Add(decode(h), decode(c))
			}
		}
	}
	f.Fuzz(func(t *testing.T, header, claims string) {
		token := s.token(header, claims)
		p, err := short.Verify(t.Context(), token)
		for i, v := range others {
			q, err2 := v.Verify(t.Context(), token)
			if err2 == nil && q.Issuer == rival {
				continue // the fuzzer has made a token of the other issuer
			}
			if (err == nil) != (err2 == nil) || i == 0 && err != nil && errors.Is(err, authn.ErrExpired) != errors.Is(err2, authn.ErrExpired) {
				t.Fatalf("%s %s: %v, in Config %d %v", header, claims, err, i, err2)
			}
			if err == nil {
				a, b := *p, *q
				a.Detail, b.Detail = nil, nil
				if !reflect.DeepEqual(a, b) {
					t.Fatalf("%s %s: %+v, in Config %d %+v", header, claims, a, i, b)
				}
			}
		}
	})
}

// FuzzLogoutToken: a token is never an ID token and a logout token at once, and a logout token
// has events, and names a session or a subject.
func FuzzLogoutToken(f *testing.F) {
	s := signers()[2]
	cfg := idTokenConfig(s)
	cfg.LogoutTypes = []string{"logout+jwt", "JWT", ""}
	v := newIDToken[jwtauth.NoClaims](f, cfg)
	for _, form := range []shape{logoutShape, idTokenShape} {
		f.Add(s.in(form).header().json(), s.in(form).claims().json())
	}
	f.Fuzz(func(t *testing.T, header, claims string) {
		token := s.token(header, claims)
		_, errID := v.Verify(t.Context(), token, jwtauth.IDTokenRequest{Nonce: nonce})
		got, err := v.VerifyLogout(t.Context(), token)
		if err != nil {
			return
		}
		var members struct {
			Events map[string]json.RawMessage `json:"events"`
		}
		if jsonErr := json.Unmarshal([]byte(claims), &members); jsonErr != nil || len(members.Events) == 0 || errID == nil ||
			got.SessionID == "" && got.Subject == "" || got.TokenID == "" {
			t.Fatalf("%q %q: %+v, as an ID token: %v", header, claims, got, errID)
		}
	})
}
