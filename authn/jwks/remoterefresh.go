package jwks

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	fetchTimeout = 5 * time.Second
	maxWait      = 2 * time.Second // how long a request waits for a refresh
	idleGrace    = time.Hour       // from due to overdue
	firstBackoff = time.Second
)

// A refresh is one request to the issuer, on a goroutine of its own. It belongs to no
// waiting request, so a client that leaves cannot cancel it for the others.
type refresh struct {
	began  time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed when the result is stored
}

// awaitKey returns a key after it waited for a refresh, if one is needed.
func (r *RemoteKeys) awaitKey(ctx context.Context, kid string) (Key, error) {
	pending := r.await(kid, false)
	if pending != nil {
		timer := time.NewTimer(maxWait)
		defer timer.Stop()
		select {
		case <-pending.done:
			pending = nil
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	s, err := r.current()
	if err != nil {
		if pending != nil && ctx.Err() != nil {
			return Key{}, ctx.Err()
		}
		return Key{}, err
	}
	if k, ok := s.keys[kid]; ok {
		return k, nil
	}
	// Only the issuer knows its keys. As long as it has not answered, "unknown key" could
	// be wrong, and a client that gets 401 for a valid token would log its user out.
	switch {
	case pending == nil:
		return Key{}, r.unknownKeyError()
	case ctx.Err() != nil:
		return Key{}, ctx.Err()
	}
	return Key{}, errTimeout
}

// unknownKeyError returns the error for a kid that is not in the set.
func (r *RemoteKeys) unknownKeyError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lastErr != nil {
		return r.lastErr
	}
	return ErrUnknownKey
}

// await starts a refresh if one is needed. It returns the refresh that the caller must
// wait for, or nil. With anySet the caller accepts any usable set, and kid is ignored.
func (r *RemoteKeys) await(kid string, anySet bool) *refresh {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.client == nil || r.fault != nil {
		return nil
	}
	now := time.Now()
	s := r.set.Load()
	usable := s != nil && !hasPassed(s.stale, now)
	known := usable && anySet
	if usable && !anySet {
		_, known = s.keys[kid]
	}
	if r.refresh == nil && (usable && hasPassed(s.due, now) || !known && !now.Before(r.nextRefresh)) {
		r.startRefresh(now, s)
	}
	if known && (anySet || !hasPassed(s.overdue, now)) {
		return nil
	}
	return r.refresh
}

// startRefresh starts a refresh. Until it ends, s is not due again, so that requests with
// a known kid need no lock.
func (r *RemoteKeys) startRefresh(now time.Time, s *remoteSet) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	started := &refresh{began: now, cancel: cancel, done: make(chan struct{})}
	r.refresh = started
	if s != nil && !hasPassed(s.overdue, now) {
		r.storeWithTimes(s, s.overdue, s.overdue)
	}
	r.running.Go(func() {
		defer cancel()
		keys, lifetime, skipped, err := r.fetch(ctx)
		report := r.finish(started, keys, lifetime, err)
		report.Skipped = skipped
		if r.cfg.OnRefresh != nil {
			r.cfg.OnRefresh(report)
		}
	})
}

// finish stores the result of a refresh and returns the report for OnRefresh.
func (r *RemoteKeys) finish(ended *refresh, keys map[string]Key, lifetime time.Duration, err error) Refresh {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer close(ended.done)
	r.refresh = nil
	s := r.set.Load()
	switch {
	case r.closed:
		err = errClosed
	case err == nil:
		// Refresh at the latest after half of MaxStale, to leave time for a second
		// attempt. Subtract a random part, because all processes of a fleet may have
		// started together.
		lifetime = min(lifetime, r.cfg.MaxStale/2)
		lifetime -= rand.N(lifetime/5 + 1)
		if s != nil {
			keepUnchanged(s.keys, keys)
		}
		s = &remoteSet{
			keys:    keys,
			due:     ended.began.Add(lifetime),
			overdue: ended.began.Add(lifetime + idleGrace),
			stale:   ended.began.Add(r.cfg.MaxStale),
		}
		r.storeWithTimes(s, s.due, s.overdue)
		r.nextRefresh, r.backoff = ended.began.Add(r.cfg.Cooldown), 0
	case s == nil:
		r.backoff = min(max(2*r.backoff, firstBackoff), r.cfg.Cooldown)
		r.nextRefresh = time.Now().Add(r.backoff)
	default:
		// A request has just started a refresh, so the set was not idle and need not be
		// waited for.
		r.nextRefresh = time.Now().Add(r.cfg.Cooldown)
		r.storeWithTimes(s, r.nextRefresh, s.stale)
	}
	r.lastErr = err
	report := Refresh{Source: r.source, Err: err}
	if s != nil && !hasPassed(s.stale, time.Now()) && !r.closed {
		report.Keys = len(s.keys)
	}
	return report
}

// storeWithTimes stores a copy of s with other times. Neither is after stale, because Key
// compares only due.
func (r *RemoteKeys) storeWithTimes(s *remoteSet, due, overdue time.Time) {
	c := *s
	c.due = slices.MinFunc([]time.Time{due, s.stale}, time.Time.Compare)
	c.overdue = slices.MinFunc([]time.Time{overdue, s.stale}, time.Time.Compare)
	r.set.Store(&c)
}
