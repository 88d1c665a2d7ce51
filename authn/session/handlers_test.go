package session_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Each faulty request has its status, and leaves the cookie of the browser as it is.
func TestFaultyRequests(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		cookie := func(value string) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("Cookie", cookieName+"="+value) }
		}
		for _, tc := range []struct {
			name            string
			change          func(*http.Request)
			refresh, logout int
			code            string
		}{
			{"two cookies", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookieName, Value: "x"}) }, 400, 400, "session_cookie_invalid"},
			{"the same cookie twice", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookieName, Value: b.jar}) }, 400, 400, "session_cookie_invalid"},
			{"a cookie of 5 KiB", cookie(strings.Repeat("A", 5<<10)), 400, 400, "session_cookie_invalid"},
			{"an access token as the cookie", cookie("eyJhbGciOiJFUzI1NiJ9.e30.c2ln"), 401, 204, "session_ended"},
			{"no cookie", func(r *http.Request) { r.Header.Del("Cookie") }, 401, 204, "unauthenticated"},
			{"the refresh token as a bearer token", func(r *http.Request) {
				r.Header.Del("Cookie")
				r.Header.Set("Authorization", "Bearer "+b.jar)
			}, 401, 204, "unauthenticated"},
			{"an empty cookie", cookie(""), 401, 204, "unauthenticated"},
			{"GET", func(r *http.Request) { r.Method = "GET" }, 405, 405, "method_not_allowed"},
			{"QUERY", func(r *http.Request) { r.Method = "QUERY" }, 405, 405, "method_not_allowed"},
			{"cross-site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403, 403, "cross_origin"},
			{"a sibling host", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403, 403, "cross_origin"},
			{"another origin", func(r *http.Request) {
				r.Header.Del("Sec-Fetch-Site")
				r.Header.Set("Origin", "https://evil.example")
			}, 403, 403, "cross_origin"},
		} {
			for path, status := range map[string]int{"/refresh": tc.refresh, "/logout": tc.logout} {
				r := b.request(path)
				tc.change(r)
				res := b.send(r)
				if status == 204 {
					if res.StatusCode != 204 {
						t.Errorf("%s: %s: status %d", path, tc.name, res.StatusCode)
					}
					continue
				}
				if e := mwtest.Refused(t, res, status, tc.code); e.Code != tc.code {
					t.Errorf("%s: %s", path, tc.name)
				}
				if len(res.Header["Set-Cookie"]) > 0 {
					t.Errorf("%s: %s: sets a cookie", path, tc.name)
				}
				if (res.Header.Get("Www-Authenticate") != "") != (status == 401) || (res.Header.Get("Allow") == "POST") != (status == 405) {
					t.Errorf("%s: %s: %v", path, tc.name, res.Header)
				}
			}
		}
		b.post("/refresh", 200)
		if a.kinds() != "refreshed" {
			t.Error("a faulty request changed a session")
		}
	})
}

func TestRefreshResponse(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		r := b.request("/refresh")
		r.Body = http.NoBody
		res := b.send(r)
		set := res.Header.Get("Set-Cookie")
		value := cookieOf(res)
		want := cookieName + "=" + value + "; Path=/; Max-Age=1209600; HttpOnly; Secure; SameSite=Strict"
		if set != want {
			t.Errorf("Set-Cookie %q, want %q", set, want)
		}
		var body strings.Builder
		if err := res.Write(&body); err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(body.String(), "\r\n\r\n")
		if want := `{"access_token":"access-2","token_type":"Bearer","expires_in":900,"scope":"read write"}` + "\n"; text != want {
			t.Errorf("body %q", text)
		}
		if strings.Contains(text, value) || res.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%v", res.Header)
		}
		if rec := a.record(); rec.Principal != "ann" || rec.TokenID != a.last().ID || rec.Auth != "session" || rec.Credential != "" {
			t.Errorf("%+v", rec)
		}
	})
}

func TestLogout(t *testing.T) {
	for name, token := range map[string]func(t *testing.T, a *app, b *browser) string{
		"current": func(_ *testing.T, _ *app, b *browser) string { return b.jar },
		"spent": func(_ *testing.T, _ *app, b *browser) string {
			spent := b.jar
			b.post("/refresh", 200)
			time.Sleep(time.Minute)
			b.post("/refresh", 200)
			return spent
		},
	} {
		acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
			out := &browser{app: a, jar: token(t, a, b)}
			a.seen()
			for range 2 {
				res := out.send(out.request("/logout"))
				if set := res.Header.Get("Set-Cookie"); res.StatusCode != 204 || set != cookieName+"=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict" {
					t.Errorf("%s: %d %q", name, res.StatusCode, set)
				}
			}
			if !a.revoked(a.last()) || a.kinds() != "ended" {
				t.Errorf("%s: the session lives", name)
			}
			answers(t, b.refresh(b.jar), 401)
		})
	}
}

// An expired session still has access tokens that a logout must end.
func TestLogoutOfExpired(t *testing.T) {
	acceptance(t, func(c *session.Config) { c.Idle = 15 * time.Minute; c.Absolute = time.Hour }, func(t *testing.T, a *app, b *browser) {
		for range 4 {
			time.Sleep(14 * time.Minute)
			b.post("/refresh", 200)
		}
		time.Sleep(4 * time.Minute) // the absolute end has passed
		answers(t, b.refresh(b.jar), 401)
		b.post("/logout", 204)
		if !a.revoked(a.last()) {
			t.Error("the last access token is good")
		}
	})
}

func TestLogoutWithoutStore(t *testing.T) {
	acceptance(t, nil, func(t *testing.T, a *app, b *browser) {
		for _, call := range []string{"Read", "End"} {
			a.store.fail(a.store.before, call, errDown)
			res := b.send(b.request("/logout"))
			mwtest.Refused(t, res, 503, "authentication_unavailable")
			if cookieOf(res) != "" || len(res.Header["Set-Cookie"]) > 0 {
				t.Error("the cookie is cleared, and the session lives")
			}
			a.store.fail(a.store.before, call, nil)
		}
		b.post("/logout", 204)
	})
}

func TestDeny(t *testing.T) {
	a := newApp(t, func(c *session.Config) {
		c.Deny = func(w http.ResponseWriter, _ *http.Request, err error) { http.Error(w, err.Error(), http.StatusTeapot) }
	})
	w := httptest.NewRecorder()
	a.ServeRefresh(w, httptest.NewRequest("POST", "/refresh", nil))
	if w.Code != http.StatusTeapot || w.Header().Get("Cache-Control") != "no-store" {
		t.Error(w.Code, w.Header())
	}
}
