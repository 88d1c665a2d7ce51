package jwtauth

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// notInToken are the characters that separate a token from a second word. No token has
// them, so Verify refuses a token with one of them.
const notInToken = " \t,\""

const scheme = "Bearer"

var (
	errRepeated   = errors.New("jwtauth: more than one Authorization field")
	errCredential = errors.New("jwtauth: Authorization is not \"Bearer\" with one token")

	refuseRepeated   = authn.ErrAmbiguous.With(errRepeated)
	refuseCredential = malformedCredential()
)

// malformedCredential returns the refusal of a malformed Authorization field. Its message
// says so, because the request may carry exactly one credential.
func malformedCredential() *httperr.Error {
	e := authn.ErrAmbiguous.With(errCredential)
	e.Message = `The Authorization field is malformed. It must be "Bearer", a space and the token.`
	return e
}

// Present implements authn.Authenticator. It is true if r has an Authorization field with
// the scheme Bearer in any case. It is also true if the field comes twice, or has a form
// that leaves its scheme open. It is false for an empty field, for "Bearer" alone, and for
// any other scheme: another Authenticator handles that field.
//
// Present looks for a token in a cookie and in a WebSocket subprotocol only if
// Config.Sources names them, and never in the query (RFC 6750, section 2.3) or in a form.
func (v *verifier) Present(r *http.Request) bool {
	if v.sources != nil {
		return v.sources.present(r)
	}
	return headerPresent(r.Header)
}

// headerPresent reports whether the Authorization field may have a token. Authenticate
// checks whether the value is one token.
func headerPresent(h http.Header) bool {
	value, found, ok := field.One(h, "Authorization")
	return found && (!ok || !field.NoBearer(value))
}

// CredentialHeader tells authn.New that the Verifier reads no header but Authorization. So
// an Authenticator that knows its bearer tokens by their prefix can share the scheme. With
// Config.Sources the result is empty.
func (v *verifier) CredentialHeader() string {
	if v.sources != nil {
		return ""
	}
	return "Authorization"
}

// Authenticate implements authn.Authenticator. It asks Config.Confirm about a token that is
// bound to a key. It returns the errors of Verify,
// authn.ErrNoCredentials, and authn.ErrAmbiguous for an Authorization field that comes
// twice or is malformed. With Config.Sources, authn.ErrAmbiguous also means two tokens, and
// authn.ErrCrossOrigin a cookie that was sent for a page of another origin.
func (v *verifier) Authenticate(r *http.Request) (*authn.Principal, error) {
	var token string
	var present bool
	var err error
	if v.sources == nil {
		token, present, err = bearerToken(r.Header)
	} else {
		token, present, err = v.sources.token(r)
	}
	if err != nil {
		return nil, err
	}
	if !present {
		return nil, authn.ErrNoCredentials
	}
	p, err := v.verify(r.Context(), r, token)
	if err != nil && len(token) <= v.maxToken && strings.ContainsAny(token, notInToken) && v.fromHeader(r) {
		// The field holds more than a token. A token that is too long is refused by its
		// length, without reading it.
		return nil, refuseCredential
	}
	if errors.Is(err, authn.ErrInvalid) || errors.Is(err, authn.ErrExpired) {
		carrier.NoteCredential(r.Context(), token)
	}
	return p, err
}

// fromHeader reports whether the token of r stands in the Authorization field: a request
// with tokens in two places is refused before.
func (v *verifier) fromHeader(r *http.Request) bool {
	return v.sources == nil || !v.sources.NoHeader && headerPresent(r.Header)
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
	case errors.Is(err, errCredential):
		return c.malformed
	case errors.Is(err, authn.ErrAmbiguous):
		return c.ambiguous
	}
	return ""
}

// challenges holds the challenges for one realm. A Verifier keeps them, because a
// Middleware has one realm.
type challenges struct{ realm, missing, malformed, ambiguous, invalid, expired string }

func newChallenges(realm string) *challenges {
	c, sep := scheme, " "
	if realm != "" {
		c, sep = c+` realm="`+realm+`"`, ", "
	}
	return &challenges{
		realm:     realm,
		missing:   c,
		malformed: c + sep + `error="invalid_request", error_description="The Authorization field is malformed"`,
		ambiguous: c + sep + `error="invalid_request", error_description="The request must carry one access token"`,
		invalid:   c + sep + `error="invalid_token", error_description="The access token is not valid"`,
		expired:   c + sep + `error="invalid_token", error_description="The access token has expired"`,
	}
}

// bearerToken returns the token of a request. present is false if the request has no
// Authorization field, an empty one, or one of another scheme.
func bearerToken(h http.Header) (token string, present bool, err error) {
	value, found, ok := field.One(h, "Authorization")
	if !found {
		return "", false, nil
	}
	if !ok {
		return "", true, refuseRepeated
	}
	if field.NoBearer(value) {
		return "", false, nil
	}
	if token, ok = field.Bearer(value); !ok {
		return "", true, refuseCredential
	}
	return token, true, nil
}
