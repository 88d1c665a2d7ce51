package authn

import (
	"context"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Principal is who is calling, as an [Authenticator] found it. It is shared by
// everything that runs for a request: do not change it.
//
// An identity is the pair of Issuer and Subject. Neither a Subject alone nor
// an e-mail address is one: two issuers may use the same.
type Principal struct {
	Kind      string    // kind of credential, such as "jwt" or "apikey"
	Issuer    string    // who vouches for Subject
	Subject   string    // whom the credential stands for, unique per Issuer
	ClientID  string    // program that acts for Subject; optional
	TokenID   string    // identifier of the credential itself (jti, key ID)
	SessionID string    // session that the credential belongs to; optional
	Tenant    string    // organisation; optional
	Scopes    []string  // what the credential may be used for
	Roles     []string  // what Subject is
	ACR       string    // strength of the login (OpenID Connect acr); optional
	AuthTime  time.Time // when Subject last logged in; optional
	IssuedAt  time.Time // when the credential was made; optional
	ExpiresAt time.Time // when the credential ends; zero if it does not

	// Detail is what the Authenticator keeps beside. It is read with that one's
	// own accessor, such as the Token method of a jwtauth.Verifier, and by
	// nobody else.
	Detail any `json:"-"`
}

// HasScope reports whether scope was granted. Scopes are compared exactly
// (RFC 6749, section 3.3). A nil Principal has none.
func (p *Principal) HasScope(scope string) bool {
	return p != nil && slices.Contains(p.Scopes, scope)
}

// HasRole reports whether the principal has the role. A nil Principal has none.
func (p *Principal) HasRole(role string) bool {
	return p != nil && slices.Contains(p.Roles, role)
}

// FromContext returns the principal of the request that ctx belongs to. It is
// false where no Middleware of this package ran, and for an anonymous request
// that an Optional one let pass.
func FromContext(ctx context.Context) (*Principal, bool) {
	rec := carrier.From(ctx)
	if rec == nil {
		return nil, false
	}
	p, ok := rec.Facts().Principal.(*Principal)
	return p, ok && p != nil
}

// NewContext returns a context in which [FromContext] finds p. It is for tests
// of handlers, and for middleware that authenticates in a way of its own. If
// ctx belongs to a request already, p becomes the principal of that request.
func NewContext(ctx context.Context, p *Principal) context.Context {
	rec := carrier.From(ctx)
	if rec == nil {
		rec = &carrier.Record{Context: ctx}
		ctx = rec
	}
	rec.Update(func(f *carrier.Facts) { note(f, p) })
	return ctx
}

// note makes p the principal of the request; nil removes the one before.
func note(f *carrier.Facts, p *Principal) {
	if p == nil {
		f.Principal, f.Issuer, f.Subject, f.TokenID, f.AuthMethod = nil, "", "", "", ""
		return
	}
	f.Principal, f.Issuer, f.Subject, f.TokenID, f.AuthMethod = p, p.Issuer, p.Subject, p.TokenID, p.Kind
}
