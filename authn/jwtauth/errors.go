package jwtauth

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
)

// The reasons for refusing a token. They are causes of authn.ErrInvalid, for the log and
// for errors.Is in Deny and Observe. The client never sees them. A kid without a key is
// jwks.ErrUnknownKey. An expired token is authn.ErrExpired. If a source of keys or
// Config.Revoked does not answer, the error is authn.ErrUnavailable.
var (
	ErrMalformed   = errors.New("jwtauth: malformed token")               // not a JWS in compact form with strict JSON
	ErrType        = errors.New("jwtauth: type of another kind of token") // typ
	ErrAlgorithm   = errors.New("jwtauth: algorithm is not the key's")    // alg
	ErrSignature   = errors.New("jwtauth: signature does not verify")     // forged, or of a key that was replaced
	ErrIssuer      = errors.New("jwtauth: another issuer")                // iss
	ErrAudience    = errors.New("jwtauth: meant for another audience")    // aud
	ErrClaims      = errors.New("jwtauth: missing or malformed claim")    // any other claim, and the claims of C
	ErrNotYetValid = errors.New("jwtauth: not valid yet")                 // nbf, iat or auth_time in the future
	ErrRevoked     = errors.New("jwtauth: revoked")                       // Config.Revoked returned true
)

// The refusals are created once and shared, because a refusal must cost the service less
// than the request cost its sender. They hold no part of a token. These are the same for
// every Verifier; type refusals holds the ones that name configured values.
var (
	refuseSize         = newRefusal(ErrMalformed, "longer than 8 KiB")
	refuseSegments     = newRefusal(ErrMalformed, "not three non-empty segments")
	refuseBase64       = newRefusal(ErrMalformed, "not canonical base64url without padding")
	refuseHeaderSize   = newRefusal(ErrMalformed, "header longer than 1 KiB")
	refuseCritical     = newRefusal(ErrMalformed, "header has crit, b64, zip or enc")
	refuseNested       = newRefusal(ErrMalformed, "header says that the payload is a token")
	refuseKeyID        = newRefusal(ErrMalformed, "kid is not a string of 1 to 128 bytes")
	refuseAlg          = newRefusal(ErrAlgorithm, "alg is not a string")
	refuseUnknownAlg   = newRefusal(ErrAlgorithm, "alg is none of this package")
	refuseAlgorithm    = newRefusal(ErrAlgorithm, "alg is not the Algorithm of the key that kid names")
	refuseSignature    = authn.ErrInvalid.With(ErrSignature)
	refuseExpBeforeIat = newRefusal(ErrClaims, "exp is not after iat")
	refuseKeyBound     = newRefusal(ErrClaims, "cnf binds the token to a key, whose possession nobody proved")
	refuseFieldVariant = newRefusal(ErrMalformed, "JSON: a name that differs from that of a field of C by case only")
	refuseRevoked      = authn.ErrInvalid.With(ErrRevoked)
	refuseExpired      = authn.ErrExpired.With(errors.New("jwtauth: exp has passed"))
)

// refuseJSON maps each error of strictjson, in the header or in the claims, to its
// refusal, and nil to nil.
var refuseJSON = func() map[error]error {
	all := map[error]error{}
	for _, err := range strictjson.Errors() {
		all[err] = newRefusal(ErrMalformed, err.Error())
	}
	return all
}()

var errOtherKey = errors.New("jwtauth: the source returned a key of another ID")

func newRefusal(kind error, detail string) error {
	return authn.ErrInvalid.With(fmt.Errorf("%w: %s", kind, detail))
}

func unavailable(cause error) error { return authn.ErrUnavailable.With(cause) }

// wrapOutage turns the error of a key source or of Config.Revoked into the error of
// Verify.
func wrapOutage(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return err // the client left; nothing is unavailable
	}
	return unavailable(err)
}
