package jwtauth_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	template      = "https://login.example/{tenantid}/v2.0"
	tenantID      = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	otherTenantID = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

// ofTenant returns the iss of a tenant.
func ofTenant(id string) string { return strings.ReplaceAll(template, "{tenantid}", id) }

// tenantToken makes a token with this iss and this tid.
func tenantToken(iss, tid string) func(*signer) string {
	return editClaims(func(o object) object { return o.with("iss", iss).with("tid", tid) })
}

func tenantConfig(s *signer, tenants ...string) jwtauth.Config {
	cfg := config(s)
	ti := &cfg.Issuers[0]
	ti.Issuer, ti.TenantClaim, ti.Tenants, ti.DangerouslyAnyTenant = template, "", tenants, len(tenants) == 0
	return cfg
}

// tenantAttacks are refused with a list of tenants, and without a list. Only the last one,
// "good", is accepted.
func tenantAttacks() []attack {
	var all []attack
	for _, iss := range []string{
		template, ofTenant("common"), ofTenant("organizations"), ofTenant("consumers"), ofTenant(""), ofTenant(strings.ToUpper(tenantID)),
		ofTenant("contoso.onmicrosoft.com"), ofTenant("{" + tenantID[1:35] + "}"), ofTenant(tenantID + "0"), ofTenant(tenantID[1:]), ofTenant(" " + tenantID[1:]),
		ofTenant(tenantID[:8] + "_" + tenantID[9:]), ofTenant(tenantID[:8] + "0" + tenantID[9:]), ofTenant("-" + tenantID[1:]), ofTenant("g" + tenantID[1:]), ofTenant(tenantID[:35] + "é"),
		ofTenant(tenantID[:10] + "/" + tenantID[11:]), ofTenant(tenantID[:10] + "@" + tenantID[11:]), ofTenant(tenantID[:10] + "." + tenantID[11:]), ofTenant(tenantID[:10] + "%" + tenantID[11:]),
		ofTenant(tenantID) + "/", ofTenant(tenantID) + "?x", ofTenant(tenantID) + "#x", ofTenant(tenantID) + " ", ofTenant(tenantID) + "/v2.0", " " + ofTenant(tenantID),
		"https://user@login.example/" + tenantID + "/v2.0", "https://login.example@evil.example/" + tenantID + "/v2.0", "https://login.example:443/" + tenantID + "/v2.0",
		"https://LOGIN.example/" + tenantID + "/v2.0", "HTTPS://login.example/" + tenantID + "/v2.0", "http://login.example/" + tenantID + "/v2.0", "https://login.example./" + tenantID + "/v2.0",
		"https://evil.example/" + tenantID + "/v2.0", "https://evil.example/https://login.example/" + tenantID + "/v2.0", "https://login.example/x/" + tenantID + "/v2.0", "https://login.example//" + tenantID + "/v2.0",
		"https://login.example/../" + tenantID + "/v2.0", "https://login.example/" + tenantID + "/v1.0", "https://login.example/" + tenantID, "https://login.example/" + tenantID + "/" + tenantID + "/v2.0", "x", "",
	} {
		all = append(all, attack{"iss " + iss, tenantToken(quote(iss), quote(tenantID)), jwtauth.ErrIssuer})
	}
	for _, raw := range []string{"null", "7", "[" + quote(ofTenant(tenantID)) + "]", "{}"} {
		all = append(all, attack{"iss " + raw, tenantToken(raw, quote(tenantID)), jwtauth.ErrIssuer})
	}
	for _, raw := range []string{quote(otherTenantID), `"common"`, quote(strings.ToUpper(tenantID)), `"{tenantid}"`, quote(" " + tenantID), quote(ofTenant(tenantID))} {
		all = append(all, attack{"tid " + raw, tenantToken(quote(ofTenant(tenantID)), raw), jwtauth.ErrIssuer})
	}
	for _, raw := range []string{"null", "7", `""`, "[" + quote(tenantID) + "]", "{}"} {
		all = append(all, attack{"tid " + raw, tenantToken(quote(ofTenant(tenantID)), raw), jwtauth.ErrClaims})
	}
	good := tenantToken(quote(ofTenant(tenantID)), quote(tenantID))
	return append(all,
		attack{"no iss", func(s *signer) string {
			return s.token(s.header().json(), claims().without("iss").with("tid", quote(tenantID)).json())
		}, jwtauth.ErrIssuer},
		attack{"no tid", setIssuer(ofTenant(tenantID)), jwtauth.ErrClaims},
		attack{"TID beside it", editClaims(func(o object) object {
			return o.with("iss", quote(ofTenant(tenantID))).with("tid", quote(tenantID)).with("TID", quote(otherTenantID))
		}), jwtauth.ErrMalformed},
		attack{"forged", func(s *signer) string { return good(otherSigners()[s.alg]) }, jwtauth.ErrSignature},
		attack{"forged, another tid", func(s *signer) string {
			return tenantToken(quote(ofTenant(tenantID)), quote(otherTenantID))(otherSigners()[s.alg])
		}, jwtauth.ErrSignature},
		attack{"good", good, nil},
	)
}

func TestTenants(t *testing.T) {
	s := signers()[2]
	for name, tc := range map[string]struct {
		tenants []string
		other   error // the expected error for a token of otherTenantID
	}{
		"a list":     {[]string{tenantID}, jwtauth.ErrIssuer},
		"two":        {[]string{otherTenantID, tenantID}, nil},
		"any tenant": {nil, nil},
	} {
		for _, beside := range []bool{false, true} {
			cfg := tenantConfig(s, tc.tenants...)
			if beside {
				cfg.Issuers = append([]jwtauth.TrustedIssuer{trusting(rival, jwks.Static(otherSigners()[s.alg].key()))}, cfg.Issuers...)
				name += " beside another issuer"
			}
			t.Run(name, func(t *testing.T) {
				site := newSite(t, build(t, cfg))
				for _, a := range append(tenantAttacks(), attack{"another tenant", tenantToken(quote(ofTenant(otherTenantID)), quote(otherTenantID)), tc.other}) {
					t.Run(a.name, func(t *testing.T) { site.runAttack(t, s, a, nil) })
				}
			})
		}
	}
}

// The source of keys is called with the issuer of the tenant. The principal has the tenant and
// this issuer.
func TestTenantPrincipal(t *testing.T) {
	s := signers()[2]
	src := &fakeSource{key: s.key()}
	cfg := tenantConfig(s)
	cfg.Issuers[0].Keys, cfg.Issuers[0].TenantClaim = src, "ten"
	token := editClaims(func(o object) object { return o.with("iss", quote(ofTenant(tenantID))).with("ten", quote(tenantID)) })(s)
	p, err := build(t, cfg).Verify(t.Context(), token)
	if err != nil || p.Tenant != tenantID || p.Issuer != ofTenant(tenantID) || src.issuer != ofTenant(tenantID) {
		t.Errorf("%+v, %v, called for %q", p, err, src.issuer)
	}
	for _, iss := range []string{template, ofTenant("common"), "https://evil.example/" + tenantID + "/v2.0"} {
		src.calls = 0
		if _, err := build(t, cfg).Verify(t.Context(), setIssuer(iss)(s)); err == nil || src.calls != 0 {
			t.Errorf("%s: %v, called %d times", iss, err, src.calls)
		}
	}
}

// One tenant may have an element of Issuers of its own, beside the template for all tenants.
func TestTenantOfItsOwn(t *testing.T) {
	s := signers()[2]
	cfg := tenantConfig(s)
	own := trusting(ofTenant(tenantID), jwks.Static(otherSigners()[s.alg].key()))
	cfg.Issuers = append(cfg.Issuers, own)
	site := newSite(t, build(t, cfg))
	for _, a := range []attack{
		{"its key", func(s *signer) string { return setIssuer(ofTenant(tenantID))(otherSigners()[s.alg]) }, nil},
		{"the key of the template", tenantToken(quote(ofTenant(tenantID)), quote(tenantID)), jwtauth.ErrSignature},
		{"another tenant", tenantToken(quote(ofTenant(otherTenantID)), quote(otherTenantID)), nil},
	} {
		site.runAttack(t, s, a, nil)
	}
}

func TestTenantFaults(t *testing.T) {
	s := signers()[2]
	const notURL = `Issuer: "%s": is not an https URL with {tenantid} once, in its path, and a host in lower case; write it as https://login.microsoftonline.com/{tenantid}/v2.0`
	for _, tc := range []struct {
		issuer  string
		tenants []string
		any     bool
		want    []string
	}{
		{template, nil, false, []string{"Tenants: is empty, and Issuer has {tenantid}; list the tenants, or set DangerouslyAnyTenant"}},
		{template, []string{tenantID}, true, []string{"Tenants: stands beside DangerouslyAnyTenant; keep one of the two"}},
		{template, []string{"common", strings.ToUpper(tenantID), tenantID, "", "contoso.example"}, false, []string{
			`Tenants[0]: "common": is not a UUID in lower case; use the tenant ID`, `Tenants[1]: "` + strings.ToUpper(tenantID), `Tenants[3]: "": `, `Tenants[4]: "contoso.example": `}},
		{"https://login.example/v2.0", []string{tenantID}, false, []string{notURL}},
		{"https://login.example/{tenantid}/{tenantid}", nil, true, []string{notURL}},
		{"https://{tenantid}.login.example/v2.0", nil, true, []string{notURL}},
		{"https://login.example{tenantid}/v2.0", nil, true, []string{notURL}},
		{"https://login.example:{tenantid}/v2.0", nil, true, []string{notURL}},
		{"https://user:x@login.example/{tenantid}", nil, true, []string{notURL}},
		{"https://{tenantid}@login.example/", nil, true, []string{notURL}},
		{"https://Login.example/{tenantid}", nil, true, []string{notURL}},
		{"http://login.example/{tenantid}", nil, true, []string{notURL}},
		{"{tenantid}", nil, true, []string{notURL}},
		{"https:///{tenantid}", nil, true, []string{notURL}},
		{"https://login.example/?t={tenantid}", nil, true, []string{notURL}},
		{"https://login.example/#{tenantid}", nil, true, []string{notURL}},
		{"https://login.example/{tenantid}", nil, true, nil},
		{"https://login.example/x/{tenantid}/", []string{tenantID}, false, nil},
	} {
		t.Run(tc.issuer, func(t *testing.T) {
			cfg := config(s)
			ti := &cfg.Issuers[0]
			ti.Issuer, ti.Tenants, ti.DangerouslyAnyTenant = tc.issuer, tc.tenants, tc.any
			for i := range tc.want {
				tc.want[i] = "jwtauth: Issuers[0]." + strings.ReplaceAll(tc.want[i], "%s", tc.issuer)
			}
			_, err := jwtauth.New(cfg)
			mwtest.Faults(t, err, tc.want...)
		})
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// FuzzTenant checks that an accepted iss is exactly the text before {tenantid}, a UUID and the
// text after it.
func FuzzTenant(f *testing.F) {
	s := signers()[2]
	templates := []string{template, "https://login.example/{tenantid}", "https://login.example/" + tenantID + "/{tenantid}/x"}
	var all []*jwtauth.Verifier[jwtauth.NoClaims]
	for _, issuer := range templates {
		for _, tenants := range [][]string{nil, {tenantID}} {
			cfg := tenantConfig(s, tenants...)
			cfg.Issuers[0].Issuer = issuer
			all = append(all, build(f, cfg))
		}
	}
	for _, a := range tenantAttacks() {
		if iss, ok := strings.CutPrefix(a.name, "iss "); ok {
			f.Add(iss, tenantID)
		}
	}
	for _, issuer := range templates {
		f.Add(strings.ReplaceAll(issuer, "{tenantid}", tenantID), tenantID)
		f.Add(strings.ReplaceAll(issuer, "{tenantid}", otherTenantID), otherTenantID)
	}
	f.Fuzz(func(t *testing.T, iss, id string) {
		for i, v := range all {
			before, after, _ := strings.Cut(templates[i/2], "{tenantid}")
			got, ok := jwtauth.TenantOf(v, iss)
			want := uuid.MatchString(id) && (i%2 == 0 || id == tenantID)
			if parsed, ok := jwtauth.TenantOf(v, before+id+after); ok != want || ok && parsed != id {
				t.Fatalf("%s: tenant %q is %q, %v", templates[i/2], id, parsed, ok)
			}
			if ok && (!uuid.MatchString(got) || before+got+after != iss) {
				t.Fatalf("%s: %q has the tenant %q", templates[i/2], iss, got)
			}
		}
	})
}

// A template that accepts every tenant changes nothing for the other issuers.
func TestTenantsChangeNoOtherIssuer(t *testing.T) {
	s := signers()[2]
	cfg := tenantConfig(otherSigners()[s.alg])
	cfg.Issuers = append(cfg.Issuers, config(s).Issuers...)
	runAttackGroups(t, newSite(t, build(t, cfg)), s)
}
