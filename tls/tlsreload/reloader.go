package tlsreload

import (
	"crypto/sha256"
	"crypto/tls"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Reloader reads certificates again when their files change. It is safe for concurrent
// use. The zero Reloader is not usable; make one with New.
type Reloader struct {
	cfg     Config
	outer   *tls.Config
	current atomic.Pointer[tls.Config]
	status  atomic.Pointer[Status]

	startOnce, stopOnce sync.Once
	stop                chan struct{}
	watcher             sync.WaitGroup

	mu      sync.Mutex // one check at a time
	loaded  [sha256.Size]byte
	refused [sha256.Size]byte // the files of the last check, if they were refused
	inUse   generation
}

// New reads the files. It returns all faults of cfg and of the files at once, joined,
// each a *httperr.ConfigError.
func New(cfg Config) (*Reloader, error) {
	f := httperr.ConfigFaults{Package: "tlsreload"}
	cfg.check(&f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if cfg.Interval == 0 {
		cfg.Interval = defaultInterval
	}
	cfg.Pairs = slices.Clone(cfg.Pairs)
	r := &Reloader{cfg: cfg, stop: make(chan struct{})}
	r.status.Store(&Status{})
	if err := r.check(time.Now(), true); err != nil {
		return nil, err
	}
	r.outer = r.current.Load().Clone()
	// crypto/tls takes the keys of tickets from the outer configuration, so that a
	// session can be resumed after a reload. It verifies the client's chain of that
	// session against the authorities of the inner one.
	r.outer.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return r.current.Load(), nil }
	return r, nil
}

// TLS returns the configuration for a server. Each handshake uses the certificates and
// the authorities of the last good check. The first call starts the goroutine that
// checks the files; Close ends it.
func (r *Reloader) TLS() *tls.Config {
	r.startOnce.Do(func() { r.watcher.Go(r.watch) })
	return r.outer.Clone()
}

// Reload checks the files at once, for example on a signal. It returns the reason why
// the files are not in use; the last good certificates then stay in use.
func (r *Reloader) Reload() error { return r.check(time.Now(), true) }

// Status returns the state after the last check.
func (r *Reloader) Status() Status { return *r.status.Load() }

// Close ends the checks. The server keeps its last certificates. The error is always nil.
func (r *Reloader) Close() error {
	r.startOnce.Do(func() {}) // no goroutine after Close
	r.stopOnce.Do(func() { close(r.stop) })
	r.watcher.Wait()
	return nil
}

func (r *Reloader) watch() {
	ticker := time.NewTicker(r.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			_ = r.check(now, false) // in Status
		case <-r.stop:
			return
		}
	}
}

// check reads the files and puts them into use if they have changed and are good. If
// they are refused, a check that is not urgent reports this only when it sees the same
// files for the second time: many programs write a key and its certificate one after
// the other.
func (r *Reloader) check(now time.Time, urgent bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	files, err := r.cfg.read()
	digest := files.digest()
	stale := !r.inUse.staleAt.IsZero() && !now.Before(r.inUse.staleAt)
	if err == nil && (digest != r.loaded || stale) {
		var g generation
		f := httperr.ConfigFaults{Package: "tlsreload"}
		if g, err = r.cfg.load(files, now, &f); err == nil {
			r.inUse, r.loaded = g, digest
			r.current.Store(g.conf)
			r.report(Status{LoadedAt: now, NotAfter: g.notAfter, Err: g.err}, now)
			return nil
		}
	}
	status := r.Status()
	switch {
	case err == nil:
		status.Err, r.refused = r.inUse.err, [sha256.Size]byte{}
	case urgent || digest == r.refused:
		status.Err = err
	}
	if err != nil {
		r.refused = digest
	}
	r.report(status, now)
	return err
}

// report makes s the status, and calls Observe if it differs from the last one.
func (r *Reloader) report(s Status, now time.Time) {
	s.Expiring = !now.Before(r.inUse.warnAt) && r.inUse.conf != nil
	last := r.status.Swap(&s)
	if r.cfg.Observe == nil || r.inUse.conf == nil {
		return
	}
	if !s.LoadedAt.Equal(last.LoadedAt) || s.Expiring != last.Expiring || errorText(s.Err) != errorText(last.Err) {
		r.cfg.Observe(s)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
