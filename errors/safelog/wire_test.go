package safelog_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/safelog"
)

// A request can be logged in many forms, and no form shows its credentials.
func TestDumpedRequests(t *testing.T) {
	r := httptest.NewRequest("POST", "/notes", strings.NewReader(`{"db":{"password":"hunter2 SECRET","port":1}}`))
	r.Header = http.Header{"Authorization": {"Token hunter2SECRET"}, "Cookie": {"sid=hunter2SECRET; b=hunter2SECRET"}, "X-Api-Key": {"hunter2 SECRET"},
		"Proxy-Authorization": {"ApiKey hunter2SECRET"}, "Accept": {"text/html"}}
	dump, err := httputil.DumpRequest(r, true)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"text": string(dump), "bytes": dump, "lines": strings.Split(string(dump), "\r\n"), "quoted": fmt.Sprintf("%q", dump), "error": textError(dump),
		"in JSON": fmt.Sprintf(`{"dump":%q,"n":1}`, dump), "map": map[string]any{"dump": dump}, "header": fmt.Sprint(r.Header), "header, verbose": fmt.Sprintf("%#v", r.Header),
	} {
		j, x := lines(t, safelog.Config{}, func(l *slog.Logger) {
			l.Info(fmt.Sprint(v), "d", v)
			l.With("d", v).WithGroup("g").Info("m", slog.Group("h", "d", v))
		})
		if s := j + x; strings.Contains(s, "hunter2") || strings.Contains(s, "SECRET") || !strings.Contains(s, "text/html") && name != "bytes" {
			t.Errorf("%s: %s", name, s)
		}
	}
	var header bytes.Buffer
	_ = r.Header.Write(&header)
	j, _ := lines(t, safelog.Config{}, func(l *slog.Logger) { l.Info(header.String()) })
	if want := `"msg":"Accept: text/html  Authorization: [REDACTED]  Cookie: [REDACTED]  Proxy-Authorization: [REDACTED]  X-Api-Key: [REDACTED]  "`; !strings.Contains(j, want) {
		t.Errorf("got %swant %s", j, want)
	}
}
