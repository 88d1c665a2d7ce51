package reports_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/reports"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	oldType = "application/csp-report"
	newType = "application/reports+json"
)

// received returns a server with a Receiver, and the reports that it gets.
func received(t testing.TB, cfg reports.Config) (http.Handler, *[]reports.Report) {
	t.Helper()
	var all []reports.Report
	cfg.Receive = func(_ *http.Request, r reports.Report) { all = append(all, r) }
	return mwtest.Must[*reports.Receiver](t)(reports.New(cfg)), &all
}

// send sends a body over the wire, through package httperr.
func send(t *testing.T, h http.Handler, method, mediaType, body string) *http.Response {
	t.Helper()
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	srv := httptest.NewServer(errs.Handler(h))
	t.Cleanup(srv.Close)
	r := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, srv.URL, strings.NewReader(body)))
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	r.Header.Set("User-Agent", "Browser/1")
	res, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	content, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(content))
	return res
}

// The bodies are those of Firefox 145 and Chromium 156, shortened.
func TestReportsOfBrowsers(t *testing.T) {
	violation := reports.Violation{
		Document: "https://app.example/notes?id=1", Referrer: "https://app.example/", Blocked: "https://evil.example/x.js", Directive: "script-src-elem",
		Policy: "script-src 'self'", Disposition: "report", SourceFile: "https://app.example/a.js", Sample: "alert(1)", Line: 12, Column: 7, Status: 200,
	}
	old := `{"csp-report": {"document-uri": "https://app.example/notes?id=1", "referrer": "https://app.example/",
		"blocked-uri": "https://evil.example/x.js", "effective-directive": "script-src-elem", "violated-directive": "script-src-elem",
		"original-policy": "script-src 'self'", "disposition": "report", "source-file": "https://app.example/a.js",
		"script-sample": "alert(1)", "line-number": 12, "column-number": 7, "status-code": 200, "later": {"a": [1]}}}`
	modern := `{"age": 1500, "type": "csp-violation", "url": "https://app.example/notes", "user_agent": "Other/2", "body": {
		"documentURL": "https://app.example/notes?id=1", "referrer": "https://app.example/", "blockedURL": "https://evil.example/x.js",
		"effectiveDirective": "script-src-elem", "originalPolicy": "script-src 'self'", "disposition": "report",
		"sourceFile": "https://app.example/a.js", "sample": "alert(1)", "lineNumber": 12, "columnNumber": 7, "statusCode": 200}}`
	for _, tc := range []struct {
		name, mediaType, body string
		want                  []reports.Report
	}{
		{"report-uri", oldType, old, []reports.Report{{
			Type: "csp-violation", URL: violation.Document, UserAgent: "Browser/1", Violation: &violation,
		}}},
		{"report-uri with a parameter", "Application/CSP-Report; charset=utf-8", `{"csp-report": {"violated-directive": "img-src 'self'"}}`,
			[]reports.Report{{Type: "csp-violation", UserAgent: "Browser/1", Violation: &reports.Violation{Directive: "img-src"}}}},
		{"report-to", newType, "[" + modern + `, {"type": "coop", "url": "https://app.example/", "body": {"disposition": "reporting"}}]`, []reports.Report{
			{Type: "csp-violation", URL: "https://app.example/notes", UserAgent: "Other/2", Age: 1500 * time.Millisecond, Violation: &violation},
			{Type: "coop", URL: "https://app.example/"},
		}},
		{"members of another type", newType, `[{"type": "csp-violation", "url": 1, "age": "old", "body": {"lineNumber": -1, "columnNumber": 1e300,
			"sample": null, "documentURL": ["a"], "blockedURL": "inline"}}, {"type": "csp-violation", "body": 7}, 7, {"url": "no type"}, null]`,
			[]reports.Report{{Type: "csp-violation", Violation: &reports.Violation{Blocked: "inline"}}, {Type: "csp-violation", Violation: new(reports.Violation)}}},
		{"no reports", newType, "[]", nil},
	} {
		h, got := received(t, reports.Config{})
		if res := send(t, h, "POST", tc.mediaType, tc.body); res.StatusCode != http.StatusNoContent {
			t.Errorf("%s: status %d", tc.name, res.StatusCode)
		}
		for i := range *got {
			if len((*got)[i].Body) == 0 {
				t.Errorf("%s: no body", tc.name)
			}
			(*got)[i].Body = nil
		}
		if !reflect.DeepEqual(*got, tc.want) {
			t.Errorf("%s: got %+v, want %+v", tc.name, *got, tc.want)
		}
	}
}

func TestRefusals(t *testing.T) {
	large := `{"csp-report": {"script-sample": "` + strings.Repeat("a", 2<<10) + `"}}`
	for _, tc := range []struct {
		name, method, mediaType, body string
		status                        int
		code                          string
	}{
		{"GET", "GET", newType, "", 405, "method_not_allowed"},
		{"PUT", "PUT", newType, "[]", 405, "method_not_allowed"},
		{"no type", "POST", "", "[]", 415, "report_type_unsupported"},
		{"JSON", "POST", "application/json", "[]", 415, "report_type_unsupported"},
		{"a form", "POST", "text/plain", "[]", 415, "report_type_unsupported"},
		{"a broken type", "POST", newType + "; =", "[]", 415, "report_type_unsupported"},
		{"too large", "POST", oldType, large, 413, "body_too_large"},
		{"empty", "POST", newType, "", 400, "report_malformed"},
		{"no JSON", "POST", newType, "[", 400, "report_malformed"},
		{"trailing data", "POST", newType, "[] []", 400, "report_malformed"},
		{"null", "POST", newType, "null", 400, "report_malformed"},
		{"one object", "POST", newType, `{"type": "csp-violation"}`, 400, "report_malformed"},
		{"the body of the other type", "POST", newType, `{"csp-report": {}}`, 400, "report_malformed"},
		{"no csp-report", "POST", oldType, `{"report": {}}`, 400, "report_malformed"},
		{"csp-report is null", "POST", oldType, `{"csp-report": null}`, 400, "report_malformed"},
		{"an array", "POST", oldType, `[{"csp-report": {}}]`, 400, "report_malformed"},
		{"invalid UTF-8 outside of a string", "POST", newType, "[\xff]", 400, "report_malformed"},
	} {
		h, got := received(t, reports.Config{MaxBody: 1 << 10})
		res := send(t, h, tc.method, tc.mediaType, tc.body)
		if len(*got) != 0 || (res.Header.Get("Allow") == "POST") != (tc.status == 405) {
			t.Errorf("%s: %d reports, Allow %q", tc.name, len(*got), res.Header["Allow"])
		}
		t.Run(tc.name, func(t *testing.T) { mwtest.Refused(t, res, tc.status, tc.code) })
	}
}

func TestTwoContentTypes(t *testing.T) {
	h, _ := received(t, reports.Config{})
	r := httptest.NewRequest("POST", "/", strings.NewReader("[]"))
	r.Header["Content-Type"] = []string{newType, "text/html"}
	mwtest.Refused(t, mwtest.Do(h, r), 415, "report_type_unsupported")
}

// A client that sends many reports, or long texts, fills no log.
func TestBoundsOfReports(t *testing.T) {
	h, got := received(t, reports.Config{})
	send(t, h, "POST", newType, "["+strings.Repeat(`{"type":"coop"},`, 2000)+`{"type":"coop"}]`)
	if len(*got) != 100 {
		t.Errorf("%d reports, want 100", len(*got))
	}
	*got = nil
	long := strings.Repeat("é", 2000) // two bytes each
	send(t, h, "POST", newType, fmt.Sprintf(`[{"type": "csp-violation", "url": %q, "body": {"documentURL": %q}}]`, "a"+long, long))
	if len(*got) != 1 || len((*got)[0].URL) != 1023 || len((*got)[0].Violation.Document) != 1024 {
		t.Errorf("%+v", *got)
	}
	large, kept := received(t, reports.Config{})
	if res := send(t, large, "POST", newType, `[{"type":"coop"}`+strings.Repeat(" ", 64<<10)+"]"); res.StatusCode != 413 || len(*kept) != 0 {
		t.Errorf("the default of MaxBody: status %d", res.StatusCode)
	}
}

func TestDeny(t *testing.T) {
	var seen error
	h, _ := received(t, reports.Config{Deny: func(w http.ResponseWriter, _ *http.Request, err error) { seen = err; w.WriteHeader(http.StatusTeapot) }})
	res := mwtest.Do(h, httptest.NewRequest("POST", "/", strings.NewReader("[]")))
	if res.StatusCode != http.StatusTeapot || !errors.Is(seen, reports.ErrType) && seen != reports.ErrType {
		t.Errorf("%d, %v", res.StatusCode, seen)
	}
}

func TestFaults(t *testing.T) {
	receive := func(*http.Request, reports.Report) {}
	for _, tc := range []struct {
		cfg    reports.Config
		faults []string
	}{
		{reports.Config{}, []string{"reports: Receive: "}},
		{reports.Config{MaxBody: -1}, []string{"reports: Receive: ", `reports: MaxBody: "-1": `}},
		{reports.Config{Receive: receive, MaxBody: 1<<20 + 1}, []string{"reports: MaxBody: "}},
		{reports.Config{Receive: receive, MaxBody: 1 << 20}, nil},
	} {
		_, err := reports.New(tc.cfg)
		mwtest.Faults(t, err, tc.faults...)
	}
}
