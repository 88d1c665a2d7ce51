package jwtauth_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtauth/idp"
)

// A profile is a function of package idp, the shape of the tokens that its provider issues,
// and the attacks whose outcome differs from the default profile.
type profile struct {
	name    string                  // of the function, and a variant after a comma
	issuers []jwtauth.TrustedIssuer // the first one is the issuer of the tokens
	shape   shape
	differs []difference
}

// A difference is a list of attacks with another outcome than in the default profile.
type difference struct {
	setting string // of TrustedIssuer
	why     string
	want    error
	rows    []string // group/name
}

func one(ti jwtauth.TrustedIssuer) []jwtauth.TrustedIssuer { return []jwtauth.TrustedIssuer{ti} }

// rowsOf returns the attacks of a group that give a claim these values.
func rowsOf(group, claim string, values ...string) []string {
	all := make([]string, len(values))
	for i, raw := range values {
		all[i] = group + "/" + claim + " " + raw
	}
	return all
}

// These differences accept more than the default profile: they are the price of a setting.
var (
	typJWT      = difference{"Types", "the provider writes the typ JWT into all its tokens", nil, []string{`type/"JWT"`}}
	typMissing  = difference{"Types", "the provider writes no typ", nil, []string{"type/missing"}}
	jtiOptional = difference{"OptionalTokenID", "jti only informs, because tokens need not have it", nil,
		append(rowsOf("jti", "jti", append([]string{"null"}, identifiersNot...)...), "jti/missing")}
	lives95Min  = difference{"MaxLifetime", "iat is up to 95 min before exp", nil, []string{"exp/61 min after iat"}}
	lives24Hour = difference{"MaxLifetime", "tokens live up to 24 h", nil, []string{"exp/61 min after iat", "exp/97 min after iat", "exp/20 h after iat"}}
	longTokens  = difference{"MaxToken", "a token with many groups is longer than 8 KiB", nil, []string{"size/8193 bytes"}}
	idClaims    = difference{"IDTokens", "ID tokens have these claims", nil, slices.Concat(
		rowsOf("other claims", "nonce", `"x"`, `""`, "1", "{}"), rowsOf("other claims", "at_hash", `"x"`, `""`, "1", "{}"), rowsOf("other claims", "c_hash", `"x"`, `""`, "1", "{}"),
		[]string{"type/type ID in the claims", "type/typ ID in the claims"})}
	idTokenUse  = difference{"IDTokens", "token_use does not tell the kind, and ID tokens are accepted", nil, []string{"type/token_use ID in the claims"}}
	audFallback = difference{"AudienceFallback", "the provider writes no aud, and the claim in its place is right", nil, []string{
		"aud/missing", "aud/missing, and client_id in its place", "aud/missing, and azp in its place", "aud/missing, and cid in its place",
		"aud/missing, and appid in its place", "aud/missing, and scope in its place", "aud/missing, and sub in its place"}}
)

// These differences accept less than the default profile.
var (
	noAccessTyp = difference{"Types", "the provider does not write the typ of RFC 9068", jwtauth.ErrType, []string{"type/application/at+jwt", "type/AT+JWT"}}
	scopeTells  = difference{"Kind", "scope tells the kind", jwtauth.ErrType, append(rowsOf("other claims", "scope", "{}", `""`, `" "`, "[]", "null"), "other claims/no scope")}
	scopeIsOnce = difference{"Kind", "scope decides, so its case variants are refused", jwtauth.ErrMalformed, []string{"duplicate/\u017fcope for scope"}}
	roleNeeded  = difference{"Require", "one of the roles is required", jwtauth.ErrClaims, append(rowsOf("other claims", "roles",
		"1", "{}", "[1]", `["a",null]`, `[""]`, `["a\u0000"]`, `[["a"]]`, `[{"id":1}]`, `""`, "[]", `[ "a" , "b c" ]`, `["r\u00f4le"]`, `["\"]","x"]`, `"admin"`, "null"), "other claims/no roles")}
	roleIsOnce   = difference{"Require", "roles decides, so its case variants are refused", jwtauth.ErrMalformed, []string{"duplicate/Roles for roles"}}
	clientNeeded = difference{"AudienceFallback", "client_id is in the place of aud", jwtauth.ErrAudience, append(rowsOf("other claims", "client_id",
		append([]string{"null", "beyond ASCII"}, identifiersNot...)...), "other claims/no client_id")}
	clientAbsent = difference{"Require", "tokens with client_id are of the applications of other parties", jwtauth.ErrClaims, rowsOf("other claims", "client_id",
		append([]string{"beyond ASCII"}, identifiersNot...)...)}
	tokenUse = difference{"Kind", "token_use tells the kind", jwtauth.ErrType, []string{"type/token_use of something else in the claims"}}
	useIsID  = difference{"Kind", "token_use must be id", jwtauth.ErrType, []string{"type/token_use access in the claims"}}
	typTells = difference{"Kind", "the claim typ tells the kind", jwtauth.ErrType, []string{"type/typ access in the claims", "type/typ of something else in the claims"}}
	subTells = difference{"Kind", "sub must be one of the accounts, which is checked before its form", jwtauth.ErrType, append(rowsOf("sub", "sub",
		"null", "7", `""`, "true", "{}", `"ann\u0000"`, `"a\nb"`, `"\u001b[0m"`, `"\u0085"`, "beyond ASCII"), "sub/missing")}
	sidTells  = difference{"Kind", "sid tells the kind", jwtauth.ErrType, append(rowsOf("other claims", "sid", "null", `""`, "{}"), "other claims/no sid")}
	sidIsOnce = difference{"Kind", "sid decides, so its case variants are refused", jwtauth.ErrMalformed, []string{"duplicate/SID"}}
)

func profiles() []profile {
	const domain = "tenant.example"
	jwtTyp, noTyp := object{{"typ", `"JWT"`}}, object{{"typ", ""}}
	noID := object{{"jti", ""}, {"client_id", ""}}
	okta := object{{"scope", ""}, {"scp", `["read"]`}, {"client_id", ""}, {"cid", `"web"`}}
	entra := noID.with("azp", `"web"`).with("azpacr", `"0"`).with("scope", "").with("scp", `"read"`).with("roles", `["reader"]`).with("tid", quote(tenantID))
	entraV1 := entra.without("azp").without("azpacr").with("appid", `"web"`).with("appidacr", `"0"`)
	inTenant := quote("https://login.microsoftonline.com/" + tenantID + "/v2.0")
	google := noID.with("azp", `"web"`).with("nonce", `"n"`).with("at_hash", `"h"`)
	account := noID.with("azp", `"ann"`).with("email", `"ann@example.com"`).with("email_verified", "true")
	users := idp.GoogleUsers(audience, "web")

	ofEntra := []difference{typJWT, noAccessTyp, jtiOptional, lives95Min, longTokens}
	ofEntraRoles := append(slices.Clone(ofEntra), roleNeeded, roleIsOnce)
	ofOkta := []difference{typJWT, typMissing, noAccessTyp}
	ofGoogle := []difference{typJWT, noAccessTyp, jtiOptional, idClaims, idTokenUse}
	return []profile{
		{"Auth0", one(idp.Auth0(domain, audience)), shape{jwtTyp, noID.with("azp", `"web"`)}, []difference{typJWT, noAccessTyp, jtiOptional, lives24Hour, scopeTells, scopeIsOnce}},
		{"Auth0RFC9068", one(idp.Auth0RFC9068(domain, audience)), shape{}, []difference{lives24Hour}},
		{"Okta", one(idp.Okta(domain, "default", audience)), shape{noTyp, okta}, ofOkta},
		{"OktaOrg", one(idp.OktaOrg(domain, "web")), shape{noTyp, okta}, ofOkta},
		{"Entra", one(idp.Entra(tenantID, audience)), shape{jwtTyp, entra}, ofEntra},
		{"EntraV1", one(idp.EntraV1(tenantID, audience)), shape{jwtTyp, entraV1}, ofEntra},
		{"EntraMultiTenant", one(idp.EntraMultiTenant(audience, tenantID)), shape{jwtTyp, entra.with("iss", inTenant)}, ofEntra},
		{"EntraAppRoles", one(idp.EntraAppRoles(idp.Entra(tenantID, audience), "reader")), shape{jwtTyp, entra.with("scp", "")}, ofEntraRoles},
		{"EntraAppRoles, several tenants", one(idp.EntraAppRoles(idp.EntraMultiTenant(audience, tenantID), "reader", "writer")),
			shape{jwtTyp, entra.with("scp", "").with("iss", inTenant)}, ofEntraRoles},
		{"EntraAppClients", one(idp.EntraAppClients(idp.Entra(tenantID, audience), "web")), shape{jwtTyp, entra.with("scp", "")}, ofEntra},
		{"EntraAppClients, version 1", one(idp.EntraAppClients(idp.EntraV1(tenantID, audience), "web")), shape{jwtTyp, entraV1.with("scp", "")}, ofEntra},
		{"Cognito", one(idp.Cognito("eu-central-1", "pool", audience)), shape{noTyp, object{{"aud", ""}, {"client_id", quote(audience)}, {"token_use", `"access"`}}},
			[]difference{typJWT, typMissing, noAccessTyp, audFallback, clientNeeded, tokenUse}},
		{"CognitoID", one(idp.CognitoID("eu-central-1", "pool", audience)), shape{noTyp, object{{"client_id", ""}, {"scope", ""}, {"nonce", `"n"`}, {"token_use", `"id"`}}},
			[]difference{typJWT, typMissing, noAccessTyp, idClaims, tokenUse, useIsID}},
		{"Keycloak", one(idp.Keycloak(issuer, audience)), shape{jwtTyp, object{{"typ", `"Bearer"`}, {"client_id", ""}, {"azp", `"web"`}}}, []difference{typJWT, typTells}},
		{"GoogleUsers", users, shape{jwtTyp, google}, ofGoogle},
		{"GoogleUsers, iss without https", []jwtauth.TrustedIssuer{users[1], users[0]}, shape{jwtTyp, google}, ofGoogle},
		{"GoogleServiceAccounts", one(idp.GoogleServiceAccounts(audience, "ann", "bob")), shape{jwtTyp, account}, append(slices.Clone(ofGoogle), subTells)},
		{"GoogleServiceAccounts, by e-mail", one(idp.GoogleServiceAccounts(audience, "ann@example.com")), shape{jwtTyp, account}, ofGoogle},
		{"Supabase", one(idp.Supabase("ref")), shape{jwtTyp, noID.with("role", `"authenticated"`).with("is_anonymous", "false")}, []difference{typJWT, noAccessTyp, jtiOptional, clientAbsent}},
		{"Firebase", one(idp.Firebase("project")), shape{jwtTyp, noID.with("firebase", `{"sign_in_provider":"password"}`)}, ofGoogle},
		{"Clerk", one(idp.Clerk(issuer, audience)), shape{jwtTyp, object{{"aud", ""}, {"client_id", ""}, {"azp", quote(audience)}, {"sts", `"active"`}}},
			[]difference{typJWT, noAccessTyp, audFallback, sidTells, sidIsOnce}},
	}
}

// trusting returns the settings of p with an issuer, an audience and keys of the kit. The
// audience replaces the one that a provider chooses, and iss replaces the issuer, except for a
// template of tenants. Leeway is off, as in the default profile of the kit.
func (p *profile) trusting(iss string, keys jwks.Source) []jwtauth.TrustedIssuer {
	all := slices.Clone(p.issuers)
	for i := range all {
		all[i].Audience, all[i].Keys, all[i].Leeway = []string{"other", audience}, keys, -1
	}
	if len(all[0].Tenants) == 0 {
		all[0].Issuer = iss
	}
	return all
}

// ownAttacks change the claims that decide in the settings of p.
func (p *profile) ownAttacks() (all []attack) {
	if len(p.issuers) == 0 {
		return nil // the default profile
	}
	ti := p.issuers[0]
	set := func(want error, names []string, values ...string) {
		for _, raw := range values {
			edit := editClaims(func(o object) object {
				for _, name := range names {
					o = o.setPath(name, raw)
				}
				return o
			})
			all = append(all, attack{strings.Join(names, ", ") + " " + cmp.Or(raw, "removed"), edit, want})
		}
	}
	empty, evil := []string{"", "null", `""`, "[]", "{}"}, []string{`"evil"`, `["evil"]`, "7", "true"}
	var kinds, decide []string
	for _, r := range ti.Kind {
		kinds = append(kinds, r.Claim)
	}
	if len(kinds) > 0 {
		set(jwtauth.ErrType, kinds, empty...)
		decide = slices.Clone(kinds)
	}
	if len(kinds) > 0 && len(ti.Kind[0].In) > 0 {
		set(jwtauth.ErrType, kinds, evil...)
	}
	if client := []string{ti.ClientClaim}; len(ti.Clients) > 0 {
		set(jwtauth.ErrClaims, client, evil...)
		if !slices.Contains(kinds, ti.ClientClaim) {
			set(jwtauth.ErrClaims, client, empty...)
			decide = append(decide, client...)
		}
	}
	if ti.AudienceFallback != "" {
		set(jwtauth.ErrAudience, []string{ti.AudienceFallback}, slices.Concat(empty, evil)...)
		decide = append(decide, ti.AudienceFallback)
	}
	if len(ti.Tenants) > 0 {
		set(jwtauth.ErrClaims, []string{ti.TenantClaim}, empty...)
		set(jwtauth.ErrIssuer, []string{ti.TenantClaim}, `"evil"`, quote(otherTenantID))
		decide = append(decide, ti.TenantClaim)
	}
	for _, r := range ti.Require {
		name := []string{r.Claim}
		switch {
		case r.Absent:
			set(jwtauth.ErrClaims, name, `"read"`, `""`, "7", "{}")
		case len(r.NotIn) > 0:
			set(jwtauth.ErrClaims, name, quote(r.NotIn[0]), "["+quote(r.NotIn[0])+"]", "[]", "{}")
		default:
			set(jwtauth.ErrClaims, name, `"evil"`, "7", "[]", "{}")
		}
		if !r.Optional && !r.Absent {
			set(jwtauth.ErrClaims, name, "", "null")
		}
		decide = append(decide, name...)
	}
	for _, name := range decide {
		set(jwtauth.ErrMalformed, []string{strings.ToUpper(name[:1]) + name[1:]}, `"x"`)
	}
	return all
}

// faultsOf runs the attacks, and those of p itself, on a Verifier with these settings. It
// returns the attacks whose outcome is neither that of the default profile nor the one that is
// listed for p, and the listed attacks that do not differ. runs selects groups of attacks; a
// listed attack always runs. With EdDSA, Explain must explain the refusals and nothing else.
func (p *profile) faultsOf(t *testing.T, issuers []jwtauth.TrustedIssuer, s *signer, runs func(group string) bool) (faults []string) {
	return p.faultsWith(t, build(t, jwtauth.Config{Issuers: issuers}), s, runs)
}

// faultsWith is faultsOf for a given Verifier.
func (p *profile) faultsWith(t *testing.T, v authn.Authenticator, s *signer, runs func(group string) bool) (faults []string) {
	explainer, explains := v.(interface {
		Explain(context.Context, string) []jwtauth.Problem
	})
	listed, found := map[string]difference{}, map[string]bool{}
	for _, d := range p.differs {
		for _, row := range d.rows {
			if _, twice := listed[row]; twice {
				faults = append(faults, row+": is listed twice")
			}
			listed[row] = d
		}
	}
	groups := append(slices.Clone(attackGroups), attackGroup{"own", 0, p.ownAttacks})
	for _, g := range groups {
		for _, a := range g.cases() {
			row, want := g.name+"/"+a.name, a.want
			d, isListed := listed[row]
			if found[row] = true; isListed {
				want = d.want
			} else if !runs(g.name) {
				continue
			}
			text := a.token(s)
			_, err := v.Authenticate(requestWith(bearer(text)))
			if explains && s.alg == jwks.EdDSA && (len(explainer.Explain(t.Context(), text)) == 0) != (err == nil) {
				faults = append(faults, fmt.Sprintf("%s: %v, and Explain returns %v", row, err, explainer.Explain(t.Context(), text)))
			}
			if !errors.Is(err, want) {
				faults = append(faults, fmt.Sprintf("%s: got %v, want %v", row, err, want))
			} else if isListed && want == a.want {
				faults = append(faults, row+": is listed, and does not differ")
			}
		}
	}
	for row := range listed {
		if !found[row] {
			faults = append(faults, row+": is listed, and there is no such attack")
		}
	}
	return faults
}

// Every attack has the outcome of the default profile, or the one that is listed for the
// profile.
func TestProfiles(t *testing.T) {
	for _, p := range profiles() {
		t.Run(p.name, func(t *testing.T) {
			eachFamily(t, func(t *testing.T, f family) {
				for _, fault := range p.faultsOf(t, p.trusting(issuer, f.s.source()), f.s.in(p.shape), f.runs) {
					t.Error(fault)
				}
			})
		})
	}
}

// A profile with one setting too many fails TestProfiles, and so does a wrong list.
func TestBrokenProfiles(t *testing.T) {
	s, all := signers()[2], func(string) bool { return true }
	if faults := (&profile{}).faultsOf(t, config(s).Issuers, s, all); faults != nil {
		t.Fatalf("the default profile differs from itself: %q", faults)
	}
	weaken := map[string]struct {
		relax func(*jwtauth.TrustedIssuer)
		names []string // profiles; nil is all
		row   string   // one of the faults that is found
	}{
		"any kind": {func(ti *jwtauth.TrustedIssuer) { ti.Kind, ti.DangerouslyAnyKind = nil, true }, []string{"Auth0", "Okta", "Entra", "Cognito", "Keycloak", "GoogleUsers", "Supabase", "Firebase", "Clerk"}, "own/"},
		"audience": {func(ti *jwtauth.TrustedIssuer) { ti.Audience = append(ti.Audience, "https://web.example") }, nil, `aud/"https://web.example"`},
		"no typ": {func(ti *jwtauth.TrustedIssuer) {
			ti.Types = []string{"at+jwt", "JWT", ""}
			ti.DangerouslyAnyKind = true
		}, []string{"Auth0", "Auth0RFC9068", "Entra", "Keycloak", "Clerk"}, "type/missing"},
		"ID tokens":     {func(ti *jwtauth.TrustedIssuer) { ti.IDTokens = true }, []string{"Auth0", "Auth0RFC9068", "Okta", "Entra", "Cognito", "Keycloak", "Supabase", "Clerk"}, `other claims/nonce "x"`},
		"no jti":        {func(ti *jwtauth.TrustedIssuer) { ti.OptionalTokenID = true }, []string{"Auth0RFC9068", "Okta", "OktaOrg", "Cognito", "CognitoID", "Keycloak", "Clerk"}, "jti/jti null"},
		"a fallback":    {func(ti *jwtauth.TrustedIssuer) { ti.AudienceFallback = "azp" }, []string{"Auth0RFC9068", "Okta", "Supabase", "Firebase"}, "aud/missing, and azp in its place"},
		"lifetime":      {func(ti *jwtauth.TrustedIssuer) { ti.MaxLifetime = 24 * time.Hour }, []string{"Okta", "Entra", "Cognito", "GoogleUsers", "Clerk"}, "exp/20 h after iat"},
		"leeway":        {func(ti *jwtauth.TrustedIssuer) { ti.Leeway = time.Minute }, nil, "exp/1 s ago"},
		"long tokens":   {func(ti *jwtauth.TrustedIssuer) { ti.MaxToken = 64 << 10 }, nil, "size/32769 bytes"},
		"long headers":  {func(ti *jwtauth.TrustedIssuer) { ti.MaxHeader = 8 << 10 }, nil, "encoding/header of 4097 bytes"},
		"no clients":    {func(ti *jwtauth.TrustedIssuer) { ti.Clients = nil }, []string{"OktaOrg", "EntraAppClients"}, "own/"},
		"no rules":      {func(ti *jwtauth.TrustedIssuer) { ti.Require = nil }, []string{"EntraAppRoles", "EntraAppClients", "Supabase", "Firebase"}, "own/"},
		"another kind":  {func(ti *jwtauth.TrustedIssuer) { ti.Kind[0].In = append(ti.Kind[0].In, "evil") }, []string{"Cognito", "Keycloak", "GoogleUsers", "Supabase"}, "own/"},
		"no difference": {func(ti *jwtauth.TrustedIssuer) { ti.Types, ti.Kind = nil, nil }, []string{"Auth0", "Okta", "Entra", "Cognito"}, `type/"JWT"`},
	}
	for name, w := range weaken {
		for _, p := range profiles() {
			if w.names != nil && !slices.Contains(w.names, p.name) {
				continue
			}
			issuers := p.trusting(issuer, s.source())
			w.relax(&issuers[0])
			faults := p.faultsOf(t, issuers, s.in(p.shape), func(group string) bool { return strings.HasPrefix(w.row, group+"/") })
			if !slices.ContainsFunc(faults, func(fault string) bool { return strings.HasPrefix(fault, w.row) }) {
				t.Errorf("%s with %s: %d faults, and none is that of %s", p.name, name, len(faults), w.row)
			}
		}
	}
	for name, d := range map[string]difference{
		"is listed, and does not differ":         {"", "", jwtauth.ErrType, []string{`type/"rt+jwt"`}},
		"got invalid_credentials":                {"", "", nil, []string{`type/"rt+jwt"`}},
		"is listed, and there is no such attack": {"", "", nil, []string{"type/never"}},
		"is listed twice":                        {"", "", nil, []string{"type/missing", "type/missing"}},
	} {
		p := profile{differs: []difference{d}}
		if faults := p.faultsOf(t, config(s).Issuers, s, all); !strings.Contains(strings.Join(faults, "\n"), d.rows[0]+": "+name) {
			t.Errorf("%s: the faults are %q", name, faults)
		}
	}
}

// No profile changes another issuer of the same Verifier: every attack on the default issuer
// has the default outcome beside the issuers of profiles, whose own tokens are accepted. EdDSA
// runs beside each profile, and every algorithm beside all of them at once.
func TestNoProfileChangesAnotherIssuer(t *testing.T) {
	type row struct {
		name, token string
		want        error
	}
	eachFamily(t, func(t *testing.T, f family) {
		var rows []row // signed once
		for _, g := range attackGroups {
			for _, a := range g.cases() {
				if f.s.alg != jwks.HS256 || f.runs(g.name) {
					rows = append(rows, row{g.name + "/" + a.name, a.token(f.s), a.want})
				}
			}
		}
		beside := func(t *testing.T, position, cache int, others ...profile) {
			var issuers []jwtauth.TrustedIssuer
			var own []row
			for i, p := range others {
				iss, tokens := fmt.Sprintf("%s/%d", lenient, i), p.shape
				if len(p.issuers[0].Tenants) == 0 {
					tokens.claims = tokens.claims.with("iss", quote(iss))
				}
				issuers = append(issuers, p.trusting(iss, f.other.source())[0])
				own = append(own, row{p.name, f.other.in(tokens).good(), nil}, row{p.name + ", forged", f.s.in(tokens).good(), jwtauth.ErrSignature})
			}
			issuers = slices.Insert(issuers, min(position, len(issuers)), trusting(issuer, f.s.source()))
			v := build(t, jwtauth.Config{Issuers: issuers, Cache: cache})
			for _, r := range slices.Concat(own, rows, own) {
				if _, err := v.Authenticate(requestWith(bearer(r.token))); !errors.Is(err, r.want) {
					t.Errorf("%s: got %v, want %v", r.name, err, r.want)
				}
			}
		}
		var all []profile
		for i, p := range profiles() {
			if f.s.alg == jwks.EdDSA {
				t.Run(p.name, func(t *testing.T) { beside(t, i%2, i/2%2<<12, p) })
			}
			if !slices.ContainsFunc(all, func(o profile) bool {
				return len(p.issuers[0].Tenants) > 0 && o.issuers[0].Issuer == p.issuers[0].Issuer
			}) {
				all = append(all, p)
			}
		}
		for _, cache := range []int{0, 1 << 12} {
			t.Run(fmt.Sprintf("all, cache %d", cache), func(t *testing.T) {
				beside(t, 0, cache, all...)
				beside(t, len(all), cache, all...)
			})
		}
	})
}

var (
	opens      = regexp.MustCompile(`(?s)\nOpens: (.*?)\.\n(\n|$)`)
	relaxation = regexp.MustCompile(`\b(Types|IDTokens|AudienceFallback|OptionalTokenID|Leeway|MaxLifetime|MaxToken|MaxHeader|Dangerously\w+)\b`)
)

// Each function of idp has a profile here. After "Opens", its documentation names the settings
// that accept attacks which the default profile refuses, and no others.
func TestProfilesAreDocumented(t *testing.T) {
	docs := map[string]string{}
	files, err := filepath.Glob("idp/*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.IsExported() && file.Name.Name == "idp" {
				docs[f.Name.Name] = f.Doc.Text()
			}
		}
	}
	tested := map[string]bool{}
	for _, p := range profiles() {
		name, _, _ := strings.Cut(p.name, ",")
		tested[name] = true
		var want []string
		for _, d := range p.differs {
			if d.want == nil {
				want = append(want, d.setting)
			}
		}
		doc := opens.FindString(docs[name])
		if other, ok := strings.CutPrefix(strings.TrimSpace(doc), "Opens: as "); ok {
			doc = opens.FindString(docs[strings.TrimSuffix(other, ".")])
		}
		got := relaxation.FindAllString(doc, -1)
		slices.Sort(got)
		slices.Sort(want)
		if want = slices.Compact(want); !slices.Equal(got, want) {
			t.Errorf("%s: the documentation names %q, and the attacks show %q", p.name, got, want)
		}
		if p.issuers[0].Leeway != 0 {
			t.Errorf("%s: sets Leeway, and the attacks run without it", p.name)
		}
		if !strings.Contains(docs[name], "\nKind: ") {
			t.Errorf("%s: the documentation names no claim after Kind", p.name)
		}
	}
	for name := range docs {
		if !tested[name] {
			t.Errorf("idp.%s has no profile here", name)
		}
	}
}
