package script_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/examples/migrate/services/internal/script"
)

// A listener keeps the faults that Run reports.
type listener struct {
	testing.TB
	faults []string
}

func (l *listener) Errorf(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

func status(code int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(code)
		_, _ = fmt.Fprint(w, body, r.URL.Query().Get("token"))
	})
}

// Run notices a side that answers in another way, and a difference that is gone.
func TestRun(t *testing.T) {
	steps := []script.Step{
		{Name: "same", Want: "200 ok", Save: func(_ *http.Response, body string) string { return body }},
		{Name: "saved", Target: "/?token=$same", Want: "200 okok"},
	}
	differ := []script.Step{{Name: "differs", Want: "200", Differ: "404"}}
	for name, tc := range map[string]struct {
		steps         []script.Step
		before, after http.Handler
		want          string
	}{
		"right":                     {steps, status(200, "ok"), status(200, "ok"), ""},
		"another status after":      {steps[:1], status(200, "ok"), status(404, "ok"), "same, after: got 404"},
		"another body before":       {steps[:1], status(200, "no"), status(200, "ok"), "same, before: got 200 no"},
		"a difference":              {differ, status(200, ""), status(404, ""), ""},
		"a difference that is gone": {differ, status(200, ""), status(200, ""), "differs, after: got 200"},
	} {
		l := &listener{TB: t}
		table := script.Sides{Before: tc.before, After: tc.after}.Run(l, tc.steps)
		if got := strings.Join(l.faults, "\n"); !strings.HasPrefix(got, tc.want) || tc.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
		if want := tc.steps[0].Differ != ""; strings.Contains(table, "| differs | 200 | 404 |") != want {
			t.Errorf("%s: the table is\n%s", name, table)
		}
	}
}
