package watch_test

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/errors/watch"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestTexts(t *testing.T) {
	for i, want := range []string{"unauthorized", "forbidden", "limited", "server_errors", "requests", "bytes", ""} {
		if got := watch.Signal(i).String(); got != want {
			t.Errorf("signal %d is %q, want %q", i, got, want)
		}
	}
	for i, want := range []string{"route", "principal", "network", ""} {
		if got := watch.Scope(i).String(); got != want {
			t.Errorf("scope %d is %q, want %q", i, got, want)
		}
	}
}

// alertAlways is a Config in which each request raises alerts.
func alertAlways(f func(watch.Alert)) watch.Config {
	return watch.Config{OnAlert: f, Requests: watch.Level{Min: 1, New: 1, Max: 1}, Cooldown: 1}
}

func TestPanicOfOnAlertIsRecovered(t *testing.T) {
	calls := 0
	w := newWatcher(t, alertAlways(func(watch.Alert) { calls++; panic("pager is down") }))
	for i := range 3 {
		w.Observe(audit.Record{Time: epoch.Add(time.Duration(i) * time.Minute), Principal: "ann", Status: 200})
	}
	if calls != 3 || w.Failed() != 3 {
		t.Errorf("%d calls, %d failed, want 3 and 3", calls, w.Failed())
	}
}

func TestOnAlertMayCallObserve(t *testing.T) {
	var w *watch.Watcher
	var alerts []watch.Alert
	w = newWatcher(t, alertAlways(func(a watch.Alert) {
		alerts = append(alerts, a)
		w.Observe(audit.Record{Time: epoch, Principal: "ann", Status: 200}) // deadlocks if a lock is held
	}))
	w.Observe(audit.Record{Time: epoch, Principal: "ann", Status: 200})
	if len(alerts) != 1 {
		t.Errorf("%d alerts, want 1: %+v", len(alerts), alerts)
	}
}

func TestOnAlertThatHangsBlocksNoOtherRequest(t *testing.T) {
	hang, entered := make(chan struct{}), make(chan struct{})
	var calls atomic.Int32
	w := newWatcher(t, alertAlways(func(watch.Alert) {
		if calls.Add(1) == 1 {
			close(entered)
			<-hang
		}
	}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Observe(audit.Record{Time: epoch, Principal: "ann", Status: 200})
	}()
	<-entered
	for i := range 1000 {
		w.Observe(audit.Record{Time: epoch.Add(time.Duration(i) * time.Minute), Principal: "ann", Status: 200})
	}
	close(hang)
	<-done
	if calls.Load() != 1+999 { // the first window has raised its alerts already
		t.Errorf("%d calls", calls.Load())
	}
}

func TestExtremes(t *testing.T) {
	var alerts []watch.Alert
	w := newWatcher(t, watch.Config{OnAlert: func(a watch.Alert) { alerts = append(alerts, a) }, Bytes: watch.Level{Min: math.MaxInt64}})
	for _, r := range []audit.Record{
		{Time: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Time: time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), Status: 500},
		{Time: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), Duration: math.MaxInt64, Status: 500},
		{Time: epoch, Duration: math.MinInt64, Bytes: -1, Status: -7},
	} {
		for range 1000 {
			w.Observe(r)
		}
	}
	if own, _ := w.Places(watch.Route); own != 1 || len(alerts) != 0 {
		t.Errorf("%d series, alerts %+v", own, alerts)
	}
	w.Observe(audit.Record{Time: epoch, Bytes: math.MaxInt64 - 1})
	if len(alerts) != 0 {
		t.Errorf("below Min: %+v", alerts)
	}
	w.Observe(audit.Record{Time: epoch, Bytes: 10}) // the sum would overflow an int64
	if len(alerts) != 1 || alerts[0].Count != math.MaxInt64 || alerts[0].Limit != math.MaxInt64 {
		t.Errorf("at the top: %+v", alerts)
	}
}

func TestConcurrently(t *testing.T) {
	var alerts atomic.Int64
	w := newWatcher(t, watch.Config{OnAlert: func(watch.Alert) { alerts.Add(1) }, Principals: 64, Unauthorized: watch.Level{Min: 8000, New: 8000}})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1000 {
				w.Observe(audit.Record{Time: epoch, Route: "/login", Status: 401, Principal: strconv.Itoa(g*1000 + i)})
				w.Observe(audit.Record{Time: epoch, Route: "/other", Status: 200, Client: netip.AddrFrom4([4]byte{10, 0, byte(g), byte(i)})})
			}
		})
	}
	wg.Wait()
	if alerts.Load() != 1 { // only at the 8000th record
		t.Errorf("%d alerts of exactly 8000 times 401", alerts.Load())
	}
}

func TestAllocs(t *testing.T) {
	w := newWatcher(t, watch.Config{OnAlert: func(watch.Alert) { t.Error("an alert") }})
	at := epoch
	for name, r := range map[string]audit.Record{
		"principal": {Route: "/a", Status: 401, Bytes: 10, Principal: "ann"},
		"IPv4":      {Route: "/a", Status: 200, Bytes: 10, Client: netip.MustParseAddr("192.0.2.1")},
		"IPv6":      {Route: "/a", Status: 200, Bytes: 10, Client: netip.MustParseAddr("2001:db8::1")},
	} {
		mwtest.MaxAllocs(t, name, 0, func() {
			at = at.Add(7 * time.Second) // many windows pass
			r.Time = at
			w.Observe(r)
		})
	}
	names := make([]string, 4000)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	next := 0
	mwtest.MaxAllocs(t, "new principals", 1, func() {
		next++
		w.Observe(audit.Record{Time: at, Route: "/a", Status: 200, Principal: names[next]})
	})
}

// The records of the real outermost layer have all fields that the watcher reads.
func TestBehindTheOutermostLayer(t *testing.T) {
	var alerts []watch.Alert
	w := newWatcher(t, watch.Config{
		OnAlert: func(a watch.Alert) { alerts = append(alerts, a) },
		Window:  24 * time.Hour, Forbidden: watch.Level{Min: 3, New: 3}, Bytes: watch.Level{Min: 5000, New: 5000},
	})
	errs, err := httperr.New(httperr.Config{Observe: w.Observe, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		carrier.From(r.Context()).Update(func(f *carrier.Facts) {
			f.Client = netip.MustParseAddr("2001:db8::7")
			if r.PathValue("id") == "mine" {
				f.Subject = "ann"
			}
		})
		if r.PathValue("id") == "mine" {
			_, _ = w.Write(make([]byte, 3000))
			return
		}
		w.WriteHeader(http.StatusForbidden)
	})
	h := errs.Handler(mux)
	var id string
	for _, target := range []string{"/notes/mine", "/notes/mine", "/notes/1", "/notes/2", "/notes/3"} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", target, nil))
		id = rec.Header().Get("X-Correlation-ID")
	}
	var got []string
	for _, a := range alerts {
		text := ""
		for _, s := range append([]watch.Series{a.Series}, a.Others...) {
			text += fmt.Sprint(s.Scope, " ", s.Subject, ": ", s.Count, " ", s.Signal, "; ")
		}
		got = append(got, text)
	}
	want := []string{
		"route /notes/{id}: 6000 bytes; principal ann: 6000 bytes; ",
		"route /notes/{id}: 3 forbidden; network 2001:db8::/64: 3 forbidden; route /notes/{id}: 6000 bytes; ",
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %q", got)
	}
	if id == "" || alerts[1].CorrelationID != id || alerts[0].CorrelationID == id {
		t.Errorf("correlation ID %q, %q in the alert", id, alerts[1].CorrelationID)
	}
}

// A subject identifies a principal only together with its issuer. Without package
// clientip the address of the connection identifies the client.
func TestSubjectOfARecord(t *testing.T) {
	var alerts []watch.Alert
	level := watch.Level{Min: 60, New: 60, Max: 60}
	w := newWatcher(t, watch.Config{OnAlert: func(a watch.Alert) { alerts = append(alerts, a) }, Unauthorized: level})
	at := time.Now()
	for i := range 50 {
		for _, issuer := range []string{"https://a.example", "https://b.example"} {
			w.Observe(audit.Record{Time: at, Status: 401, Route: strconv.Itoa(i), Issuer: issuer, Principal: "1"})
		}
	}
	if len(alerts) > 0 {
		t.Errorf("principals of two issuers are counted together: %+v", alerts)
	}
	for i := range 100 {
		w.Observe(audit.Record{Time: at, Status: 401, Route: strconv.Itoa(i), Peer: netip.MustParseAddr("192.0.2.7")})
	}
	if len(alerts) != 1 || alerts[0].Scope != watch.Network || alerts[0].Subject != "192.0.2.7/32" {
		t.Errorf("alerts %+v", alerts)
	}
}
