package jwks

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/discovery"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// RemoteKeys is the source of the keys that an issuer publishes as a JWK Set at a URL.
// Make it once, with Discover, Remote or NewRemote. It implements Source and is safe for
// concurrent use.
//
// The first call of Key or Ready fetches the set. Later a request starts a refresh in the
// background. The refresh is due after a part of the time that the Cache-Control of the
// issuer allows, 1 to 60 min, or 15 min without Cache-Control. A request with a known kid
// does not wait for the refresh. After the refresh, a key that is gone from the set is no
// longer accepted. A request waits for the refresh, up to 2 s, only if there was no
// request for more than an hour after the refresh was due, because such a set may be days
// old.
//
// A request with an unknown kid starts a refresh and waits for it, up to 2 s. Three such
// refreshes may follow one another without a pause, and then one per Cooldown, for all
// requests together. If the issuer did not have the kid at that refresh, the error is
// ErrUnknownKey. If the refresh failed, nothing is known about the kid, and the answer is
// another error, thus 503. If no refresh may start, a new kid cannot be told from a false
// kid: then the answer is 503 with the time in Retry-After, at most three times per
// Cooldown. All further requests get ErrUnknownKey.
//
// A token without kid, and without a key for its algorithm, is handled in the same way. A
// key without kid that has replaced another key is used only after the next regular
// refresh.
//
// While the issuer does not answer, or its answer is not a valid set, the previous keys
// are used until MaxStale. Without keys the answer is 503, and the set is fetched again
// after 1 s, 2 s and so on up to Cooldown.
type RemoteKeys struct {
	cfg    RemoteConfig
	fault  error // of cfg
	client *http.Client

	set atomic.Pointer[remoteSet] // nil before the first set and after Close

	mu          sync.Mutex // guards the fields below, and the replacement of set
	closed      bool
	refresh     *refresh      // the running refresh, or nil
	nextRefresh time.Time     // before this time, after a failure, an unknown kid or a missing set starts no refresh
	unknown     bucket        // of the refreshes for unknown kids
	notAsked    recent        // the answers with errNotAsked
	backoff     time.Duration // the last wait before the first set
	lastErr     error         // the error of the last refresh
	running     sync.WaitGroup

	// Only the running refresh uses these fields.
	source       string    // the URL of the set without its query, or the issuer before it is known
	keysURL      string    // the URL of the set, or "" if it must be discovered
	rediscoverAt time.Time // the time to discover the URL again
}

// A remoteSet is never changed, only replaced.
type remoteSet struct {
	keys    *keySet
	due     time.Time // from this time a request starts a refresh; never after stale
	overdue time.Time // from this time a request also waits for the refresh
	stale   time.Time // from this time the keys are not used
}

// hasPassed reports whether t has passed, by the wall clock or by the monotonic clock.
// The monotonic clock stops while a machine is suspended, and then the keys may be days
// old. The wall clock may have been set back.
func hasPassed(t, now time.Time) bool { return !now.Before(t) || !now.Round(0).Before(t) }

// Discover is NewRemote with only an Issuer. jwtauth.New reports the faults of the URL,
// together with all other faults.
func Discover(issuer string) *RemoteKeys { return newRemote(RemoteConfig{Issuer: issuer}) }

// Remote is NewRemote with only a URL. jwtauth.New reports the faults of the URL,
// together with all other faults.
func Remote(url string) *RemoteKeys { return newRemote(RemoteConfig{URL: url}) }

// NewRemote returns the keys that an issuer publishes. It returns all faults of cfg at
// once, joined, each an *httperr.ConfigError. It does not fetch the keys; Ready does.
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
	r := &RemoteKeys{cfg: cfg, fault: f.Err(), client: discovery.NewHTTPClient(cfg.Transport, cfg.InsecureHTTPHosts)}
	if r.fault == nil {
		r.keysURL, r.source = cfg.URL, withoutQuery(cmp.Or(cfg.URL, cfg.Issuer))
	}
	return r
}

// SelfCheck is for package jwtauth, which reports the faults.
func (r *RemoteKeys) SelfCheck() jwa.SelfCheck {
	if r.client == nil {
		f := httperr.ConfigFaults{Package: pkg}
		f.Add("Keys", nil, "was not made by Remote, Discover or NewRemote", "use one of them")
		return jwa.NewSelfCheck(f.Err())
	}
	return selfCheckOf(r.fault)
}

var (
	errClosed   = errors.New("jwks: the JWKS is closed")
	errNotMade  = errors.New("jwks: RemoteKeys were not made by Remote, Discover or NewRemote")
	errTimeout  = errors.New("jwks: the JWKS has not arrived within 2s")
	errStale    = errors.New("jwks: the JWKS is older than MaxStale")
	errNotAsked = errors.New("jwks: the kid is not in the JWKS of a moment ago, and the issuer is not asked again before Cooldown ends")
)

// Key implements Source. It neither waits nor allocates if kid is known.
func (r *RemoteKeys) Key(ctx context.Context, issuer, kid, alg string) (Key, error) {
	if s := r.set.Load(); s != nil && !hasPassed(s.due, time.Now()) {
		switch k, err := s.keys.find(issuer, kid, alg); err {
		case nil:
			return *k, nil
		case ErrUnknownKey:
		default:
			return Key{}, err
		}
	}
	return r.awaitKey(ctx, issuer, kid, alg)
}

// URL returns RemoteConfig.URL, "" for a source that discovers it. With this URL, the same
// keys can be fetched through a Transport of your own.
func (r *RemoteKeys) URL() string { return r.cfg.URL }

// Ready fetches the set if there is no set yet, and returns nil as soon as there is one.
// A program can call it before it takes requests, or as part of its health check. The
// error says why there is no set. ctx bounds the wait, which is 5 s at most.
func (r *RemoteKeys) Ready(ctx context.Context) error {
	pending := r.refreshForSet()
	if pending != nil {
		select {
		case <-pending.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	_, err := r.current()
	return err
}

// Close cancels a running request to the issuer and waits until it has ended. Every later
// call of Key or Ready returns an error. Close always returns nil.
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

// current returns the set to use, or the reason why there is no such set.
func (r *RemoteKeys) current() (*remoteSet, error) {
	s := r.set.Load()
	if s != nil && !hasPassed(s.stale, time.Now()) {
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
		return nil, errors.Join(errStale, r.lastErr)
	case r.lastErr != nil:
		return nil, r.lastErr
	}
	return nil, errTimeout
}
