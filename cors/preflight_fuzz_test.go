package cors_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var lowerToken = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9a-z-]+$")

// parseRequested is a slow reference for checkHeaders: it returns the names in
// the lines of Access-Control-Request-Headers, and whether a browser would send
// such lines.
func parseRequested(lines []string) (names []string, ok bool) {
	all := strings.Split(strings.Join(lines, ","), ",")
	if len(lines) == 0 {
		all = nil
	}
	if len(strings.Join(lines, "")) > 4096 || len(all) > 64 || len(lines) > 1 && slices.Contains(lines, "") {
		return nil, false
	}
	for _, name := range all {
		if name = strings.Trim(name, " \t"); name != "" {
			names = append(names, name)
		}
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(names)))
	return names, slices.Equal(sorted, names) &&
		!slices.ContainsFunc(names, func(s string) bool { return !lowerToken.MatchString(s) })
}

// A preflight is granted if and only if the reference finds only configured
// values in it. The response to a granted preflight names exactly the requested
// method and headers. The response to a refused preflight names nothing.
func FuzzPreflight(f *testing.F) {
	for _, method := range []string{"GET", "PUT", "put", "", "OPTIONS", "PUT, DELETE", "*"} {
		f.Add(app, method, "content-type", false)
	}
	for _, list := range []string{"", ",", "authorization,content-type", "authorization\ncontent-type", "content-type,authorization", "a\n\nb",
		"Content-Type", "content-type,content-type", " \tcontent-type\t ,", "*", "x-evil", "content-type\x00", strings.Repeat(",", 63), strings.Repeat(",", 64),
		"content-type" + strings.Repeat(" ", 4084), "content-type" + strings.Repeat(" ", 4085), "x-request-id\n"} {
		f.Add(app, "PUT", list, false)
		f.Add(app, "PUT", list, true)
	}
	f.Add("null", "GET", "", true)

	listed := []string{"authorization", "content-type", "x-request-id"}
	wildcardConfig := serviceConfig
	wildcardConfig.RequestHeaders = []string{"*"}
	strict, lenient := mustNew(f, serviceConfig), mustNew(f, wildcardConfig)
	f.Fuzz(func(t *testing.T, origin, method, list string, star bool) {
		r := preflight(origin, method)
		var lines []string
		if list != "" {
			lines = strings.Split(list, "\n")
			r.Header["Access-Control-Request-Headers"] = lines
		}
		names, ok := parseRequested(lines)
		want := ok && origin == app && slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"}, method)
		m := strict
		if star {
			m = lenient
		}
		for _, name := range names {
			if star {
				want = want && name != "authorization"
			} else {
				want = want && slices.Contains(listed, name)
			}
		}

		d, err := m.Check(r)
		if d.Granted != want || (err == nil) != want || !d.Preflight || d.Err != err {
			t.Fatalf("%q %q %q: %+v, %v, want %v", origin, method, lines, d, err, want)
		}
		w := httptest.NewRecorder()
		spy := &mwtest.Spy{}
		m.Handler(spy).ServeHTTP(w, r)
		h := w.Result().Header
		if spy.Calls() != 0 {
			t.Error("the handler ran")
		}
		if !want {
			if wantFields(t, h); w.Code != http.StatusForbidden {
				t.Errorf("status %d", w.Code)
			}
			return
		}
		got, ok := parseRequested(h["Access-Control-Allow-Headers"])
		if w.Code != http.StatusNoContent || !ok || !slices.Equal(got, names) ||
			h.Get("Access-Control-Allow-Origin") != app || h.Get("Access-Control-Allow-Methods") != method {
			t.Errorf("status %d, %v", w.Code, h)
		}
	})
}
