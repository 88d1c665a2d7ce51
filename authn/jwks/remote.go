package jwks

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// RemoteKeys are the keys that an issuer publishes as a JWK Set at a URL. Make
// them once, with Remote or NewRemote. It implements Source and is safe for
// concurrent use.
//
// The set is fetched when it is first asked for, and again in the background
// when a request comes after a part of the time that the Cache-Control of the
// issuer allows, 1 to 60 min, or 15 min if it does not say. A request whose kid
// is known does not wait for that; a key that is gone from the set is no longer
// accepted when it is over. Only if nobody has asked for more than an hour
// beyond that time does a request wait, up to 2 s, because such a set may be
// days old.
//
// A kid that is not known has the set fetched again, once per Cooldown for all
// requests together, and they wait up to 2 s for it. A kid that was unknown to
// the issuer when it was last asked is ErrUnknownKey. If it could not be asked,
// nobody can tell, and the answer is another error, thus 503.
//
// While the issuer does not answer, or what it answers is not a sound set, the
// keys from before are used until MaxStale. Without keys the answer is 503, and
// the set is fetched again after 1 s, 2 s and so on up to Cooldown.
type RemoteKeys struct {
	cfg    RemoteConfig
	fault  error // of cfg
	source string
	client *http.Client

	set atomic.Pointer[remoteSet] // nil before the first, and after Close

	mu      sync.Mutex // for what follows, and to replace set
	closed  bool
	refresh *refresh      // the one under way
	next    time.Time     // no kid and no lack of keys starts a refresh before it
	backoff time.Duration // before the first set
	err     error         // of the last refresh
	running sync.WaitGroup
}

// A remoteSet is never changed, only replaced.
type remoteSet struct {
	keys    map[string]Key
	due     time.Time // from then on a request starts a refresh, at most at stale
	overdue time.Time // from then on it also waits for it
	stale   time.Time // from then on the keys are not used
}

// isOver reports whether the time has come, by the clock on the wall or by the
// one that only goes forward. A machine that was suspended has stopped the
// second, and the keys may be days old; the first may have been set back.
func isOver(t, now time.Time) bool { return !now.Before(t) || !now.Round(0).Before(t) }

// Remote is NewRemote with nothing but a URL. What is wrong with that is reported
// by jwtauth.New, together with all other faults.
func Remote(url string) *RemoteKeys { return newRemote(RemoteConfig{URL: url}) }

// NewRemote returns the keys that an issuer publishes. It returns all faults of
// cfg at once, joined, each an *httperr.ConfigError. Nothing is fetched yet; see
// Ready.
func NewRemote(cfg RemoteConfig) (*RemoteKeys, error) {
	r := newRemote(cfg)
	if r.fault != nil {
		return nil, r.fault
	}
	return r, nil
}

func newRemote(cfg RemoteConfig) *RemoteKeys {
	f := httperr.ConfigFaults{Package: pkg}
	cfg.compile(&f)
	r := &RemoteKeys{cfg: cfg, fault: f.Err(), client: &http.Client{Transport: cfg.Transport, CheckRedirect: redirect}}
	if u, err := url.Parse(cfg.URL); err == nil && r.fault == nil {
		r.source = u.Scheme + "://" + u.Host + u.EscapedPath()
	}
	return r
}

// SelfCheck is for package jwtauth, which reports the faults.
func (r *RemoteKeys) SelfCheck() jwa.SelfCheck {
	if r.client == nil {
		f := httperr.ConfigFaults{Package: pkg}
		f.Add("Keys", nil, "was not made by Remote or NewRemote", "use one of them")
		return jwa.NewSelfCheck(f.Err(), false)
	}
	return ofKeys(r.fault)
}

var (
	errClosed  = errors.New("jwks: the JWKS is closed")
	errNotMade = errors.New("jwks: RemoteKeys were not made by Remote or NewRemote")
	errSlow    = errors.New("jwks: the JWKS has not arrived within 2s")
	errStale   = errors.New("jwks: the JWKS is older than MaxStale")
)

// Key implements Source. It neither waits nor allocates if kid is known.
func (r *RemoteKeys) Key(ctx context.Context, _, kid string) (Key, error) {
	if s := r.set.Load(); s != nil && !isOver(s.due, time.Now()) {
		if k, ok := s.keys[kid]; ok {
			return k, nil
		}
	}
	return r.ask(ctx, kid)
}

// Ready fetches the set if there is none, and returns nil as soon as there is.
// A program can call it before it takes requests, or as part of its health
// check. The error says why there is none; ctx bounds the wait, which is 5 s at
// most.
func (r *RemoteKeys) Ready(ctx context.Context) error {
	f := r.await("", true)
	if f != nil {
		select {
		case <-f.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	_, err := r.current()
	return err
}

// Close ends a request to the issuer that is under way, waits until it is over,
// and makes every later call an error. It always returns nil.
func (r *RemoteKeys) Close() error {
	r.mu.Lock()
	r.closed = true
	r.set.Store(nil)
	if r.refresh != nil {
		r.refresh.cancel()
	}
	r.mu.Unlock()
	r.running.Wait()
	return nil
}

// current returns a set to use.
func (r *RemoteKeys) current() (*remoteSet, error) {
	s := r.set.Load()
	if s != nil && !isOver(s.stale, time.Now()) {
		return s, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.client == nil:
		return nil, errNotMade
	case r.fault != nil:
		return nil, r.fault
	case r.closed:
		return nil, errClosed
	case s != nil:
		return nil, errors.Join(errStale, r.err)
	case r.err != nil:
		return nil, r.err
	}
	return nil, errSlow
}
