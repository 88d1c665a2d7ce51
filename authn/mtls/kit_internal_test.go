package mtls

import "time"

// MaxVerified is the number of verifications that are remembered.
const MaxVerified = maxVerified

// SetNow sets the clock of a.
func SetNow(a *Authenticator, now func() time.Time) { a.now = now }

// Verified returns the number of verifications that a remembers.
func Verified(a *Authenticator) (n int) {
	a.clients.verified.Range(func(any, any) bool { n++; return true })
	if int64(n) != a.clients.size.Load() {
		return -1
	}
	return n
}

// Element is the last element of X-Forwarded-Client-Cert, for the tests of its parser.
type Element struct {
	By, Hash, Cert, Chain, URI, DNS string // By and the first of the others
	URIs, DNSs                      int
}

// LastElement calls lastElement.
func LastElement(value string) (Element, bool) {
	e, ok := lastElement(value)
	by := ""
	for i, s := range e.by {
		if i > 0 {
			by += "|"
		}
		by += s
	}
	return Element{by, e.hash, e.cert, e.chain, e.uri.first, e.dns.first, e.uri.count, e.dns.count}, ok
}

// The parsers of Client-Cert.
var (
	ParseClientCert      = parseClientCert
	ParseClientCertChain = parseClientCertChain
	TrustDomain          = trustDomain
)
