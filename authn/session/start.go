package session

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Manager starts, refreshes and ends sessions with refresh tokens. It is safe for
// concurrent use; make one with [New].
type Manager struct {
	*Sessions
	cfg    Config
	policy family.Policy
	cookie cookieRules
}

// Start begins a session for a user that has just logged in with a browser, and sets the
// cookie. It writes no body, so the caller can still answer as it likes, such as with
// [Tokens.Respond]. It checks no origin: a login handler has its own protection.
//
// A session whose cookie comes with r is ended first, whatever its subject. The cookie of
// the new session takes its place in the browser.
//
// The errors are authn.ErrUnavailable, 503, if the store does not answer; ErrTooMany;
// ErrEnded if the identity provider ended its session meanwhile; the error of Config.Issue;
// and any other error for a faulty Login. After an error there is no new cookie, and no new
// session unless the store fails twice. The old session may have ended.
func (m *Manager) Start(w http.ResponseWriter, r *http.Request, l Login) (Tokens, error) {
	ctx := r.Context()
	if err := m.cookie.endOld(r, m.End); err != nil {
		return Tokens{}, err
	}
	t, text, err := m.begin(ctx, byCookie, l)
	if err != nil {
		return Tokens{}, err
	}
	w.Header().Set("Cache-Control", noStore)
	m.cookie.set(w, text, t.cookieAge)
	return t, nil
}

// Begin begins a session for a user that has just logged in with a native client. The client
// keeps Tokens.Refresh, and presents it for [Manager.Rotate]. The errors are the errors of Start.
func (m *Manager) Begin(ctx context.Context, l Login) (Tokens, error) {
	t, text, err := m.begin(ctx, byBody, l)
	t.Refresh = text
	return t, err
}

// begin creates a session. The access token is signed before, so that the store knows its
// expiry before a client has it.
func (m *Manager) begin(ctx context.Context, transport string, l Login) (t Tokens, token string, err error) {
	now := time.Now()
	d, err := newData(m.issuer, transport, l, now)
	if err != nil {
		return Tokens{}, "", err
	}
	id, secret := family.NewID(m.tag(d.Subject)), family.NewSecret()
	state := family.State{Current: family.HashOf(secret)}
	c := sessionstore.Creation{
		SID: family.SID(id), Data: d.encode(), State: state.Encode(), Idle: m.cfg.Idle, Absolute: m.cfg.Absolute,
		Max: m.cfg.MaxSessions, Refuse: m.cfg.RefuseAtMax, Keep: m.keep,
	}
	s := d.session(&sessionstore.Record{SID: c.SID})
	note(ctx, &s, 0)
	if t, c.Access, err = m.issue(ctx, s); err != nil {
		return Tokens{}, "", err
	}
	if t.Session, t.cookieAge, err = m.create(ctx, &d, c); err != nil {
		return Tokens{}, "", err
	}
	return t, family.New(id, secret, d.Key).Text(), nil
}

// issue calls Config.Issue. keep is how long the token must stay revocable.
func (m *Manager) issue(ctx context.Context, s Session) (t Tokens, keep time.Duration, err error) {
	token, expires, err := m.cfg.Issue(ctx, s)
	if err != nil {
		return Tokens{}, 0, err
	}
	// An issuer may round the expiry up to a whole second.
	switch life := time.Until(expires); {
	case token == "" || life <= 0:
		err = fmt.Errorf("session: Config.Issue returned no token, or one that has expired")
	case life > m.cfg.AccessLifetime+time.Second:
		err = fmt.Errorf("session: Config.Issue returned a token for %v, and AccessLifetime is %v",
			life.Round(time.Second), m.cfg.AccessLifetime)
	default:
		return Tokens{Access: token, ExpiresAt: expires, Session: s}, life + margin, nil
	}
	return Tokens{}, 0, httperr.ErrInternal.With(err)
}
