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

func TestZeroConfig(t *testing.T) {
	_, err := session.New(session.Config{})
	mwtest.Faults(t, err, "session: Store: is nil", "session: Issuer: is missing", "session: Issue: is nil", "session: Grant: is nil", "session: CrossOrigin: is nil")
}

func TestConfigFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*session.Config)
		faults []string
	}{
		"nil pointer":       {func(c *session.Config) { c.Store = (*sessionstore.Memory)(nil) }, []string{"session: Store"}},
		"issuer":            {func(c *session.Config) { c.Issuer = "a\nb" }, []string{"session: Issuer"}},
		"short grace":       {func(c *session.Config) { c.Grace = time.Millisecond }, []string{"session: Grace"}},
		"long grace":        {func(c *session.Config) { c.Grace = 6 * time.Minute }, []string{"session: Grace"}},
		"grace and access":  {func(c *session.Config) { c.AccessLifetime, c.Grace = time.Minute, 31*time.Second }, []string{"session: Grace"}},
		"access too short":  {func(c *session.Config) { c.AccessLifetime = 30 * time.Second }, []string{"session: AccessLifetime", "session: Grace"}},
		"access too long":   {func(c *session.Config) { c.AccessLifetime = 25 * time.Hour }, []string{"session: AccessLifetime"}},
		"lost below grace":  {func(c *session.Config) { c.LostReply = 30 * time.Second }, []string{"session: LostReply"}},
		"lost too long":     {func(c *session.Config) { c.LostReply = 25 * time.Hour }, []string{"session: LostReply"}},
		"idle and absolute": {func(c *session.Config) { c.Idle, c.Absolute = 2*time.Hour, time.Hour }, []string{"session: Idle"}},
		"idle and access":   {func(c *session.Config) { c.Idle = time.Minute }, []string{"session: Idle"}},
		"absolute":          {func(c *session.Config) { c.Absolute = 400 * 24 * time.Hour }, []string{"session: Absolute"}},
		"max":               {func(c *session.Config) { c.MaxSessions = 1001 }, []string{"session: MaxSessions"}},
		"max negative":      {func(c *session.Config) { c.MaxSessions = -1 }, []string{"session: MaxSessions"}},
		"budget":            {func(c *session.Config) { c.Budget = time.Hour }, []string{"session: Budget"}},
		"no prefix":         {func(c *session.Config) { c.CookieName = "refresh" }, []string{"session: CookieName"}},
		"only a prefix":     {func(c *session.Config) { c.CookieName = "__Host-Http-" }, []string{"session: CookieName"}},
		"no token":          {func(c *session.Config) { c.CookieName = "__Host-a b" }, []string{"session: CookieName"}},
		"secure with /":     {func(c *session.Config) { c.CookieName = "__Secure-a" }, []string{"session: CookieName"}},
		"host with a path":  {func(c *session.Config) { c.CookieName, c.CookiePath = "__Host-a", "/v1" }, []string{"session: CookieName"}},
		"path, no prefix":   {func(c *session.Config) { c.CookieName, c.CookiePath = "a", "/v1" }, []string{"session: CookieName"}},
		"path":              {func(c *session.Config) { c.CookiePath = "v1; Domain=x" }, []string{"session: CookiePath"}},
	} {
		cfg := valid()
		tc.change(&cfg)
		_, err := session.New(cfg)
		t.Log(name)
		mwtest.Faults(t, err, tc.faults...)
	}
	for name, change := range map[string]func(*session.Config){
		"a minute":      func(c *session.Config) { c.AccessLifetime = time.Minute },
		"a day":         func(c *session.Config) { c.AccessLifetime = 24 * time.Hour },
		"one access":    func(c *session.Config) { c.AccessLifetime, c.Absolute = time.Hour, time.Hour },
		"366 days":      func(c *session.Config) { c.Absolute = 366 * 24 * time.Hour },
		"least budget":  func(c *session.Config) { c.Budget = time.Millisecond },
		"most budget":   func(c *session.Config) { c.Budget = time.Minute },
		"phones":        func(c *session.Config) { c.LostReply = 24 * time.Hour },
		"short session": func(c *session.Config) { c.Absolute = time.Hour },
		"long idle":     func(c *session.Config) { c.Idle = 60 * 24 * time.Hour },
		"host":          func(c *session.Config) { c.CookieName = "__Host-a" },
		"narrow":        func(c *session.Config) { c.CookiePath = "/v1/token" },
	} {
		cfg := valid()
		change(&cfg)
		if _, err := session.New(cfg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func valid() session.Config {
	return session.Config{
		Store: new(sessionstore.Memory), Issuer: issuer, CrossOrigin: http.NewCrossOriginProtection(),
		Issue: func(context.Context, session.Session) (string, time.Time, error) { return "", time.Time{}, nil },
		Grant: func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil },
	}
}
