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

	"github.com/go-sallyport/sallyport/internal/field"
)

// The claims that have one name at every issuer, as indexes of Registered (RFC 7519,
// section 4.1; RFC 7800; OpenID Connect Core, section 2; RFC 8417, section 2.2; RFC 9396,
// section 9.1). No RFC defines type, typ and token_use.
const (
	Iss = iota
	Sub
	Aud
	Exp
	Nbf
	Iat
	Jti
	Cnf
	Events
	Nonce
	AtHash
	CHash
	AuthorizationDetails
	Sid
	ACR
	AuthTime
	Type
	Typ
	TokenUse
	Count
)

// Registered are the names of these claims.
var Registered = [Count]string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "events", "nonce", "at_hash", "c_hash",
	"authorization_details", "sid", "acr", "auth_time", "type", "typ", "token_use",
}

// The names that RFC 9068 gives to claims which issuers name differently.
const (
	DefaultClient = "client_id"
	DefaultScope  = "scope"
	DefaultRoles  = "roles"
)

const (
	MaxToken    = 8 << 10     // bytes of a token, by default; the work on a longer one is one comparison
	DefaultType = "at+jwt"    // typ of an access token (RFC 9068, section 4)
	MaxLeeway   = time.Minute // the largest allowed error of an issuer's clock
)

// Path splits the name of a claim that may be inside an object: "realm_access.roles" is the
// member roles of the claim realm_access. A name with "://", as Auth0 wants it of claims of
// one's own, is the name of one claim. A name that begins with "/" is a JSON Pointer (RFC
// 6901), for names with dots in them. ok is false if no claim can have the name.
func Path(name string) (path []string, ok bool) {
	switch {
	case strings.HasPrefix(name, "/"):
		path = strings.Split(name[1:], "/")
		for i, s := range path {
			path[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
		}
	case strings.Contains(name, "://"):
		path = []string{name}
	default:
		path = strings.Split(name, ".")
	}
	for _, s := range path {
		if s == "" || !field.Quoted(s) || strings.Contains(s, " ") {
			return nil, false
		}
	}
	return path, true
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

// IsHost reports whether host is one of hosts. The case of ASCII letters does not matter.
func IsHost(host string, hosts []string) bool {
	return slices.ContainsFunc(hosts, func(h string) bool { return field.EqualFold(h, host) })
}

// URLFault returns the reason and the fix of a fault in the URL of an issuer or of
// its keys. Both are "" if the URL has no fault. httpHosts are the hosts for which http is
// accepted beside loopback addresses.
func URLFault(text string, httpHosts ...string) (reason, fix string) {
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
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname()) && !IsHost(u.Hostname(), httpHosts)):
		return "is not https, so an attacker on the network could answer in its place",
			"use https; http is accepted on loopback addresses alone"
	}
	if port := u.Port(); port != "" || strings.HasSuffix(u.Host, ":") {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "has a port that is none", "use a port from 1 to 65535, or none"
		}
	}
	return "", ""
}
