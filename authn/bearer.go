package authn

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// A bearerUse describes how an Authenticator uses the scheme Bearer.
type bearerUse struct {
	only   bool   // it reads no header but Authorization
	prefix string // its bearer tokens begin with this text; empty: they have no common prefix
}

func bearerUseOf(a Authenticator) (use bearerUse) {
	h, ok := a.(interface{ CredentialHeader() string })
	use.only = ok && http.CanonicalHeaderKey(h.CredentialHeader()) == "Authorization"
	if p, ok := a.(interface{ BearerPrefix() string }); ok && use.only {
		use.prefix = p.BearerPrefix()
	}
	return use
}

// bearerOwner returns the one of the candidates i and k that the bearer token of r is for,
// or -1 if r may carry a credential for each. If the token has no known prefix, it is for
// the candidate without a prefix. If there is none, one candidate refuses the token.
func (m *Middleware) bearerOwner(r *http.Request, i, k int) int {
	a, b := m.candidates[i].bearer, m.candidates[k].bearer
	if !a.only || !b.only || a.prefix == "" && b.prefix == "" {
		return -1
	}
	value, _, once := field.One(r.Header, "Authorization")
	if !once {
		return -1
	}
	token, _ := field.Bearer(value)
	switch {
	case a.prefix != "" && strings.HasPrefix(token, a.prefix):
		return i
	case b.prefix != "" && strings.HasPrefix(token, b.prefix), a.prefix != "" && b.prefix == "":
		return k
	}
	return i
}

// checkPrefixes adds a fault for each pair of Authenticators whose bearer tokens cannot be
// told apart although one of them has a prefix. accepts lists the Authenticators that
// accept every bearer token.
func checkPrefixes(f *httperr.ConfigFaults, authenticators []Authenticator, accepts []int) {
	uses := make([]bearerUse, len(authenticators))
	for i, a := range authenticators {
		uses[i] = bearerUseOf(a)
	}
	for n, k := range accepts {
		for _, i := range accepts[:n] {
			a, b := uses[i], uses[k]
			path := fmt.Sprintf("Authenticators[%d]", k)
			switch {
			case a.prefix == "" && b.prefix == "": // checkOverlap has added the fault
			case !a.only || !b.only:
				reason := "shares the scheme Bearer with Authenticators[%d], and one of them may read other headers too"
				f.Add(path, nil, fmt.Sprintf(reason, i),
					"give an apikey.Authenticator a header of its own, in the place of Config.Bearer, or leave "+
						"jwtauth.Config.Sources; an Authenticator of yours that reads no other header has the method "+
						`CredentialHeader, which returns "Authorization"`)
			case a.prefix != "" && b.prefix != "" && (strings.HasPrefix(a.prefix, b.prefix) || strings.HasPrefix(b.prefix, a.prefix)):
				reason := fmt.Sprintf("has the same prefix of bearer tokens as Authenticators[%d]", i)
				f.Add(path, b.prefix, reason, "set another prefix, or leave one of them")
			}
		}
	}
}
