package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session/internal/family"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/breaker"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// RevocationConfig configures a [Revocation]. The zero RevocationConfig is refused.
type RevocationConfig struct {
	_ [0]func()

	// Store is the Store of the Manager: only there does a logout revoke the access tokens of
	// its session. Without a Manager, it is any store of revocations. Required.
	Store sessionstore.Revocations

	// AccessLifetime is how long a revocation is kept at least, 1 minute to 24 hours. A
	// Manager keeps the revocations of its own sessions by its own AccessLifetime; here it
	// counts for RevokeToken, RevokeSession and RevokeTokensOf. Default: 15 minutes.
	AccessLifetime time.Duration

	// Budget is the time that a check may wait for the Store, 1 millisecond to 1 second.
	// Default: 25 milliseconds.
	Budget time.Duration

	// DangerouslyFailOpen accepts every token while the Store does not answer, the revoked
	// ones too. Default: Revoked returns an error, which jwtauth answers with 503.
	DangerouslyFailOpen bool

	// OnState is called when the circuit breaker of the store opens, with the last error,
	// and with nil when it closes. It must not block. Nil is off.
	OnState func(error)
}

// A Revocation decides whether an access token has been revoked: by its own ID, by its
// session, or with all others of its subject. It is safe for concurrent use; make one with
// [NewRevocation]. Its method Revoked is a jwtauth.Config.Revoked.
type Revocation struct {
	store    sessionstore.Revocations
	keep     time.Duration // the least time for which a revocation is kept, without margin
	budget   time.Duration
	failOpen bool
	start    time.Time
	breaker  *breaker.Breaker
}

const (
	failureThreshold = 5 // failures in a row that open the circuit breaker
	firstPause       = 100 * time.Millisecond
	lastPause        = 2 * time.Second
)

// NewRevocation compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func NewRevocation(cfg RevocationConfig) (*Revocation, error) {
	f := httperr.ConfigFaults{Package: pkg}
	if nilcheck.Nil(cfg.Store) {
		f.Add("Store", nil, "is nil", "use the Store of the Manager")
	}
	if cfg.AccessLifetime == 0 {
		cfg.AccessLifetime = 15 * time.Minute
	}
	checkAccessLifetime(&f, cfg.AccessLifetime)
	if cfg.Budget == 0 {
		cfg.Budget = 25 * time.Millisecond
	}
	if b := cfg.Budget; b < time.Millisecond || b > time.Second {
		f.Add("Budget", b, "is not between 1ms and 1s", "leave it out for 25ms")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	bc := breaker.Config{Threshold: failureThreshold, FirstPause: firstPause, LastPause: lastPause, ProbeTimeout: 2*cfg.Budget + lastPause}
	if tell := cfg.OnState; tell != nil {
		bc.OnState = func(_ breaker.State, err error) { tell(err) }
	}
	return &Revocation{
		store: cfg.Store, keep: cfg.AccessLifetime, budget: cfg.Budget, failOpen: cfg.DangerouslyFailOpen,
		start: time.Now(), breaker: breaker.New(bc),
	}, nil
}

var (
	errOpen       = errors.New("session: the store failed repeatedly and is left alone")
	errForeignSID = errors.New("session: the token has a session ID of another issuer or subject; " +
		"Config.Issuer must be the iss of the tokens of Config.Issue")
	errNoTokenID = errors.New("session: the principal has no Subject, or the token has no ID")
	errNoSubject = errors.New("session: no subject, or no session ID")
	errOwnSID    = errors.New("session: the sid has the form of this package: end the session with Sessions.Revoke of its issuer")
)

// Revoked reports whether the token of p has been revoked. It is one call of the store.
//
//   - A token whose ID or session ID was revoked is refused.
//   - A token of a session of package session is refused if RevokeSubject came after the
//     beginning of the session, in milliseconds by the clock of the store.
//   - Any other token is refused if its IssuedAt is in the second of the last RevokeSubject
//     of its subject, or before. While that is remembered, a token without IssuedAt is
//     refused.
//
// An empty ID is never looked up, and a principal without a Subject is refused. An error
// means that the store did not answer within the budget.
func (v *Revocation) Revoked(ctx context.Context, p *authn.Principal) (bool, error) {
	if p == nil || p.Subject == "" {
		return true, nil
	}
	q, ours, err := queryOf(p)
	if err != nil {
		return false, err
	}
	verdict, err := v.check(ctx, q)
	switch {
	case err != nil && v.failOpen && ctx.Err() == nil:
		note(ctx, nil, carrier.StoreDegraded)
		return false, nil
	case err != nil:
		return false, err
	}
	return verdictRevokes(&verdict, ours, p.IssuedAt), nil
}

// queryOf returns the query about the token of p. ours reports that it has a session ID of
// this package.
func queryOf(p *authn.Principal) (q sessionstore.Query, ours bool, err error) {
	tag := family.TagOf(p.Issuer, p.Subject)
	if p.TokenID != "" {
		q.Tokens[0] = hashID("jti", p.TokenID)
	}
	switch sid := p.SessionID; {
	case !family.IsSID(sid):
		q.Tag = string(tag[:])
		if sid != "" {
			q.Tokens[1] = hashID("sid", sid)
		}
	case sid[:family.TagLen] != string(tag[:]):
		// Its revocation is in the slot of another subject, where no check would look.
		return q, false, errForeignSID
	default:
		q.Tag, q.SID, ours = sid[:family.TagLen], sid, true
	}
	return q, ours, nil
}

// verdictRevokes decides about a token that was issued at iat. A session of ours without a
// start is no longer in the store, so iat decides about its token too.
func verdictRevokes(v *sessionstore.Verdict, ours bool, iat time.Time) bool {
	switch {
	case v.Token || v.Session:
		return true
	case v.NotBefore.IsZero():
		return false
	case ours && !v.Started.IsZero():
		return !v.Started.After(v.NotBefore)
	}
	return iat.IsZero() || iat.Unix() <= v.NotBefore.Unix()
}

// check asks the store, within the budget and unless the circuit breaker is open.
func (v *Revocation) check(ctx context.Context, q sessionstore.Query) (verdict sessionstore.Verdict, err error) {
	state := v.breaker.Allow(time.Since(v.start))
	if state == breaker.Open {
		return verdict, errOpen
	}
	settled := false
	defer func() {
		if !settled {
			v.breaker.Abandon(state, time.Since(v.start)) // the store panicked
		}
	}()
	bounded, cancel := context.WithTimeout(ctx, v.budget)
	defer cancel()
	verdict, err = v.store.Check(bounded, q)
	settled = true
	switch now := time.Since(v.start); {
	case err == nil:
		v.breaker.Success(state)
	case ctx.Err() != nil:
		v.breaker.Abandon(state, now) // the client left, which says nothing about the store
	default:
		v.breaker.Failure(state, now, err)
	}
	return verdict, err
}

// RevokeToken revokes the token of p alone, such as at the logout of a token without a
// session, until it has expired. The token must have an ID (jti). Without ExpiresAt it never
// expires, and its revocation takes room in the store for 100 years.
func (v *Revocation) RevokeToken(ctx context.Context, p *authn.Principal) error {
	if p == nil || p.Subject == "" || p.TokenID == "" {
		return errNoTokenID
	}
	keep := maxKeep
	if !p.ExpiresAt.IsZero() {
		keep = min(keep, max(v.keep, time.Until(p.ExpiresAt)))
	}
	tag := family.TagOf(p.Issuer, p.Subject)
	return v.write(ctx, func(ctx context.Context) error {
		return v.store.RevokeToken(ctx, string(tag[:]), hashID("jti", p.TokenID), keep+margin)
	})
}

// RevokeSession revokes all tokens of a session of another issuer, by their sid, for 24 hours.
// An issuer with jwtauth.TrustedIssuer.DangerouslyLongLived has tokens that are good again
// then. A session of this package ends with Sessions.Revoke, which also ends its refresh
// tokens. A sid of its form is refused, also if another service with this package issued it.
func (v *Revocation) RevokeSession(ctx context.Context, issuer, subject, sid string) error {
	switch {
	case subject == "" || sid == "":
		return errNoSubject
	case family.IsSID(sid):
		return errOwnSID
	}
	tag := family.TagOf(issuer, subject)
	return v.write(ctx, func(ctx context.Context) error {
		return v.store.RevokeToken(ctx, string(tag[:]), hashID("sid", sid), max(subjectKeep, v.keep)+margin)
	})
}

// RevokeTokensOf revokes all tokens that an issuer has issued to a subject until now, for 24
// hours as RevokeSession does, and ends its sessions, without an event of a Manager. For the
// subjects of a Manager, use Sessions.RevokeSubject.
func (v *Revocation) RevokeTokensOf(ctx context.Context, issuer, subject string) error {
	if subject == "" {
		return errNoSubject
	}
	tag := family.TagOf(issuer, subject)
	return v.write(ctx, func(ctx context.Context) error {
		_, err := v.store.RevokeSubject(ctx, string(tag[:]), v.keep+margin, max(subjectKeep, v.keep)+margin)
		return err
	})
}

// maxKeep is how long the revocation of a token that never expires is kept. A year 9999 would
// overflow a time.Duration.
const maxKeep = 100 * 365 * day

// writeBudget is the least time for a revocation. It is rarer than a check and must not be
// lost, and no request waits for it but its own.
const writeBudget = 250 * time.Millisecond

// write revokes, also if the client leaves meanwhile.
func (v *Revocation) write(ctx context.Context, call func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(v.budget, writeBudget))
	defer cancel()
	if err := call(bounded); err != nil {
		note(ctx, nil, carrier.StoreDegraded)
		return authn.ErrUnavailable.With(err)
	}
	return nil
}

// hashID returns the key of an identifier that an issuer has chosen. Its length is the same
// for all.
func hashID(kind, id string) (key [16]byte) {
	var buf [256]byte
	b := append(append(buf[:0], kind...), '\n')
	sum := sha256.Sum256(append(b, id...))
	copy(key[:], sum[:])
	return key
}
