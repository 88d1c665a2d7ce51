package watch

import (
	"hash/maphash"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
)

// Watcher counts records and raises alerts. It is safe for concurrent use. The
// zero Watcher is not usable; make one with New.
type Watcher struct {
	rules   *rules
	onAlert func(Alert)
	seed    maphash.Seed // of this process: nobody can choose names that collide
	tables  [scopes]table
	failed  atomic.Uint64
}

func newWatcher(r *rules, caps [scopes]int, onAlert func(Alert)) *Watcher {
	w := &Watcher{rules: r, onAlert: onAlert, seed: maphash.MakeSeed()}
	for i := range w.tables {
		w.tables[i] = newTable(caps[i])
	}
	return w
}

// Observe counts one record. It fits Config.Observe of package httperr. It
// calls OnAlert before it returns if the record takes a series to its limit,
// and allocates nothing for a subject that it knows.
func (w *Watcher) Observe(r audit.Record) {
	window, ok := w.rules.number(r.Time, r.Duration)
	if !ok {
		return
	}
	add := measure(r.Status, r.Bytes)
	var route, client trips
	w.tables[Route].observe(w.rules, maphash.String(w.seed, r.Route), window, &add, &route)
	scope := Principal
	from := r.Client
	if !from.IsValid() {
		from = r.Peer // without clientip nobody knows better
	}
	switch {
	case r.Principal != "":
		// Two issuers may have the same subject.
		who := maphash.Comparable(w.seed, [2]string{r.Issuer, r.Principal})
		w.tables[Principal].observe(w.rules, who, window, &add, &client)
	case from.IsValid():
		scope = Network
		network := netblock(from).Addr().As16()
		w.tables[Network].observe(w.rules, maphash.Bytes(w.seed, network[:]), window, &add, &client)
	}
	if route.n == 0 && client.n == 0 {
		return
	}
	// All is counted, and no lock is held, before the first callback.
	for _, t := range route.all[:route.n] {
		w.report(t, Route, r.Route, r.CorrelationID)
	}
	for _, t := range client.all[:client.n] {
		subject := r.Principal
		if scope == Network {
			subject = netblock(from).String()
		}
		w.report(t, scope, subject, r.CorrelationID)
	}
}

// Failed returns how many calls of OnAlert ended in a panic.
func (w *Watcher) Failed() uint64 { return w.failed.Load() }

// report ends a panic of the callback here: in the outermost layer it would
// keep the record, an attacker's, from the audit trail.
func (w *Watcher) report(t trip, scope Scope, subject, id string) {
	defer func() {
		if recover() != nil {
			w.failed.Add(1)
		}
	}()
	w.onAlert(Alert{
		Signal: t.signal, Scope: scope, Subject: subject, Shared: t.shared, New: t.fresh,
		Count: t.count, Limit: t.limit, Baseline: t.baseline,
		Since:         time.Unix(0, t.window*int64(w.rules.window)).UTC(),
		Window:        w.rules.window,
		CorrelationID: id,
	})
}

// number is that of the window in which a request ended; false if there is no
// such time.
func (r *rules) number(start time.Time, d time.Duration) (int64, bool) {
	end := start.Add(max(d, 0))
	// Where nanoseconds since 1970 fit into an int64.
	if s := end.Unix(); s < 0 || s > 1<<33 {
		return 0, false
	}
	return end.UnixNano() / int64(r.window), true
}

// measure is what a response adds to the signals.
func measure(status int, bytes int64) (h hits) {
	put := func(s Signal, amount int64) {
		h.all[h.n] = hit{s, amount}
		h.n++
	}
	put(Requests, 1)
	if bytes > 0 {
		put(Bytes, bytes)
	}
	switch {
	case status == http.StatusUnauthorized:
		put(Unauthorized, 1)
	case status == http.StatusForbidden:
		put(Forbidden, 1)
	case status == http.StatusTooManyRequests:
		put(Limited, 1)
	case status >= 500 && status <= 599:
		put(ServerErrors, 1)
	}
	return h
}

// netblock is what one subscriber holds.
func netblock(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // fails on no valid address
	return p
}
