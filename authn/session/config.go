package session

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Config configures a [Manager]. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Store keeps the sessions: a new(sessionstore.Memory) for one process, or a store that
	// all processes share. Required.
	Store sessionstore.Store

	// Issuer is the Issuer of every session, and must be the iss of the tokens of Issue.
	// Issuer and subject together own the data of a user, so they must be the same for every
	// way to log in. Required.
	Issuer string

	// Issue signs the access token of a session. The token must carry Session.ID as sid,
	// Issuer as iss and Session.Subject as sub. It returns the token and its expiry, by
	// the clock of this process. An expiry that has passed, or that is beyond
	// AccessLifetime, is answered with 500, and any other error as httperr.Write documents.
	// No error ends the session. Required.
	Issue func(ctx context.Context, s Session) (token string, expires time.Time, err error)

	// Grant says at each refresh whether the subject is still there, and which rights it
	// has now. s has the scopes and roles of the login. The scopes of the answer can only
	// narrow the scopes of the login (RFC 6749, section 6), and the roles are taken as
	// they are. An answer without scopes gives no scope. ErrEnded, also wrapped, ends the
	// session. Any other error is answered with 503 and leaves the session as it was, so
	// an outage of the user database ends no session. Required.
	Grant func(ctx context.Context, s Session) (Rights, error)

	// CrossOrigin refuses requests to ServeRefresh and ServeLogout that another site has
	// caused: http.NewCrossOriginProtection(), with the origins of a front end on another
	// host added. Required.
	CrossOrigin *http.CrossOriginProtection

	// AccessLifetime is the longest life of an access token, 1 minute to 24 hours. Default:
	// 15 minutes.
	AccessLifetime time.Duration

	// Grace is the time after a rotation in which the predecessor of a refresh token gives
	// the same successor, and nothing rotates: 1 second to 5 minutes, and at most half of
	// AccessLifetime. It must be longer than a client waits for an answer before it tries
	// again, and than a proxy delivers a request after its client has gone. Default: 30
	// seconds.
	Grace time.Duration

	// LostReply is for clients that lose answers and sleep before they try again, such as
	// phones. For so long after a rotation, a predecessor whose successor was never
	// presented gets a new successor: more than Grace, and at most 24 hours. The package
	// comment states its price. Default: 0, off.
	LostReply time.Duration

	// Idle is how long a session lasts without a refresh: AccessLifetime to Absolute.
	// Default: 14 days, or Absolute if that is less.
	Idle time.Duration

	// Absolute is how long a session lasts at most, up to 366 days. Then the user logs in
	// again. Default: 30 days, or Idle if that is more.
	Absolute time.Duration

	// MaxSessions is the most sessions of a subject, 1 to 1000. One more ends the oldest
	// one. Default: 100.
	MaxSessions int

	// RefuseAtMax refuses the login beyond MaxSessions with ErrTooMany, instead of ending
	// the oldest session.
	RefuseAtMax bool

	// CookiePath is the Path of the cookie. Default: "/". A longer path, such as
	// "/v1/token", keeps the cookie out of other requests, but a sibling host can then plant
	// a cookie of the same name. The handlers of Start, ServeRefresh and ServeLogout must
	// all be below it.
	CookiePath string

	// CookieName is the name of the cookie. It begins with "__Host-Http-" or "__Host-" if
	// CookiePath is "/", and otherwise with "__Secure-". Default: "__Host-Http-refresh" or
	// "__Secure-refresh".
	CookieName string

	// Budget is the time that one call of Store may take, 1 millisecond to 1 minute.
	// Default: 250 milliseconds.
	Budget time.Duration

	// Deny answers a request that ServeRefresh or ServeLogout refuses. Default:
	// httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe receives the events of the sessions. It must not block. Nil is off.
	Observe func(context.Context, Event)
}

const (
	pkg         = "session"
	day         = 24 * time.Hour
	maxGrace    = 5 * time.Minute
	maxLost     = day
	maxAbsolute = 366 * day

	// margin is added to the life of everything that revokes a token, so that no leeway of a
	// verifier brings the token back. jwtauth allows a leeway of 60 s.
	margin = 60 * time.Second

	// subjectKeep is the least time for which a not-before is kept. Other issuers may sign
	// tokens that live longer than AccessLifetime.
	subjectKeep = day
)

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Manager, error) {
	f := httperr.ConfigFaults{Package: pkg}
	checkRequired(&f, &cfg)
	cfg.setDefaults()
	cfg.checkTimes(&f)
	checkCookie(&f, cfg.CookiePath, cfg.CookieName)
	checkMaxSessions(&f, cfg.MaxSessions)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return &Manager{
		Sessions: &Sessions{
			store: cfg.Store, issuer: cfg.Issuer, budget: cfg.Budget, observe: cfg.Observe,
			keep: cfg.AccessLifetime + margin, subjectKeep: max(subjectKeep, cfg.AccessLifetime) + margin,
		},
		cfg:    cfg,
		policy: family.Policy{Grace: cfg.Grace, LostReply: cfg.LostReply},
		cookie: cookieRules{
			name: cfg.CookieName, path: cfg.CookiePath, sameSite: http.SameSiteStrictMode,
			crossOrigin: cfg.CrossOrigin, deny: cfg.Deny,
		},
	}, nil
}

func checkRequired(f *httperr.ConfigFaults, cfg *Config) {
	checkStore(f, cfg.Store, cfg.Issuer)
	if cfg.Issue == nil {
		f.Add("Issue", nil, "is nil", "sign an access token with Session.ID as sid, such as with a jwtissuer.Issuer")
	}
	if cfg.Grant == nil {
		f.Add("Grant", nil, "is nil: a subject that was removed would be refreshed for ever",
			"look the subject up, and return its rights or ErrEnded")
	}
	if cfg.CrossOrigin == nil {
		f.Add("CrossOrigin", nil, "is nil: another site could refresh and end sessions", "use http.NewCrossOriginProtection()")
	}
}

// checkStore checks the store, and the issuer of the sessions in it.
func checkStore(f *httperr.ConfigFaults, store sessionstore.Store, issuer string) {
	if nilcheck.Nil(store) {
		f.Add("Store", nil, "is nil", "use new(sessionstore.Memory) for one process, or a store that all processes share")
	}
	const fix = "set the iss of the access tokens of this service, or its URL"
	switch {
	case issuer == "":
		f.Add("Issuer", nil, "is missing", fix)
	case !field.Name(issuer):
		f.Add("Issuer", issuer, "is not printable text", fix)
	}
}

func (cfg *Config) setDefaults() {
	cfg.AccessLifetime = cmp.Or(cfg.AccessLifetime, 15*time.Minute)
	cfg.Grace = cmp.Or(cfg.Grace, 30*time.Second)
	if cfg.Idle == 0 {
		cfg.Idle = min(14*day, cmp.Or(cfg.Absolute, 14*day))
	}
	cfg.Absolute = cmp.Or(cfg.Absolute, max(30*day, cfg.Idle))
	cfg.MaxSessions = cmp.Or(cfg.MaxSessions, 100)
	cfg.CookiePath = cmp.Or(cfg.CookiePath, "/")
	if cfg.CookieName == "" {
		cfg.CookieName = "__Host-Http-refresh"
		if cfg.CookiePath != "/" {
			cfg.CookieName = "__Secure-refresh"
		}
	}
	cfg.Budget = cmp.Or(cfg.Budget, 250*time.Millisecond)
	if cfg.Deny == nil {
		cfg.Deny = httperr.Write
	}
}

func (cfg *Config) checkTimes(f *httperr.ConfigFaults) {
	checkAccessLifetime(f, cfg.AccessLifetime)
	switch g := cfg.Grace; {
	case g < time.Second || g > maxGrace:
		f.Add("Grace", g, fmt.Sprintf("is not between 1s and %v", maxGrace), "leave it out for 30s")
	case g > cfg.AccessLifetime/2:
		f.Add("Grace", g, "is more than half of AccessLifetime, so a client that refreshes in time would never rotate",
			"make Grace shorter or AccessLifetime longer")
	}
	if l := cfg.LostReply; l != 0 && (l <= cfg.Grace || l > maxLost) {
		f.Add("LostReply", l, fmt.Sprintf("is not more than Grace and at most %v", maxLost),
			"leave it out, which is off, or use 24h for phones")
	}
	if cfg.Absolute < cfg.AccessLifetime || cfg.Absolute > maxAbsolute {
		f.Add("Absolute", cfg.Absolute, fmt.Sprintf("is not between AccessLifetime and %v", maxAbsolute), "leave it out for 30 days")
	}
	if cfg.Idle < cfg.AccessLifetime || cfg.Idle > cfg.Absolute {
		f.Add("Idle", cfg.Idle, "is not between AccessLifetime and Absolute", "leave it out for 14 days")
	}
	checkBudget(f, cfg.Budget)
}

func checkBudget(f *httperr.ConfigFaults, b time.Duration) {
	if b < time.Millisecond || b > time.Minute {
		f.Add("Budget", b, "is not between 1ms and 1m0s", "leave it out for 250ms")
	}
}

func checkMaxSessions(f *httperr.ConfigFaults, n int) {
	if n < 1 || n > 1000 {
		f.Add("MaxSessions", n, "is not between 1 and 1000", "leave it out for 100")
	}
}

func checkAccessLifetime(f *httperr.ConfigFaults, d time.Duration) {
	if d < time.Minute || d > day {
		f.Add("AccessLifetime", d, "is not between 1m0s and 24h0m0s", "leave it out for 15m")
	}
}

// checkCookie refuses a name whose prefix the browser would not accept with the path, and a
// name without the protection of a prefix.
func checkCookie(f *httperr.ConfigFaults, path, name string) {
	if path[0] != '/' || strings.ContainsAny(path, ";,") || !field.Value(path) {
		f.Add("CookiePath", path, "is not the path of a cookie", `leave it out for "/"`)
	}
	rest, host := strings.CutPrefix(name, "__Host-")
	if host {
		rest = strings.TrimPrefix(rest, "Http-")
	} else {
		rest = strings.TrimPrefix(name, "__Secure-")
	}
	switch {
	case rest == "" || !field.Token(name):
		f.Add("CookieName", name, "is not the name of a cookie behind its prefix", "leave it out")
	case path == "/" && !host:
		f.Add("CookieName", name, `does not begin with "__Host-Http-" or "__Host-": a sibling host could plant it`,
			"leave it out, or add the prefix")
	case path != "/" && rest == name:
		f.Add("CookieName", name, `does not begin with "__Secure-": an attacker on the network could plant it`,
			"leave it out, or add the prefix")
	case path != "/" && host:
		f.Add("CookieName", name, `begins with "__Host-", which browsers refuse with another path than "/"`,
			`leave CookiePath out, or begin with "__Secure-"`)
	}
}
