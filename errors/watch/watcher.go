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
	seed    maphash.Seed // random, so that a client cannot choose names with equal hashes
	tables  [scopes]table
	failed  atomic.Uint64
}

// Observe counts one record. Use it as Config.Observe of package httperr. If the
// record takes a series to its limit, Observe calls OnAlert before it returns. It
// does not allocate for a subject that has series already.
func (w *Watcher) Observe(r audit.Record) {
	window, ok := w.rules.windowOf(r.Time, r.Duration)
	if !ok {
		return
	}
	add := incrementsOf(r.Status, r.Bytes)
	var route, client pendingAlerts
	w.tables[Route].observe(w.rules, maphash.String(w.seed, r.Route), window, &add, &route)
	scope := Principal
	from := r.Client
	if !from.IsValid() {
		from = r.Peer // without package clientip the connection is the best source
	}
	switch {
	case r.Principal != "":
		// Two issuers may have the same subject.
		hash := maphash.Comparable(w.seed, [2]string{r.Issuer, r.Principal})
		w.tables[Principal].observe(w.rules, hash, window, &add, &client)
	case from.IsValid():
		scope = Network
		network := networkOf(from).Addr().As16()
		w.tables[Network].observe(w.rules, maphash.Bytes(w.seed, network[:]), window, &add, &client)
	}
	if route.n == 0 && client.n == 0 {
		return
	}
	// Call OnAlert only now, when everything is counted and no lock is held.
	for _, t := range route.all[:route.n] {
		w.report(t, Route, r.Route, r.CorrelationID)
	}
	for _, t := range client.all[:client.n] {
		subject := r.Principal
		if scope == Network {
			subject = networkOf(from).String()
		}
		w.report(t, scope, subject, r.CorrelationID)
	}
}

// Failed returns the number of calls of OnAlert that ended in a panic.
func (w *Watcher) Failed() uint64 { return w.failed.Load() }

// report calls OnAlert and recovers its panic. A panic in the outermost layer
// would keep the record of an attacker out of the audit log.
func (w *Watcher) report(t pendingAlert, scope Scope, subject, id string) {
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

// windowOf returns the number of the window in which a request ended, or false if
// the time of the end is out of range.
func (r *rules) windowOf(start time.Time, d time.Duration) (int64, bool) {
	end := start.Add(max(d, 0))
	// In this range the nanoseconds since 1970 fit into an int64.
	if s := end.Unix(); s < 0 || s > 1<<33 {
		return 0, false
	}
	return end.UnixNano() / int64(r.window), true
}

// incrementsOf returns the increments of a response.
func incrementsOf(status int, bytes int64) (h increments) {
	add := func(s Signal, amount int64) {
		h.all[h.n] = increment{s, amount}
		h.n++
	}
	add(Requests, 1)
	if bytes > 0 {
		add(Bytes, bytes)
	}
	switch {
	case status == http.StatusUnauthorized:
		add(Unauthorized, 1)
	case status == http.StatusForbidden:
		add(Forbidden, 1)
	case status == http.StatusTooManyRequests:
		add(Limited, 1)
	case status >= 500 && status <= 599:
		add(ServerErrors, 1)
	}
	return h
}

// networkOf returns the network of one subscriber: an IPv4 address or an IPv6 /64.
func networkOf(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.Prefix(bits) // no error, since a is valid
	return p
}
