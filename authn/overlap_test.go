package authn_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Two Verifiers for two issuers are a common first attempt.
func TestOverlappingAuthenticatorsAreRefused(t *testing.T) {
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{headerOne, bearer(""), headerTwo, bearer(""), bearer("")}})
	mwtest.Faults(t, err,
		"authn: Authenticators[3]: takes each bearer token for its own, as Authenticators[1] does",
		"authn: Authenticators[4]: takes each bearer token for its own, as Authenticators[1] does",
	)
	// Authenticators that can tell their tokens apart may share the scheme.
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{bearer("a_"), bearer("b_")}})
	if _, err := m.Check(request("Authorization", "Bearer b_1")); err != nil {
		t.Error(err)
	}
	_, err = build(t, authn.Config{Authenticators: []authn.Authenticator{headerOne, headerTwo}}).Check(request("One", "ann", "Two", "bob"))
	if !errors.Is(err, authn.ErrAmbiguous) || !strings.Contains(err.Error(), "more than one of Config.Authenticators") {
		t.Error(err)
	}
}

// Two Authenticators with one header of their own would refuse each request with it. A
// cookie is told apart by its name, so two Authenticators share the header Cookie.
func TestOverlappingHeadersAreRefused(t *testing.T) {
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{declared{headerOne}, declared{headerTwo}, declared{headerTwo}}})
	mwtest.Faults(t, err, "authn: Authenticators[2]: takes each Two header for its own, as Authenticators[1] does")
	cookie := declared{headerAuthenticator{name: "Cookie"}}
	build(t, authn.Config{Authenticators: []authn.Authenticator{cookie, cookie}})
}

// declared declares its header.
type declared struct{ headerAuthenticator }

func (d declared) CredentialHeader() string { return d.name }

// bearer accepts bearer tokens that begin with its text.
type bearer string

func (b bearer) Present(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "+string(b))
}

func (b bearer) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Subject: "ann"}, nil
}

func (bearer) Challenge(string, error) string { return "Bearer" }
