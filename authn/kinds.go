package authn

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	httperr "github.com/go-sallyport/sallyport/errors"
)

var refuseTwo = ErrAmbiguous.With(errors.New("authn: more than one of Config.Authenticators has a credential to judge"))

// checkKinds adds a fault for each Authenticator that takes a bearer token for
// its own beside another: every request with one would be refused as ambiguous,
// and the client be told that it is at fault. It is found by asking, for a
// scheme is what an Authenticator sees and nothing that it has to declare; two
// that share Bearer by the form of the token are no fault.
func checkKinds(f *httperr.ConfigFaults, authenticators []Authenticator) {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{"Authorization": {"Bearer a"}}}
	first := -1
	for i, a := range authenticators {
		switch {
		case !a.Present(r):
		case first < 0:
			first = i
		default:
			f.Add(fmt.Sprintf("Authenticators[%d]", i), nil, fmt.Sprintf("takes each bearer token for its own, as Authenticators[%d] does, so all would be refused as ambiguous", first),
				"leave one of them; a jwtauth.Verifier takes several issuers, in Config.Issuers")
		}
	}
}
