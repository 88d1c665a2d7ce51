package exemptpath_test

import (
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/exemptpath"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestHas(t *testing.T) {
	var f httperr.ConfigFaults
	list := exemptpath.New("Exempt", []string{"/healthz", "/.well-known/acme-challenge/"}, &f)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]bool{
		"/healthz": true, "/healthz?x=1": true, "/.well-known/acme-challenge/abc": true, "/.well-known/acme-challenge/": true,
		"/": false, "/healthz/": false, "/healthzx": false, "/HEALTHZ": false, "/.well-known/acme-challenge": false,
		"/healthz/../admin": false, "/.well-known/acme-challenge/../../admin": false, "//healthz": false, "/x/../healthz": false,
		"/%68ealthz": false, "/.well-known/acme-challenge/%2e%2e/x": false, "/.well-known/acme-challenge/a%2fb": false,
		"/.well-known/acme-challenge/a\\b": false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = u
		if got := list.Has(r); got != want {
			t.Errorf("%s: %v", target, got)
		}
	}
	if (exemptpath.List{}).Has(httptest.NewRequest("GET", "/healthz", nil)) {
		t.Error("the zero List has a path")
	}
}

func TestFaults(t *testing.T) {
	f := httperr.ConfigFaults{Package: "p"}
	exemptpath.New("Exempt", []string{"healthz", "/", "/a/../b", "/a//b", "/a*", "/ok", "/ok"}, &f)
	mwtest.Faults(t, f.Err(), `p: Exempt[0]: "healthz": not a path`, `p: Exempt[1]: "/": it would exempt everything`, `p: Exempt[2]: `,
		`p: Exempt[3]: `, `p: Exempt[4]: `, `p: Exempt[6]: "/ok": given twice`)
}

func TestPlain(t *testing.T) {
	for path, want := range map[string]string{
		"/a": "/a", "/a/": "/a/", "/": "/", "": "/", "//a//b/": "/a/b/", "/a/../b": "/b", "/..": "/", "/a/%2e%2e/": "/", "/a%2Fb": "/a/b", "/a%2f..%2fb": "/b",
	} {
		u, err := url.Parse("http://host.example" + path)
		if err != nil {
			t.Fatal(err)
		}
		if got := exemptpath.Plain(u); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
