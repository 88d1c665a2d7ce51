package authn_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestRefusals(t *testing.T) {
	both := []authn.Authenticator{headerOne, headerTwo}
	for name, tc := range map[string]struct {
		request   *http.Request
		optional  bool
		status    int // 0: passes
		code      string
		challenge []string
		subject   string
	}{
		"no credential":           {request(), false, 401, "unauthenticated", []string{`X-One realm="notes"`, `X-Two realm="notes"`}, ""},
		"no credential, optional": {request(), true, 0, "", nil, ""},
		"good":                    {request("One", "ann"), false, 0, "", nil, "ann"},
		"good, second kind":       {request("Two", "bob"), false, 0, "", nil, "bob"},
		"good, optional":          {request("One", "ann"), true, 0, "", nil, "ann"},
		"bad":                     {request("One", "bad"), false, 401, "invalid_credentials", []string{`X-One realm="notes", error="bad"`}, ""},
		"bad, optional":           {request("One", "bad"), true, 401, "invalid_credentials", []string{`X-One realm="notes", error="bad"`}, ""},
		"bad, wrapped":            {request("One", "wrapped"), false, 401, "invalid_credentials", []string{`X-One realm="notes", error="bad"`}, ""},
		"expired":                 {request("One", "old"), false, 401, "credentials_expired", []string{`X-One realm="notes", error="bad"`}, ""},
		"two kinds":               {request("One", "ann", "Two", "bob"), false, 400, "invalid_request", []string{`X-One realm="notes", error="bad"`, `X-Two realm="notes", error="bad"`}, ""},
		"two kinds, optional":     {request("One", "ann", "Two", "bob"), true, 400, "invalid_request", []string{`X-One realm="notes", error="bad"`, `X-Two realm="notes", error="bad"`}, ""},
		"two kinds, one is bad":   {request("One", "bad", "Two", "bob"), false, 400, "invalid_request", []string{`X-One realm="notes", error="bad"`, `X-Two realm="notes", error="bad"`}, ""},
		"in a malformed way":      {request("One", "twice"), false, 400, "invalid_request", []string{`X-One realm="notes", error="bad"`}, ""},
		"outage":                  {request("One", "outage"), false, 503, "authentication_unavailable", nil, ""},
		"foreign error":           {request("One", "private"), false, 500, "internal_error", nil, ""},
		"empty subject":           {request("One", ""), false, 500, "internal_error", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var seen authn.Decision
			m := build(t, authn.Config{Authenticators: both, Realm: "notes", Optional: tc.optional, Observe: func(_ *http.Request, d authn.Decision) { seen = d }})
			spy := &mwtest.Spy{}
			w := httptest.NewRecorder()
			m.Handler(spy).ServeHTTP(w, tc.request)
			if pass := tc.status == 0; pass != (spy.Calls() == 1) || pass != (seen.Err == nil) {
				t.Fatalf("next ran %d times, Observe saw %v", spy.Calls(), seen.Err)
			}
			if got := w.Header()["Www-Authenticate"]; strings.Join(got, "|") != strings.Join(tc.challenge, "|") {
				t.Errorf("WWW-Authenticate: %q, want %q", got, tc.challenge)
			}
			if tc.status != 0 {
				if body := w.Body.String(); strings.Contains(body, "hunter2") {
					t.Errorf("the cause leaked: %s", body)
				}
				mwtest.Refused(t, w.Result(), tc.status, tc.code)
				return
			}
			p, ok := authn.FromContext(spy.Last().Context())
			if ok != (tc.subject != "") || ok && p.Subject != tc.subject {
				t.Errorf("principal %+v, want subject %q", p, tc.subject)
			}
		})
	}
}

// With ExpiredAsAnonymous only an expired credential counts as none, and the record says
// so. Every other fault is refused as before.
func TestExpiredCredentialOnAnOptionalRoute(t *testing.T) {
	old := authn.ErrExpired.With(errors.New(secret))
	for name, tc := range map[string]struct {
		err           error
		byDefault     int // status with Optional
		withMode      int // status with ExpiredAsAnonymous too
		eventWithMode carrier.Events
	}{
		"good":                     {nil, 200, 200, carrier.AuthSucceeded},
		"no credential":            {authn.ErrNoCredentials, 401, 401, carrier.AuthFailed}, // after Present said yes
		"expired":                  {old, 401, 200, carrier.ExpiredIgnored},
		"expired, wrapped":         {fmt.Errorf("directory: %w", old), 401, 200, carrier.ExpiredIgnored},
		"invalid":                  {authn.ErrInvalid, 401, 401, carrier.AuthFailed},
		"invalid because expired":  {authn.ErrInvalid.With(old), 401, 401, carrier.AuthFailed},
		"expired because invalid":  {authn.ErrExpired.With(authn.ErrInvalid), 401, 401, carrier.AuthFailed},
		"expired and invalid":      {errors.Join(old, authn.ErrInvalid), 401, 401, carrier.AuthFailed},
		"expired and ambiguous":    {errors.Join(old, authn.ErrAmbiguous), 401, 401, carrier.AuthFailed},
		"like expired":             {&httperr.Error{Status: 401, Code: authn.ErrExpired.Code}, 401, 401, carrier.AuthFailed},
		"of another origin":        {authn.ErrCrossOrigin.With(errors.New(secret)), 403, 403, carrier.AuthFailed},
		"outage":                   {authn.ErrUnavailable.With(old), 503, 503, carrier.StoreDegraded},
		"error of another package": {errors.New(secret), 500, 500, carrier.AuthFailed},
	} {
		for _, ignore := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, %v", name, ignore), func(t *testing.T) {
				want := tc.byDefault
				if ignore {
					want = tc.withMode
				}
				var ann *authn.Principal
				if tc.err == nil {
					ann = &authn.Principal{Subject: "ann"}
				}
				var observed authn.Decision
				m := build(t, authn.Config{
					Authenticators: []authn.Authenticator{headerTwo, authenticatorFunc(returns(ann, tc.err))}, Optional: true, ExpiredAsAnonymous: ignore,
					Observe: func(_ *http.Request, d authn.Decision) { observed = d },
				})
				rec, r := carrier.Ensure(request())
				srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { m.Handler(&mwtest.Spy{}).ServeHTTP(w, r) }))
				defer srv.Close()
				res, err := srv.Client().Get(srv.URL)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				p, checked := m.Check(r)
				if res.StatusCode != want || (observed.Err == nil) != (want == 200) || (checked == nil) != (want == 200) || p != ann {
					t.Errorf("status %d, want %d; Observe received %v; Check returned %v, %v", res.StatusCode, want, observed.Err, p, checked)
				}
				facts := rec.Facts()
				if ignore && facts.Events != tc.eventWithMode {
					t.Errorf("events %b, want %b", facts.Events, tc.eventWithMode)
				}
				if _, ok := facts.Principal.(*authn.Principal); ok != (ann != nil) {
					t.Errorf("principal %v", facts.Principal)
				}
			})
		}
	}
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{headerOne}, ExpiredAsAnonymous: true})
	mwtest.Faults(t, err, "authn: ExpiredAsAnonymous: lets anonymous requests pass, and Optional does not; set Optional too")
}

// hiddenHeader is a headerAuthenticator whose header the next handler does not receive.
type hiddenHeader struct{ headerAuthenticator }

func (a hiddenHeader) WithoutCredential(r *http.Request) *http.Request {
	c := r.Clone(r.Context())
	c.Header.Del(a.name)
	return c
}

// The next handler does not receive a hidden credential, also if it is treated like a
// missing one. The request of the outer layers keeps it.
func TestHiddenCredential(t *testing.T) {
	one := hiddenHeader{headerOne}
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{headerTwo, one}, Optional: true, ExpiredAsAnonymous: true})
	for name, tc := range map[string]struct {
		kv     []string
		hidden bool
	}{
		"good":         {[]string{"One", "ann"}, true},
		"expired":      {[]string{"One", "old"}, true},
		"another kind": {[]string{"Two", "bob"}, false},
		"no kind":      {[]string{"Three", "eve"}, false},
	} {
		spy := &mwtest.Spy{}
		_, r := carrier.Ensure(request(tc.kv...))
		m.Handler(spy).ServeHTTP(httptest.NewRecorder(), r)
		if spy.Calls() != 1 || r.Header.Get(tc.kv[0]) != tc.kv[1] {
			t.Fatalf("%s: next ran %d times, the request has %v", name, spy.Calls(), r.Header)
		}
		if got := spy.Last().Header.Get(tc.kv[0]) == ""; got != tc.hidden || (spy.Last() == r) == tc.hidden {
			t.Errorf("%s: next received %v", name, spy.Last().Header)
		}
	}
}

// The outer layers learn the route, also of a handler that received a copy of the request
// and panics.
func TestRouteBehindAHiddenCredential(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	h := build(t, authn.Config{Authenticators: []authn.Authenticator{hiddenHeader{headerOne}}}).Handler(mux)
	_, r := carrier.Ensure(request("One", "ann"))
	r.URL.Path = "/notes/7"
	func() {
		defer func() { _ = recover() }()
		h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	if r.Pattern != "GET /notes/{id}" {
		t.Errorf("pattern %q", r.Pattern)
	}
}

func TestOutageSaysWhenToRetry(t *testing.T) {
	w := respond(build(t, authn.Config{Authenticators: []authn.Authenticator{headerOne}}), request("One", "outage"))
	if w.Header().Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
}

// A faulty authenticator that returns neither a principal nor an error must not
// open the route.
func TestMissingPrincipalIsRefused(t *testing.T) {
	w := httptest.NewRecorder()
	spy := &mwtest.Spy{}
	build(t, authn.Config{Authenticators: []authn.Authenticator{headerAuthenticator{name: "One", empty: true}}}).Handler(spy).ServeHTTP(w, request("One", "x"))
	mwtest.Refused(t, w.Result(), 500, "internal_error")
	if spy.Calls() != 0 {
		t.Error("next ran")
	}
}

func TestInnerMiddlewareReplacesThePrincipal(t *testing.T) {
	outer := build(t, authn.Config{Authenticators: []authn.Authenticator{headerOne}})
	inner := build(t, authn.Config{Authenticators: []authn.Authenticator{headerTwo}, Optional: true})
	spy := &mwtest.Spy{}
	outer.Handler(inner.Handler(spy)).ServeHTTP(httptest.NewRecorder(), request("One", "ann"))
	if p, ok := authn.FromContext(spy.Last().Context()); ok {
		t.Errorf("the inner layer found no principal, but the context has %q", p.Subject)
	}
}

func TestDenyReplacesTheResponse(t *testing.T) {
	var got error
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{headerOne}, Deny: func(w http.ResponseWriter, _ *http.Request, err error) {
		got = err
		if e, ok := errors.AsType[*httperr.Error](err); ok {
			w.Header().Set("WWW-Authenticate", e.Header.Get("WWW-Authenticate"))
		}
		w.WriteHeader(http.StatusTeapot)
	}})
	w := respond(m, request("One", "bad"))
	if w.Code != http.StatusTeapot || !errors.Is(got, authn.ErrInvalid) || w.Header().Get("WWW-Authenticate") == "" {
		t.Errorf("status %d, error %v, headers %v", w.Code, got, w.Header())
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	var typed *headerAuthenticator
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{headerOne, nil, typed}, Realm: "a\"b"})
	mwtest.Faults(t, err, "authn: Authenticators[1]: is nil; ", "authn: Authenticators[2]: is nil; ", `authn: Realm: "a\"b": `)
	if _, ok := errors.AsType[*httperr.ConfigError](err); !ok {
		t.Errorf("%T is not a ConfigError", err)
	}
	_, err = authn.New(authn.Config{})
	mwtest.Faults(t, err, "authn: Authenticators: ")
}

func TestConcurrentUse(t *testing.T) {
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{headerOne, headerTwo}})
	h := m.Handler(&mwtest.Spy{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				h.ServeHTTP(httptest.NewRecorder(), request("One", "ann"))
				h.ServeHTTP(httptest.NewRecorder(), request())
			}
		})
	}
	wg.Wait()
}

func TestAllocs(t *testing.T) {
	p := &authn.Principal{Subject: "ann", Scopes: []string{"a", "b"}}
	m := build(t, authn.Config{Authenticators: []authn.Authenticator{authenticatorFunc(returns(p, nil))}})
	r := request("One", "ann").WithContext(authn.NewContext(context.Background(), nil))
	w := mwtest.NewDiscard()
	h := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if p, _ := authn.FromContext(r.Context()); !p.HasScope("b") {
			t.Error("scope lost")
		}
	}))
	mwtest.MaxAllocs(t, "Handler within the chain", 0, func() { h.ServeHTTP(w, r) })
}

// AuthFailed is recorded for a refused credential, but not for an outage of the
// store, a client that left, or a faulty authenticator.
func TestEvents(t *testing.T) {
	var nilError *httperr.Error
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
		"another error":    {nil, errors.New("x"), carrier.AuthFailed},
		"outage":           {nil, authn.ErrUnavailable.With(errors.New("x")), carrier.StoreDegraded},
		"outage, wrapped":  {nil, fmt.Errorf("x: %w", authn.ErrUnavailable), carrier.StoreDegraded},
		"outage, bare":     {nil, authn.ErrUnavailable, carrier.StoreDegraded},
		"the client left":  {nil, fmt.Errorf("x: %w", context.Canceled), 0},
		"no principal":     {nil, nil, 0},
		"no subject":       {&authn.Principal{}, nil, 0},
		"a nil error":      {nil, nilError, 0},
		"a nil error, ann": {ann, nilError, 0},
	} {
		if _, got, _ := serve(authenticatorFunc(returns(tc.p, tc.err))); got != tc.want {
			t.Errorf("%s: %b, want %b", name, got, tc.want)
		}
	}
}

// A function that returns a nil *httperr.Error as its error is a common mistake. It
// must neither cause a panic with each request nor open the route.
func TestNilErrorIsRefused(t *testing.T) {
	var nilError *httperr.Error
	w, _, err := serve(authenticatorFunc(returns(&authn.Principal{Subject: "ann"}, nilError)))
	mwtest.Refused(t, w.Result(), 500, "internal_error")
	if err == nil || err.Error() != "internal_error: authn: authn_test.authenticatorFunc returned a nil *httperr.Error as its error" {
		t.Error(err)
	}
}

func TestNilFunctionIsAFault(t *testing.T) {
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{authenticatorFunc(nil)}})
	mwtest.Faults(t, err, "authn: Authenticators[0]: is nil; ")
}
