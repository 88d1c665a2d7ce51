package cors_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestActual(t *testing.T) {
	full := cors.Config{Origins: []string{app, "https://*.example.org"}, Credentials: true, Methods: []string{"PURGE"},
		ExposeHeaders: []string{"x-total", "ETag"}, MaxAge: time.Minute, RequestHeaders: []string{"Content-Type"}}
	for _, row := range []struct {
		name   string
		cfg    cors.Config
		method string
		origin []string
		want   []string
	}{
		{"plain", withOrigins(app), "GET", []string{app}, []string{"Allow-Origin", app}},
		{"full", full, "GET", []string{app}, []string{"Allow-Origin", app, "Allow-Credentials", "true", "Expose-Headers", "X-Total, Etag"}},
		{"subdomain", full, "POST", []string{"https://a.example.org"}, []string{"Allow-Origin", "https://a.example.org", "Allow-Credentials", "true", "Expose-Headers", "X-Total, Etag"}},
		{"method of WebDAV", withOrigins(app), "PROPFIND", []string{app}, []string{"Allow-Origin", app}},
		{"method in lower case", withOrigins(app), "patch", []string{app}, []string{"Allow-Origin", app}},
		{"method not listed", withOrigins(app), "PATCH", []string{app}, []string{"Allow-Origin", app}},
		{"method beyond the standard ones", full, "PURGE", []string{app}, []string{"Allow-Origin", app, "Allow-Credentials", "true", "Expose-Headers", "X-Total, Etag"}},
		{"no origin", full, "GET", nil, nil},
		{"foreign", full, "GET", []string{"https://evil.test"}, nil},
		{"null", full, "GET", []string{"null"}, nil},
		{"empty", full, "GET", []string{""}, nil},
		{"two lines", full, "GET", []string{app, "https://evil.test"}, nil},
		{"two equal lines", full, "GET", []string{app, app}, nil},
		{"two lines, any", cors.Config{AllowAnyOrigin: true}, "GET", []string{app, app}, []string{"Allow-Origin", "*"}},
		{"any", cors.Config{AllowAnyOrigin: true, ExposeHeaders: []string{"*"}}, "GET", []string{"https://evil.test"}, []string{"Allow-Origin", "*", "Expose-Headers", "*"}},
		{"any, null", cors.Config{AllowAnyOrigin: true}, "GET", []string{"null"}, []string{"Allow-Origin", "*"}},
		{"any, without origin", cors.Config{AllowAnyOrigin: true}, "GET", nil, []string{"Allow-Origin", "*"}},
		{"OPTIONS without a requested method", full, "OPTIONS", []string{app}, []string{"Allow-Origin", app, "Allow-Credentials", "true", "Expose-Headers", "X-Total, Etag"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			spy := &mwtest.Spy{}
			r := httptest.NewRequest(row.method, "/", nil)
			if row.origin != nil {
				r.Header["Origin"] = row.origin
			}
			res := serve(mustNew(t, row.cfg), r, spy)
			if res.StatusCode != 200 || spy.Calls() != 1 || spy.Last() != r {
				t.Errorf("status %d, %d calls", res.StatusCode, spy.Calls())
			}
			wantFields(t, res.Header, row.want...)
			// A cache may keep one response for all origins only if it says "*".
			if got := strings.Join(res.Header["Vary"], "|"); got != "Origin" && !row.cfg.AllowAnyOrigin || got != "" && row.cfg.AllowAnyOrigin {
				t.Errorf("Vary %q", got)
			}
		})
	}
}

func TestPreflightBelongsToService(t *testing.T) {
	for name, header := range map[string]http.Header{
		"bare":           {},
		"without Origin": {"Access-Control-Request-Method": {"PUT"}},
	} {
		spy := &mwtest.Spy{}
		r := httptest.NewRequest(http.MethodOptions, "/", nil)
		r.Header = header
		res := serve(mustNew(t, withOrigins(app)), r, spy)
		if spy.Calls() != 1 || res.StatusCode != 200 {
			t.Errorf("%s: answered with status %d", name, res.StatusCode)
		}
		wantFields(t, res.Header)
	}
	// A POST with Access-Control-Request-Method is no preflight.
	spy := &mwtest.Spy{}
	r := preflight(app, "PUT")
	r.Method = http.MethodPost
	res := serve(mustNew(t, withOrigins(app)), r, spy)
	if spy.Calls() != 1 {
		t.Errorf("POST answered with status %d", res.StatusCode)
	}
	wantFields(t, res.Header, "Allow-Origin", app)
}

func TestVary(t *testing.T) {
	const requested = "Access-Control-Request-Method, Access-Control-Request-Headers"
	for _, row := range []struct {
		name   string
		before []string
		r      *http.Request
		want   []string
	}{
		{"actual", nil, actual(app), []string{"Origin"}},
		{"foreign", nil, actual("https://evil.test"), []string{"Origin"}},
		{"no origin", nil, httptest.NewRequest("GET", "/", nil), []string{"Origin"}},
		{"appended", []string{"Accept-Encoding"}, actual(app), []string{"Accept-Encoding", "Origin"}},
		{"appended without origin", []string{"Accept-Encoding", "Accept"}, httptest.NewRequest("GET", "/", nil), []string{"Accept-Encoding", "Accept", "Origin"}},
		{"there already", []string{"Accept , origin"}, actual(app), []string{"Accept , origin"}},
		{"everything", []string{"*"}, actual(app), []string{"*"}},
		{"not a substring", []string{"X-Origin"}, actual(app), []string{"X-Origin", "Origin"}},
		{"preflight", nil, preflight(app, "GET"), []string{"Origin, " + requested}},
		{"denied preflight", nil, preflight("https://evil.test", "GET"), []string{"Origin, " + requested}},
		{"preflight, there already", []string{"Origin"}, preflight(app, "GET"), []string{"Origin", requested}},
		{"preflight, everything", []string{"*"}, preflight(app, "GET"), []string{"*"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			if row.before != nil {
				w.Header()["Vary"] = row.before
			}
			m := mustNew(t, withOrigins(app))
			m.Handler(m.Handler(&mwtest.Spy{})).ServeHTTP(w, row.r)
			got := w.Result().Header["Vary"]
			if strings.Join(got, "|") != strings.Join(row.want, "|") {
				t.Errorf("Vary %q, want %q", got, row.want)
			}
		})
	}
}

func TestInnerPolicyDecides(t *testing.T) {
	wide := mustNew(t, cors.Config{AllowAnyOrigin: true, ExposeHeaders: []string{"*"}})
	narrow := mustNew(t, withCredentials(app))
	for origin, want := range map[string][]string{
		"https://evil.test": nil,
		app:                 {"Allow-Origin", app, "Allow-Credentials", "true"},
	} {
		w := httptest.NewRecorder()
		wide.Handler(narrow.Handler(&mwtest.Spy{})).ServeHTTP(w, actual(origin))
		wantFields(t, w.Result().Header, want...)
	}
	// A refusal does not carry fields that an outer layer has set.
	w := httptest.NewRecorder()
	w.Header().Set("Access-Control-Allow-Origin", "*")
	narrow.Handler(&mwtest.Spy{}).ServeHTTP(w, preflight("https://evil.test", "GET"))
	wantFields(t, w.Result().Header)
}

func TestDenyAndObserve(t *testing.T) {
	var seen []cors.Decision
	var denied error
	m := mustNew(t, configWith(func(c *cors.Config) {
		c.Observe = func(_ *http.Request, d cors.Decision) { seen = append(seen, d) }
		c.Deny = func(w http.ResponseWriter, _ *http.Request, err error) {
			denied = err
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	spy := &mwtest.Spy{}
	serve(m, httptest.NewRequest("GET", "/", nil), spy)
	serve(m, actual(app), spy)
	serve(m, actual("https://evil.test"), spy)
	serve(m, preflight(app, "GET"), spy)
	if denied != nil {
		t.Errorf("denied: %v", denied)
	}
	res := serve(m, preflight(app, "DELETE"), spy)
	if res.StatusCode != http.StatusTeapot || !errors.Is(denied, cors.ErrMethod) {
		t.Errorf("status %d, %v", res.StatusCode, denied)
	}
	if spy.Calls() != 3 {
		t.Errorf("%d calls", spy.Calls())
	}
	want := []cors.Decision{
		{Granted: true},
		{}, // a foreign origin: next runs, and the response grants nothing
		{Preflight: true, Granted: true},
		{Preflight: true, Err: cors.ErrMethod},
	}
	if len(seen) != len(want) {
		t.Fatalf("observed %+v", seen)
	}
	for i := range want {
		if seen[i] != want[i] {
			t.Errorf("observed %+v, want %+v", seen[i], want[i])
		}
	}
}

func TestNilHandler(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Handler(nil) did not panic")
		}
	}()
	mustNew(t, withOrigins(app)).Handler(nil)
}

// In a chain, the log record of httperr names the code of the refusal.
func TestInsideErrors(t *testing.T) {
	var log strings.Builder
	errs, err := httperr.New(httperr.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(errs.Handler(mustNew(t, withOrigins(app)).Handler(&mwtest.Spy{})))
	defer srv.Close()
	r := preflight("https://evil.test", "GET")
	req, _ := http.NewRequest(r.Method, srv.URL, nil)
	req.Header = r.Header
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	wantEmptyDenial(t, res)
	wantFields(t, res.Header)
	srv.Close()
	if !strings.Contains(log.String(), "code=cors_origin_denied") || strings.Contains(log.String(), "evil.test") {
		t.Errorf("record: %s", log.String())
	}
}
