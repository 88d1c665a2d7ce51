package authn

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

var errTwoCredentials = ErrAmbiguous.With(errors.New("authn: more than one of Config.Authenticators has a credential in this request"))

// checkOverlaps adds a fault for each second Authenticator that accepts every
// bearer token, or every value of a header that an Authenticator with the method
// CredentialHeader reads. Each request with such a credential would be refused as
// ambiguous, and the response would blame the client.
//
// checkOverlaps calls Present, because an Authenticator does not have to declare
// the credentials that it accepts. Two Authenticators may share Bearer or a header
// if they tell their values apart by form, or share Bearer by a declared prefix.
func checkOverlaps(f *httperr.ConfigFaults, authenticators []Authenticator) {
	accepts := checkOverlap(f, authenticators, "Authorization", "Bearer a", "bearer token",
		"leave one of them; a jwtauth.Verifier takes several issuers, in Config.Issuers, "+
			"and an apikey.Authenticator shares the scheme without Config.Legacy")
	checkPrefixes(f, authenticators, accepts)
	for _, name := range ownHeaders(authenticators) {
		checkOverlap(f, authenticators, name, "a", name+" header",
			"set another Header in the apikey.Config of one, or leave one of them")
	}
}

// ownHeaders returns the header fields, other than Authorization and Cookie, from which
// Authenticators read their credentials, each once.
func ownHeaders(authenticators []Authenticator) (names []string) {
	for _, a := range authenticators {
		h, ok := a.(interface{ CredentialHeader() string })
		if !ok {
			continue
		}
		name := http.CanonicalHeaderKey(h.CredentialHeader())
		if name != "Authorization" && name != "Cookie" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// checkOverlap adds a fault for each Authenticator but the first that accepts
// value in header, without those that have a prefix of bearer tokens. kind and fix are
// for the text of the fault. It returns the indexes of all that accept value.
func checkOverlap(f *httperr.ConfigFaults, authenticators []Authenticator, header, value, kind, fix string) (accepts []int) {
	r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Header: http.Header{header: {value}}}
	first := -1
	for i, a := range authenticators {
		if !a.Present(r) {
			continue
		}
		accepts = append(accepts, i)
		switch {
		case bearerUseOf(a).prefix != "":
		case first < 0:
			first = i
		default:
			reason := "takes each %s for its own, as Authenticators[%d] does, so all would be refused as ambiguous"
			f.Add(fmt.Sprintf("Authenticators[%d]", i), nil, fmt.Sprintf(reason, kind, first), fix)
		}
	}
	return accepts
}
