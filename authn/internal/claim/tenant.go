package claim

import "strings"

// TenantMark stands for the tenant in the iss of a multi-tenant issuer, as Microsoft Entra
// writes it.
const TenantMark = "{tenantid}"

const tenantSize = 36 // bytes of a UUID

// Tenant returns the part of iss at the place of TenantMark in pattern. ok is false if iss
// does not fit pattern, or if that part is not a UUID in lower case. Tenant compares text
// and nothing else, so no spelling of a URL can lead to another host.
func Tenant(pattern, iss string) (tenant string, ok bool) {
	before, after, marked := strings.Cut(pattern, TenantMark)
	if !marked || len(iss) != len(before)+tenantSize+len(after) || !strings.HasPrefix(iss, before) || !strings.HasSuffix(iss, after) {
		return "", false
	}
	tenant = iss[len(before) : len(before)+tenantSize]
	return tenant, IsTenant(tenant)
}

// IsTenant reports whether s is a UUID in lower case.
func IsTenant(s string) bool {
	if len(s) != tenantSize {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case ('0' > c || c > '9') && ('a' > c || c > 'f'):
			return false
		}
	}
	return true
}
