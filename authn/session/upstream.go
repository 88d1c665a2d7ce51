package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// linkKeep is how long RevokeUpstream is remembered for a login that is under way.
const linkKeep = time.Hour

// keys returns the keys of u in the store: for its SID and for its Subject. The one that is
// missing is empty.
func (u Upstream) keys() (sid, subject string) {
	key := func(kind, name string) string {
		if name == "" {
			return ""
		}
		t := family.TagOf(kind+u.Issuer, name)
		return string(t[:])
	}
	return key("upstream session of ", u.SID), key("upstream subject of ", u.Subject)
}

func (u Upstream) check(f *httperr.ConfigFaults) {
	switch {
	case u == Upstream{}:
	case u.Issuer == "":
		f.Add("Upstream.Issuer", nil, "is missing", "set the iss of the ID token")
	case u.SID == "" && u.Subject == "":
		f.Add("Upstream", nil, "has neither SID nor Subject", "set the sid or the sub of the ID token, or both")
	}
}

// link makes a new session findable for RevokeUpstream. If RevokeUpstream was called while
// the login was under way, link returns ErrEnded.
func (s *Sessions) link(ctx context.Context, u Upstream, id string, started time.Time, keep time.Duration) error {
	sid, subject := u.keys()
	for _, key := range []string{sid, subject} {
		if key == "" {
			continue
		}
		var until time.Time
		err := s.call(ctx, func(ctx context.Context) (err error) {
			until, err = s.store.Link(ctx, sessionstore.Link{Upstream: key, SID: id, Started: started, Keep: keep})
			return err
		})
		switch {
		case err != nil:
			return err
		case !until.IsZero() && !started.After(until):
			return ErrEnded.With(errors.New("session: the identity provider ended its session during the login"))
		}
	}
	return nil
}

// RevokeUpstream ends the sessions whose Login.Upstream has the Issuer and the SID of u, or
// the Issuer and the Subject if u has no SID, and that have begun at until or before. It
// returns their number. If u has a SID, its Subject is ignored: a login without SID is then
// not found. until is the time of the logout at the identity provider. A logout token tells it
// in whole seconds, cut off: add one second to its iat.
func (s *Sessions) RevokeUpstream(ctx context.Context, u Upstream, until time.Time) (int, error) {
	f := httperr.ConfigFaults{Package: pkg}
	u.check(&f)
	if err := f.Err(); err != nil {
		return 0, err
	}
	key, subject := u.keys()
	if key == "" {
		key = subject
	}
	if key == "" {
		return 0, fmt.Errorf("session: RevokeUpstream of no Upstream")
	}
	var ids []string
	err := s.call(context.WithoutCancel(ctx), func(ctx context.Context) (err error) {
		ids, err = s.store.Linked(ctx, key, until, linkKeep)
		return err
	})
	if err != nil {
		return 0, err
	}
	// The sessions of one upstream user are usually of one subject, and End takes the
	// sessions of one subject at a time.
	slices.Sort(ids)
	n := 0
	for len(ids) > 0 {
		same := 1
		for same < len(ids) && ids[same][:family.TagLen] == ids[0][:family.TagLen] {
			same++
		}
		ended, err := s.end(ctx, ids[:same])
		n += len(ended)
		s.emitEnded(ctx, "", ended)
		if err != nil {
			return n, err
		}
		ids = ids[same:]
	}
	return n, nil
}
