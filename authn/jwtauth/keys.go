package jwtauth

import (
	"context"
	"errors"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// key asks the source of an issuer and makes sure of its answer.
func (v *verifier) key(ctx context.Context, from *trustedIssuer, kid string) (jwa.Key, error) {
	given, err := from.keys.Key(ctx, from.issuer, kid)
	switch {
	case err == nil:
	case errors.Is(err, jwks.ErrUnknownKey):
		return nil, v.refuse.unknownKey
	default:
		return nil, outage(ctx, err)
	}
	key, err := given.Checked()
	switch {
	case err != nil:
		return nil, unavailable(err)
	case key.ID() != kid:
		return nil, unavailable(errOtherKey)
	}
	return key, nil
}

// accepts reports whether v may have a key for alg.
func (v *verifier) accepts(alg string) bool {
	if v.secrets {
		return alg == jwa.HS256
	}
	_, known := jwa.Lookup(alg)
	return known
}

// checkKeys adds what is wrong with the source at a field of Config, and with its
// keys if it is a source of package jwks. It reports whether these are shared secrets.
func checkKeys(f *httperr.ConfigFaults, at string, source jwks.Source) (secrets bool) {
	if nilcheck.Nil(source) {
		f.Add(at, nil, "is nil", "use jwks.Remote, jwks.File or jwks.Static, or check the error of the function that returned it")
		return false
	}
	c, ok := source.(jwa.Checker)
	if !ok {
		return false
	}
	self := c.SelfCheck()
	prefix := at + "."
	if at == "Keys" {
		prefix = "" // the faults of a source begin with it
	}
	f.AddAll(prefix, self.Err())
	return self.Secrets()
}
