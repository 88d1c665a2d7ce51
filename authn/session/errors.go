package session

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// The refusals.
var (
	// ErrEnded: the refresh token is not one of a session, or its session is over. An
	// unknown, malformed, spent and expired token all have this text, so that it tells an
	// attacker nothing. A Grant returns it to end a session.
	ErrEnded = &httperr.Error{
		Status:  http.StatusUnauthorized,
		Code:    "session_ended",
		Message: "The session has ended. Log in again.",
		Header:  http.Header{"Www-Authenticate": {challenge}},
	}

	// ErrTooMany: the subject has MaxSessions sessions, and RefuseAtMax is set.
	ErrTooMany = &httperr.Error{
		Status:  http.StatusConflict,
		Code:    "too_many_sessions",
		Message: "There are too many sessions of this account. End one of them, and log in again.",
	}

	errCookie = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "session_cookie_invalid",
		Message: "The request must carry one session cookie of a normal size. Delete the cookies of this site, and log in again.",
	}
)

// challenge names a scheme of its own. It is not registered, so no browser asks for a
// password.
const challenge = "Session"

var errNoCookie = authn.ErrNoCredentials.WithHeader("Www-Authenticate", challenge).With(errors.New("session: no session cookie"))

var errMethod = httperr.ErrMethodNotAllowed.WithHeader("Allow", http.MethodPost)

// The causes, for the log.
var (
	errMalformed   = errors.New("session: not a refresh token")
	errNotFound    = errors.New("session: no session has this token")
	errForged      = errors.New("session: a token that the service did not make, for a session that exists")
	errTransport   = errors.New("session: a token of a cookie outside the cookie, or of a native client in one")
	errExpired     = errors.New("session: expired")
	errReused      = errors.New("session: a spent token was used again; the session has been ended")
	errLost        = errors.New("session: the store does not have the successor of the token")
	errInterfered  = errors.New("session: other requests changed the session meanwhile")
	errEndedAtOnce = errors.New("session: ended while the refresh was under way")
	errTwoCookies  = errors.New("session: more than one session cookie")
	errLongCookie  = errors.New("session: a session cookie of more than 4096 bytes")
)
