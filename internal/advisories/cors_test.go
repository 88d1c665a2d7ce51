package advisories

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// granted returns a step that says to which origin a response grants reading it.
func granted(method, from string, headers ...string) step {
	return func(_ *testing.T, h http.Handler) string {
		res := mwtest.Do(h, request(method, "/notes", "", append([]string{"Origin", from}, headers...)...))
		grant := "no grant"
		if to := res.Header.Get("Access-Control-Allow-Origin"); to != "" {
			grant = "grants " + to
		}
		if res.Header.Get("Access-Control-Allow-Credentials") == "true" {
			grant += " with credentials"
		}
		if body, _ := io.ReadAll(res.Body); len(body) > 0 && string(body) != "reached" {
			grant += ", " + string(body)
		}
		return fmt.Sprint(res.StatusCode, " ", grant)
	}
}

// grants returns a naive handler that grants with credentials where allows returns true.
func grants(allows func(origin string) bool) func(*testing.T) http.Handler {
	return fixed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Header.Get("Origin"); allows(from) {
			w.Header().Set("Access-Control-Allow-Origin", from)
			w.Header().Set("Access-Control-Allow-Credentials", "true")
		}
	}))
}

func originTrials() map[string]trial {
	good := cors.Config{Origins: []string{"https://app.example"}, Credentials: true, RequestHeaders: []string{"Content-Type"}}
	ours := func(t *testing.T) http.Handler {
		t.Helper()
		return must[*cors.Middleware](t)(cors.New(good)).Handler(reach)
	}
	refused := func(change func(*cors.Config)) func(*testing.T) error {
		return func(*testing.T) error {
			cfg := good
			change(&cfg)
			_, err := cors.New(cfg)
			return err
		}
	}
	always := func(string) bool { return true }
	evil, honest := granted("GET", "https://evil.example"), granted("GET", "https://app.example")
	const pass, through = "200 grants https://app.example with credentials", "200 grants https://evil.example with credentials"
	preflight := func(list string) step {
		return granted("OPTIONS", "https://app.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", list)
	}
	return map[string]trial{
		"CVE-2018-20744": {ours: ours, honest: honest, pass: pass, attack: evil, through: through, naive: grants(always),
			config: refused(func(c *cors.Config) { c.Origins, c.AllowAnyOrigin = nil, true })},
		"CVE-2024-25124": {ours: ours, honest: honest, pass: pass, attack: evil, through: through,
			config: refused(func(c *cors.Config) { c.Origins = []string{"*"} }),
			naive:  grants(always)},
		"CVE-2019-25211": {ours: ours, honest: honest, pass: pass, attack: granted("GET", "https://example.community"),
			through: "200 grants https://example.community with credentials",
			config:  refused(func(c *cors.Config) { c.Origins = []string{"https://example.com/*"} }),
			naive:   grants(func(from string) bool { return strings.HasPrefix(from, "https://example.com") })},
		"CVE-2023-49803": {ours: ours, honest: honest, pass: pass, attack: evil, through: through, naive: grants(always),
			config: refused(func(c *cors.Config) { c.Origins = nil })},
		"CVE-2017-20146": {ours: ours, honest: honest, pass: pass, attack: evil, through: through, naive: grants(always)},
		"GHSA-mh55-gqvf-xfwm": {ours: ours, honest: preflight("content-type"), pass: "204 grants https://app.example with credentials",
			attack: preflight(strings.Repeat(",", 1_000_000)), through: "200 no grant, 1000001 strings",
			naive: fixed(say(func(r *http.Request) string {
				return fmt.Sprint(len(strings.Split(r.Header.Get("Access-Control-Request-Headers"), ",")), " strings")
			}))},
	}
}
