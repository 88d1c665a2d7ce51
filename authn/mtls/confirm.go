package mtls

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
)

var (
	errMethod           = errors.New("mtls: the token is not bound to a certificate (x5t#S256)")
	errOtherCertificate = errors.New("mtls: the token is bound to another certificate")
)

// Confirm checks that r comes with the certificate to which a token is bound (RFC 8705,
// section 3). It is for jwtauth.Config.Confirm:
//
//	jwtauth.Config{Confirm: certificates.Confirm, …}
//
// It verifies the certificate as Authenticate does, with or without Require around, and
// returns its errors. So a certificate that its client has signed itself (RFC 8705, section
// 2.2) is refused, and a token that is bound to a key of DPoP is refused too.
func (a *Authenticator) Confirm(r *http.Request, c authn.Confirmation) error {
	if c.Method != "x5t#S256" {
		return errMethod
	}
	e, err := a.verify(r)
	switch {
	case err != nil:
		return err
	case e.peer.Thumbprint == "" || e.peer.Thumbprint != c.Value:
		return errOtherCertificate
	}
	return nil
}
