package session

import (
	"context"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// An Event is one change of a session, for the Observe of Config and CookieConfig.
type Event struct {
	Kind EventKind

	// Session is the session. For Ended, only the ID, the Issuer and the Subject may be
	// known.
	Session Session

	// SinceRotation is the age of the last rotation when a predecessor came, for Replayed
	// and Reused.
	SinceRotation time.Duration

	// Withheld are the scopes of the login that Config.Grant did not answer, and Ignored
	// the scopes that it answered beyond the login. For Refreshed and Replayed.
	Withheld, Ignored []string
}

// An EventKind is the name of an event.
type EventKind string

// The events.
const (
	Started   EventKind = "started"
	Refreshed EventKind = "refreshed" // the current token was used, or a Cookie has asked Grant again
	Replayed  EventKind = "replayed"  // a predecessor was used, inside the grace or LostReply, and answered
	Reused    EventKind = "reused"    // a spent token was used, and ends the session; twice if the store did not answer
	Ended     EventKind = "ended"     // by a logout, a revocation, Grant, another login, or MaxSessions
)

func (s *Sessions) emit(ctx context.Context, e Event) {
	if s.observe != nil {
		s.observe(ctx, e)
	}
}

// emitEnded reports sessions that have ended. Only their IDs are known.
func (s *Sessions) emitEnded(ctx context.Context, subject string, ids []string) {
	for _, id := range ids {
		s.emit(ctx, Event{Kind: Ended, Session: Session{ID: id, Issuer: s.issuer, Subject: subject}})
	}
}

// note adds the session and the events of a request to its record.
func note(ctx context.Context, s *Session, e carrier.Events) {
	rec := carrier.From(ctx)
	if rec == nil {
		return
	}
	rec.Update(func(f *carrier.Facts) {
		f.Events |= e
		if s != nil {
			f.Issuer, f.Subject, f.TokenID, f.AuthMethod = s.Issuer, s.Subject, s.ID, "session"
		}
	})
}
