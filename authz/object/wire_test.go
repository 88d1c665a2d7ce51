package object_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A service is a server whose records can be read.
type service struct {
	*httptest.Server
	mu      sync.Mutex
	records []audit.Record
}

// serve serves h behind httperr.
func serve(t testing.TB, h http.Handler) *service {
	s := new(service)
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{
		Logger: slog.New(slog.DiscardHandler),
		Sink: audit.Func(func(_ context.Context, r audit.Record) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.records = append(s.records, r)
			return nil
		}),
	}))
	s.Server = httptest.NewUnstartedServer(errs.Handler(h))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *service) do(t testing.TB, method, path string, headers ...string) (*http.Response, string) {
	t.Helper()
	r := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, s.URL+path, nil))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	body := mwtest.Must[[]byte](t)(io.ReadAll(res.Body))
	_ = res.Body.Close()
	return res, string(body)
}

// last closes the server and returns the last record, which comes after the response.
func (s *service) last(t testing.TB) audit.Record {
	t.Helper()
	s.Close()
	if len(s.records) == 0 {
		t.Fatal("there is no record")
	}
	return s.records[len(s.records)-1]
}

// A client cannot tell the reasons of a 404 from each other: status, header fields and body
// are the same. The record can.
func TestOne404(t *testing.T) {
	f := newFamily()
	for _, n := range f.items.notes {
		n.Issuer, n.Subject, n.Tenant = issuer, "ann", "acme"
	}
	f.items.notes["foreign"] = &note{List: "9", Issuer: issuer, Subject: "bob", Tenant: "acme"}
	f.items.notes["tenant"] = &note{List: "9", Issuer: issuer, Subject: "ann", Tenant: "other"}
	f.items.notes["ownerless"] = &note{List: "9", Tenant: "acme"}
	f.items.notes["nil"] = nil
	f.item.Owner, f.item.Tenant = ownerOf, tenantOf
	_, items := f.guards(t)
	mux := http.NewServeMux()
	mux.Handle("GET /lists/{list}/items/{id}", as(ann(), items.Handler(&mwtest.Spy{})))
	var same string
	for _, tc := range []struct {
		path, cause string
		denied      bool
	}{
		{"/lists/9/items/missing", "no object", false},
		{"/lists/9/items/nil", "nil and true", false},
		{"/lists/9/items/%00", "no valid key", false},
		{"/lists/9/items/foreign", "another owner", true},
		{"/lists/9/items/tenant", "tenant", true},
		{"/lists/9/items/ownerless", "no owner", true},
		{"/lists/9/items/2", "another parent", true},
		{"/lists/8/items/2", "another owner", true},
		{"/lists/7/items/2", "no object", false},
	} {
		s := serve(t, httperr.WrapMux(mux))
		res, body := s.do(t, "GET", tc.path)
		var e strings.Builder
		id := res.Header.Get("X-Correlation-ID")
		res.Header.Del("X-Correlation-ID")
		res.Header.Del("Date")
		_ = res.Header.Write(&e)
		seen := res.Status + "\n" + e.String() + strings.ReplaceAll(body, id, "")
		if same == "" {
			same = seen
		}
		if seen != same || res.StatusCode != 404 || !strings.Contains(body, `"not_found"`) {
			t.Errorf("%s:\n%s\nwant\n%s", tc.path, seen, same)
		}
		rec := s.last(t)
		if rec.Cause == nil || !strings.Contains(rec.Cause.Error(), tc.cause) || (rec.Events&audit.AuthzDenied != 0) != tc.denied {
			t.Errorf("%s: the record has the cause %v and the events %s", tc.path, rec.Cause, rec.Events)
		}
		if !strings.Contains(rec.Rule, ": owner") || rec.Route != "/lists/{list}/items/{id}" {
			t.Errorf("%s: rule %q of route %q", tc.path, rec.Rule, rec.Route)
		}
	}
}

// Every other refusal, as the client and the record see it.
func TestRefusalsOverTheWire(t *testing.T) {
	cause := errors.New("pq: connection refused")
	for name, tc := range map[string]struct {
		p      *authn.Principal
		load   func(context.Context, string) (*note, bool, error)
		status int
		code   string
		header [2]string
		events audit.Events
		cause  string
	}{
		"no principal": {nil, nil, 401, "unauthenticated", [2]string{"WWW-Authenticate", "Bearer"}, audit.AuthzDenied, "no principal"},
		"a failed load": {ann(), func(context.Context, string) (*note, bool, error) { return nil, false, cause },
			503, "object_unavailable", [2]string{"Retry-After", "1"}, audit.StoreDegraded, "connection refused"},
		"a slow load": {ann(), func(context.Context, string) (*note, bool, error) { return nil, false, context.DeadlineExceeded },
			503, "object_unavailable", [2]string{"Retry-After", "1"}, audit.StoreDegraded, "deadline"},
		"a panic": {ann(), func(context.Context, string) (*note, bool, error) { panic(cause) },
			500, "internal_error", [2]string{}, audit.Panic, "panic"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := newShelf(annsNote()).config()
			if tc.load != nil {
				cfg.Load = tc.load
			}
			spy := &mwtest.Spy{}
			mux := http.NewServeMux()
			mux.Handle("GET /notes/{id}", as(tc.p, build(t, cfg).Handler(spy)))
			s := serve(t, mux)
			res, body := s.do(t, "GET", "/notes/1")
			if res.StatusCode != tc.status || !strings.Contains(body, `"`+tc.code+`"`) || strings.Contains(body, "pq:") || spy.Calls() > 0 {
				t.Errorf("%d %s", res.StatusCode, body)
			}
			if tc.header[0] != "" && res.Header.Get(tc.header[0]) != tc.header[1] {
				t.Errorf("header %v", res.Header)
			}
			if rec := s.last(t); rec.Events != tc.events || rec.Cause == nil || !strings.Contains(rec.Cause.Error(), tc.cause) {
				t.Errorf("record: events %s, cause %v", rec.Events, rec.Cause)
			}
		})
	}
}

// A client that leaves during the load is no outage of the store.
func TestClientLeavesDuringTheLoad(t *testing.T) {
	loading := make(chan struct{})
	cfg := newShelf().config()
	cfg.Load = func(ctx context.Context, _ string) (*note, bool, error) {
		close(loading)
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	mux := http.NewServeMux()
	mux.Handle("GET /notes/{id}", as(ann(), build(t, cfg).Handler(&mwtest.Spy{})))
	s := serve(t, mux)
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-loading
		leave()
	}()
	r := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(ctx, "GET", s.URL+"/notes/1", nil))
	if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
		_ = res.Body.Close()
		t.Error("the client got a response")
	}
	if rec := s.last(t); rec.Status != 499 || rec.Events != 0 {
		t.Errorf("status %d, events %s", rec.Status, rec.Events)
	}
}

// Load runs once on either side of http.TimeoutHandler, and a handler that a timeout left
// behind still reads its object.
func TestTimeoutHandler(t *testing.T) {
	store := newShelf(annsNote())
	notes := build(t, store.config())
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := notes.From(r.Context())
		_, _ = io.WriteString(w, n.ID)
	})
	for name, h := range map[string]http.Handler{
		"outside": http.TimeoutHandler(notes.Handler(handler), time.Hour, ""),
		"inside":  notes.Handler(http.TimeoutHandler(handler, time.Hour, "")),
	} {
		mux := http.NewServeMux()
		mux.Handle("GET /notes/{id}", as(ann(), h))
		store.loads.Store(0)
		if res, body := serve(t, mux).do(t, "GET", "/notes/1"); res.StatusCode != 200 || body != "1" || store.loads.Load() != 1 {
			t.Errorf("%s: %d %s after %d loads", name, res.StatusCode, body, store.loads.Load())
		}
	}

	release, left := make(chan struct{}), make(chan string, 1)
	late := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-release
		n, _ := notes.From(r.Context())
		left <- n.ID
	})
	mux := http.NewServeMux()
	mux.Handle("GET /notes/{id}", as(ann(), notes.Handler(http.TimeoutHandler(late, time.Nanosecond, "late"))))
	store.loads.Store(0)
	if res, _ := serve(t, mux).do(t, "GET", "/notes/1"); res.StatusCode != 503 {
		t.Errorf("status %d", res.StatusCode)
	}
	close(release)
	if id := <-left; id != "1" || store.loads.Load() != 1 {
		t.Errorf("%q after %d loads", id, store.loads.Load())
	}
}

// HEAD is judged like GET.
func TestHead(t *testing.T) {
	notes := build(t, newShelf(annsNote()).config())
	mux := http.NewServeMux()
	mux.Handle("GET /notes/{id}", authenticated(byHeader, notes.Handler(&mwtest.Spy{})))
	for caller, want := range map[string]int{"ann": 200, "bob": 404, "": 401} {
		s := serve(t, mux)
		if res, body := s.do(t, "HEAD", "/notes/1", "X-Caller", caller); res.StatusCode != want || body != "" {
			t.Errorf("%q: %d %s", caller, res.StatusCode, body)
		}
	}
}

// byHeader returns the principal that the header X-Caller names.
func byHeader(r *http.Request) *authn.Principal {
	name := r.Header.Get("X-Caller")
	if name == "" {
		return nil
	}
	return changed(func(p *authn.Principal) {
		p.Subject = name
		p.Scopes = strings.Fields(r.Header.Get("X-Scopes"))
	})
}

// Behind an optional authn, a caller without a credential gets the challenges of that authn.
func TestChallengesOfTheAuthnAround(t *testing.T) {
	auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Optional: true, Authenticators: []authn.Authenticator{neverPresent{}}}))
	notes := build(t, newShelf(annsNote()).config())
	list := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _, err := object.Own(r.Context())
		httperr.Write(w, r, err)
	})
	for name, h := range map[string]http.Handler{"guard": notes.Handler(&mwtest.Spy{}), "Own": list} {
		mux := http.NewServeMux()
		mux.Handle("GET /notes/{id}", auth.Handler(h))
		if res, _ := serve(t, mux).do(t, "GET", "/notes/1"); res.StatusCode != 401 || res.Header.Get("WWW-Authenticate") != "Key" {
			t.Errorf("%s: %d %v", name, res.StatusCode, res.Header)
		}
	}
}

// neverPresent is an Authenticator for a credential that no request has.
type neverPresent struct{}

func (neverPresent) Present(*http.Request) bool { return false }
func (neverPresent) Authenticate(*http.Request) (*authn.Principal, error) {
	return nil, authn.ErrInvalid
}
func (neverPresent) Challenge(string, error) string { return "Key" }
