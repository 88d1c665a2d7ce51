package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	rscors "github.com/rs/cors"
	"github.com/unrolled/secure"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
)

const (
	appOrigin     = "https://app.example.com"
	foreignOrigin = "https://evil.test"
)

// An edgeRow is one kind of request at the layers of the edge, with the promise about our time as a
// multiple of the time of the peer, and about our allocations alone and inside of httperr.
type edgeRow struct {
	name          string
	ratio         float64
	alone, inside float64 // allocations
	granted       bool
	request       *http.Request
	ours, theirs  func(http.Handler) http.Handler
}

// smallWriter is a http.ResponseWriter with a small header map, as net/http makes one for each
// response. To clear a large map would cost more than the layers that are measured.
type smallWriter http.Header

func (w smallWriter) Header() http.Header         { return http.Header(w) }
func (w smallWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w smallWriter) WriteHeader(int)             {}

func edgeRows() []edgeRow {
	cfg := cors.Config{
		Origins: []string{appOrigin}, Credentials: true, Methods: []string{"PUT"},
		RequestHeaders: []string{"X-A", "X-B"}, ExposeHeaders: []string{"X-C"}, MaxAge: time.Hour,
	}
	many, pattern := cfg, cfg
	pattern.Origins = []string{"https://*.example.com"}
	many.Origins = nil
	for i := range 1000 {
		many.Origins = append(many.Origins, fmt.Sprintf("https://a%d.example.net", i))
	}
	request := func(origin string, fields ...string) *http.Request {
		r := httptest.NewRequest("GET", "/notes", nil)
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		if len(fields) > 0 {
			r.Method = "OPTIONS"
			r.Header.Set("Access-Control-Request-Method", fields[0])
			r.Header["Access-Control-Request-Headers"] = fields[1:]
		}
		return r
	}
	row := func(name string, ratio, alone float64, granted bool, cfg cors.Config, r *http.Request) edgeRow {
		peer := rscors.New(rscors.Options{
			AllowedOrigins: cfg.Origins, AllowCredentials: true, AllowedMethods: []string{"GET", "HEAD", "POST", "PUT"},
			AllowedHeaders: cfg.RequestHeaders, ExposedHeaders: cfg.ExposeHeaders, MaxAge: 3600,
		})
		return edgeRow{"cors, " + name, ratio, alone, 0, granted, r, must(cors.New(cfg)).Handler, peer.Handler}
	}
	nonces := secure.New(secure.Options{
		STSSeconds: 63072000, STSIncludeSubdomains: true, ForceSTSHeader: true, FrameDeny: true, ContentTypeNosniff: true,
		ReferrerPolicy: "no-referrer", CrossOriginOpenerPolicy: "same-origin", CrossOriginResourcePolicy: "same-origin",
		ContentSecurityPolicy: "default-src 'none'; script-src $NONCE 'strict-dynamic'; base-uri 'none'; frame-ancestors 'none'",
		PermissionsPolicy:     "camera=(), microphone=()",
	})
	fixed := secure.New(secure.Options{
		STSSeconds: 63072000, STSIncludeSubdomains: true, ForceSTSHeader: true, FrameDeny: true, ContentTypeNosniff: true,
		ReferrerPolicy: "no-referrer", CrossOriginOpenerPolicy: "same-origin", CrossOriginResourcePolicy: "same-origin",
		ContentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'", PermissionsPolicy: "camera=(), microphone=()",
	})
	eight := headers.API()
	eight.CrossOriginOpenerPolicy = "same-origin"
	return []edgeRow{
		row("no Origin", 1.5, 1, false, cfg, request("")),
		row("actual", 1.2, 2, true, cfg, request(appOrigin)),
		row("preflight", 1.2, 2, true, cfg, request(appOrigin, "PUT", "x-a,x-b")),
		row("denied preflight", 0.5, 1, false, cfg, request(foreignOrigin, "PUT")),
		row("denied preflight, 64 KiB", 0.5, 1, false, cfg, request(appOrigin, "PUT", string(make([]byte, 64<<10)))),
		row("1000 origins, last", 0.4, 2, true, many, request("https://a999.example.net")),
		row("1000 origins, foreign", 0.4, 1, false, many, request(foreignOrigin)),
		row("pattern, actual", 1.2, 2, true, pattern, request(appOrigin)),
		row("pattern, preflight", 1.2, 2, true, pattern, request(appOrigin, "PUT", "x-a,x-b")),
		{"headers, eight", 0.15, 1, 0, false, request(""), must(headers.New(eight)).Handler, fixed.Handler},
		{"headers, nonce", 0.25, 3, 3, false, request(""), must(headers.New(headers.Browser())).Handler, nonces.Handler},
	}
}

// contender serves the request of the row and compares the grant.
func (e edgeRow) contender(name string, layer func(http.Handler) http.Handler) contender {
	h, w := layer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), make(smallWriter)
	return contender{name, func(int, int) (bool, error) {
		clear(w)
		h.ServeHTTP(w, e.request)
		return len(w["Access-Control-Allow-Origin"]) == 1 == e.granted && len(w) > 0, nil
	}}
}

func (e edgeRow) peer() string {
	if e.name[0] == 'c' {
		return "rs/cors"
	}
	return "unrolled/secure"
}

func (tab *table) edge(t *testing.T, e effort) {
	e = effort{passes: 3 * e.passes, slice: e.slice / 3} // many short turns: the differences are small
	for _, row := range edgeRows() {
		sc := scenario{name: row.name, workers: 1, keys: 1, names: []string{""}, admit: true, field: []contender{
			row.contender(ours, row.ours), row.contender(row.peer(), row.theirs),
		}}
		whole := measure(t, sc, e)
		mine, _ := splitOff(whole, ours)
		peer, _ := splitOff(whole, row.peer())
		byCPU(tab, row.name, fmt.Sprintf("%.2fx, ", mine.ratioTo(peer))+atMost(mine, peer, row.ratio), whole)
	}
	tab.allocations(t, edgeAllocs())
}

// discardRecords is a Sink, so that no record is written.
type discardRecords struct{}

func (discardRecords) Emit(context.Context, audit.Record) error { return nil }

// edgeAllocs are the promises about allocations.
func edgeAllocs() (all []allocation) {
	outer := must(httperr.New(httperr.Config{Sink: discardRecords{}}))
	for _, row := range edgeRows() {
		count := func(layer func(http.Handler) http.Handler) float64 {
			c := row.contender(ours, layer)
			return testing.AllocsPerRun(200, func() { _, _ = c.op(0, 0) })
		}
		bare := count(outer.Handler)
		inside := count(func(next http.Handler) http.Handler { return outer.Handler(row.ours(next)) })
		all = append(all, allocation{row.name + ", alone", row.alone, count(row.ours)},
			allocation{row.name + ", beyond httperr", row.inside, inside - bare})
	}
	return all
}

// TestEdgePromise checks the allocations, as the table does.
func TestEdgePromise(t *testing.T) {
	for _, a := range edgeAllocs() {
		if err := a.evaluate(); err != nil {
			t.Error(err)
		}
	}
}

// A row whose answer is wrong must not be measured.
func TestEdgeRowsCompareTheGrant(t *testing.T) {
	for _, row := range edgeRows() {
		if ok, _ := row.contender(row.peer(), row.theirs).op(0, 0); !ok {
			t.Errorf("%s: the peer answers otherwise", row.name)
		}
		row.granted = !row.granted
		if ok, _ := row.contender(ours, row.ours).op(0, 0); ok {
			t.Errorf("%s: the opposite answer counts too", row.name)
		}
	}
}
