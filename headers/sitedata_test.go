package headers_test

import (
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
)

func TestClearSiteData(t *testing.T) {
	for want, data := range map[string]headers.ClearSiteData{
		`"cache", "cookies", "storage"`:                      {},
		`"cookies"`:                                          {Cookies: true},
		`"storage", "executionContexts"`:                     {Storage: true, ExecutionContexts: true},
		`"cache", "cookies", "storage", "executionContexts"`: {Cache: true, Cookies: true, Storage: true, ExecutionContexts: true},
	} {
		h := http.Header{"Clear-Site-Data": {"old", "older"}}
		data.Set(h)
		if got := h.Values("clear-site-data"); len(got) != 1 || got[0] != want {
			t.Errorf("%+v: %q, want %q", data, got, want)
		}
	}
}

// A logout that is refused must not clear anything: another site could otherwise force it.
func TestClearSiteDataOverTheWire(t *testing.T) {
	logout := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
			http.Error(w, "", http.StatusForbidden)
			return
		}
		headers.ClearSiteData{}.Set(w.Header())
		w.WriteHeader(http.StatusNoContent)
	})
	h := withErrors(t, mustNew(t, headers.Browser()).Handler(logout))
	if got := get(t, h).Header.Get("Clear-Site-Data"); got != `"cache", "cookies", "storage"` {
		t.Errorf("%q", got)
	}
	if res := get(t, h, "Sec-Fetch-Site", "cross-site"); res.StatusCode != 403 || res.Header["Clear-Site-Data"] != nil {
		t.Errorf("%d %q", res.StatusCode, res.Header["Clear-Site-Data"])
	}
}
