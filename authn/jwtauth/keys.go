package jwtauth

import (
	"context"
	"errors"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
)

// signingKey returns the key of iss that has signed a token with this header.
func (ti *trustedIssuer) signingKey(
	ctx context.Context, iss string, header *knownHeader, signingInput string, signature []byte,
) (jwa.Key, *refusal, error) {
	if ti.legacy != nil {
		key, why := ti.findLegacyKey(header, signingInput, signature)
		return key, why, nil
	}
	key, why, err := ti.findKey(ctx, iss, header.kid, header.alg)
	switch {
	case err != nil || why != nil:
		return nil, why, err
	case header.alg != key.Algorithm():
		return nil, refuseAlgorithm, nil
	case key.Verify(signingInput, signature) != nil:
		return nil, refuseSignature, nil
	}
	return key, nil, nil
}

// findKey returns the key of iss for a token with this kid and alg. kid is empty if
// the token has no kid. findKey checks the key that the source returned.
func (ti *trustedIssuer) findKey(ctx context.Context, iss, kid, alg string) (jwa.Key, *refusal, error) {
	given, err := ti.keys.Key(ctx, iss, kid, alg)
	switch {
	case err == nil:
	case errors.Is(err, jwks.ErrSeveralKeys):
		return nil, ti.refuse.severalKeys, nil
	case errors.Is(err, jwks.ErrUnknownKey):
		return nil, ti.refuse.unknownKey, nil
	default:
		return nil, nil, wrapOutage(ctx, err)
	}
	key, err := given.Checked()
	switch {
	case err != nil:
		return nil, nil, unavailable(err)
	case kid != "" && key.ID() != kid:
		return nil, nil, unavailable(errOtherKey)
	}
	return key, nil, nil
}
