package authn

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Principal is the caller that an [Authenticator] has authenticated. All code that
// runs for a request shares one Principal: do not change it.
//
// Issuer and Subject together identify a caller. A Subject alone does not, and an
// e-mail address does not: two issuers may use the same one.
type Principal struct {
	Kind      string    // kind of credential, such as "jwt" or "apikey"
	Issuer    string    // authority that vouches for Subject
	Subject   string    // user or program that the credential stands for, unique per Issuer
	ClientID  string    // program that acts for Subject; optional
	TokenID   string    // identifier of the credential itself (jti, key ID)
	SessionID string    // session that the credential belongs to; optional
	Tenant    string    // organisation; optional
	Scopes    []string  // permissions of the credential
	Roles     []string  // functions of Subject
	ACR       string    // strength of the login (OpenID Connect acr); optional
	AuthTime  time.Time // when Subject last logged in; optional
	IssuedAt  time.Time // when the credential was made; optional
	ExpiresAt time.Time // when the credential expires; zero if it never does

	// Detail is additional data of the Authenticator. Read it only with the
	// accessor of that Authenticator, such as the Token method of a
	// jwtauth.Verifier.
	Detail any `json:"-"`
}

// HasScope reports whether the principal has the scope. Scopes are compared
// exactly (RFC 6749, section 3.3). A nil Principal has no scope.
func (p *Principal) HasScope(scope string) bool {
	return p != nil && slices.Contains(p.Scopes, scope)
}

// HasRole reports whether the principal has the role. A nil Principal has no role.
func (p *Principal) HasRole(role string) bool {
	return p != nil && slices.Contains(p.Roles, role)
}

// FromContext returns the principal of the request that ctx belongs to. The second
// result is false if no Middleware of this package ran, and for an anonymous
// request that a Middleware with Config.Optional let pass.
func FromContext(ctx context.Context) (*Principal, bool) {
	rec := carrier.From(ctx)
	if rec == nil {
		return nil, false
	}
	p, ok := rec.Facts().Principal.(*Principal)
	return p, ok && p != nil
}

// NewContext returns a context for which [FromContext] returns p. It is for tests of
// handlers, and for middleware that authenticates without this package. If ctx
// already belongs to a request, p becomes the principal of the request.
func NewContext(ctx context.Context, p *Principal) context.Context {
	rec := carrier.From(ctx)
	if rec == nil {
		rec = &carrier.Record{Context: ctx}
		ctx = rec
	}
	rec.Update(func(f *carrier.Facts) { setPrincipal(f, p) })
	return ctx
}

// setPrincipal makes p the principal of the request. A nil p removes the previous
// principal. What a guard of objects has found out is about the previous one.
func setPrincipal(f *carrier.Facts, p *Principal) {
	f.Owned = false
	if p == nil {
		f.Principal, f.Issuer, f.Subject, f.TokenID, f.AuthMethod = nil, "", "", "", ""
		return
	}
	f.Principal, f.Issuer, f.Subject, f.TokenID, f.AuthMethod = p, p.Issuer, p.Subject, p.TokenID, p.Kind
}

// PrincipalKey returns a text that stands for the authenticated caller of r, and for no
// other: Issuer and Subject. It is the key for a quota per caller:
//
//	ratelimit.First(ratelimit.By(authn.PrincipalKey), ratelimit.ByClientIP)
//
// ok is false if there is no principal, as in [FromContext], or if it has no Subject. A
// quota per organisation is By of a function of your own that reads Tenant.
func PrincipalKey(r *http.Request) (key string, ok bool) {
	p, ok := FromContext(r.Context())
	if !ok || p.Subject == "" {
		return "", false
	}
	// The length in front keeps ("a b", "c") and ("a", "b c") apart.
	return strconv.Itoa(len(p.Issuer)) + ":" + p.Issuer + " " + p.Subject, true
}
