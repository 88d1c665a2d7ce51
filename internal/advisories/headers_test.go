package advisories

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// field is a step that returns one field of the response.
func field(name string, r func() *http.Request) step {
	return func(_ *testing.T, h http.Handler) string {
		res := mwtest.Do(h, r())
		return strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", res.Header.Get(name)))
	}
}

func secured(t *testing.T) http.Handler {
	t.Helper()
	h := must[*headers.Middleware](t)(headers.New(headers.API()))
	return must[*clientip.Middleware](t)(clientip.New(clientip.Direct())).Handler(h.Handler(reach))
}

func fieldTrials() map[string]trial {
	overTLS := func() *http.Request {
		r := request("GET", "/", "")
		r.TLS = &tls.ConnectionState{}
		return r
	}
	const hsts, csp = "Strict-Transport-Security", "Content-Security-Policy"
	agent := func(name string) step {
		return field(csp, func() *http.Request { return request("GET", "/", "", "User-Agent", name) })
	}
	redirect := func(t *testing.T) http.Handler {
		t.Helper()
		return must[*tlsconf.Redirect](t)(tlsconf.NewRedirect(tlsconf.RedirectConfig{Hosts: []string{"notes.example"}})).Handler(reach)
	}
	to := func(location func(*http.Request) string) func(*testing.T) http.Handler {
		return fixed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", location(r))
			w.WriteHeader(http.StatusMovedPermanently)
		}))
	}
	plain := send("GET", "http://notes.example/a/", "")
	const redirected, policy = "308 to https://notes.example/a/", "200 default-src 'none'; frame-ancestors 'none'"
	return map[string]trial{
		"CVE-2026-53624": {ours: secured, attack: field(hsts, overTLS), honest: field("X-Content-Type-Options", overTLS),
			pass: "200 nosniff", through: "200",
			naive: fixed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Proto == "https" {
					w.Header().Set(hsts, "max-age=63072000")
				}
			}))},
		"GHSA-c3m8-x3cg-qm2c": {ours: secured, attack: after(1, agent("Firefox/4"), agent("Chrome/130")), honest: agent("Chrome/130"),
			pass:    policy,
			through: "200 default-src *", naive: func(*testing.T) http.Handler {
				configured := "default-src 'none'; frame-ancestors 'none'"
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.HasPrefix(r.UserAgent(), "Firefox/4") {
						configured = "default-src *" // meant for this browser, and kept for all
					}
					w.Header().Set(csp, configured)
				})
			}},
		"GHSA-vrw8-fxc6-2r93": {ours: redirect, attack: send("GET", "http://evil.example/a/", ""), honest: plain, pass: redirected,
			through: "301 to https://evil.example/a",
			naive:   to(func(r *http.Request) string { return "https://" + r.Host + strings.TrimSuffix(r.URL.Path, "/") })},
		"GHSA-mqqf-5wvp-8fh8": {ours: redirect, attack: send("GET", `http://notes.example/%5Cevil.example/`, ""), honest: plain,
			pass:    redirected,
			through: `301 to /\evil.example`, naive: to(func(r *http.Request) string { return strings.TrimSuffix(r.URL.Path, "/") })},
		"CVE-2022-40083": {ours: redirect, attack: send("GET", "http://notes.example//evil.example/..", ""), honest: plain,
			pass:    redirected,
			through: "301 to //evil.example/../", naive: to(func(r *http.Request) string { return r.URL.Path + "/" })},
		"CVE-2026-42507": correlation(),
	}
}

// correlation is a trial of a service whose clients may choose the correlation ID.
func correlation() trial {
	const name = "X-Correlation-Id"
	answered := func(id string) step {
		return func(_ *testing.T, h http.Handler) string {
			res := mwtest.Do(h, request("GET", "/", "", name, id))
			if res.Header.Get(name) != id {
				return fmt.Sprint(res.StatusCode, " an ID of the service")
			}
			return fmt.Sprintf("%d the ID of the client", res.StatusCode)
		}
	}
	return trial{
		bare: true, attack: answered("a\x1b[2Jforged"), honest: answered("0190163d-8694-739b-aea5-966c26f8ad90"),
		pass: "200 the ID of the client", through: "200 the ID of the client",
		ours: func(t *testing.T) http.Handler {
			return must[*httperr.Middleware](t)(httperr.New(httperr.Config{
				Logger: slog.New(slog.DiscardHandler), TrustInbound: func(*http.Request) bool { return true },
			})).Handler(reach)
		},
		naive: fixed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set(name, r.Header.Get(name)) })),
	}
}
