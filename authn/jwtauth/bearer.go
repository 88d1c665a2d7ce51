package jwtauth

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

const scheme = "Bearer"

var (
	errRepeated   = errors.New("jwtauth: more than one Authorization field")
	errCredential = errors.New("jwtauth: Authorization is not \"Bearer\" with one token")

	refuseRepeated   = authn.ErrAmbiguous.With(errRepeated)
	refuseCredential = authn.ErrAmbiguous.With(errCredential)
)

// Present implements authn.Authenticator. It is true if r has an Authorization field with
// the scheme Bearer in any case. It is also true if the field comes twice, or has a form
// that leaves its scheme open. It is false for any other scheme: another Authenticator
// handles that field.
//
// Present does not look for a token in the query (RFC 6750, section 2.3), in a form or in
// a cookie. A query ends up in logs and in Referer (RFC 9700, section 4.3.2), and a
// browser sends a cookie with requests that the user did not intend.
func (v *verifier) Present(r *http.Request) bool {
	// Authenticate checks once whether the rest of the value is one token.
	value, found, ok := field.One(r.Header, "Authorization")
	return found && (!ok || field.IsBearer(value) || !field.OtherScheme(value))
}

// CredentialHeader tells authn.New that the Verifier reads no header but Authorization. So
// an Authenticator that knows its bearer tokens by their prefix can share the scheme.
func (v *verifier) CredentialHeader() string { return "Authorization" }

// Authenticate implements authn.Authenticator. It returns the errors of Verify,
// authn.ErrNoCredentials, and authn.ErrAmbiguous for an Authorization field that comes
// twice or is malformed.
func (v *verifier) Authenticate(r *http.Request) (*authn.Principal, error) {
	token, present, err := bearerToken(r.Header, v.maxToken)
	if err != nil {
		return nil, err
	}
	if !present {
		return nil, authn.ErrNoCredentials
	}
	p, err := v.Verify(r.Context(), token)
	if errors.Is(err, authn.ErrInvalid) || errors.Is(err, authn.ErrExpired) {
		carrier.NoteCredential(r.Context(), token)
	}
	return p, err
}

// Challenge implements authn.Authenticator (RFC 6750, section 3). For a request without
// credentials it names the scheme and no error. For malformed credentials the error is
// invalid_request, and otherwise invalid_token (section 3.1).
func (v *verifier) Challenge(realm string, err error) string {
	c := v.challenges.Load()
	if c == nil || c.realm != realm {
		c = newChallenges(realm)
		v.challenges.Store(c)
	}
	// ErrInvalid comes first: its cause may be the error of a Validate method, which can
	// wrap any of the others.
	switch {
	case errors.Is(err, authn.ErrInvalid):
		return c.invalid
	case errors.Is(err, authn.ErrExpired):
		return c.expired
	case errors.Is(err, authn.ErrNoCredentials):
		return c.missing
	case errors.Is(err, authn.ErrAmbiguous):
		return c.malformed
	}
	return ""
}

// challenges holds the challenges for one realm. A Verifier keeps them, because a
// Middleware has one realm.
type challenges struct{ realm, missing, malformed, invalid, expired string }

func newChallenges(realm string) *challenges {
	c, sep := scheme, " "
	if realm != "" {
		c, sep = c+` realm="`+realm+`"`, ", "
	}
	return &challenges{
		realm:     realm,
		missing:   c,
		malformed: c + sep + `error="invalid_request", error_description="The request must carry one access token"`,
		invalid:   c + sep + `error="invalid_token", error_description="The access token is not valid"`,
		expired:   c + sep + `error="invalid_token", error_description="The access token has expired"`,
	}
}

// bearerToken returns the token of a request. present is false if the request has no
// Authorization field, or one of another scheme.
func bearerToken(h http.Header, maxToken int) (token string, present bool, err error) {
	value, found, ok := field.One(h, "Authorization")
	if !found {
		return "", false, nil
	}
	if !ok {
		return "", true, refuseRepeated
	}
	if !field.IsBearer(value) && field.OtherScheme(value) {
		return "", false, nil
	}
	token, ok = field.Bearer(value)
	// Verify refuses a token that is too long by its length, without reading it.
	if !ok || len(token) <= maxToken && !isOneWord(token) {
		return "", true, refuseCredential
	}
	return token, true, nil
}

// isOneWord reports whether s cannot be read as more than one word. Verify checks whether
// s is a token.
func isOneWord(s string) bool {
	for _, c := range [...]byte{' ', '\t', ',', '"'} {
		if strings.IndexByte(s, c) >= 0 {
			return false
		}
	}
	return s != ""
}
