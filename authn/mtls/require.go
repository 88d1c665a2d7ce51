package mtls

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Require runs next only for requests with a good client certificate. It keeps the caller of
// that certificate, for [PeerFrom], beside the principal of another credential. So it belongs
// outside of an authn.Middleware for that other credential. It refuses a request as
// Authenticate does; Config.Deny writes them. A 401 has the challenge ClientCertificate.
func (a *Authenticator) Require(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("mtls: Require of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, outer *http.Request) {
		rec, r := carrier.Ensure(outer)
		defer carrier.Restore(outer, r)
		e, err := a.verify(r)
		if err != nil {
			rec.Update(func(f *carrier.Facts) { f.Events |= failure(err) })
			a.cfg.Deny(w, r, a.addChallenge(err))
			return
		}
		rec.Update(func(f *carrier.Facts) { f.Peer = e.peer })
		next.ServeHTTP(w, r)
	})
}

// addChallenge returns err with the header that a 401 must have (RFC 9110, section 15.5.2).
func (a *Authenticator) addChallenge(err error) error {
	if e, ok := errors.AsType[*httperr.Error](err); ok && e.Status == http.StatusUnauthorized {
		return e.WithHeader("Www-Authenticate", a.Challenge("", err))
	}
	return err
}

// failure returns the event of a refusal. An outage, and a client that has left, say nothing
// about the certificate.
func failure(err error) carrier.Events {
	switch e, ok := errors.AsType[*httperr.Error](err); {
	case !ok:
		return 0
	case e.Is(authn.ErrUnavailable):
		return carrier.StoreDegraded
	}
	return carrier.AuthFailed
}
