package session_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestZeroCookieConfig(t *testing.T) {
	_, err := session.NewCookie(session.CookieConfig{})
	mwtest.Faults(t, err, "session: Store: is nil", "session: Issuer: is missing", "session: Grant: is nil")
}

func TestCookieConfigFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*session.CookieConfig)
		faults []string
	}{
		"nil pointer":     {func(c *session.CookieConfig) { c.Store = (*sessionstore.Memory)(nil) }, []string{"session: Store"}},
		"issuer":          {func(c *session.CookieConfig) { c.Issuer = "a\nb" }, []string{"session: Issuer"}},
		"idle too short":  {func(c *session.CookieConfig) { c.Idle = 4 * time.Minute }, []string{"session: Idle"}},
		"idle too long":   {func(c *session.CookieConfig) { c.Idle, c.Absolute = 2*time.Hour, time.Hour }, []string{"session: Idle"}},
		"idle negative":   {func(c *session.CookieConfig) { c.Idle = -time.Hour }, []string{"session: Idle"}},
		"absolute":        {func(c *session.CookieConfig) { c.Absolute = 400 * 24 * time.Hour }, []string{"session: Absolute"}},
		"absolute short":  {func(c *session.CookieConfig) { c.Absolute = time.Minute }, []string{"session: Absolute", "session: Idle"}},
		"max":             {func(c *session.CookieConfig) { c.MaxSessions = 1001 }, []string{"session: MaxSessions"}},
		"budget":          {func(c *session.CookieConfig) { c.Budget = time.Hour }, []string{"session: Budget"}},
		"no prefix":       {func(c *session.CookieConfig) { c.CookieName = "session" }, []string{"session: CookieName"}},
		"prefix __Secure": {func(c *session.CookieConfig) { c.CookieName = "__Secure-session" }, []string{"session: CookieName"}},
		"only a prefix":   {func(c *session.CookieConfig) { c.CookieName = "__Host-" }, []string{"session: CookieName"}},
		"no token":        {func(c *session.CookieConfig) { c.CookieName = "__Host-a b" }, []string{"session: CookieName"}},

		"prefix __Host": {func(c *session.CookieConfig) { c.CookieName = "__Host-session" }, nil},
		"short":         {func(c *session.CookieConfig) { c.Absolute = 5 * time.Minute }, nil},
		"long":          {func(c *session.CookieConfig) { c.Idle = 366 * 24 * time.Hour }, nil},
	} {
		cfg := session.CookieConfig{
			Store: new(sessionstore.Memory), Issuer: issuer,
			Grant: func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil },
		}
		tc.change(&cfg)
		_, err := session.NewCookie(cfg)
		if len(tc.faults) == 0 {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		t.Run(name, func(t *testing.T) { mwtest.Faults(t, err, tc.faults...) })
	}
}

func TestCookieDeny(t *testing.T) {
	s := newSite(t, func(c *session.CookieConfig) {
		c.CookieName = "__Host-id"
		c.Deny = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(418) }
	}, nil)
	r := s.request("GET", "")
	r.URL.Path = "/logout"
	if res := mwtest.Do(s.handler, r); res.StatusCode != 418 {
		t.Errorf("status %d", res.StatusCode)
	}
	r.URL.Path = "/login"
	if c := mwtest.Do(s.handler, r).Cookies(); len(c) != 1 || c[0].Name != "__Host-id" {
		t.Errorf("%v", c)
	}
}
