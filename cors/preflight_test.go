package cors_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestPreflightGranted(t *testing.T) {
	m := mustNew(t, serviceConfig)
	for _, row := range []struct {
		r    *http.Request
		want []string
	}{
		{preflight(app, "PUT"), []string{"Allow-Methods", "PUT"}},
		{preflight(app, "PATCH"), []string{"Allow-Methods", "PATCH"}},
		{preflight(app, "GET", "authorization"), []string{"Allow-Methods", "GET", "Allow-Headers", "authorization"}},
		{preflight(app, "HEAD"), []string{"Allow-Methods", "HEAD"}},
		{preflight(app, "POST", "content-type"), []string{"Allow-Methods", "POST", "Allow-Headers", "content-type"}},
		{preflight(app, "PUT", "authorization,content-type,x-request-id"), []string{"Allow-Methods", "PUT", "Allow-Headers", "authorization,content-type,x-request-id"}},
		{preflight(app, "PUT", "authorization, \tcontent-type,,"), []string{"Allow-Methods", "PUT", "Allow-Headers", "authorization, \tcontent-type,,"}},
		{preflight(app, "PUT", ""), []string{"Allow-Methods", "PUT"}},
	} {
		t.Run(fmt.Sprint(row.want), func(t *testing.T) {
			spy := &mwtest.Spy{}
			res := serve(m, row.r, spy)
			if res.StatusCode != http.StatusNoContent || spy.Calls() != 0 {
				t.Errorf("status %d, %d calls", res.StatusCode, spy.Calls())
			}
			wantFields(t, res.Header, append(row.want, "Allow-Origin", app, "Max-Age", "600")...)
			if n := len(res.Header); n != len(row.want)/2+3 {
				t.Errorf("headers %v", res.Header)
			}
		})
	}
	// A gateway may split the list into several lines.
	res := serve(m, preflight(app, "PUT", "authorization", "content-type"), nil)
	if got := res.Header["Access-Control-Allow-Headers"]; res.StatusCode != 204 || len(got) != 2 || got[0] != "authorization" || got[1] != "content-type" {
		t.Errorf("status %d, Access-Control-Allow-Headers %q", res.StatusCode, got)
	}
}

func TestPreflightDenied(t *testing.T) {
	lines := func(r *http.Request, name string, values ...string) *http.Request {
		r.Header[name] = values
		return r
	}
	names := make([]string, 65)
	for i := range names {
		names[i] = fmt.Sprintf("x-%03d", i)
	}
	for _, row := range []struct {
		name string
		r    *http.Request
		want *httperr.Error
	}{
		{"foreign origin", preflight("https://evil.test", "GET"), cors.ErrOrigin},
		{"null origin", preflight("null", "GET"), cors.ErrOrigin},
		{"empty origin", preflight("", "GET"), cors.ErrOrigin},
		{"upper-case origin", preflight("https://APP.example.com", "GET"), cors.ErrOrigin},
		{"two origins", lines(preflight(app, "GET"), "Origin", app, app), cors.ErrOrigin},
		{"origin before method", preflight("https://evil.test", "DANCE", "x-evil"), cors.ErrOrigin},
		{"method not listed", preflight(app, "PURGE"), cors.ErrMethod},
		{"lower-case method", preflight(app, "put"), cors.ErrMethod},
		{"empty method", preflight(app, ""), cors.ErrMethod},
		{"OPTIONS not listed", preflight(app, "OPTIONS"), cors.ErrMethod},
		{"two methods", lines(preflight(app, "PUT"), "Access-Control-Request-Method", "PUT", "DELETE"), cors.ErrMethod},
		{"list of methods", preflight(app, "PUT, DELETE"), cors.ErrMethod},
		{"header not listed", preflight(app, "PUT", "x-evil"), cors.ErrHeader},
		{"one of three not listed", preflight(app, "PUT", "authorization,content-type,x-evil"), cors.ErrHeader},
		{"star", preflight(app, "PUT", "*"), cors.ErrHeader},
		{"upper case", preflight(app, "PUT", "Content-Type"), cors.ErrHeader},
		{"unsorted", preflight(app, "PUT", "content-type,authorization"), cors.ErrHeader},
		{"twice", preflight(app, "PUT", "content-type,content-type"), cors.ErrHeader},
		{"twice in two lines", preflight(app, "PUT", "content-type", "content-type"), cors.ErrHeader},
		{"no token", preflight(app, "PUT", "content type"), cors.ErrHeader},
		{"obsolete text", preflight(app, "PUT", "content-typ\xe9"), cors.ErrHeader},
		{"empty line", preflight(app, "PUT", "", "content-type"), cors.ErrHeader},
		{"65 commas", preflight(app, "PUT", strings.Repeat(",", 65)), cors.ErrHeader},
		{"65 lines", preflight(app, "PUT", names...), cors.ErrHeader},
		{"5 KiB", preflight(app, "PUT", "content-type"+strings.Repeat(" ", 5<<10)), cors.ErrHeader},
		{"64 KiB", preflight(app, "PUT", strings.Repeat("x-aaaaaa,", 8<<10)), cors.ErrHeader},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := mustNew(t, serviceConfig)
			if _, err := m.Check(row.r); !errors.Is(err, row.want) {
				t.Errorf("Check: %v, want %v", err, row.want)
			}
			spy := &mwtest.Spy{}
			res := serve(m, row.r, spy)
			wantEmptyDenial(t, res)
			mwtest.OnlyHeaders(t, res.Header, "Vary")
			if spy.Calls() != 0 {
				t.Error("the handler ran")
			}
		})
	}
}

func TestAnyHeader(t *testing.T) {
	anyHeader := configWith(func(c *cors.Config) { c.RequestHeaders = []string{"*"} })
	m := mustNew(t, anyHeader)
	if res := serve(m, preflight(app, "GET", "x-a,x-b"), nil); res.StatusCode != 204 {
		t.Errorf("status %d", res.StatusCode)
	}
	wantDenied(t, m, preflight(app, "GET", "authorization,x-a"), "cors_header_denied")
	var names []string
	for i := range 64 {
		names = append(names, fmt.Sprintf("x-%03d", i))
	}
	if res := serve(m, preflight(app, "GET", strings.Join(names, ",")), nil); res.StatusCode != 204 {
		t.Errorf("64 names: status %d", res.StatusCode)
	}
	wantDenied(t, m, preflight(app, "GET", strings.Join(append(names, "x-999"), ",")), "cors_header_denied")

	anyHeader.RequestHeaders = []string{"*", "Authorization"}
	if res := serve(mustNew(t, anyHeader), preflight(app, "GET", "authorization,x-a"), nil); res.StatusCode != 204 {
		t.Errorf("Authorization listed: status %d", res.StatusCode)
	}
}

func TestNothingListedByDefault(t *testing.T) {
	m := mustNew(t, withOrigins(app))
	for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS"} {
		wantDenied(t, m, preflight(app, method), "cors_method_denied")
	}
	for _, name := range []string{"content-type", "accept", "x-requested-with", "authorization"} {
		wantDenied(t, m, preflight(app, "GET", name), "cors_header_denied")
	}
	res := serve(m, preflight(app, "GET"), nil)
	wantFields(t, res.Header, "Allow-Origin", app, "Allow-Methods", "GET")
}

func TestMaxAge(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "", -1: "0", time.Second: "1", 24 * time.Hour: "86400"} {
		res := serve(mustNew(t, configWith(func(c *cors.Config) { c.MaxAge = d })), preflight(app, "GET"), nil)
		if got := res.Header.Get("Access-Control-Max-Age"); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestPreflightOfAnyOriginAndCredentials(t *testing.T) {
	res := serve(mustNew(t, cors.Config{AllowAnyOrigin: true}), preflight("https://evil.test", "GET"), nil)
	wantFields(t, res.Header, "Allow-Origin", "*", "Allow-Methods", "GET")
	res = serve(mustNew(t, withCredentials(app)), preflight(app, "GET"), nil)
	wantFields(t, res.Header, "Allow-Origin", app, "Allow-Methods", "GET", "Allow-Credentials", "true")
}
