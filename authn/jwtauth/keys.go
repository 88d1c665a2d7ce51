package jwtauth

import (
	"context"
	"errors"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// findKey returns the key kid from the source of issuer. It checks the key that the
// source returned.
func (v *verifier) findKey(ctx context.Context, issuer *trustedIssuer, kid string) (jwa.Key, error) {
	given, err := issuer.keys.Key(ctx, issuer.iss, kid)
	if errors.Is(err, jwks.ErrUnknownKey) {
		return nil, v.refuse.unknownKey
	}
	if err != nil {
		return nil, wrapOutage(ctx, err)
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

// acceptsAlg reports whether a key of v can have the algorithm alg.
func (v *verifier) acceptsAlg(alg string) bool {
	if v.sharedSecrets {
		return alg == jwa.HS256
	}
	_, known := jwa.Lookup(alg)
	return known
}

// checkKeys adds the faults of source, and the faults of its keys if it is a source of
// package jwks. It reports whether these keys are shared secrets.
func checkKeys(f *httperr.ConfigFaults, fieldName string, source jwks.Source) (secrets bool) {
	if nilcheck.Nil(source) {
		f.Add(fieldName, nil, "is nil", "use jwks.Remote, jwks.File or jwks.Static, or check the error of the function that returned it")
		return false
	}
	c, ok := source.(jwa.Checker)
	if !ok {
		return false
	}
	check := c.SelfCheck()
	prefix := fieldName + "."
	if fieldName == "Keys" {
		prefix = "" // the faults of a source already begin with Keys
	}
	f.AddAll(prefix, check.Err())
	return check.Secrets()
}
