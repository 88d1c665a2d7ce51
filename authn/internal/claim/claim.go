// Package claim has the claims of an access token, and the bounds that a verifier
// and an issuer share: an issuer must not sign a token that its verifiers refuse.
package claim

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// The claims that a verifier reads, as indexes of Names (RFC 7519, section 4.1; RFC
// 9068, section 2.2; RFC 7800). No RFC defines type, typ and token_use.
const (
	Iss = iota
	Sub
	Aud
	Exp
	Nbf
	Iat
	Jti
	ClientID
	Sid
	ACR
	AuthTime
	Cnf
	Type
	Typ
	TokenUse
	Scope
	Roles
	Tenant // the last one, because it exists only if it is configured
	Count
)

var registered = [Tenant]string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "sid", "acr",
	"auth_time", "cnf", "type", "typ", "token_use", "scope", "roles",
}

const (
	MaxToken    = 8 << 10     // bytes of a token; a longer token costs one comparison
	DefaultType = "at+jwt"    // typ of an access token (RFC 9068, section 4)
	MaxLeeway   = time.Minute // the largest allowed error of an issuer's clock
)

// Names returns the names of the claims, indexed by their constants. scope, roles
// and tenant are the configured names, or "". Names adds the faults of these three
// to f, as the fields ScopeClaim, RolesClaim and TenantClaim.
func Names(f *httperr.ConfigFaults, scope, roles, tenant string) []string {
	names := slices.Clone(registered[:])
	if tenant != "" {
		names = append(names, tenant)
	}
	chosen := [...]struct {
		field, name string
		claim       int
	}{
		{"ScopeClaim", scope, Scope},
		{"RolesClaim", roles, Roles},
		{"TenantClaim", tenant, Tenant},
	}
	for _, c := range chosen {
		if c.name != "" {
			names[c.claim] = c.name
		}
	}
	for _, c := range chosen {
		if !field.Quoted(c.name) || strings.Contains(c.name, " ") {
			f.Add(c.field, c.name, "is not printable ASCII without quotes and backslashes", "use the name of the claim as it is in a token")
		}
		for i, other := range names {
			if c.name != "" && i != c.claim && field.EqualFold(c.name, other) {
				f.Add(c.field, c.name, "is read as something else already", "use a claim of its own")
			}
		}
	}
	return names
}

// Printable reports whether s can be compared with a claim. Any other text is a
// copying mistake in the configuration, with which every token would be refused.
func Printable(s string) bool {
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

// isLoopback reports whether host is a loopback address, for which no other machine
// can answer. host is part of the URL of an issuer or of its keys.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.Unmap().IsLoopback()
}

// URLFault returns the reason and the fix of a fault in the URL of an issuer or of
// its keys. Both are "" if the URL has no fault.
func URLFault(text string) (reason, fix string) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "is empty", "set it to the URL of the issuer, or of its keys (jwks_uri)"
	case err != nil || !Printable(text):
		return "is not a URL", "write it like https://issuer.example"
	case u.User != nil:
		return "has a user or a password, which end up in logs",
			"leave them out; a Transport can send credentials, if the keys need any"
	case strings.Contains(text, "#"):
		return "has a fragment", "leave out the # and what follows"
	case u.Hostname() == "":
		return "has no host", "write it like https://issuer.example"
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return "is not https, so whoever is on the way could put keys of their own there",
			"use https; http is accepted on loopback addresses alone"
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "has a port that is none", "use a port from 1 to 65535, or none"
		}
	}
	return "", ""
}
