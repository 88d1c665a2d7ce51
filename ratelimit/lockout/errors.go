package lockout

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// The refusals.
var (
	// ErrDelayed refuses an attempt because no password may be tried now; Retry-After
	// says when (RFC 6585, section 4). A delay and a lockout have the same code and
	// text, for accounts that exist and for accounts that do not. A [Decision] tells
	// the service which of them it was, and nothing tells the client.
	ErrDelayed = &httperr.Error{
		Status:  http.StatusTooManyRequests,
		Code:    "login_delayed",
		Message: "There were too many failed logins; try again later.",
	}

	// ErrToken refuses an unlock token that was not issued for this account, was used,
	// was replaced by a later token, or has expired. All these cases have one text.
	ErrToken = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "unlock_token_invalid",
		Message: "The link to unlock the account is not valid. Ask for a new one.",
	}

	// ErrUnavailable refuses an attempt because the Store did not answer. This package
	// exists to prevent logins that are not counted.
	ErrUnavailable = &httperr.Error{
		Status:  http.StatusServiceUnavailable,
		Code:    "login_unavailable",
		Message: "Logging in is not possible at the moment. Try again later.",
		Header:  http.Header{"Retry-After": {"1"}},
	}
)

// The causes of ErrDelayed, for the log.
var (
	errDelay  = errors.New("lockout: the delay after the last failure is not over")
	errLocked = errors.New("lockout: locked after too many failures")
)
