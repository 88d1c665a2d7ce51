package jwks

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
)

const (
	fetchTimeout = 5 * time.Second
	maxWait      = 2 * time.Second // how long a request waits for a refresh
	idleGrace    = time.Hour       // the time from due to overdue
	firstBackoff = time.Second
)

// A refresh is one request to the issuer, on a goroutine of its own. It belongs to no
// waiting request, so a client that leaves cannot cancel it for the others.
type refresh struct {
	began  time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed when the result is stored
}

// awaitKey waits for a refresh, if a refresh is needed, and returns the key.
func (r *RemoteKeys) awaitKey(ctx context.Context, issuer, kid, alg string) (Key, error) {
	pending, refusal := r.refreshForKey(issuer, kid, alg)
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
	k, err := s.keys.find(issuer, kid, alg)
	// Only the issuer knows its keys. As long as it has not answered, "unknown key" could
	// be wrong, and a client that gets 401 for a valid token would log its user out.
	switch {
	case err == nil:
		return *k, nil
	case err != ErrUnknownKey:
		return Key{}, err
	case refusal != nil:
		return Key{}, refusal
	case pending == nil:
		return Key{}, r.unknownKeyError()
	case ctx.Err() != nil:
		return Key{}, ctx.Err()
	}
	return Key{}, errTimeout
}

// unknownKeyError returns the error for a kid that is not in the set after a refresh.
func (r *RemoteKeys) unknownKeyError() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lastErr != nil {
		return r.lastErr
	}
	return ErrUnknownKey
}

// refreshForKey starts a refresh if a token needs one. It returns the refresh that the
// caller must wait for, or nil. refusal is the error for an unknown kid for which no
// refresh could be started.
func (r *RemoteKeys) refreshForKey(issuer, kid, alg string) (pending *refresh, refusal error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, now := r.set.Load(), time.Now()
	if !r.startIfDue(s, now) {
		return nil, nil
	}
	usable := s != nil && !hasPassed(s.stale, now)
	if usable {
		if _, err := s.keys.find(issuer, kid, alg); err != ErrUnknownKey {
			if !hasPassed(s.overdue, now) {
				return nil, nil
			}
			return r.refresh, nil
		}
	}
	if r.refresh == nil && usable {
		refusal = r.startForUnknown(s, now)
	}
	return r.refresh, refusal
}

// refreshForSet starts a refresh if there is no usable set. It returns the refresh that
// the caller must wait for, or nil.
func (r *RemoteKeys) refreshForSet() *refresh {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, now := r.set.Load(), time.Now()
	if !r.startIfDue(s, now) || s != nil && !hasPassed(s.stale, now) {
		return nil
	}
	return r.refresh
}

// startIfDue starts a refresh if the set is due, or if there is no usable set and the wait
// after the last failure is over. It returns false if r cannot be used.
func (r *RemoteKeys) startIfDue(s *remoteSet, now time.Time) bool {
	if r.closed || r.client == nil || r.fault != nil {
		return false
	}
	usable := s != nil && !hasPassed(s.stale, now)
	if r.refresh == nil && (usable && hasPassed(s.due, now) || !usable && !now.Before(r.nextRefresh)) {
		r.startRefresh(now, s)
	}
	return true
}

// startForUnknown starts a refresh because a kid is not in s, a usable set. If it cannot
// start one, it returns the error for the token.
func (r *RemoteKeys) startForUnknown(s *remoteSet, now time.Time) error {
	if now.Before(r.nextRefresh) { // the last refresh failed, and a token comes before nextRefresh
		return r.lastErr
	}
	wait, ok := r.unknown.take(now, r.cfg.Cooldown)
	switch {
	case ok:
		r.startRefresh(now, s)
		return nil
	case r.notAsked.take(now, r.cfg.Cooldown):
		return &jwa.RetryError{After: wait, Err: errNotAsked}
	}
	return ErrUnknownKey
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
func (r *RemoteKeys) finish(ended *refresh, keys *keySet, lifetime time.Duration, err error) Refresh {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer close(ended.done)
	r.refresh = nil
	s := r.set.Load()
	if e, ok := errors.AsType[*exposedError](err); ok && s != nil {
		s = r.dropExposed(s, e)
	}
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
			keys.keepUnchanged(s.keys)
		}
		s = &remoteSet{
			keys:    keys,
			due:     ended.began.Add(lifetime),
			overdue: ended.began.Add(lifetime + idleGrace),
			stale:   ended.began.Add(r.cfg.MaxStale),
		}
		r.storeWithTimes(s, s.due, s.overdue)
		r.nextRefresh, r.backoff = time.Time{}, 0
	case s == nil:
		r.backoff = min(max(2*r.backoff, firstBackoff), r.cfg.Cooldown)
		r.nextRefresh = time.Now().Add(r.backoff)
	default:
		// No request waits for the next refresh before the set is stale: overdue is for a
		// source without requests, and a request has just started this refresh.
		r.nextRefresh = time.Now().Add(r.cfg.Cooldown)
		r.storeWithTimes(s, r.nextRefresh, s.stale)
	}
	r.lastErr = err
	report := Refresh{Source: r.source, Err: err}
	if s != nil && !hasPassed(s.stale, time.Now()) && !r.closed {
		report.Keys = s.keys.size()
	}
	return report
}

// dropExposed stores s without the keys whose private part e reveals. It returns the stored
// set, or nil if no key is left.
func (r *RemoteKeys) dropExposed(s *remoteSet, e *exposedError) *remoteSet {
	kept := *s
	if kept.keys = s.keys.without(e.parts); kept.keys == nil {
		r.set.Store(nil)
		return nil
	}
	r.set.Store(&kept)
	return &kept
}

// storeWithTimes stores a copy of s with these times, but with stale if a time is after
// stale. Key compares only due, so due must not be after stale.
func (r *RemoteKeys) storeWithTimes(s *remoteSet, due, overdue time.Time) {
	c := *s
	c.due = slices.MinFunc([]time.Time{due, s.stale}, time.Time.Compare)
	c.overdue = slices.MinFunc([]time.Time{overdue, s.stale}, time.Time.Compare)
	r.set.Store(&c)
}
