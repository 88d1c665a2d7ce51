package advisories

import (
	"cmp"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz/ipdeny"
	"github.com/go-sallyport/sallyport/headers/clientip"
)

// behind returns a constructor of a handler behind clientip that says what it knows about the client.
func behind(cfg clientip.Config) func(*testing.T) http.Handler {
	return func(t *testing.T) http.Handler {
		t.Helper()
		return must[*clientip.Middleware](t)(clientip.New(cfg)).Handler(say(func(r *http.Request) string {
			client, _ := clientip.FromContext(r.Context())
			return clientip.Scheme(r.Context()) + " " + client.String()
		}))
	}
}

// believes returns a naive handler that takes the address from a header.
func believes(address func(http.Header) string) func(*testing.T) http.Handler {
	return fixed(say(func(r *http.Request) string {
		host, _, _ := strings.Cut(r.RemoteAddr, ":")
		return "http " + cmp.Or(address(r.Header), host)
	}))
}

func firstOf(name string) func(http.Header) string {
	return func(h http.Header) string {
		first, _, _ := strings.Cut(h.Get(name), ",")
		return first
	}
}

func addressTrials() map[string]trial {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	direct, proxied := behind(clientip.Direct()), behind(clientip.Config{Proxies: proxies, Header: clientip.XForwardedFor})
	from := func(headers ...string) step { return send("GET", "http://notes.example/", "", headers...) }
	byProxy := func(headers ...string) step { return from(append(headers, "RemoteAddr", "10.0.0.7:80")...) }
	const client, pass, through = "203.0.113.9", "200 http 203.0.113.9", "200 http 192.0.2.66"
	honest := byProxy("X-Forwarded-For", client)
	denied := func(t *testing.T) http.Handler {
		t.Helper()
		deny := must[*ipdeny.Middleware](t)(ipdeny.New(ipdeny.Config{Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}))
		return must[*clientip.Middleware](t)(clientip.New(clientip.Direct())).Handler(deny.Handler(reach))
	}
	return map[string]trial{
		"GHSA-3fxj-6jh8-hvhx": {ours: direct, honest: from(), pass: pass, attack: from("True-Client-IP", "192.0.2.66"),
			naive: believes(firstOf("True-Client-IP")), through: through},
		"GHSA-rjr7-jggh-pgcp": {ours: proxied, honest: honest, pass: pass, attack: from("X-Forwarded-For", "192.0.2.66"),
			naive: believes(firstOf("X-Forwarded-For")), through: through},
		"GHSA-9g5q-2w5x-hmxf": {ours: proxied, honest: honest, pass: pass, attack: byProxy("X-Forwarded-For", "192.0.2.66, "+client),
			naive: believes(firstOf("X-Forwarded-For")), through: through},
		"CVE-2020-28483": {ours: proxied, honest: honest, pass: pass,
			attack: byProxy("X-Forwarded-For", "192.0.2.66", "X-Forwarded-For", client),
			naive:  believes(func(h http.Header) string { return h.Get("X-Forwarded-For") }), through: through},
		"CVE-2026-45045": {ours: proxied, honest: honest, pass: pass,
			attack: byProxy("X-Real-IP", "192.0.2.66", "X-Real-IP", client, "X-Forwarded-For", client),
			naive:  believes(func(h http.Header) string { return h.Get("X-Real-IP") }), through: through},
		"CVE-2026-54764": {ours: proxied, honest: byProxy("X-Forwarded-For", client, "X-Forwarded-Proto", "https"),
			pass:   "200 https " + client,
			attack: from("X-Forwarded-Proto", "https"), through: "200 https " + client,
			naive: fixed(say(func(r *http.Request) string { return r.Header.Get("X-Forwarded-Proto") + " " + client }))},
		"GHSA-444r-cwp2-x5xf": {attack: from("X-Forwarded-Host", "evil.example"), through: "200 evil.example",
			honest: byProxy("X-Forwarded-For", client, "X-Forwarded-Host", "www.notes.example"), pass: "200 www.notes.example",
			ours: func(t *testing.T) http.Handler {
				cfg := clientip.Config{Proxies: proxies, Header: clientip.XForwardedFor, ForwardedHost: true}
				host := say(func(r *http.Request) string { return clientip.Host(r.Context()) })
				return must[*clientip.Middleware](t)(clientip.New(cfg)).Handler(host)
			},
			naive: fixed(say(func(r *http.Request) string { return cmp.Or(r.Header.Get("X-Forwarded-Host"), r.Host) }))},
		"CVE-2025-64484": {ours: proxied, honest: honest, pass: pass, through: through,
			attack: byProxy("X_Forwarded_For", "192.0.2.66", "X-Forwarded-For", client),
			naive: believes(func(h http.Header) string { // as a gateway does that turns header names into variables
				for name, values := range h {
					if strings.Contains(name, "_") && strings.EqualFold(strings.ReplaceAll(name, "_", "-"), "X-Forwarded-For") {
						return values[0]
					}
				}
				return ""
			})},
		"CVE-2024-45410": {ours: proxied, honest: honest, pass: pass, through: "200 http 10.0.0.7",
			attack: byProxy("X-Forwarded-For", client, "Connection", "X-Forwarded-For"),
			naive: believes(func(h http.Header) string {
				h.Del(h.Get("Connection"))
				return h.Get("X-Forwarded-For")
			})},
		"CVE-2024-24790": {ours: denied, honest: from(), attack: from("RemoteAddr", "[::ffff:192.0.2.66]:4000"),
			naive: when(func(r *http.Request) bool {
				peer := netip.MustParseAddrPort(r.RemoteAddr).Addr()
				return !netip.MustParsePrefix("192.0.2.0/24").Contains(peer)
			})},
	}
}
