package session

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// CookieConfig configures a [Cookie]. The zero CookieConfig is refused.
type CookieConfig struct {
	_ [0]func()

	// Store keeps the sessions: a new(sessionstore.Memory) for one process, or a store that
	// all processes share. A Manager may have the same one: List and MaxSessions then count
	// the sessions of both. Required.
	Store sessionstore.Store

	// Issuer is the Issuer of every principal. If the service also accepts access tokens,
	// it must be their iss: Issuer and subject together own the data of a user. Required.
	Issuer string

	// Grant says whether the subject is still there, and which rights it has now. It is
	// asked by a request of the session when the last answer, or the login, is 5 minutes
	// old. s has the scopes and roles of the login. The scopes of the answer can only narrow
	// the scopes of the login, and the roles are taken as they are. An answer without scopes
	// gives no scope. ErrEnded, also wrapped, ends the session. Any other error is answered
	// with 503 and leaves the session as it was, so an outage of the user database ends no
	// session. Required.
	Grant func(ctx context.Context, s Session) (Rights, error)

	// CrossOrigin refuses requests that another site has caused. A request passes through
	// its Check, which lets GET, HEAD and OPTIONS pass, so these must change nothing. A
	// request that opens a WebSocket needs an Origin that is equal to the Host or that
	// AddTrustedOrigin lists, also with GET. Default: http.NewCrossOriginProtection(), which
	// trusts this origin alone.
	CrossOrigin *http.CrossOriginProtection

	// Idle is how long a session lasts without a request, 5 minutes to Absolute. The store
	// records a use once a minute, so a session may end a minute earlier. Default: 24 hours,
	// or Absolute if that is less.
	Idle time.Duration

	// Absolute is how long a session lasts at most, up to 366 days. Then the user logs in
	// again. Default: 14 days, or Idle if that is more.
	Absolute time.Duration

	// MaxSessions is the most sessions of a subject, 1 to 1000. One more ends the oldest
	// one. Default: 100.
	MaxSessions int

	// RefuseAtMax refuses the login beyond MaxSessions with ErrTooMany, instead of ending
	// the oldest session.
	RefuseAtMax bool

	// CookieName is the name of the cookie. It begins with "__Host-Http-" or "__Host-".
	// Default: "__Host-Http-session".
	CookieName string

	// Budget is the time that one call of Store may take, 1 millisecond to 1 minute.
	// Default: 250 milliseconds.
	Budget time.Duration

	// Deny answers a request that ServeLogout refuses. Default: httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe receives the events of the sessions. It must not block. Nil is off.
	Observe func(context.Context, Event)
}

const (
	grantEvery = 5 * time.Minute
	touchEvery = time.Minute
)

// NewCookie compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func NewCookie(cfg CookieConfig) (*Cookie, error) {
	f := httperr.ConfigFaults{Package: pkg}
	checkStore(&f, cfg.Store, cfg.Issuer)
	if cfg.Grant == nil {
		f.Add("Grant", nil, "is nil: a subject that was removed would stay logged in",
			"look the subject up, and return its rights or ErrEnded")
	}
	cfg.setDefaults()
	if cfg.Absolute < grantEvery || cfg.Absolute > maxAbsolute {
		f.Add("Absolute", cfg.Absolute, "is not between 5m0s and 8784h0m0s", "leave it out for 14 days")
	}
	if cfg.Idle < grantEvery || cfg.Idle > cfg.Absolute {
		f.Add("Idle", cfg.Idle, "is not between 5m0s and Absolute", "leave it out for 24 hours")
	}
	checkMaxSessions(&f, cfg.MaxSessions)
	checkCookie(&f, "/", cfg.CookieName)
	checkBudget(&f, cfg.Budget)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return &Cookie{
		Sessions: &Sessions{
			store: cfg.Store, issuer: cfg.Issuer, budget: cfg.Budget, observe: cfg.Observe,
			keep: day + margin, subjectKeep: subjectKeep + margin,
		},
		cfg: cfg,
		cookie: cookieRules{
			name: cfg.CookieName, path: "/", sameSite: http.SameSiteLaxMode, crossOrigin: cfg.CrossOrigin, deny: cfg.Deny,
		},
	}, nil
}

func (cfg *CookieConfig) setDefaults() {
	if cfg.CrossOrigin == nil {
		cfg.CrossOrigin = http.NewCrossOriginProtection()
	}
	if cfg.Idle == 0 {
		cfg.Idle = min(day, cmp.Or(cfg.Absolute, day))
	}
	cfg.Absolute = cmp.Or(cfg.Absolute, max(14*day, cfg.Idle))
	cfg.MaxSessions = cmp.Or(cfg.MaxSessions, 100)
	cfg.CookieName = cmp.Or(cfg.CookieName, "__Host-Http-session")
	cfg.Budget = cmp.Or(cfg.Budget, 250*time.Millisecond)
	if cfg.Deny == nil {
		cfg.Deny = httperr.Write
	}
}
