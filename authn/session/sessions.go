package session

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session/internal/family"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Sessions lists and ends the sessions of the subjects of Config.Issuer. All its methods
// fail with authn.ErrUnavailable, 503, if the store does not answer: then the sessions may
// still be good, and the caller must say so.
type Sessions struct {
	store       sessionstore.Store
	issuer      string
	budget      time.Duration
	keep        time.Duration // how long an ended session is revoked, at least
	subjectKeep time.Duration // how long a not-before is kept
	observe     func(context.Context, Event)
}

// List returns the sessions of a subject that have neither ended nor expired, the newest first.
func (s *Sessions) List(ctx context.Context, subject string) ([]Session, error) {
	records, now, err := s.records(ctx, subject)
	if err != nil {
		return nil, err
	}
	all := make([]Session, 0, len(records))
	for i := range records {
		if !now.Before(records[i].Expires) {
			continue
		}
		d, err := decode(&records[i])
		if err != nil {
			return nil, err
		}
		all = append(all, d.session(&records[i]))
	}
	slices.SortFunc(all, func(a, b Session) int { return b.StartedAt.Compare(a.StartedAt) })
	return all, nil
}

// records returns the sessions of a subject, also those that have expired, and the time of the
// store.
func (s *Sessions) records(ctx context.Context, subject string) (all []sessionstore.Record, now time.Time, err error) {
	err = s.call(ctx, func(ctx context.Context) (err error) {
		all, now, err = s.store.List(ctx, s.tag(subject))
		return err
	})
	return all, now, err
}

// Revoke ends a session of a subject, and its access tokens. If the subject has no session
// with this ID, also because it is of another subject, the error is httperr.ErrNotFound.
func (s *Sessions) Revoke(ctx context.Context, subject, id string) error {
	if !family.IsSID(id) || id[:family.TagLen] != s.tag(subject) {
		return httperr.ErrNotFound
	}
	ended, err := s.end(ctx, []string{id})
	if err != nil {
		return err
	}
	if len(ended) == 0 {
		return httperr.ErrNotFound
	}
	s.emitEnded(ctx, subject, ended)
	return nil
}

// RevokeOthers ends all sessions of a subject except one, the ID of the session of the
// request, and returns their number. If except is not a session of the subject, all end. Call
// it after a change of the password.
func (s *Sessions) RevokeOthers(ctx context.Context, subject, except string) (int, error) {
	ctx = context.WithoutCancel(ctx)
	all, _, err := s.records(ctx, subject) // an expired session may have a good access token
	if err != nil {
		return 0, err
	}
	var ids []string
	for i := range all {
		if all[i].SID != except {
			ids = append(ids, all[i].SID)
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	ended, err := s.end(ctx, ids)
	s.emitEnded(ctx, subject, ended)
	return len(ended), err
}

// RevokeSubject ends all sessions of a subject, and returns their number. It also revokes all
// access tokens of the subject that were issued before, with or without a session. A login
// that follows is not affected, and neither is one that is under way: its password may have
// been checked before the reset.
func (s *Sessions) RevokeSubject(ctx context.Context, subject string) (int, error) {
	var ended []string
	err := s.call(context.WithoutCancel(ctx), func(ctx context.Context) (err error) {
		ended, err = s.store.RevokeSubject(ctx, s.tag(subject), s.keep, s.subjectKeep)
		return err
	})
	s.emitEnded(ctx, subject, ended)
	return len(ended), err
}

// end ends sessions of one subject. A client that leaves does not stop it: a thief could
// otherwise hang up before a reuse has ended the session.
func (s *Sessions) end(ctx context.Context, ids []string) (ended []string, err error) {
	err = s.call(context.WithoutCancel(ctx), func(ctx context.Context) (err error) {
		ended, err = s.store.End(ctx, ids, s.keep)
		return err
	})
	return ended, err
}

func (s *Sessions) tag(subject string) string {
	t := family.TagOf(s.issuer, subject)
	return string(t[:])
}

// call calls the store within the budget. For a client that has left it does not: a rotation
// that happens after a slow Grant, and whose answer no client gets, would make the next try of
// the client a reuse.
func (s *Sessions) call(ctx context.Context, call func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, s.budget)
	defer cancel()
	err := ctx.Err()
	if err == nil {
		err = call(bounded)
	}
	if err == nil {
		return nil
	}
	return storeFailed(ctx, err)
}

// storeFailed returns the refusal of a request whose call of the store has failed.
func storeFailed(ctx context.Context, err error) error {
	if ctx.Err() == nil { // otherwise the client has left
		note(ctx, nil, carrier.StoreDegraded)
	}
	return authn.ErrUnavailable.With(fmt.Errorf("session: store: %w", err))
}

// create stores a new session, and links it to the session at the identity provider. age is
// how long it lasts without a use.
func (s *Sessions) create(ctx context.Context, d *data, c sessionstore.Creation) (_ Session, age time.Duration, err error) {
	var created sessionstore.Created
	err = s.call(ctx, func(ctx context.Context) (err error) {
		created, err = s.store.Create(ctx, c)
		return err
	})
	switch {
	case err != nil:
		_, _ = s.end(ctx, []string{c.SID}) // the reply may be lost, and the session created
		return Session{}, 0, err
	case created.Full:
		return Session{}, 0, ErrTooMany
	}
	s.emitEnded(ctx, d.Subject, created.Ended)
	if err := s.link(ctx, d.Upstream, c.SID, created.Started, c.Absolute); err != nil {
		_, _ = s.end(ctx, []string{c.SID}) // if this fails too, the session stays without a client
		return Session{}, 0, err
	}
	started := d.session(&sessionstore.Record{
		SID: c.SID, Started: created.Started, LastUsed: created.Started,
		Expires: created.Expires, Ends: created.Started.Add(c.Absolute),
	})
	note(ctx, &started, carrier.AuthSucceeded)
	s.emit(ctx, Event{Kind: Started, Session: started})
	return started, created.Expires.Sub(created.Started), nil
}
