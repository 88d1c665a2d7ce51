package cors_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func Benchmark(b *testing.B) {
	thousand := make([]string, 0, 1000)
	for i := range 1000 {
		thousand = append(thousand, "https://"+string(rune('a'+i%26))+string(rune('a'+i/26%26))+string(rune('a'+i/676))+".example.net")
	}
	many := fullConfig
	thousand = append(thousand, app)
	many.Origins = thousand
	pattern := fullConfig
	pattern.Origins = []string{"https://*.example.com"}
	for _, row := range []struct {
		name string
		cfg  cors.Config
		r    *http.Request
		code int // 0: next runs
		acao string
	}{
		{"none", fullConfig, httptest.NewRequest("GET", "/", nil), 0, ""},
		{"actual", fullConfig, actual(app), 0, app},
		{"actual-1000", many, actual(app), 0, app},
		{"actual-pattern", pattern, actual(app), 0, app},
		{"foreign", fullConfig, actual("https://evil.test"), 0, ""},
		{"preflight", fullConfig, preflight(app, "PUT", "x-a,x-b"), 204, app},
		{"denied", fullConfig, preflight("https://evil.test", "PUT"), 403, ""},
		{"denied-64KiB", fullConfig, preflight(app, "PUT", string(make([]byte, 64<<10))), 403, ""},
	} {
		b.Run(row.name, func(b *testing.B) {
			h := mustNew(b, row.cfg).Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			w := mwtest.NewDiscard()
			b.ReportAllocs()
			for b.Loop() {
				w.Reset()
				h.ServeHTTP(w, row.r)
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); w.Code != row.code || got != row.acao {
				b.Errorf("measured %d %q", w.Code, got)
			}
		})
	}
}
