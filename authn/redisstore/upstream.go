package redisstore

import (
	"context"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

// Link implements sessionstore.Store.
func (s *Sessions) Link(ctx context.Context, l sessionstore.Link) (endedUntil time.Time, err error) {
	if len(l.SID) <= sessionstore.TagLen {
		return endedUntil, errSID
	}
	reply, err := s.store.write(ctx, s.scripts.upstream, []string{s.upstream + l.Upstream + "}"},
		"link", l.SID, l.Started.UnixMilli(), millis(l.Keep))
	switch {
	case err != nil:
		return endedUntil, err
	case len(reply) != 2:
		return endedUntil, errReply
	}
	return parseMoment(reply[1])
}

// Linked implements sessionstore.Store.
func (s *Sessions) Linked(ctx context.Context, upstream string, until time.Time, keep time.Duration) ([]string, error) {
	reply, err := s.store.write(ctx, s.scripts.upstream, []string{s.upstream + upstream + "}"},
		"linked", until.UnixMilli(), millis(keep))
	if err != nil {
		return nil, err
	}
	return reply[1:], nil
}
