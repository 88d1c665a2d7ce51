package jwtauth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// checkTenants sets hasTenants, and adds the faults of Tenants and of the {tenantid} in
// Issuer.
func (ti *trustedIssuer) checkTenants(f *httperr.ConfigFaults, t *TrustedIssuer) {
	ti.hasTenants = len(t.Tenants) > 0 || t.DangerouslyAnyTenant
	marks := strings.Count(t.Issuer, claim.TenantMark)
	switch {
	case !ti.hasTenants && marks > 0:
		f.Add(ti.at+"Tenants", nil, "is empty, and Issuer has "+claim.TenantMark, "list the tenants, or set DangerouslyAnyTenant")
		return
	case !ti.hasTenants:
		return
	case len(t.Tenants) > 0 && t.DangerouslyAnyTenant:
		f.Add(ti.at+"Tenants", nil, "stands beside DangerouslyAnyTenant", "keep one of the two")
	}
	u, err := url.Parse(strings.ReplaceAll(t.Issuer, claim.TenantMark, ""))
	before, _, _ := strings.Cut(t.Issuer, claim.TenantMark)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Host != strings.ToLower(u.Host) || marks != 1 ||
		!strings.HasPrefix(before, "https://"+u.Host+"/") || strings.ContainsAny(before, "?#") {
		f.Add(ti.at+"Issuer", t.Issuer, "is not an https URL with "+claim.TenantMark+" once, in its path, and a host in lower case",
			"write it as https://login.microsoftonline.com/{tenantid}/v2.0")
	}
	for i, tenant := range t.Tenants {
		if !claim.IsTenant(tenant) {
			f.Add(fmt.Sprintf("%sTenants[%d]", ti.at, i), tenant,
				"is not a UUID in lower case", "use the tenant ID, and not a domain or a word such as common")
		}
	}
}

// tenantOf returns the tenant in iss, the value of {tenantid}. ok is false if iss does not
// have the form of Issuer, or if its tenant is not accepted.
func (ti *trustedIssuer) tenantOf(iss string) (tenant string, ok bool) {
	tenant, ok = claim.Tenant(ti.iss, iss)
	return tenant, ok && (len(ti.tenants) == 0 || slices.Contains(ti.tenants, tenant))
}
