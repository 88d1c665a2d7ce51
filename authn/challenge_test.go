package authn_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// withoutChallenge authenticates by a header and has no challenge.
type withoutChallenge struct{ headerAuthenticator }

func (withoutChallenge) Challenge(string, error) string { return "" }

// A refusal of two credentials has the challenges of the two kinds that were sent,
// and no other.
func TestTwoKindsAreChallenged(t *testing.T) {
	three := headerAuthenticator{name: "Three"}
	for name, tc := range map[string]struct {
		authenticators []authn.Authenticator
		request        *http.Request
		want           []string
	}{
		"the first two":            {[]authn.Authenticator{headerOne, headerTwo, three}, request("One", "ann", "Two", "bob"), []string{`X-One realm="notes", error="bad"`, `X-Two realm="notes", error="bad"`}},
		"the outer two":            {[]authn.Authenticator{headerOne, headerTwo, three}, request("One", "ann", "Three", "bob"), []string{`X-One realm="notes", error="bad"`, `X-Three realm="notes", error="bad"`}},
		"the last two":             {[]authn.Authenticator{headerOne, headerTwo, three}, request("Two", "ann", "Three", "bob"), []string{`X-Two realm="notes", error="bad"`, `X-Three realm="notes", error="bad"`}},
		"one without a challenge":  {[]authn.Authenticator{headerOne, withoutChallenge{headerTwo}}, request("One", "ann", "Two", "bob"), []string{`X-One realm="notes", error="bad"`}},
		"both without a challenge": {[]authn.Authenticator{withoutChallenge{headerOne}, withoutChallenge{headerTwo}}, request("One", "ann", "Two", "bob"), nil},
	} {
		m := build(t, authn.Config{Authenticators: tc.authenticators, Realm: "notes"})
		w := respond(m, tc.request)
		if got, found := w.Header()["Www-Authenticate"]; !slices.Equal(got, tc.want) || found != (tc.want != nil) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
		mwtest.Refused(t, w.Result(), 400, "invalid_request")
		if _, err := m.Check(tc.request); !errors.Is(err, authn.ErrAmbiguous) {
			t.Errorf("%s: %v", name, err)
		}
		mwtest.MaxAllocs(t, name, 0, func() { _, _ = m.Check(tc.request) })
	}
}

// A cached challenge is used only for the error that it was made for, and only
// while the Authenticator returns the same challenge for that error.
func TestCachedChallengeIsRenewed(t *testing.T) {
	other := authn.ErrAmbiguous.With(errors.New("another reason"))
	extra := authn.ErrAmbiguous.WithHeader("X-Extra", "1")
	turn := 0
	turns := []error{authn.ErrAmbiguous, authn.ErrAmbiguous, other, other, authn.ErrAmbiguous, extra, fmt.Errorf("x: %w", other), other}
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{authenticatorFunc(func() (*authn.Principal, error) { return nil, turns[turn] })}, Realm: "notes"})
	for turn = range turns {
		w := respond(m, request())
		want := fmt.Sprintf("Ask realm=%q, for=%q", "notes", turns[turn])
		if got := w.Header()["Www-Authenticate"]; !slices.Equal(got, []string{want}) || (w.Header().Get("X-Extra") == "1") != (turns[turn] == error(extra)) {
			t.Errorf("turn %d: %q, want %q", turn, w.Header(), want)
		}
		mwtest.Refused(t, w.Result(), 400, "invalid_request")
		_, err := m.Check(request())
		if !errors.Is(err, authn.ErrAmbiguous) || turns[turn] != error(extra) && !errors.Is(err, errors.Unwrap(turns[turn])) && errors.Unwrap(turns[turn]) != nil {
			t.Errorf("turn %d: %v is not %v", turn, err, turns[turn])
		}
	}

	nonce := 0
	m = build(t, authn.Config{Authenticators: []authn.Authenticator{nonceAuthenticator{authenticatorFunc(returns(nil, authn.ErrAmbiguous)), &nonce}}})
	for nonce = range 3 {
		w := respond(m, request())
		if got := w.Header().Get("WWW-Authenticate"); got != fmt.Sprint("Nonce ", nonce) {
			t.Errorf("%q for nonce %d", got, nonce)
		}
	}
}

// nonceAuthenticator changes its challenge with each nonce and always returns the
// same error.
type nonceAuthenticator struct {
	authenticatorFunc
	nonce *int
}

func (n nonceAuthenticator) Challenge(string, error) string { return fmt.Sprint("Nonce ", *n.nonce) }

// Concurrent requests with two different errors do not receive each other's refusal.
func TestCachedChallengeConcurrently(t *testing.T) {
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{headerAuthenticator{name: "One", errs: map[string]error{
		"a": authn.ErrAmbiguous.With(errors.New("a")), "b": authn.ErrAmbiguous.With(errors.New("b")),
	}}}})
	var wg sync.WaitGroup
	for _, v := range []string{"a", "b", "a", "b"} {
		wg.Go(func() {
			for range 500 {
				if _, err := m.Check(request("One", v)); err == nil || err.Error() != "invalid_request: "+v {
					t.Errorf("%s: %v", v, err)
				}
			}
		})
	}
	wg.Wait()
}

// A challenge that New made in advance is used only for an error to which the
// Authenticator still answers with the same challenge.
func TestChallengeMatchesTheError(t *testing.T) {
	nonce := authn.ErrInvalid.With(errors.New("use another nonce"))
	extra := authn.ErrExpired.WithHeader("X-Extra", "1")
	for _, tc := range []struct {
		err         error
		want, extra string
	}{
		{authn.ErrInvalid, `Ask realm="notes", for="invalid_credentials"`, ""},
		{authn.ErrExpired, `Ask realm="notes", for="credentials_expired"`, ""},
		{nonce, `Ask realm="notes", for="invalid_credentials: use another nonce"`, ""},
		{extra, `Ask realm="notes", for="credentials_expired"`, "1"},
		{fmt.Errorf("x: %w", authn.ErrInvalid), `Ask realm="notes", for="x: invalid_credentials"`, ""},
	} {
		for range 2 {
			w, _, seen := serve(authenticatorFunc(returns(nil, tc.err)))
			if got := w.Header()["Www-Authenticate"]; !slices.Equal(got, []string{tc.want}) || w.Header().Get("X-Extra") != tc.extra {
				t.Errorf("%v: %q, want %q", tc.err, got, tc.want)
			}
			if kind, _ := errors.AsType[*httperr.Error](tc.err); !errors.Is(seen, kind) && seen.(*httperr.Error).Code != kind.Code {
				t.Errorf("%v became %v", tc.err, seen)
			}
		}
	}
}

// Deny may change the copy that WithHeader returns. The next refusal is unchanged.
func TestDenyDoesNotChangeLaterRefusals(t *testing.T) {
	var challenges []string
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{headerOne}, Realm: "notes", Deny: func(w http.ResponseWriter, r *http.Request, err error) {
		e, _ := errors.AsType[*httperr.Error](err)
		challenges = append(challenges, e.Header.Get("WWW-Authenticate"))
		httperr.Write(w, r, e.WithHeader("WWW-Authenticate", "mine"))
	}})
	for range 3 {
		w := respond(m, request("One", "bad"))
		if got := w.Header()["Www-Authenticate"]; !slices.Equal(got, []string{"mine"}) {
			t.Error(got)
		}
	}
	if want := `X-One realm="notes", error="bad"`; !slices.Equal(challenges, []string{want, want, want}) {
		t.Error(challenges)
	}
}
