package jwks

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	fetchTimeout = 5 * time.Second
	maxWait      = 2 * time.Second // of a request, for a refresh
	idleGrace    = time.Hour       // after due, without a refresh
	firstBackoff = time.Second
)

// A refresh is one request to the issuer, on a goroutine of its own: it belongs
// to none of those who wait for it, so none of them can end it for the others.
type refresh struct {
	began  time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed once its outcome can be seen
}

// ask finds a key the slow way.
func (r *RemoteKeys) ask(ctx context.Context, kid string) (Key, error) {
	f := r.await(kid, false)
	if f != nil {
		timer := time.NewTimer(maxWait)
		defer timer.Stop()
		select {
		case <-f.done:
			f = nil
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	s, err := r.current()
	if err != nil {
		if f != nil && ctx.Err() != nil {
			return Key{}, ctx.Err()
		}
		return Key{}, err
	}
	if k, ok := s.keys[kid]; ok {
		return k, nil
	}
	// Only the issuer knows what keys it has. If it has not said, a client that
	// is told that its token is invalid would log its user out for nothing.
	switch {
	case f == nil:
		return Key{}, r.unknown()
	case ctx.Err() != nil:
		return Key{}, ctx.Err()
	}
	return Key{}, errSlow
}

// unknown is the error for a kid that is not in the set.
func (r *RemoteKeys) unknown() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	return ErrUnknownKey
}

// await starts a refresh if there is reason to, and returns the one to wait for,
// if any. With any set, every set will do, whatever kid.
func (r *RemoteKeys) await(kid string, any bool) *refresh {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.client == nil || r.fault != nil {
		return nil
	}
	now := time.Now()
	s := r.set.Load()
	usable := s != nil && !isOver(s.stale, now)
	known := usable && any
	if usable && !any {
		_, known = s.keys[kid]
	}
	if r.refresh == nil && (usable && isOver(s.due, now) || !known && !now.Before(r.next)) {
		r.start(now, s)
	}
	if known && (any || !isOver(s.overdue, now)) {
		return nil
	}
	return r.refresh
}

// start starts a refresh. Until it is over, s is not due again.
func (r *RemoteKeys) start(now time.Time, s *remoteSet) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	f := &refresh{began: now, cancel: cancel, done: make(chan struct{})}
	r.refresh = f
	if s != nil && !isOver(s.overdue, now) {
		r.replace(s, s.overdue, s.overdue)
	}
	r.running.Go(func() {
		defer cancel()
		keys, fresh, skipped, err := r.fetch(ctx)
		report := r.finish(f, keys, fresh, err)
		report.Skipped = skipped
		if r.cfg.OnRefresh != nil {
			r.cfg.OnRefresh(report)
		}
	})
}

// finish takes up the outcome of a refresh.
func (r *RemoteKeys) finish(f *refresh, keys map[string]Key, fresh time.Duration, err error) Refresh {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer close(f.done)
	r.refresh = nil
	s := r.set.Load()
	switch {
	case r.closed:
		err = errClosed
	case err == nil:
		// Not later than half of the time that is left if it should fail, and
		// not all processes of a fleet at once: they may have started together.
		fresh = min(fresh, r.cfg.MaxStale/2)
		fresh -= rand.N(fresh/5 + 1)
		if s != nil {
			carryOver(s.keys, keys)
		}
		s = &remoteSet{keys: keys, due: f.began.Add(fresh), overdue: f.began.Add(fresh + idleGrace), stale: f.began.Add(r.cfg.MaxStale)}
		r.replace(s, s.due, s.overdue)
		r.next, r.backoff = f.began.Add(r.cfg.Cooldown), 0
	case s == nil:
		r.backoff = min(max(2*r.backoff, firstBackoff), r.cfg.Cooldown)
		r.next = time.Now().Add(r.backoff)
	default:
		// Somebody has asked, so the set is no longer one that was forgotten.
		r.next = time.Now().Add(r.cfg.Cooldown)
		r.replace(s, r.next, s.stale)
	}
	r.err = err
	report := Refresh{Source: r.source, Err: err}
	if s != nil && !isOver(s.stale, time.Now()) && !r.closed {
		report.Keys = len(s.keys)
	}
	return report
}

// replace stores s with other times, none of them after stale: Key looks at due
// alone.
func (r *RemoteKeys) replace(s *remoteSet, due, overdue time.Time) {
	c := *s
	c.due, c.overdue = earlier(due, s.stale), earlier(overdue, s.stale)
	r.set.Store(&c)
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}
