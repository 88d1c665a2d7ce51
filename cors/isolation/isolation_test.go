package isolation_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/cors/isolation"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// rows are the requests of browsers and programs, and the decisions on them.
var rows = []struct {
	name, method   string
	fields         string // site mode dest, "-" if absent
	pass, sameSite bool   // without and with AllowSameSite
}{
	{"a program", "GET", "- - -", true, true},
	{"a program that writes", "DELETE", "- - -", true, true},
	{"a script of the page", "GET", "same-origin cors empty", true, true},
	{"a script of the page that writes", "POST", "same-origin cors empty", true, true},
	{"a form of the page", "POST", "same-origin navigate document", true, true},
	{"a WebSocket of the page", "GET", "same-origin websocket empty", true, true},
	{"a typed address", "GET", "none navigate document", true, true},
	{"a reload of the answer to a form", "POST", "none navigate document", true, true},

	{"a link on another site", "GET", "cross-site navigate document", true, true},
	{"a frame on another site", "GET", "cross-site navigate iframe", true, true},
	{"a link, without Sec-Fetch-Dest", "GET", "cross-site navigate -", true, true},
	{"an object on another site", "GET", "cross-site navigate object", false, false},
	{"an embed on another site", "GET", "cross-site navigate embed", false, false},
	{"a form on another site", "POST", "cross-site navigate document", false, false},
	{"an image on another site", "GET", "cross-site no-cors image", false, false},
	{"a script on another site", "GET", "cross-site no-cors script", false, false},
	{"a fetch of another site", "GET", "cross-site cors empty", false, false},
	{"a preflight of another site", "OPTIONS", "cross-site cors empty", false, false},
	{"a HEAD of another site", "HEAD", "cross-site no-cors empty", false, false},
	{"a WebSocket of another site", "GET", "cross-site websocket empty", false, false},
	{"no mode", "GET", "cross-site - -", false, false},

	{"a link on the site", "GET", "same-site navigate document", true, true},
	{"an image on the site", "GET", "same-site no-cors image", false, true},
	{"a fetch of the site", "POST", "same-site cors empty", false, true},
	{"a WebSocket of the site", "GET", "same-site websocket empty", false, true},
	{"an unknown value", "GET", "same-planet no-cors image", false, false},
	{"another case", "GET", "Same-Origin cors empty", false, false},
	{"an empty value", "GET", " no-cors image", false, false},
}

// fieldsOf returns the fields of a row as pairs.
func fieldsOf(row string) (fields []string) {
	for i, value := range strings.Split(row, " ") {
		if value != "-" {
			fields = append(fields, []string{"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"}[i], value)
		}
	}
	return fields
}

func TestRequests(t *testing.T) {
	strict, sameSite := mustNew(t, isolation.Config{}), mustNew(t, isolation.Config{AllowSameSite: true})
	for _, row := range rows {
		r := request(row.method, "/", fieldsOf(row.fields)...)
		for m, want := range map[*isolation.Middleware]bool{strict: row.pass, sameSite: row.sameSite} {
			if err := m.Check(r); (err == nil) != want || err != nil && !errors.Is(err, isolation.ErrCrossSite) && err != error(isolation.ErrCrossSite) {
				t.Errorf("%s: AllowSameSite %v: %v", row.name, m == sameSite, err)
			}
		}
	}
}

func TestRequestsOverTheWire(t *testing.T) {
	for _, row := range rows {
		if row.method == "HEAD" || row.fields[0] == ' ' {
			continue // a HEAD has no envelope; net/http sends no blank
		}
		spy := &mwtest.Spy{}
		res, record := send(t, mustNew(t, isolation.Config{}).Handler(spy), row.method, "/", fieldsOf(row.fields)...)
		if (res.StatusCode == http.StatusOK) != row.pass || (spy.Calls() == 1) != row.pass {
			t.Errorf("%s: status %d, %d calls", row.name, res.StatusCode, spy.Calls())
		}
		if refused := !row.pass; refused != (record.Code == "cross_site_denied") || refused != (record.Events == audit.AuthzDenied) ||
			refused != (record.Rule == "isolation") {
			t.Errorf("%s: record %+v", row.name, record)
		}
	}
}

func TestFieldsWithSeveralLines(t *testing.T) {
	m := mustNew(t, isolation.Config{AllowSameSite: true})
	for _, name := range []string{"Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest"} {
		r := request("GET", "/", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document")
		if err := m.Check(r); err != nil {
			t.Fatal(err)
		}
		r.Header[name] = append([]string{map[string]string{"Sec-Fetch-Site": "same-origin"}[name]}, r.Header[name]...)
		if err := m.Check(r); !errors.Is(err, isolation.ErrCrossSite) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestExempt(t *testing.T) {
	m := mustNew(t, isolation.Config{Exempt: []string{"GET /embed/", "/public", "api.example/v1/"}})
	for _, tc := range []struct {
		method, host, path string
		pass               bool
	}{
		{"GET", "host.example", "/embed/a.js", true},
		{"HEAD", "host.example", "/embed/a.js", true}, // GET stands for HEAD too in a ServeMux
		{"POST", "host.example", "/embed/a.js", false},
		{"POST", "host.example", "/public", true},
		{"GET", "host.example", "/public/", false},
		{"GET", "host.example", "/embed", false}, // a ServeMux would redirect
		{"GET", "host.example", "/embed/../admin", false},
		{"GET", "host.example", "//embed/a.js", false},
		{"GET", "host.example", "/embed/..%2fadmin", false}, // a router may decode it first
		{"GET", "host.example", "/embed/%2e%2e%2f%2e%2e%2fadmin", false},
		{"GET", "host.example", "/embed%2fa.js", false},
		{"GET", "host.example", "/embed/a%2Fb.js", true},
		{"GET", "api.example", "/v1/notes", true},
		{"GET", "host.example", "/v1/notes", false},
	} {
		r := request(tc.method, tc.path, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "script")
		r.Host = tc.host
		before := r.Pattern
		if err := m.Check(r); (err == nil) != tc.pass || r.Pattern != before {
			t.Errorf("%s %s%s: %v, pattern %q", tc.method, tc.host, tc.path, err, r.Pattern)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, tc := range []struct {
		exempt []string
		faults []string
	}{
		{[]string{"/"}, []string{`isolation: Exempt[0]: "/": it exempts every path`}},
		{[]string{"GET /"}, []string{`isolation: Exempt[0]: "GET /": it exempts every path`}},
		{[]string{"/a", "/a", "b{", ""}, []string{`isolation: Exempt[1]: "/a": `, `isolation: Exempt[2]: "b{": `, `isolation: Exempt[3]: "": `}},
		{[]string{"api.example/"}, nil},
	} {
		m, err := isolation.New(isolation.Config{Exempt: tc.exempt})
		if mwtest.Faults(t, err, tc.faults...); (m == nil) != (err != nil) {
			t.Errorf("%v: %v, %v", tc.exempt, m, err)
		}
	}
}

func TestDenyAndObserve(t *testing.T) {
	var seen []error
	var got error
	spy := &mwtest.Spy{}
	m := mustNew(t, isolation.Config{
		Observe: func(_ *http.Request, err error) { seen = append(seen, err) },
		Deny:    func(w http.ResponseWriter, _ *http.Request, err error) { got = err; w.WriteHeader(http.StatusTeapot) },
	})
	res := mwtest.Do(m.Handler(spy), request("GET", "/", "Sec-Fetch-Site", "cross-site"))
	mwtest.Do(m.Handler(spy), request("GET", "/"))
	if res.StatusCode != http.StatusTeapot || got == nil || len(seen) != 2 || seen[0] != got || seen[1] != nil || spy.Calls() != 1 {
		t.Errorf("status %d, Deny %v, Observe %v, %d calls", res.StatusCode, got, seen, spy.Calls())
	}
}

func TestCheckDoesNotAllocate(t *testing.T) {
	m := mustNew(t, isolation.Config{})
	for _, row := range rows {
		r := request(row.method, "/", fieldsOf(row.fields)...)
		mwtest.MaxAllocs(t, row.name, 0, func() { _ = m.Check(r) })
	}
	handshake := request("GET", "/", "Upgrade", "h2c, websocket", "Origin", "https://evil.example")
	mwtest.MaxAllocs(t, "handshake", 0, func() { _ = m.Check(handshake) })
}
