package lockout

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// The ways to refuse.
var (
	// ErrDelayed: no password may be tried now; Retry-After says when (RFC 6585,
	// section 4). One code and one text for a delay and a lockout, for accounts
	// that exist and those that do not: which of them it was, a [Decision] tells
	// the service and nothing tells the client.
	ErrDelayed = &httperr.Error{Status: http.StatusTooManyRequests, Code: "login_delayed", Message: "There were too many failed logins; try again later."}

	// ErrToken: the unlock token was not issued for this account, was used, was
	// replaced by a later one, or has expired. One text for all of them.
	ErrToken = &httperr.Error{Status: http.StatusBadRequest, Code: "unlock_token_invalid", Message: "The link to unlock the account is not valid."}

	// ErrUnavailable: the Store did not answer, so nobody may guess. A login
	// that nothing counts is what this package is there to prevent.
	ErrUnavailable = &httperr.Error{Status: http.StatusServiceUnavailable, Code: "login_unavailable", Message: "Logging in is not possible at the moment.", Header: http.Header{"Retry-After": {"1"}}}
)

// The causes of ErrDelayed, for the log.
var (
	errDelay  = errors.New("lockout: the delay after the last failure is not over")
	errLocked = errors.New("lockout: locked after too many failures")
)
