package reports_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/headers/reports"
)

// FuzzReceiver asserts that a body is accepted exactly if it is of its type, and that each
// report is bounded and says what a plain reading of the JSON says.
func FuzzReceiver(f *testing.F) {
	for _, s := range []string{`{"csp-report": {"document-uri": "a"}}`, `[{"type": "csp-violation", "body": {"documentURL": "a"}}]`,
		`[{"type": "coop"}, 1]`, "[", "null", `{"csp-report": 1}`, "[\"\xff\"]", `[{"type":"a","type":"b"}]`} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, body string, modern bool) {
		h, got := received(t, reports.Config{})
		r := httptest.NewRequest("POST", "/", bytes.NewReader([]byte(body)))
		r.Header.Set("Content-Type", map[bool]string{true: newType, false: oldType}[modern])
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)

		var plain any
		valid := len(body) <= 64<<10 && json.Unmarshal([]byte(body), &plain) == nil
		var want []map[string]any
		if list, ok := plain.([]any); ok && modern {
			for _, e := range list[:min(100, len(list))] {
				if m, ok := e.(map[string]any); ok && text(m, "type") != "" {
					want = append(want, m)
				}
			}
		} else if m, ok := plain.(map[string]any); ok && !modern {
			inner, ok := m["csp-report"].(map[string]any)
			valid = valid && ok
			want = append(want, map[string]any{"type": "csp-violation", "url": inner["document-uri"]})
		} else {
			valid = false
		}
		if (w.Code == http.StatusNoContent) != valid {
			t.Fatalf("status %d, valid %v", w.Code, valid)
		}
		if !valid {
			return
		}
		if len(*got) != len(want) {
			t.Fatalf("%d reports, want %d", len(*got), len(want))
		}
		for i, report := range *got {
			for _, s := range []string{report.Type, report.URL, report.UserAgent} {
				if len(s) > 1024 || !utf8.ValidString(s) {
					t.Errorf("text %q", s)
				}
			}
			if !strings.HasPrefix(text(want[i], "type"), report.Type) || !strings.HasPrefix(text(want[i], "url"), report.URL) {
				t.Errorf("got %+v, want %v", report, want[i])
			}
			if (report.Violation != nil) != (report.Type == "csp-violation") || report.Age < 0 {
				t.Errorf("%+v", report)
			}
		}
	})
}

func text(m map[string]any, name string) string {
	s, _ := m[name].(string)
	return s
}
