package authn

import (
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// The refusals of an Authenticator. It returns one of them, with the reason for the
// log as its cause: ErrInvalid.With(err).
var (
	// ErrNoCredentials: the request carries no credential.
	ErrNoCredentials = &httperr.Error{
		Status:  http.StatusUnauthorized,
		Code:    "unauthenticated",
		Message: "Authentication is required. Log in, or send credentials.",
	}

	// ErrInvalid: the credential is not valid. All reasons share one text, so that
	// an attacker learns nothing from a wrong guess.
	ErrInvalid = &httperr.Error{
		Status:  http.StatusUnauthorized,
		Code:    "invalid_credentials",
		Message: "The credentials are not valid. Log in again, or send others.",
	}

	// ErrExpired: the credential was valid and has expired. Only a client that held
	// the credential receives this error, and it needs to know when to renew.
	ErrExpired = &httperr.Error{
		Status:  http.StatusUnauthorized,
		Code:    "credentials_expired",
		Message: "The credentials have expired. Log in again, or refresh them.",
	}

	// ErrAmbiguous: the request carries more than one credential, or a malformed one
	// that can be read in more than one way. An Authenticator may return a copy with a
	// Message that names the malformed field.
	ErrAmbiguous = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "invalid_request",
		Message: "The request must carry exactly one credential.",
	}

	// ErrCrossOrigin: a browser sent the credential, such as a cookie, on behalf of a
	// page of another origin (cross-site request forgery).
	ErrCrossOrigin = &httperr.Error{
		Status:  http.StatusForbidden,
		Code:    "cross_origin",
		Message: "The request comes from a page of another origin. Send it from a page of the service.",
	}

	// ErrUnavailable: the credential could not be verified, because the source of
	// keys or the store did not answer.
	ErrUnavailable = &httperr.Error{
		Status:  http.StatusServiceUnavailable,
		Code:    "authentication_unavailable",
		Message: "Authentication is not available at the moment. Try again later.",
		Header:  http.Header{"Retry-After": {"1"}},
	}
)
