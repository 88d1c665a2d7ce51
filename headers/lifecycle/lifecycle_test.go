package lifecycle_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers/lifecycle"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var (
	deprecated = time.Date(2023, 6, 30, 23, 59, 59, 999, time.UTC) // the second of the example in RFC 9745, section 2
	sunset     = time.Date(2024, 7, 1, 1, 59, 59, 0, time.FixedZone("CEST", 2*60*60))
)

var noop = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func mustNew(t *testing.T, cfg lifecycle.Config) *lifecycle.Middleware {
	t.Helper()
	return mwtest.Must[*lifecycle.Middleware](t)(lifecycle.New(cfg))
}

func TestHeaders(t *testing.T) {
	for _, tc := range []struct {
		name string
		cfg  lifecycle.Config
		want map[string]string
	}{
		{"both", lifecycle.Config{Deprecated: deprecated, Sunset: sunset},
			map[string]string{"deprecation": "@1688169599", "sunset": "Sun, 30 Jun 2024 23:59:59 GMT"}},
		{"deprecated only", lifecycle.Config{Deprecated: deprecated}, map[string]string{"deprecation": "@1688169599"}},
		{"sunset only", lifecycle.Config{Sunset: sunset}, map[string]string{"sunset": "Sun, 30 Jun 2024 23:59:59 GMT"}},
		{"at the same second", lifecycle.Config{Deprecated: deprecated, Sunset: deprecated.Truncate(time.Second)},
			map[string]string{"deprecation": "@1688169599", "sunset": "Fri, 30 Jun 2023 23:59:59 GMT"}},
		{"links", lifecycle.Config{Deprecated: deprecated, DeprecationLink: "https://docs.example/v1?a=b%20c", SunsetLink: "/sunset", SuccessorLink: "/v2"},
			map[string]string{"deprecation": "@1688169599",
				"link": `<https://docs.example/v1?a=b%20c>; rel="deprecation", </sunset>; rel="sunset", </v2>; rel="successor-version"`}},
	} {
		l := mustNew(t, tc.cfg)
		for kind, inner := range map[string]http.Handler{
			"answer":  &mwtest.Spy{},
			"refusal": httperr.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return httperr.ErrNotFound }),
			"panic":   http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("private") }),
		} {
			h := wireHeaders(t, l.Handler(inner))
			for name, want := range tc.want {
				if got := h.Values(name); len(got) != 1 || got[0] != want {
					t.Errorf("%s, %s: %s %q, want %q", tc.name, kind, name, got, want)
				}
			}
			names := []string{"X-Correlation-ID", "Cache-Control", "X-Content-Type-Options"}
			for name := range tc.want {
				names = append(names, name)
			}
			mwtest.OnlyHeaders(t, h, names...)
		}
	}
}

func TestSunsetReadsBack(t *testing.T) {
	h := serve(mustNew(t, lifecycle.Config{Sunset: sunset}).Handler(&mwtest.Spy{}))
	if got, err := http.ParseTime(h.Get("Sunset")); err != nil || !got.Equal(sunset) {
		t.Errorf("%q reads %v, %v", h.Get("Sunset"), got, err)
	}
}

func TestLinkIsAppended(t *testing.T) {
	l := mustNew(t, lifecycle.Config{Sunset: sunset, SunsetLink: "/sunset"})
	shared := append(make([]string, 0, 4), `</style.css>; rel="preload"`)
	h := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Link"] = shared
		l.Handler(&mwtest.Spy{}).ServeHTTP(w, r)
	}))
	if got := h.Values("Link"); len(got) != 2 || got[0] != shared[0] || got[1] != `</sunset>; rel="sunset"` {
		t.Errorf("got %q", got)
	}
	if shared[:2][1] != "" {
		t.Error("the spare capacity of the outer layer's slice was overwritten")
	}
}

func TestFaults(t *testing.T) {
	for _, tc := range []struct {
		name   string
		cfg    lifecycle.Config
		faults []string
	}{
		{"zero", lifecycle.Config{}, []string{"lifecycle: Deprecated: "}},
		{"link without a time", lifecycle.Config{SunsetLink: "/a"}, []string{"lifecycle: Deprecated: "}},
		{"sunset first", lifecycle.Config{Deprecated: sunset, Sunset: deprecated}, []string{"lifecycle: Sunset: "}},
		{"gone never", lifecycle.Config{Deprecated: deprecated, Gone: true}, []string{"lifecycle: Gone: "}},
		{"all at once", lifecycle.Config{Deprecated: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC), Sunset: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
			DeprecationLink: "javascript:alert(1)", SunsetLink: "//host.example/", SuccessorLink: "v2"},
			[]string{"lifecycle: Deprecated: ", "lifecycle: Sunset: ", "lifecycle: DeprecationLink: ",
				"lifecycle: SunsetLink: ", "lifecycle: SuccessorLink: "}},
	} {
		_, err := lifecycle.New(tc.cfg)
		t.Run(tc.name, func(t *testing.T) { mwtest.Faults(t, err, tc.faults...) })
	}
	for _, link := range []string{"https://", "https://a b/", "https://a/>; rel=x", "https://a/\r\nX: y", "https://a/ü", "https://u:p@a/", "https://a/%zz", "https://a/\"", "ftp://a/"} {
		_, err := lifecycle.New(lifecycle.Config{Sunset: sunset, SunsetLink: link})
		mwtest.Faults(t, err, "lifecycle: SunsetLink: ")
	}
}

func TestGoneFromTheSunsetOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(time.Hour)
		spy := &mwtest.Spy{}
		l := mustNew(t, lifecycle.Config{Sunset: end, SuccessorLink: "/v2", Gone: true})
		kept := mustNew(t, lifecycle.Config{Sunset: end})
		do := func() *http.Response {
			w := httptest.NewRecorder()
			l.Handler(spy).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			return w.Result()
		}
		time.Sleep(time.Hour - time.Nanosecond)
		if res := do(); res.StatusCode != 200 || spy.Calls() != 1 {
			t.Fatalf("a nanosecond before: %d", res.StatusCode)
		}
		time.Sleep(time.Nanosecond)
		res := do()
		if res.Header.Get("Sunset") != end.UTC().Format(http.TimeFormat) || res.Header.Get("Link") == "" {
			t.Errorf("the refusal lacks the headers: %v", res.Header)
		}
		mwtest.Refused(t, res, http.StatusGone, "gone")
		mwtest.OnlyHeaders(t, res.Header, "Sunset", "Link", "Content-Type", "Cache-Control", "X-Content-Type-Options", "X-Correlation-ID")
		if spy.Calls() != 1 {
			t.Error("the handler ran after the refusal")
		}
		r := httptest.NewRequest("GET", "/", nil)
		if err := l.Check(r); !errors.Is(err, lifecycle.ErrGone) {
			t.Errorf("Check: %v", err)
		}
		if err := kept.Check(r); err != nil {
			t.Errorf("Check without Gone: %v", err)
		}
	})
}

func TestObserve(t *testing.T) {
	for _, gone := range []bool{false, true} {
		var seen []lifecycle.Decision
		w := httptest.NewRecorder()
		l := mustNew(t, lifecycle.Config{Sunset: deprecated, Gone: gone, Observe: func(_ *http.Request, d lifecycle.Decision) {
			if w.Body.Len() > 0 {
				t.Error("told after the response began")
			}
			seen = append(seen, d)
		}})
		l.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if len(seen) != 1 {
				t.Error("not told before the handler ran")
			}
			_, _ = io.WriteString(w, "body")
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if len(seen) != 1 || (seen[0].Err != nil) != gone || gone && !errors.Is(seen[0].Err, lifecycle.ErrGone) {
			t.Errorf("gone %v: told %v", gone, seen)
		}
	}
}

func TestDeny(t *testing.T) {
	spy := &mwtest.Spy{}
	l := mustNew(t, lifecycle.Config{Sunset: deprecated, Gone: true, Deny: func(w http.ResponseWriter, _ *http.Request, err error) {
		if !errors.Is(err, lifecycle.ErrGone) {
			t.Errorf("got %v", err)
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "teapot")
	}})
	w := httptest.NewRecorder()
	l.Handler(spy).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusTeapot || spy.Calls() != 0 {
		t.Errorf("status %d, %d calls", w.Code, spy.Calls())
	}
}

func TestIsUnsharedAndCheap(t *testing.T) {
	l := mustNew(t, lifecycle.Config{Deprecated: deprecated, Sunset: sunset, SunsetLink: "/sunset"})
	plain := func() *http.Request { return httptest.NewRequest("GET", "/", nil) }
	mwtest.Unshared(t, l.Handler, plain)
	mwtest.Unshared(t, l.Handler, func() *http.Request { _, r := carrier.Ensure(plain()); return r })

	h, w, r := l.Handler(noop), mwtest.NewDiscard(), plain()
	mwtest.MaxAllocs(t, "alone", 1, func() { w.Reset(); h.ServeHTTP(w, r) })
	mwtest.MaxAllocs(t, "making a record and in the chain", 2, func() {
		w.Reset()
		_, r := carrier.Ensure(r)
		h.ServeHTTP(w, r)
	})
}

func TestNilHandler(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Handler(nil) must panic when it is called")
		}
	}()
	mustNew(t, lifecycle.Config{Sunset: sunset}).Handler(nil)
}

// wireHeaders returns the headers of a response as a client gets them, through package
// httperr and without the headers that net/http adds.
func wireHeaders(t *testing.T, h http.Handler) http.Header {
	t.Helper()
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	srv := httptest.NewServer(errs.Handler(h))
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	for _, name := range []string{"Date", "Content-Length", "Content-Type"} {
		res.Header.Del(name)
	}
	return res.Header
}

func serve(h http.Handler) http.Header {
	return mwtest.Do(h, httptest.NewRequest("GET", "/", nil)).Header
}

// FuzzLink asserts that an accepted target is sent unchanged, between the brackets of the
// only Link.
func FuzzLink(f *testing.F) {
	for _, s := range []string{"/v2", "https://a.example/", "a\r\nb", "\x00", "https://a/>; rel=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := lifecycle.New(lifecycle.Config{Sunset: sunset, SunsetLink: s})
		if err != nil || s == "" {
			return
		}
		v := serve(m.Handler(noop)).Values("Link")
		if len(v) != 1 || v[0] != "<"+s+`>; rel="sunset"` || !field.Value(v[0]) || strings.ContainsAny(s, "<>\" ") {
			t.Errorf("link %q became %q", s, v)
		}
	})
}

func TestDates(t *testing.T) {
	begin, end := time.Date(2026, 1, 1, 12, 0, 0, 7, time.FixedZone("", 3600)), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, cfg := range []lifecycle.Config{{Deprecated: begin}, {Sunset: end}, {Deprecated: begin, Sunset: end}} {
		deprecated, sunset := mustNew(t, cfg).Dates()
		if !deprecated.Equal(cfg.Deprecated.Truncate(time.Second)) || !sunset.Equal(cfg.Sunset) || deprecated.Location() != time.UTC {
			t.Errorf("%v, %v, want %v, %v", deprecated, sunset, cfg.Deprecated, cfg.Sunset)
		}
	}
}
