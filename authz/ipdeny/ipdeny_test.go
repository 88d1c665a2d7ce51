package ipdeny_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/go-sallyport/sallyport/authz/ipdeny"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func networks(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// Over a real connection, through a trusted proxy: the test is the proxy.
func TestResponses(t *testing.T) {
	var records []audit.Record
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Observe: func(r audit.Record) { records = append(records, r) }}))
	ip := mwtest.Must[*clientip.Middleware](t)(clientip.New(clientip.Config{Proxies: networks("127.0.0.0/8", "::1/128"), Header: clientip.XForwardedFor}))
	spy := &mwtest.Spy{}
	deny := mwtest.Must[*ipdeny.Middleware](t)(ipdeny.New(ipdeny.Config{Networks: networks("192.0.2.0/24", "2001:db8::/32")})).Handler(spy)
	for name, tc := range map[string]struct {
		handler http.Handler
		client  string
		status  int
		code    string
		events  audit.Events
	}{
		"denied":            {ip.Handler(deny), "192.0.2.7", 403, "address_denied", audit.AuthzDenied},
		"denied, IPv6":      {ip.Handler(deny), "2001:db8::7", 403, "address_denied", audit.AuthzDenied},
		"denied, mapped":    {ip.Handler(deny), "::ffff:192.0.2.7", 403, "address_denied", audit.AuthzDenied},
		"another network":   {ip.Handler(deny), "192.0.3.7", 200, "", 0},
		"forged, then real": {ip.Handler(deny), "198.51.100.1, 192.0.2.7", 403, "address_denied", audit.AuthzDenied},
		"without clientip":  {deny, "198.51.100.1", 500, "internal_error", 0},
	} {
		records = nil
		before := spy.Calls()
		server := httptest.NewServer(errs.Handler(tc.handler))
		r, _ := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
		r.Header.Set("X-Forwarded-For", tc.client)
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if tc.status == 200 {
			_ = res.Body.Close()
		} else {
			mwtest.Refused(t, res, tc.status, tc.code)
		}
		server.Close() // the record comes after the response
		if passed := spy.Calls() > before; res.StatusCode != tc.status || passed != (tc.status == 200) {
			t.Errorf("%s: status %d, next ran: %v", name, res.StatusCode, passed)
		}
		if len(records) != 1 || records[0].Events != tc.events || (tc.status == 500) != (records[0].Cause != nil) {
			t.Errorf("%s: records %+v", name, records)
		}
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	for _, tc := range []struct {
		networks []netip.Prefix
		want     []string
	}{
		{nil, []string{"ipdeny: Networks: is empty"}},
		{networks("10.0.0.0/8", "10.0.0.0/8", "10.0.0.1/8", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104"), []string{
			`ipdeny: Networks[1]: "10.0.0.0/8": is there twice`, `ipdeny: Networks[2]: "10.0.0.1/8": host bits`, `ipdeny: Networks[3]: "0.0.0.0/0": refuses every client`,
			`ipdeny: Networks[4]: "::/0": refuses every client`, `ipdeny: Networks[5]: "::ffff:10.0.0.0/104": addresses are compared as IPv4`,
		}},
		{append(networks("10.0.0.0/8"), netip.Prefix{}), []string{`ipdeny: Networks[1]: "invalid Prefix": not a prefix`}},
	} {
		m, err := ipdeny.New(ipdeny.Config{Networks: tc.networks})
		if mwtest.Faults(t, err, tc.want...); m != nil {
			t.Error("a Middleware with an error")
		}
	}
}

func TestDenyAndObserve(t *testing.T) {
	var seen, got error
	spy := &mwtest.Spy{}
	m := mwtest.Must[*ipdeny.Middleware](t)(ipdeny.New(ipdeny.Config{
		Networks: networks("192.0.2.0/24"),
		Observe:  func(_ *http.Request, err error) { seen = err },
		Deny:     func(w http.ResponseWriter, _ *http.Request, err error) { got = err; w.WriteHeader(http.StatusTeapot) },
	}))
	ip := mwtest.Must[*clientip.Middleware](t)(clientip.New(clientip.Direct()))
	var inner *http.Request
	r := httptest.NewRequest("GET", "/", nil) // from 192.0.2.1
	w := httptest.NewRecorder()
	ip.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner = r; m.Handler(spy).ServeHTTP(w, r) })).ServeHTTP(w, r)
	if w.Code != http.StatusTeapot || !errors.Is(seen, ipdeny.ErrDenied) || !errors.Is(got, ipdeny.ErrDenied) || spy.Calls() != 0 {
		t.Errorf("status %d, Observe saw %v, Deny %v", w.Code, seen, got)
	}
	mwtest.MaxAllocs(t, "Check", 0, func() { _ = m.Check(inner) })
}
