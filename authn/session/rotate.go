package session

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session/internal/family"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Rotate refreshes the session of a native client. Tokens.Refresh takes the place of token.
// Within Config.Grace after a rotation it may be equal to token.
//
// The error is ErrEnded, 401, if the client must log in again, and authn.ErrUnavailable,
// 503, if it must keep the token and try again. A token from a cookie is ErrEnded, and its
// session stays.
func (m *Manager) Rotate(ctx context.Context, token string) (Tokens, error) {
	t, text, err := m.rotate(ctx, byBody, token)
	t.Refresh = text
	return t, err
}

// End ends the session of a refresh token, and its access tokens. A spent and an expired
// token end it too, and a token of no session is no error. The error is
// authn.ErrUnavailable: then the session may still be good. A user who closes the page at once
// is logged out too.
func (m *Manager) End(ctx context.Context, token string) error {
	ctx = context.WithoutCancel(ctx)
	p, err := m.find(ctx, token)
	switch {
	case errors.Is(err, ErrEnded):
		return nil
	case err != nil:
		return err
	}
	ended, err := m.end(ctx, []string{p.session.ID})
	note(ctx, &p.session, 0)
	m.emitEnded(ctx, p.session.Subject, ended)
	return err
}

// A presented token, and the session that it belongs to.
type presented struct {
	token     family.Token
	record    sessionstore.Record
	data      data
	session   Session // with the rights of the login
	newSecret string  // of the successor, if the token rotates
}

// find reads the session of a token. The error is ErrEnded if the token has no session, or if
// the service did not make it.
func (m *Manager) find(ctx context.Context, text string) (p presented, err error) {
	token, ok := family.Parse(text)
	if !ok {
		return p, ErrEnded.With(errMalformed)
	}
	var found bool
	err = m.call(ctx, func(ctx context.Context) (err error) {
		p.record, found, err = m.store.Read(ctx, token.SID())
		return err
	})
	switch {
	case err != nil:
		return p, err
	case !found:
		return p, ErrEnded.With(errNotFound)
	}
	if p.data, err = decode(&p.record); err != nil {
		return p, err
	}
	if !token.Genuine(p.data.Key) {
		return p, ErrEnded.With(errForged)
	}
	p.token, p.session, p.newSecret = token, p.data.session(&p.record), family.NewSecret()
	return p, nil
}

// rotate answers a refresh, in two calls of the store: one reads, and one commits.
func (m *Manager) rotate(ctx context.Context, transport, text string) (Tokens, string, error) {
	p, err := m.find(ctx, text)
	if err == nil {
		note(ctx, &p.session, 0)
		err = m.checkUse(transport, &p)
	}
	if errors.Is(err, ErrEnded) {
		note(ctx, nil, carrier.AuthFailed)
		carrier.NoteCredential(ctx, text)
	}
	if err != nil {
		return Tokens{}, "", err
	}
	d, err := m.decide(&p, p.record)
	if err != nil {
		return Tokens{}, "", err
	}
	since := time.Duration(0)
	switch d.Outcome {
	case family.Replayed, family.Replaced:
		since = p.record.Now.Sub(p.record.Rotated)
	case family.Lost:
		return Tokens{}, "", authn.ErrUnavailable.With(errLost)
	case family.Reused:
		carrier.NoteCredential(ctx, text)
		return Tokens{}, "", m.endReused(ctx, &p)
	}

	granted, event, err := m.grant(ctx, m.cfg.Grant, p.session)
	if err != nil {
		return Tokens{}, "", err
	}
	t, keep, err := m.issue(ctx, granted)
	if err != nil {
		return Tokens{}, "", err
	}
	record, d, err := m.record(ctx, &p, d, keep)
	if err != nil {
		return Tokens{}, "", err
	}
	granted.LastUsedAt, granted.ExpiresAt = record.LastUsed, record.Expires
	t.Session, t.cookieAge = granted, record.Expires.Sub(record.Now)
	event.Session = granted
	if event.Kind = Refreshed; d.Outcome == family.Replayed || d.Outcome == family.Replaced {
		event.Kind, event.SinceRotation = Replayed, since
	}
	note(ctx, nil, carrier.AuthSucceeded)
	m.emit(ctx, event)
	return t, p.token.WithSecret(d.Secret, p.data.Key).Text(), nil
}

// checkUse refuses a genuine token that has come in the wrong way or too late. The way comes
// first: a token from a cookie in a body is an attack, whether it has expired or not.
func (m *Manager) checkUse(transport string, p *presented) error {
	switch {
	case p.data.Transport != transport:
		return ErrEnded.With(errTransport)
	case !p.record.Now.Before(p.record.Expires):
		return ErrEnded.With(errExpired)
	}
	return nil
}

// decide decides about a token with the state in record. The time is the time of
// the first read, at which the request was admitted.
func (m *Manager) decide(p *presented, record sessionstore.Record) (family.Decision, error) {
	state, err := family.DecodeState(record.State)
	if err != nil {
		return family.Decision{}, err
	}
	f := family.Family{Key: p.data.Key, State: state, Sealed: record.Sealed, Rotated: record.Rotated}
	return m.policy.Decide(f, p.token, p.record.Now, p.newSecret), nil
}

// endReused ends a session because a spent token was used. Only the call that ended it
// reports it, so that one theft is one event. After an error it is not known which call that
// is, and endReused reports it too: a second event is better than none.
func (m *Manager) endReused(ctx context.Context, p *presented) error {
	ended, err := m.end(ctx, []string{p.session.ID})
	if err != nil || len(ended) > 0 {
		note(ctx, nil, carrier.SessionReuse)
		m.emit(ctx, Event{Kind: Reused, Session: p.session, SinceRotation: p.record.Now.Sub(p.record.Rotated)})
	}
	if err != nil {
		return err
	}
	note(ctx, nil, carrier.AuthFailed)
	return ErrEnded.With(errReused)
}

// maxCommits is how many states a request may find before it gives up. A state changes at
// most twice for each grace, so the second commit nearly always succeeds.
const maxCommits = 4

// record stores the decision d, and returns the decision that counts: of several requests
// that have read one state, the first one rotates, and the others get its successor. Each
// commit also records the expiry of the access token, so a request that does not rotate
// needs no further call. Such a request is decided again too if the state has changed: its
// answer could otherwise put a spent token over the successor in the jar of the browser.
func (m *Manager) record(
	ctx context.Context, p *presented, d family.Decision, access time.Duration,
) (sessionstore.Record, family.Decision, error) {
	old := p.record.State
	for range maxCommits {
		c, want := sessionstore.Commit{SID: p.session.ID, Idle: m.cfg.Idle, Access: access}, old
		if d.Changed {
			c.Old, c.New = old, d.Next.Encode()
			want = c.New
		}
		if d.Rotates() {
			c.Rotates, c.Sealed, c.SealedFor = true, d.Sealed, m.cfg.Grace
		}
		var record sessionstore.Record
		var outcome sessionstore.Outcome
		err := m.call(ctx, func(ctx context.Context) (err error) {
			record, outcome, err = m.store.Commit(ctx, c)
			return err
		})
		switch {
		case err != nil:
			return record, d, err
		case outcome == sessionstore.Ended:
			note(ctx, nil, carrier.AuthFailed)
			return record, d, ErrEnded.With(errEndedAtOnce)
		case bytes.Equal(record.State, want):
			return record, d, nil // also if a retry, after a lost reply, was a Conflict
		}
		if d, err = m.decide(p, record); err != nil {
			return record, d, err
		}
		switch {
		case !d.Outcome.Gives():
			// The token was admissible when it came, and is no longer. It is decided when
			// it comes again, with a state that was read for it.
			return record, d, authn.ErrUnavailable.With(errInterfered)
		case !d.Changed:
			return record, d, nil
		}
		old = record.State
	}
	return sessionstore.Record{}, d, authn.ErrUnavailable.With(errInterfered)
}
