package jwtauth

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
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
	ErrProof       = errors.New("jwtauth: no proof of possession")        // cnf, with the error of Config.Confirm, or of Verify
	ErrRevoked     = errors.New("jwtauth: revoked")                       // Config.Revoked returned true
)

// The refusals that are the same for every Verifier. Each trustedIssuer has its own for the
// others.
var (
	refuseSize          = invalidToken("token", "at most as long as the largest MaxToken of Config")
	refuseSegments      = invalidToken("token", "three segments that are not empty")
	refuseBase64        = invalidToken("token", "canonical base64url without padding")
	refuseSignatureSize = invalidToken("signature", "at most 2048 bytes long")
	refuseHeaderSize    = invalidToken("header", "at most as long as the largest MaxHeader of Config")
	refuseCritical      = invalidToken("header", "without crit, b64, zip and enc")
	refuseNested        = invalidToken("cty", "that of claims: it says that the payload is a token")
	refuseKeyID         = invalidToken("kid", "a string of 1 to 128 bytes")
	refuseFieldVariant  = invalidToken("a name", "exactly the name of a field of C, and differs by case only")
	refuseAlg           = newRefusal(ErrAlgorithm, "alg", "a string", "")
	refuseUnknownAlg    = newRefusal(ErrAlgorithm, "alg", "one that a key of the Verifier can have", "")
	refuseAlgorithm     = newRefusal(ErrAlgorithm, "alg", "the Algorithm of the key that kid names", "")
	refuseSignature     = &refusal{err: invalid(ErrSignature, ""), claim: "signature", wanted: "one of the key that kid names"}
	refuseValidate      = newRefusal(ErrClaims, "the set of claims", "one that the Validate method of C accepts", "")
	refuseProof         = newRefusal(ErrProof, "cnf", "absent: Verify has no request that proves possession, only Authenticate has", "")
	refuseRevoked       = &refusal{err: invalid(ErrRevoked, ""), claim: "token", wanted: "one that Config.Revoked does not report"}
	expired             = &refusal{authn.ErrExpired.With(errors.New("jwtauth: exp has passed")), "exp", "in the future", ""}
)

// formRefusals are the refusals of the form of a token, for Explain.
var formRefusals = []*refusal{
	refuseSize, refuseSegments, refuseBase64, refuseSignatureSize, refuseHeaderSize,
	refuseCritical, refuseNested, refuseKeyID, refuseFieldVariant, refuseAlg,
}

func invalidToken(part, wanted string) *refusal { return newRefusal(ErrMalformed, part, wanted, "") }

// refuseJSON maps each error of strictjson, in the header or in the claims, to its refusal.
var refuseJSON = func() map[error]error {
	all := map[error]error{}
	for _, err := range strictjson.Errors() {
		all[err] = invalid(ErrMalformed, err.Error())
	}
	return all
}()

// jsonRefusal returns the refusal for an error of strictjson, or nil for nil.
func jsonRefusal(err error) error {
	if err == nil {
		return nil
	}
	if refusal, ok := refuseJSON[err]; ok {
		return refusal
	}
	return invalid(ErrMalformed, "JSON")
}

var errOtherKey = errors.New("jwtauth: the source returned a key of another ID")

// invalid returns the error of a token that is refused for a reason of this kind.
func invalid(kind error, detail string) error {
	if detail != "" {
		kind = fmt.Errorf("%w: %s", kind, detail)
	}
	return authn.ErrInvalid.With(kind)
}

func unavailable(cause error) error { return authn.ErrUnavailable.With(cause) }

// wrapOutage turns the error of a key source or of Config.Revoked into the error of
// Verify.
func wrapOutage(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return err // the client left; nothing is unavailable
	}
	if e, ok := errors.AsType[*jwa.RetryError](err); ok {
		seconds := int((e.After + time.Second - 1) / time.Second)
		return authn.ErrUnavailable.With(err).WithHeader("Retry-After", strconv.Itoa(max(1, seconds)))
	}
	return unavailable(err)
}
