package object

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// ErrUnavailable is the refusal of a request whose object could not be loaded. A missing
// object is httperr.ErrNotFound, and so is an object of another owner or tenant.
var ErrUnavailable = &httperr.Error{
	Status:  http.StatusServiceUnavailable,
	Code:    "object_unavailable",
	Message: "The resource is not available at the moment. Try again later.",
	Header:  http.Header{"Retry-After": {"1"}},
}

// The refusals with 404. The client sees one response. The reason is for the record.
var (
	errKey     = httperr.ErrNotFound.With(errors.New("object: the request has no valid key"))
	errMissing = httperr.ErrNotFound.With(errors.New("object: there is no object with this key"))
	errNil     = httperr.ErrNotFound.With(errors.New("object: Load returned nil and true"))
	errNoOwner = httperr.ErrNotFound.With(errors.New("object: the object has no owner: the subject or the issuer is empty"))
	errForeign = httperr.ErrNotFound.With(errors.New("object: the object belongs to another owner"))
	errTenant  = httperr.ErrNotFound.With(errors.New("object: the tenant of the object is empty, or not the tenant of the caller"))
	errParent  = httperr.ErrNotFound.With(errors.New("object: the object belongs to another parent"))
)

var (
	errNoPrincipal = authn.ErrNoCredentials.With(errors.New("object: there is no principal; is the route inside of authn?"))
	errGuessed     = errNoPrincipal.WithHeader("WWW-Authenticate", "Bearer")
	errNoIssuer    = httperr.ErrInternal.With(errors.New("object: the principal has no issuer, so it cannot own an object"))
)

// noCredentials returns the refusal of a caller without a principal. If an optional authn
// let the caller pass, the refusal has the challenges of its Authenticators. Otherwise the
// accepted schemes are unknown, and Bearer is a guess.
func noCredentials(ctx context.Context) error {
	if rec := carrier.From(ctx); rec != nil {
		if c := rec.Facts().Challenges; c != nil && len(c.NoCredentials) > 0 {
			e := errNoPrincipal.With(errNoPrincipal.Cause)
			e.Header = http.Header{"Www-Authenticate": c.NoCredentials}
			return e
		}
	}
	return errGuessed
}

// eventsOf returns the events of a refusal.
func eventsOf(ctx context.Context, err error) carrier.Events {
	switch {
	case err == nil:
		return 0
	case err == errForeign, err == errTenant, err == errNoOwner, err == errParent, errors.Is(err, authn.ErrNoCredentials):
		return carrier.AuthzDenied
	case errors.Is(err, ErrUnavailable) && !errors.Is(ctx.Err(), context.Canceled): // else the client left
		return carrier.StoreDegraded
	}
	return 0
}
