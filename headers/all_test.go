package headers_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Every field at once: the response-header values of a request with a nonce
// come out of an array whose size is a constant, and a header more must be
// noticed here before it costs an allocation.
func TestAllHeadersAtOnce(t *testing.T) {
	cfg := headers.Browser()
	cfg.ReportingEndpoints = map[string]string{"main": "/reports"}
	cfg.CSPReportOnly = headers.CSP{ScriptSrc: []string{"'nonce'"}, ReportTo: "main"}
	cfg.CrossOriginEmbedderPolicy = "require-corp"
	fields := reflect.ValueOf(cfg)
	set := 0
	for i := range fields.NumField() {
		if f := fields.Type().Field(i); f.IsExported() {
			if fields.Field(i).IsZero() {
				t.Errorf("%s is not set here", f.Name)
			}
			set++
		}
	}
	m, err := headers.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "https://app.example/", nil)
	r.TLS = new(tls.ConnectionState)
	w := httptest.NewRecorder()
	h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	h.ServeHTTP(w, r)
	if len(w.Header()) != set {
		t.Errorf("%d headers for %d fields: %v", len(w.Header()), set, w.Header())
	}
	d := mwtest.NewDiscard()
	mwtest.MaxAllocs(t, "all headers", 3, func() { d.Reset(); h.ServeHTTP(d, r) })
}
