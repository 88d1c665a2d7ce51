package jwtauth

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

const (
	scheme = "Bearer"

	// No registered scheme has a longer name or more parameters than these; a
	// value that does is not searched any further.
	maxScheme     = 64
	maxParameters = 32
)

var (
	errRepeated   = errors.New("jwtauth: more than one Authorization field")
	errCredential = errors.New("jwtauth: Authorization is not \"Bearer\" with one token")

	refuseRepeated   = authn.ErrAmbiguous.With(errRepeated)
	refuseCredential = authn.ErrAmbiguous.With(errCredential)
)

// Present implements authn.Authenticator. It is true if r has an Authorization
// field with the scheme Bearer in any case, and also if that field comes twice,
// or is written in a way that leaves open what it is. It is false for one with
// any other scheme: that is for another Authenticator to judge.
//
// A token in the query (RFC 6750, section 2.3), in a form or in a cookie is not
// looked for. The first ends up in logs and in Referer (RFC 9700, section
// 4.3.2), and the last is sent by the browser without being asked.
func (v *verifier) Present(r *http.Request) bool {
	// Whether the rest is one token is for Authenticate to say, once.
	value, found, ok := field.One(r.Header, "Authorization")
	return found && (!ok || isBearer(value) || !otherScheme(value))
}

func isBearer(value string) bool {
	return len(value) >= len(scheme) && field.EqualFold(value[:len(scheme)], scheme)
}

// Authenticate implements authn.Authenticator. Its errors are those of Verify,
// authn.ErrNoCredentials, and authn.ErrAmbiguous for an Authorization field
// that comes twice or is malformed.
func (v *verifier) Authenticate(r *http.Request) (*authn.Principal, error) {
	token, present, err := credential(r.Header)
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

// Challenge implements authn.Authenticator (RFC 6750, section 3). Without
// credentials it names the scheme and no error; with malformed ones the error is
// invalid_request, and otherwise invalid_token (section 3.1).
func (v *verifier) Challenge(realm string, err error) string {
	c := v.challenges.Load()
	if c == nil || c.realm != realm {
		c = challengesOf(realm)
		v.challenges.Store(c)
	}
	// Invalid comes first: its cause may be of a Validate, and be anything.
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

// challenges are those for one realm. They are kept, for a Middleware has one.
type challenges struct{ realm, missing, malformed, invalid, expired string }

func challengesOf(realm string) *challenges {
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

// credential returns the token of a request.
func credential(h http.Header) (token string, present bool, err error) {
	value, found, ok := field.One(h, "Authorization")
	if !found {
		return "", false, nil
	}
	if !ok {
		return "", true, refuseRepeated
	}
	if !isBearer(value) {
		if otherScheme(value) {
			return "", false, nil
		}
		return "", true, refuseCredential
	}
	rest := value[len(scheme):]
	token = strings.TrimLeft(rest, " ")
	// A token that is too long is refused by its length, unread.
	if len(token) == len(rest) || len(token) <= claim.MaxToken && !single(token) {
		return "", true, refuseCredential
	}
	return token, true, nil
}

// otherScheme reports whether value is a credential of a scheme other than
// Bearer. A lone word is none: it may as well be a token whose scheme was
// forgotten. Nor is a list of credentials that has a Bearer in it, as a proxy
// makes it that joins two fields.
func otherScheme(value string) bool {
	name, rest, ok := strings.Cut(value, " ")
	if !ok || len(name) > maxScheme || !field.Token(name) || strings.TrimLeft(rest, " ") == "" {
		return false
	}
	for range maxParameters {
		if _, rest, ok = strings.Cut(rest, ","); !ok {
			return true
		}
		rest = strings.TrimLeft(rest, " \t")
		if len(rest) > len(scheme) && rest[len(scheme)] == ' ' && field.EqualFold(rest[:len(scheme)], scheme) {
			return false
		}
	}
	return false
}

// single reports whether s cannot be read as more than one word. Whether it is
// a token at all is for Verify to say.
func single(s string) bool {
	for _, c := range [...]byte{' ', '\t', ',', '"'} {
		if strings.IndexByte(s, c) >= 0 {
			return false
		}
	}
	return s != ""
}
