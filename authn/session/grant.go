package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A grantFunc is a Config.Grant.
type grantFunc func(context.Context, Session) (Rights, error)

// grant asks for the rights of a session, and returns the session with them. login has the
// rights of the login, which bound the scopes. The event has the difference. If the answer
// is ErrEnded, grant ends the session.
func (s *Sessions) grant(ctx context.Context, ask grantFunc, login Session) (Session, Event, error) {
	asked := login
	asked.Scopes = slices.Clone(login.Scopes) // Grant may write into its slice
	rights, err := ask(ctx, asked)
	switch {
	case errors.Is(err, ErrEnded):
		ended, endErr := s.end(ctx, []string{login.ID})
		if endErr != nil {
			return Session{}, Event{}, endErr
		}
		note(ctx, nil, carrier.AuthFailed)
		s.emitEnded(ctx, login.Subject, ended)
		return Session{}, Event{}, ErrEnded.With(err)
	case err != nil:
		if ctx.Err() == nil {
			note(ctx, nil, carrier.StoreDegraded)
		}
		return Session{}, Event{}, authn.ErrUnavailable.With(fmt.Errorf("session: Config.Grant: %w", err))
	}
	granted, e := login, Event{}
	granted.Scopes, granted.Roles = nil, slices.Clone(rights.Roles)
	for _, scope := range login.Scopes {
		if slices.Contains(rights.Scopes, scope) {
			granted.Scopes = append(granted.Scopes, scope)
		} else {
			e.Withheld = append(e.Withheld, scope)
		}
	}
	for _, scope := range rights.Scopes {
		if !slices.Contains(login.Scopes, scope) {
			e.Ignored = append(e.Ignored, scope)
		}
	}
	return granted, e, nil
}
