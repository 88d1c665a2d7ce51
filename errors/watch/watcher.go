package watch

import (
	"cmp"
	"hash/maphash"
	"net/http"
	"net/netip"
	"slices"
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
	var route, client outcomes
	subjects := [2]subject{{scope: Route, name: r.Route, hash: maphash.String(w.seed, r.Route)}}
	w.tables[Route].observe(w.rules, subjects[0].hash, window, &add, &route)
	address := r.Client
	if !address.IsValid() {
		address = r.Peer // without package clientip the connection is the best source
	}
	switch {
	case r.Principal != "":
		// Two issuers may have the same subject.
		hash := maphash.Comparable(w.seed, [2]string{r.Issuer, r.Principal})
		subjects[1] = subject{scope: Principal, name: r.Principal, hash: hash}
		w.tables[Principal].observe(w.rules, hash, window, &add, &client)
	case address.IsValid():
		network := networkOf(address).Addr().As16()
		subjects[1] = subject{scope: Network, hash: maphash.Bytes(w.seed, network[:])}
		w.tables[Network].observe(w.rules, subjects[1].hash, window, &add, &client)
	}
	if !route.begins && !client.begins {
		return
	}
	if subjects[1].scope == Network {
		subjects[1].name = networkOf(address).String()
	}
	// Call OnAlert only now, when everything is counted and no lock is held.
	w.raise([2]*outcomes{&route, &client}, subjects, r.CorrelationID)
}

// subject is the subject of one table that a record belongs to.
type subject struct {
	scope Scope
	name  string
	hash  uint64
}

// raise raises one alert for all events that begin with a record, unless other events
// explain them. A client leads a route if it causes half of the count of the route or
// more. An event of a client is explained by an event of the route, unless the client
// leads the route and reaches Level.ClientMax. An event of a route is explained by an
// event of a client that leads it. An event that reaches Level.Max is never explained.
// If a client leads a route, an alert of the route reports the client as well.
func (w *Watcher) raise(all [2]*outcomes, subjects [2]subject, id string) {
	var reported [2]uint8
	var first *Series
	var window int64
	for i := range all[0].n {
		route, client := &all[0].all[i], &all[1].all[i]
		if all[1].n == 0 {
			client = new(outcome)
		}
		leads := all[1].n > 0 && client.count >= route.count-client.count
		explained := [2]bool{client.inEvent && leads, route.inEvent}
		for j, o := range []*outcome{route, client} {
			if !o.begins {
				continue
			}
			if explained[j] && !o.max && (!o.ceiling || !leads) {
				if o.ceiling {
					w.tables[subjects[j].scope].unreport(subjects[j].hash, 1<<o.signal)
				}
				continue
			}
			reported[j] |= 1 << o.signal
			if leads {
				reported[1] |= 1 << o.signal
			}
			if first == nil || o.signal < first.Signal {
				window = all[j].window
				first = &Series{
					Signal: o.signal, Scope: subjects[j].scope, Subject: subjects[j].name, Shared: all[j].shared,
					New: o.fresh, Count: o.count, Limit: o.limit, Baseline: o.baseline,
				}
			}
		}
	}
	if first == nil {
		return
	}
	w.deliver(Alert{
		Series: *first, Others: w.others(*first, all, subjects, reported),
		Since: time.Unix(0, window*int64(w.rules.window)).UTC(), Window: w.rules.window, CorrelationID: id,
	})
}

// others returns the series that an alert lists besides first, and marks the series
// in reported as reported.
func (w *Watcher) others(first Series, all [2]*outcomes, subjects [2]subject, reported [2]uint8) (list []Series) {
	for j, subject := range subjects[:min(1+all[1].n, 2)] {
		for _, s := range w.tables[subject.scope].report(w.rules, subject.hash, all[j].window, reported[j]) {
			s.Scope, s.Subject = subject.scope, subject.name
			listed := s.Count >= s.Limit-s.Count || reported[j]&(1<<s.Signal) != 0
			if same := s.Signal == first.Signal && s.Scope == first.Scope; listed && !same {
				list = append(list, s)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Series) int { return cmp.Compare(a.Signal, b.Signal) })
	return list
}

// Failed returns the number of calls of OnAlert that ended in a panic.
func (w *Watcher) Failed() uint64 { return w.failed.Load() }

// deliver calls OnAlert and recovers its panic. A panic in the outermost layer
// would keep the record of an attacker out of the audit log.
func (w *Watcher) deliver(a Alert) {
	defer func() {
		if recover() != nil {
			w.failed.Add(1)
		}
	}()
	w.onAlert(a)
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
func incrementsOf(status int, bytes int64) (list increments) {
	add := func(s Signal, amount int64) {
		list.all[list.n] = increment{s, amount}
		list.n++
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
	return list
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
