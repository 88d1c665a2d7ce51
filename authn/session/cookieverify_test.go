package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// An empty cookie is no credential, so another Authenticator decides. Two cookies are one.
func TestPresent(t *testing.T) {
	s := newSite(t, nil, nil)
	for header, want := range map[string]bool{
		"": false, siteCookie + "=": false, siteCookie + "=a": true, siteCookie + "=; " + siteCookie + "=": true, "other=a": false,
	} {
		r := s.request("GET", "")
		r.Header.Set("Cookie", header)
		if got := s.Present(r); got != want {
			t.Errorf("%q: %v", header, got)
		}
	}
}

// Each request has its answer, and no refusal changes the cookie or the session.
func TestCookieRequests(t *testing.T) {
	s := newSite(t, func(c *session.CookieConfig) {
		c.CrossOrigin = http.NewCrossOriginProtection()
		if err := c.CrossOrigin.AddTrustedOrigin("https://app.example"); err != nil {
			t.Fatal(err)
		}
	}, nil)
	cookie := s.login("", "ann")
	value := func(text string) func(*http.Request) { return header("Cookie", siteCookie+"="+text) }
	origin := func(origin string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", origin)
		}
	}
	webSocket := func(changes ...func(*http.Request)) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", "websocket")
			for _, change := range changes {
				change(r)
			}
		}
	}
	for _, tc := range []struct {
		name, method string
		change       func(*http.Request)
		status       int
		code         string
	}{
		{"a page", "GET", nil, 200, ""},
		{"a form of the site", "POST", nil, 200, ""},
		{"a link of another site", "GET", header("Sec-Fetch-Site", "cross-site"), 200, ""},
		{"a link of a sibling host", "GET", header("Sec-Fetch-Site", "same-site"), 200, ""},
		{"a form of another site", "POST", header("Sec-Fetch-Site", "cross-site"), 403, "cross_origin"},
		{"a form of a sibling host", "POST", header("Sec-Fetch-Site", "same-site"), 403, "cross_origin"},
		{"DELETE of a sibling host", "DELETE", header("Sec-Fetch-Site", "same-site"), 403, "cross_origin"},
		{"a form of an old browser", "POST", origin("https://evil.example"), 403, "cross_origin"},
		{"a form of an old browser on a sibling host", "POST", origin("https://blog.notes.example"), 403, "cross_origin"},
		{"a form of a listed origin", "POST", origin("https://app.example"), 200, ""},
		{"a program without a browser", "POST", func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }, 200, ""},
		{"a WebSocket of the site", "GET", webSocket(header("Origin", issuer)), 200, ""},
		{"a WebSocket of a listed origin", "GET", webSocket(header("Origin", "https://app.example")), 200, ""},
		{"a WebSocket of another site", "GET", webSocket(header("Origin", "https://evil.example")), 403, "cross_origin"},
		{"a WebSocket of a sibling host", "GET", webSocket(header("Origin", "https://blog.notes.example"), header("Sec-Fetch-Site", "same-site")), 403, "cross_origin"},
		{"a WebSocket without an origin", "GET", webSocket(), 403, "cross_origin"},
		{"a WebSocket of a file", "GET", webSocket(header("Origin", "null")), 403, "cross_origin"},
		{"a WebSocket over HTTP/2 of another site", "CONNECT", func(r *http.Request) {
			r.Header[":protocol"] = []string{"websocket"}
			r.Header.Set("Origin", "https://evil.example")
		}, 403, "cross_origin"},
		{"no cookie", "GET", func(r *http.Request) { r.Header.Del("Cookie") }, 401, "unauthenticated"},
		{"an empty cookie", "GET", value(""), 401, "unauthenticated"},
		{"two cookies", "GET", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: siteCookie, Value: "x"}) }, 400, "session_cookie_invalid"},
		{"the same cookie twice", "GET", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: siteCookie, Value: cookie}) }, 400, "session_cookie_invalid"},
		{"a second cookie that is empty", "GET", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: siteCookie}) }, 400, "session_cookie_invalid"},
		{"a cookie of 5 KiB", "GET", value(strings.Repeat("A", 5<<10)), 400, "session_cookie_invalid"},
		{"the cookie in small letters", "GET", value(strings.ToLower(cookie)), 401, "invalid_credentials"},
		{"a cookie that is too short", "GET", value(cookie[:len(cookie)-1]), 401, "invalid_credentials"},
		{"a refresh token", "GET", value("rt1_" + strings.Repeat("A", 52) + "_" + strings.Repeat("A", 52) + "_" + strings.Repeat("A", 26)), 401, "invalid_credentials"},
		{"an unknown session", "GET", value("st1_" + strings.Repeat("A", 26) + "_" + strings.Repeat("A", 52)), 401, "credentials_expired"},
		{"the secret of another subject", "GET", value("st1_" + strings.Repeat("A", 26) + cookie[30:]), 401, "credentials_expired"},
		{"the cookie as a bearer token", "GET", func(r *http.Request) {
			r.Header.Del("Cookie")
			r.Header.Set("Authorization", "Bearer "+cookie)
		}, 401, "unauthenticated"},
		{"the session ID as a secret", "GET", value("st1_" + cookie[4:31] + strings.Repeat("A", 26) + s.opens(cookie).SessionID[26:]), 401, "credentials_expired"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s.t = t
			r := s.request(tc.method, cookie)
			if tc.change != nil {
				tc.change(r)
			}
			if tc.status != 200 {
				s.refuses(r, tc.status, tc.code)
			} else if res := mwtest.Do(s.handler, r); res.StatusCode != 200 {
				t.Errorf("status %d", res.StatusCode)
			}
			s.opens(cookie)
		})
	}
	res := mwtest.Do(s.handler, s.request("GET", ""))
	if got := res.Header.Get("Www-Authenticate"); got != `Session realm="notes"` {
		t.Errorf("challenge %q", got)
	}
}

// A session ends when it was not used for Idle, and at Absolute in any case.
func TestCookieExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *session.CookieConfig) { c.Idle, c.Absolute = time.Hour, 3*time.Hour }, nil)
		for _, shift := range []time.Duration{0, -40 * 24 * time.Hour, 40 * 24 * time.Hour} { // only the clock of the store counts
			s.store.shift = shift
			cookie := s.login("", "ann")
			time.Sleep(time.Hour - time.Second)
			s.opens(cookie)
			time.Sleep(time.Hour)
			s.refuses(s.request("GET", cookie), 401, "credentials_expired")

			cookie = s.login("", "ann")
			for range 5 {
				time.Sleep(30 * time.Minute)
				s.opens(cookie)
			}
			time.Sleep(30*time.Minute - time.Second)
			s.opens(cookie)
			time.Sleep(time.Second)
			s.refuses(s.request("GET", cookie), 401, "credentials_expired")
		}
	})
}

// Each request is one call of the store, and a second one when Grant is asked. Uses are
// recorded once a minute.
func TestCookieCallsOfTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil, nil)
		cookie := s.login("", "ann")
		s.store.count()
		recorded := map[time.Time]bool{}
		for range 30 { // 10 s each
			s.opens(cookie)
			if calls := s.store.count(); !slices.Equal(calls, []string{"Commit"}) {
				t.Fatal(calls)
			}
			all, _ := s.List(t.Context(), "ann")
			recorded[all[0].LastUsedAt] = true
			s.store.count()
			time.Sleep(10 * time.Second)
		}
		if len(recorded) != 5 {
			t.Errorf("%d uses recorded in 290 s", len(recorded))
		}
		if s.grants() != 0 {
			t.Error("Grant was asked too early")
		}
		s.opens(cookie)
		if calls := s.store.count(); len(calls) != 2 || s.grants() != 1 {
			t.Errorf("%v", calls)
		}
	})
}

// The rights follow Grant within 5 minutes, and never exceed the scopes of the login.
func TestCookieGrant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil, nil)
		cookie := s.login("", "ann")
		authTime := s.opens(cookie).AuthTime
		s.seen()
		s.setGrant(func(login session.Session) (session.Rights, error) {
			if !slices.Equal(login.Scopes, []string{"read", "write"}) || login.Label != "a browser" {
				t.Errorf("%+v", login)
			}
			return session.Rights{Scopes: []string{"admin", "read"}, Roles: []string{"viewer"}}, nil
		})
		time.Sleep(5*time.Minute - time.Millisecond)
		if p := s.opens(cookie); len(p.Scopes) != 2 || s.grants() != 0 {
			t.Errorf("%+v", p)
		}
		time.Sleep(time.Millisecond)
		for range 3 {
			p := s.opens(cookie)
			if !slices.Equal(p.Scopes, []string{"read"}) || !slices.Equal(p.Roles, []string{"viewer"}) || !p.AuthTime.Equal(authTime) {
				t.Errorf("%+v", p)
			}
		}
		e := s.seen()
		if s.grants() != 1 || len(e) != 1 || e[0].Kind != session.Refreshed ||
			!slices.Equal(e[0].Withheld, []string{"write"}) || !slices.Equal(e[0].Ignored, []string{"admin"}) {
			t.Errorf("%+v", e)
		}
		s.setGrant(nil) // all of the login again
		time.Sleep(5 * time.Minute)
		if p := s.opens(cookie); len(p.Scopes) != 2 || s.grants() != 1 {
			t.Errorf("%+v", p)
		}
		s.setGrant(func(session.Session) (session.Rights, error) { return session.Rights{}, nil })
		time.Sleep(5 * time.Minute)
		if p := s.opens(cookie); len(p.Scopes)+len(p.Roles) != 0 {
			t.Errorf("%+v", p)
		}
		s.setGrant(func(session.Session) (session.Rights, error) {
			return session.Rights{}, fmt.Errorf("users: ann: %w", session.ErrEnded)
		})
		time.Sleep(5 * time.Minute)
		s.seen()
		s.refuses(s.request("GET", cookie), 401, "credentials_expired")
		if e := s.seen(); len(e) != 1 || e[0].Kind != session.Ended || e[0].Session.Subject != "ann" {
			t.Errorf("%+v", e)
		}
		s.setGrant(nil)
		s.refuses(s.request("GET", cookie), 401, "credentials_expired")
	})
}

// An outage of the user database or of the store costs 503s and no session, also if it lasts
// longer than Idle.
func TestCookieOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *session.CookieConfig) { c.Idle = 10 * time.Minute }, nil)
		cookie := s.login("", "ann")
		s.setGrant(func(session.Session) (session.Rights, error) { return session.Rights{}, errDown })
		for range 4 {
			time.Sleep(5 * time.Minute)
			s.refuses(s.request("GET", cookie), 503, "authentication_unavailable")
		}
		s.setGrant(nil)
		s.opens(cookie)
		s.store.fail(s.store.before, "Commit", errDown)
		s.refuses(s.request("GET", cookie), 503, "authentication_unavailable")
		s.store.fail(s.store.before, "Commit", nil)
		s.opens(cookie)

		// The answer of Grant cannot be stored.
		time.Sleep(5 * time.Minute)
		s.setGrant(func(session.Session) (session.Rights, error) {
			s.store.fail(s.store.before, "Commit", errDown)
			return session.Rights{}, nil
		})
		s.refuses(s.request("GET", cookie), 503, "authentication_unavailable")
		s.store.fail(s.store.before, "Commit", nil)
		s.setGrant(nil)
		s.opens(cookie)

		// The subject is gone, and the session cannot be ended.
		time.Sleep(5 * time.Minute)
		s.setGrant(func(session.Session) (session.Rights, error) { return session.Rights{}, session.ErrEnded })
		s.store.fail(s.store.before, "End", errDown)
		s.refuses(s.request("GET", cookie), 503, "authentication_unavailable")
	})
}

// A revocation on another process counts for the next request, and for a request that is
// under way.
func TestCookieRevokedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil, nil)
		other := newSite(t, func(c *session.CookieConfig) { c.Store = s.store }, nil)
		cookie := s.login("", "ann")
		id := s.opens(cookie).SessionID
		other.opens(cookie)
		if err := other.Revoke(t.Context(), "ann", id); err != nil {
			t.Fatal(err)
		}
		s.refuses(s.request("GET", cookie), 401, "credentials_expired")

		cookie = s.login("", "ann")
		time.Sleep(5 * time.Minute)
		s.setGrant(func(one session.Session) (session.Rights, error) {
			return session.Rights{Scopes: one.Scopes}, other.Revoke(t.Context(), "ann", one.ID)
		})
		s.refuses(s.request("GET", cookie), 401, "credentials_expired")
	})
}

// Of the requests that ask Grant at the same time, each is answered, and one is stored.
func TestCookieGrantAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil, nil)
		cookie := s.login("", "ann")
		time.Sleep(5 * time.Minute)
		s.setGrant(func(one session.Session) (session.Rights, error) {
			time.Sleep(time.Second)
			return session.Rights{Scopes: []string{"read"}}, nil
		})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if res := mwtest.Do(s.handler, s.request("GET", cookie)); res.StatusCode != 200 {
					t.Errorf("status %d", res.StatusCode)
				}
			})
		}
		wg.Wait()
		if p := s.opens(cookie); s.grants() != 8 || !slices.Equal(p.Scopes, []string{"read"}) {
			t.Errorf("%+v", p)
		}
	})
}

// A clock of the store that runs back, as in a failover, does not put Grant off.
func TestCookieClockRunsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil, nil)
		cookie := s.login("", "ann")
		time.Sleep(5 * time.Minute)
		s.opens(cookie)
		s.store.shift = -time.Hour
		s.opens(cookie)
		if n := s.grants(); n != 2 {
			t.Errorf("Grant was asked %d times", n)
		}
	})
}

// Two services with one store do not accept the cookies of each other.
func TestCookieOfAnotherIssuer(t *testing.T) {
	s := newSite(t, nil, nil)
	other := newSite(t, func(c *session.CookieConfig) { c.Store, c.Issuer = s.store, "https://other.example" }, nil)
	s.refuses(s.request("GET", other.login("", "ann")), 401, "credentials_expired")
}

// On public routes an old cookie counts as none, with ExpiredAsAnonymous.
func TestCookieOnPublicRoutes(t *testing.T) {
	s := newSite(t, nil, func(c *authn.Config) { c.Optional, c.ExpiredAsAnonymous = true, true })
	cookie := s.login("", "ann")
	if s.opens(cookie) == nil || s.opens("") != nil {
		t.Error("the wrong principal")
	}
	if _, err := s.RevokeSubject(t.Context(), "ann"); err != nil {
		t.Fatal(err)
	}
	if s.opens(cookie) != nil {
		t.Error("a session that has ended has a principal")
	}
	s.refuses(s.request("GET", "x"), 401, "invalid_credentials")
}

// Data that another program has written are a fault of the service, and no principal.
func TestCookieUnreadableState(t *testing.T) {
	s := newSite(t, nil, nil)
	cookie := s.login("", "ann")
	id := s.opens(cookie).SessionID
	rec, _, err := s.store.Read(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range []string{"", "\x01", string(rec.State) + "x", string(rec.State[:len(rec.State)-1]), "\x02" + string(rec.State[1:])} {
		_, outcome, err := s.store.Commit(t.Context(), sessionstore.Commit{SID: id, Old: rec.State, New: []byte(state), Idle: time.Hour})
		if err != nil || outcome != sessionstore.Applied {
			t.Fatal(outcome, err)
		}
		s.refuses(s.request("GET", cookie), 500, "internal_error")
		rec.State = []byte(state)
	}
}

// hangingStore answers no Commit.
type hangingStore struct{ sessionstore.Store }

func (hangingStore) Commit(ctx context.Context, _ sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	<-ctx.Done()
	return sessionstore.Record{}, sessionstore.Ended, ctx.Err()
}

// A store that hangs costs the budget, and a client that leaves is no outage.
func TestCookieHangingStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(c *session.CookieConfig) { c.Store, c.Budget = hangingStore{}, 70*time.Millisecond }, nil)
		r := s.request("GET", "st1_"+strings.Repeat("A", 26)+"_"+strings.Repeat("A", 52))
		began := time.Now()
		s.refuses(r, 503, "authentication_unavailable")
		if took := time.Since(began); took != 70*time.Millisecond {
			t.Errorf("after %v", took)
		}
		ctx, leave := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, leave)
		if _, err := s.Authenticate(r.WithContext(ctx)); !errors.Is(err, context.Canceled) || errors.Is(err, authn.ErrUnavailable) {
			t.Errorf("%v", err)
		}
	})
}

// fixedStore answers each Commit with one record.
type fixedStore struct {
	sessionstore.Store
	record sessionstore.Record
}

func (f fixedStore) Commit(context.Context, sessionstore.Commit) (sessionstore.Record, sessionstore.Outcome, error) {
	return f.record, sessionstore.Applied, nil
}

// A request costs 4 allocations, besides the deadline for the store.
func TestCookieAllocations(t *testing.T) {
	s := newSite(t, nil, nil)
	cookie := s.login("", "ann")
	rec, _, err := s.store.Read(t.Context(), s.opens(cookie).SessionID)
	if err != nil {
		t.Fatal(err)
	}
	c := mwtest.Must[*session.Cookie](t)(session.NewCookie(session.CookieConfig{
		Store: fixedStore{record: rec}, Issuer: issuer,
		Grant: func(context.Context, session.Session) (session.Rights, error) {
			return session.Rights{}, errors.New("asked")
		},
	}))
	r := s.request("GET", cookie)
	deadline := testing.AllocsPerRun(100, func() {
		_, cancel := context.WithTimeout(r.Context(), time.Second)
		cancel()
	})
	mwtest.MaxAllocs(t, "Authenticate", 4+deadline, func() {
		if _, err := c.Authenticate(r); err != nil {
			t.Fatal(err)
		}
	})
}
