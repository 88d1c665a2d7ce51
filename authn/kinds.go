package authn

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

var refuseTwo = ErrAmbiguous.With(errors.New("authn: more than one of Config.Authenticators has a credential to judge"))

// checkKinds adds a fault for each Authenticator that takes every bearer token
// for its own beside another, or every value of a header that one with a method
// CredentialHeader reads: each request with one would be refused as ambiguous,
// and the client be told that it is at fault. It is found by asking, for what is a
// credential is what an Authenticator sees and nothing that it has to declare;
// two that share Bearer or a header by the form of the value are no fault.
func checkKinds(f *httperr.ConfigFaults, authenticators []Authenticator) {
	checkKind(f, authenticators, "Authorization", "Bearer a", "bearer token",
		"leave one of them; a jwtauth.Verifier takes several issuers, in Config.Issuers")
	var asked []string
	for _, a := range authenticators {
		if name, ok := headerOf(a); ok && !slices.Contains(asked, name) {
			asked = append(asked, name)
			checkKind(f, authenticators, name, "a", name+" header", "set another Header in the apikey.Config of one, or leave one of them")
		}
	}
}

// headerOf returns the header that a reads, if it says so.
func headerOf(a Authenticator) (name string, ok bool) {
	if h, says := a.(interface{ CredentialHeader() string }); says {
		name, ok = http.CanonicalHeaderKey(h.CredentialHeader()), true
	}
	return name, ok
}

func checkKind(f *httperr.ConfigFaults, authenticators []Authenticator, header, value, kind, fix string) {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{header: {value}}}
	first := -1
	for i, a := range authenticators {
		switch {
		case !a.Present(r):
		case first < 0:
			first = i
		default:
			f.Add(fmt.Sprintf("Authenticators[%d]", i), nil, fmt.Sprintf("takes each %s for its own, as Authenticators[%d] does, so all would be refused as ambiguous", kind, first), fix)
		}
	}
}
