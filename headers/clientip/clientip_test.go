package clientip_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestHandlerFillsTheRecord(t *testing.T) {
	outer, r := carrier.Ensure(request(fromProxy, "X-Forwarded-For", "203.0.113.5"))
	r.Header.Set("X-Forwarded-Proto", "https")
	before, addr := r.Header.Clone(), r.RemoteAddr
	spy := &mwtest.Spy{}
	w := httptest.NewRecorder()
	newXFF(t).Handler(spy).ServeHTTP(w, r)

	last := spy.Last()
	if spy.Calls() != 1 || last != r {
		t.Fatal("inside the chain next must get the same request")
	}
	if f := outer.Facts(); f.Client != netip.MustParseAddr("203.0.113.5") || f.Scheme != "https" || f.Host != "service.example" {
		t.Errorf("facts %v %s %s", f.Client, f.Scheme, f.Host)
	}
	if last.RemoteAddr != addr || last.Host != "service.example" || last.TLS != nil || !maps.EqualFunc(last.Header, before, func(a, b []string) bool {
		return strings.Join(a, "\n") == strings.Join(b, "\n")
	}) {
		t.Error("the request was changed")
	}
	if w.Code != 200 {
		t.Errorf("status %d", w.Code)
	}
	mwtest.OnlyHeaders(t, w.Result().Header, "Content-Type")
}

func TestAccessors(t *testing.T) {
	ctx := context.Background()
	if a, ok := clientip.FromContext(ctx); ok || a.IsValid() || clientip.Scheme(ctx) != "" || clientip.Host(ctx) != "" {
		t.Error("a value was found outside the chain")
	}
	for peer, want := range map[string]bool{"203.0.113.77:1": true, "@": false} {
		newXFF(t).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			a, ok := clientip.FromContext(r.Context())
			if ok != want || a.IsValid() != want {
				t.Errorf("%s: %v, %v", peer, a, ok)
			}
			if s, h := clientip.Scheme(r.Context()), clientip.Host(r.Context()); s != "http" || h != "service.example" {
				t.Errorf("%s: %s://%s", peer, s, h)
			}
		})).ServeHTTP(httptest.NewRecorder(), request(peer, ""))
	}
}

// Every request reaches the next handler: other layers decide about refusals.
func TestNothingIsRefused(t *testing.T) {
	for _, m := range []*clientip.Middleware{newXFF(t), newForwarded(t), mustNew(t, clientip.Direct())} {
		spy := &mwtest.Spy{}
		h, n := m.Handler(spy), 0
		for _, lines := range []string{"", "banana", "\x00", "for=", `for="`, ",,,", strings.Repeat("a", 1<<16), strings.Repeat(",", 1<<16)} {
			for _, peer := range []string{fromProxy, "203.0.113.77:1", "", "@"} {
				for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Forwarded-Proto", "X-Forwarded-Host"} {
					w := httptest.NewRecorder()
					h.ServeHTTP(w, request(peer, name, lines))
					if n++; w.Code != 200 || spy.Calls() != n {
						t.Fatalf("%s %q from %s: status %d", name, lines, peer, w.Code)
					}
				}
			}
		}
	}
}

func TestOverTheWire(t *testing.T) {
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")}
	for _, tc := range []struct {
		cfg  clientip.Config
		want string
	}{
		{clientip.Config{Header: clientip.XForwardedFor, Proxies: loopback}, "203.0.113.5"},
		{clientip.Config{Header: clientip.XForwardedFor, Proxies: proxies}, "127.0.0.1"},
		{clientip.Direct(), "127.0.0.1"},
	} {
		var got netip.Addr
		srv := httptest.NewServer(mustNew(t, tc.cfg).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got, _ = clientip.FromContext(r.Context())
		})))
		req, err := http.NewRequest("GET", srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Add("X-Forwarded-For", "192.0.2.1")
		req.Header.Add("x-forwarded-for", "203.0.113.5")
		res, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		srv.Close()
		if got.String() != tc.want {
			t.Errorf("%s: %v, want %s", tc.cfg.Header, got, tc.want)
		}
	}
}

func TestObserve(t *testing.T) {
	var seen []clientip.Decision
	m := mustNew(t, clientip.Config{Proxies: proxies, Header: clientip.XForwardedFor, Observe: func(r *http.Request, d clientip.Decision) {
		if a, ok := clientip.FromContext(r.Context()); !ok || a != d.Client {
			t.Error("the record was not filled before Observe was called")
		}
		seen = append(seen, d)
	}})
	r := request(fromProxy, "X-Forwarded-For", "203.0.113.5, 10.1.0.2")
	m.Handler(&mwtest.Spy{}).ServeHTTP(httptest.NewRecorder(), r)
	want := clientip.Decision{
		Client: netip.MustParseAddr("203.0.113.5"), Peer: netip.MustParseAddr("10.1.0.1"),
		Scheme: "http", SchemeReason: "absent", Host: "service.example", Hops: 2, Reason: "resolved",
	}
	if len(seen) != 1 || seen[0] != want || m.Check(r) != want {
		t.Errorf("got %+v, want %+v", seen, want)
	}
}

func TestNilHandler(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Handler(nil) must panic when it is called")
		}
	}()
	newXFF(t).Handler(nil)
}

func TestConcurrentRequests(t *testing.T) {
	h := newXFF(t).Handler(&mwtest.Spy{})
	shared := request(fromProxy, "X-Forwarded-For", "192.0.2.1, 203.0.113.5, 10.1.0.2")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				h.ServeHTTP(httptest.NewRecorder(), shared)
			}
		})
	}
	wg.Wait()
}
