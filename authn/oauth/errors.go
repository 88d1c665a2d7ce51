package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// The refusals of a login.
var (
	// ErrNotNavigation: a login begins only where a browser opens a page: not in a frame, not
	// by a script, and not ahead of a click.
	ErrNotNavigation = &httperr.Error{
		Status:  http.StatusUnauthorized,
		Code:    "login_not_navigation",
		Message: "A login begins as a page of its own. Open its address in the browser window.",
		Header:  http.Header{"Www-Authenticate": {"Session"}}, // RFC 9110, section 15.5.2, demands one
	}

	// ErrFlow: the callback belongs to no login that is under way in this browser. It took
	// more than 10 minutes, five newer ones have begun, it is finished already, or it began
	// elsewhere: in another browser, or at another name of this host than RedirectURL has.
	ErrFlow = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "login_flow_unknown",
		Message: "This login took too long, is already finished, or began in another browser. Log in again.",
	}

	// ErrDenied: the identity provider did not log the user in. In most cases the user has
	// declined. The cause has the error code of the provider.
	ErrDenied = &httperr.Error{
		Status:  http.StatusForbidden,
		Code:    "login_denied",
		Message: "The identity provider did not log you in. Log in again.",
	}

	// ErrResponse: the answer of the identity provider is not the one to this login, or
	// cannot be trusted. The cause says why.
	ErrResponse = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "login_response_invalid",
		Message: "The answer of the identity provider is not valid. Log in again.",
	}

	// ErrLogoutToken: a request to ServeBackChannelLogout has no logout token of the provider
	// for this client, or one that was used before. The cause says why.
	ErrLogoutToken = &httperr.Error{
		Status:  http.StatusBadRequest,
		Code:    "logout_token_invalid",
		Message: "The logout token is missing, is not valid, or was used before. Send a new one.",
	}
)

// The causes that are the same for every provider.
var (
	errFrame        = errors.New("oauth: Sec-Fetch-Mode or Sec-Fetch-Dest is not that of a page in a window")
	errPrefetch     = errors.New("oauth: the browser loads the page ahead of a click (Sec-Purpose)")
	errRepeated     = errors.New("oauth: a parameter of the authorization response is there twice")
	errProvider     = errors.New("oauth: the login began at another provider, or for another RedirectURL")
	errIss          = errors.New("oauth: iss is not Config.Issuer (RFC 9207)")
	errNoIss        = errors.New("oauth: iss is missing, and the metadata or Config.RequireIss demand it (RFC 9207)")
	errNoCode       = errors.New("oauth: the authorization response has neither code nor error")
	errForm         = errors.New("oauth: the form of the authorization response is longer than 64 KiB, or no form")
	errUsedCode     = errors.New("oauth: the token endpoint does not know the code, or knows it as used (invalid_grant)")
	errNoIDToken    = errors.New("oauth: the token response has no id_token; Config.UserInfo is for a provider without OpenID Connect")
	errNoAccess     = errors.New("oauth: the token response has no access_token")
	errTokenType    = errors.New("oauth: token_type is not Bearer")
	errOtherSubject = errors.New("oauth: the sub of the UserInfo response is not that of the ID token")
	errNoSubject    = errors.New("oauth: Config.UserInfo returned no Subject")
	errSID          = errors.New("oauth: Config.SID returned more than 256 bytes, or no valid UTF-8; return the ID in base64url")
	errRequest      = errors.New("oauth: Request.MaxAge is negative, or an ACR is empty or has a space")
	errLongFlow     = errors.New("oauth: Request.ACR makes the flow cookie longer than browsers keep")
	errNoOnLogout   = errors.New("oauth: ServeBackChannelLogout needs Config.OnLogout")
	errLogoutForm   = errors.New("oauth: the request is no form with one logout_token")
	errUsedLogout   = errors.New("oauth: the logout token was used before (jti)")
	errLoggedOut    = errors.New("oauth: the provider has ended this session since the login began")
	errNoRevocation = errors.New("oauth: the metadata have no revocation_endpoint; set Endpoints, or let the access token expire")
	errSignedInfo   = errors.New("oauth: the UserInfo response is a JWT; ask the provider for JSON")
)

// unavailable returns the error of a request to the provider that failed. A client that has
// left is no outage.
func unavailable(r context.Context, format string, args ...any) error {
	if r.Err() != nil && errors.Is(r.Err(), context.Canceled) {
		return r.Err()
	}
	return authn.ErrUnavailable.With(fmt.Errorf("oauth: "+format, args...))
}

// note writes e into the record of the request, and the user of id if it is not nil.
func note(ctx context.Context, id *Identity, e carrier.Events) {
	rec := carrier.From(ctx)
	if rec == nil {
		return
	}
	rec.Update(func(f *carrier.Facts) {
		f.Events |= e
		if id != nil && f.Subject == "" { // OnLogin may have noted its session
			f.Issuer, f.Subject, f.AuthMethod = id.Issuer, id.Subject, pkg
		}
	})
}

// noteRefusedCode writes err into the record of a callback that is answered by a page. A code
// that is used twice and a setting that does not fit at the provider look alike to the user.
func noteRefusedCode(ctx context.Context, err error) {
	if rec := carrier.From(ctx); rec != nil {
		rec.Update(func(f *carrier.Facts) { f.Cause, f.Status, f.Events = err, http.StatusOK, f.Events|carrier.AuthFailed })
	}
}

// noteFailure writes the event of an error into the record of the request.
func noteFailure(ctx context.Context, err error) {
	e, ok := errors.AsType[*httperr.Error](err)
	switch {
	case !ok:
	case errors.Is(err, authn.ErrUnavailable):
		note(ctx, nil, carrier.StoreDegraded)
	case e.Status == http.StatusUnauthorized || isLoginFault(err) || errors.Is(err, ErrLogoutToken):
		note(ctx, nil, carrier.AuthFailed)
	}
}

// isLoginFault reports whether the user can mend err by another login.
func isLoginFault(err error) bool {
	return errors.Is(err, ErrFlow) || errors.Is(err, ErrDenied) || errors.Is(err, ErrResponse)
}
