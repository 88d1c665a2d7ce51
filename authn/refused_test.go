package authn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// asked is an authenticator that is a function, and says whatever that says.
type asked func() (*authn.Principal, error)

func (asked) Present(*http.Request) bool                             { return true }
func (f asked) Authenticate(*http.Request) (*authn.Principal, error) { return f() }
func (asked) Challenge(realm string, err error) string {
	return fmt.Sprintf("Ask realm=%q, for=%q", realm, err)
}
func says(p *authn.Principal, err error) func() (*authn.Principal, error) {
	return func() (*authn.Principal, error) { return p, err }
}

func answer(a authn.Authenticator, kv ...string) (*httptest.ResponseRecorder, carrier.Events, error) {
	var seen error
	m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{a}, Realm: "notes", Observe: func(_ *http.Request, d authn.Decision) { seen = d.Err }})
	if err != nil {
		return nil, 0, err
	}
	rec, r := carrier.Ensure(request(kv...))
	w := httptest.NewRecorder()
	m.Handler(&mwtest.Spy{}).ServeHTTP(w, r)
	return w, rec.Facts().Events, seen
}

// Somebody failed to authenticate if he was judged, and not if the store was
// down, if he left, or if an authenticator of ours is broken.
func TestEvents(t *testing.T) {
	var none *httperr.Error
	ann := &authn.Principal{Subject: "ann"}
	for name, tc := range map[string]struct {
		p    *authn.Principal
		err  error
		want carrier.Events
	}{
		"good":             {ann, nil, carrier.AuthSucceeded},
		"invalid":          {nil, authn.ErrInvalid.With(errors.New("x")), carrier.AuthFailed},
		"invalid, outage":  {nil, authn.ErrInvalid.With(authn.ErrUnavailable), carrier.AuthFailed},
		"expired":          {nil, authn.ErrExpired, carrier.AuthFailed},
		"ambiguous":        {nil, authn.ErrAmbiguous, carrier.AuthFailed},
		"foreign":          {nil, errors.New("x"), carrier.AuthFailed},
		"outage":           {nil, authn.ErrUnavailable.With(errors.New("x")), carrier.StoreDegraded},
		"outage, wrapped":  {nil, fmt.Errorf("x: %w", authn.ErrUnavailable), carrier.StoreDegraded},
		"outage, bare":     {nil, authn.ErrUnavailable, carrier.StoreDegraded},
		"the client left":  {nil, fmt.Errorf("x: %w", context.Canceled), 0},
		"nothing":          {nil, nil, 0},
		"nobody":           {&authn.Principal{}, nil, 0},
		"a nil error":      {nil, none, 0},
		"a nil error, ann": {ann, none, 0},
	} {
		if _, got, _ := answer(asked(says(tc.p, tc.err))); got != tc.want {
			t.Errorf("%s: %b, want %b", name, got, tc.want)
		}
	}
}

// The usual mistake of a function that returns a *httperr.Error as an error must
// not end in a panic with each request, nor open the route.
func TestNilErrorIsRefused(t *testing.T) {
	var none *httperr.Error
	w, _, err := answer(asked(says(&authn.Principal{Subject: "ann"}, none)))
	mwtest.Refused(t, w.Result(), 500, "internal_error")
	if err == nil || err.Error() != "internal_error: authn: authn_test.asked returned a nil *httperr.Error as its error" {
		t.Error(err)
	}
}

func TestNilFunctionIsAFault(t *testing.T) {
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{asked(nil)}})
	mwtest.Faults(t, err, "authn: Authenticators[0]: is nil; ")
}

// A challenge that was made beforehand is used where it is the right one only.
func TestChallengeIsOfTheError(t *testing.T) {
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
			w, _, seen := answer(asked(says(nil, tc.err)))
			if got := w.Header()["Www-Authenticate"]; !slices.Equal(got, []string{tc.want}) || w.Header().Get("X-Extra") != tc.extra {
				t.Errorf("%v: %q, want %q", tc.err, got, tc.want)
			}
			if kind, _ := errors.AsType[*httperr.Error](tc.err); !errors.Is(seen, kind) && seen.(*httperr.Error).Code != kind.Code {
				t.Errorf("%v became %v", tc.err, seen)
			}
		}
	}
}

// Deny may change what WithHeader returns; the next refusal is as it was.
func TestRefusalsStayAsTheyWere(t *testing.T) {
	var codes []string
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{one}, Realm: "notes", Deny: func(w http.ResponseWriter, r *http.Request, err error) {
		e, _ := errors.AsType[*httperr.Error](err)
		codes = append(codes, e.Header.Get("WWW-Authenticate"))
		httperr.Write(w, r, e.WithHeader("WWW-Authenticate", "mine"))
	}})
	for range 3 {
		w := httptest.NewRecorder()
		m.Handler(&mwtest.Spy{}).ServeHTTP(w, request("One", "bad"))
		if got := w.Header()["Www-Authenticate"]; !slices.Equal(got, []string{"mine"}) {
			t.Error(got)
		}
	}
	if want := `X-One realm="notes", error="bad"`; !slices.Equal(codes, []string{want, want, want}) {
		t.Error(codes)
	}
}
