package jwtauth

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
)

// Why a token was refused. These are causes of authn.ErrInvalid, for the log
// and for errors.Is in Deny and Observe; the client is never told. A kid without a
// key is jwks.ErrUnknownKey. An expired token is authn.ErrExpired, and a source of
// keys or a Config.Revoked that does not answer is authn.ErrUnavailable.
var (
	ErrMalformed   = errors.New("jwtauth: malformed token")               // not a JWS in compact form with strict JSON
	ErrType        = errors.New("jwtauth: type of another kind of token") // typ
	ErrAlgorithm   = errors.New("jwtauth: algorithm is not the key's")    // alg
	ErrSignature   = errors.New("jwtauth: signature does not verify")     // forged, or of a key that was replaced
	ErrIssuer      = errors.New("jwtauth: another issuer")                // iss
	ErrAudience    = errors.New("jwtauth: meant for another audience")    // aud
	ErrClaims      = errors.New("jwtauth: missing or malformed claim")    // any other claim, and those of C
	ErrNotYetValid = errors.New("jwtauth: not valid yet")                 // nbf, iat or auth_time in the future
	ErrRevoked     = errors.New("jwtauth: revoked")                       // Config.Revoked says so
)

// The refusals are made once and shared: to refuse must cost less than to ask.
// None of them holds anything of a token. Those that name what was configured
// belong to a Verifier and are its reasons; these are the same for all.
var (
	refuseSize       = refusal(ErrMalformed, "longer than 8 KiB")
	refuseSegments   = refusal(ErrMalformed, "not three non-empty segments")
	refuseBase64     = refusal(ErrMalformed, "not canonical base64url without padding")
	refuseHeaderSize = refusal(ErrMalformed, "header longer than 1 KiB")
	refuseCritical   = refusal(ErrMalformed, "header has crit, b64, zip or enc")
	refuseNested     = refusal(ErrMalformed, "header says that the payload is a token")
	refuseKeyID      = refusal(ErrMalformed, "kid is not a string of 1 to 128 bytes")
	refuseAlg        = refusal(ErrAlgorithm, "alg is not a string")
	refuseForeignAlg = refusal(ErrAlgorithm, "alg is none of this package")
	refuseAlgorithm  = refusal(ErrAlgorithm, "alg is not the Algorithm of the key that kid names")
	refuseSignature  = refusal(ErrSignature, "")
	refuseOrder      = refusal(ErrClaims, "exp is not after iat")
	refuseBound      = refusal(ErrClaims, "cnf binds the token to a key, whose possession nobody proved")
	refuseField      = refusal(ErrMalformed, "JSON: a name that differs from that of a field of C by case only")
	refuseRevoked    = refusal(ErrRevoked, "")
	refuseExpired    = authn.ErrExpired.With(errors.New("jwtauth: exp has passed"))
)

// refuseJSON has the refusals for the faults of JSON, in the header or in the
// claims.
var refuseJSON = func() map[error]error {
	all := map[error]error{}
	for _, err := range strictjson.Errors() {
		all[err] = refusal(ErrMalformed, err.Error())
	}
	return all
}()

// malformed returns the refusal for an error of strictjson.
func malformed(err error) error {
	if err == nil {
		return nil
	}
	return refuseJSON[err]
}

var errOtherKey = errors.New("jwtauth: the source returned a key of another ID")

func refusal(kind error, detail string) error {
	if detail != "" {
		kind = fmt.Errorf("%w: %s", kind, detail)
	}
	return authn.ErrInvalid.With(kind)
}

func unavailable(cause error) error { return authn.ErrUnavailable.With(cause) }

// outage is what becomes of the error of somebody who was asked about a token.
func outage(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return err // the client left; nothing is unavailable
	}
	return unavailable(err)
}
