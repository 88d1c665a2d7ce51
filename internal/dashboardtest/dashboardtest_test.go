package dashboardtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/dashboardtest"
)

const scrape = `# HELP http_requests_total Requests {of a client}.
# TYPE http_requests_total counter
http_requests_total{route="/a",code=""} 1
http_aborted_total 0
`

const good = `{"uid": "a", "title": "A", "schemaVersion": 41,
	"templating": {"list": [{"name": "source"}, {"name": "route", "definition": "label_values(http_requests_total, route)"}]},
	"panels": [
		{"id": 1, "type": "timeseries", "title": "Rate", "gridPos": {"x": 12, "w": 12}, "targets": [
			{"expr": "sum by (route) (rate(http_requests_total{code=~\"a|b\"}[$__rate_interval])) or vector(0)", "legendFormat": "{{route}}"}]},
		{"id": 2, "type": "timeseries", "title": "Aborted", "targets": [{"expr": "rate(http_aborted_total[5m])", "legendFormat": "{{instance}}"}]}]}`

// A good dashboard has no fault, and each change to it is found.
func TestFaults(t *testing.T) {
	for _, tc := range []struct{ old, new, want string }{
		{"", "", ""},
		{"rate(http_requests_total{", "rate(http_request_total{", "no metric http_request_total"},
		{"by (route)", "by (path)", "no label path"},
		{"{code=~", "{status=~", "no label status"},
		{"{{route}}", "{{path}}", "no label path"},
		{"_total, route)", "_total, path)", "no label path"},
		{"label_values(", "values(", "route: values("},
		{"rate(http_aborted_total[5m])", "1", "no metric in"},
		{"rate(http_aborted_total[5m])", "rate(http_requests_total[5m])", "no panel shows http_aborted_total"},
		{"[5m])", "[5m]", "unbalanced"},
		{`"id": 2`, `"id": 1`, "panel {ID:1"},
		{`"x": 12`, `"x": 13`, "panel {ID:1"},
		{"41", "30", "schemaVersion 30"},
	} {
		file := filepath.Join(t.TempDir(), "dashboard.json")
		if err := os.WriteFile(file, []byte(strings.Replace(good, tc.old, tc.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := dashboardtest.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		faults := strings.Join(d.Faults(scrape, "http_requests_total", "http_aborted_total"), "\n")
		if (faults == "") != (tc.want == "") || !strings.Contains(faults, tc.want) {
			t.Errorf("%s in the place of %s: %q, want %q", tc.new, tc.old, faults, tc.want)
		}
	}
	if _, err := dashboardtest.Read("none.json"); err == nil {
		t.Error("a file that does not exist")
	}
}
