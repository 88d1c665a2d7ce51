package main

import (
	"context"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// ListSessions is GET /v1/sessions.
type ListSessions struct{}

// EndOthers is DELETE /v1/sessions.
type EndOthers struct{}

// EndSession is DELETE /v1/sessions/{id}.
type EndSession struct {
	ID string `path:"id"`
}

// Session describes one login of the caller.
type Session struct {
	ID       string    `json:"id"`
	Label    string    `json:"label"`
	Started  time.Time `json:"started"`
	LastUsed time.Time `json:"last_used"`
	Current  bool      `json:"current"` // the caller uses it now
}

// Sessions is the response to GET /v1/sessions.
type Sessions struct {
	Sessions []Session `json:"sessions"`
}

// Ended is the response to DELETE /v1/sessions.
type Ended struct {
	Ended int `json:"ended"`
}

var errNoSession = &httperr.Error{
	Status:  http.StatusForbidden,
	Code:    "session_required",
	Message: "Only a user that has logged in has sessions.",
}

// caller returns the principal of a session. A program with an API key may have the name of
// a user, and must not end the sessions of that user.
func caller(ctx context.Context) (*authn.Principal, error) {
	p, ok := authn.FromContext(ctx)
	switch {
	case !ok:
		return nil, authn.ErrNoCredentials
	case p.Issuer != issuer || p.SessionID == "":
		return nil, errNoSession
	}
	return p, nil
}

func (a *accounts) list(ctx context.Context, _ *ListSessions) (*Sessions, error) {
	p, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.sessions.List(ctx, p.Subject)
	if err != nil {
		return nil, err
	}
	list := make([]Session, len(all))
	for i, s := range all {
		list[i] = Session{ID: s.ID, Label: s.Label, Started: s.StartedAt, LastUsed: s.LastUsedAt, Current: s.ID == p.SessionID}
	}
	return &Sessions{list}, nil
}

// endOne ends one session of the caller, with its access tokens.
func (a *accounts) endOne(ctx context.Context, in *EndSession) (*struct{}, error) {
	p, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.sessions.Revoke(ctx, p.Subject, in.ID)
}

// endOthers ends all sessions of the caller but the one of the request.
func (a *accounts) endOthers(ctx context.Context, _ *EndOthers) (*Ended, error) {
	p, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	n, err := a.sessions.RevokeOthers(ctx, p.Subject, p.SessionID)
	if err != nil {
		return nil, err
	}
	return &Ended{n}, nil
}
