package isolation_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/cors/isolation"
)

// FuzzCheck compares Check with the table of the documentation, written as sets.
func FuzzCheck(f *testing.F) {
	for _, row := range rows {
		f.Add(row.method, row.fields, "", "")
	}
	f.Add("GET", "- - -", "websocket", "https://evil.example")
	f.Add("GET", "- - -", "websocket", "https://host.example")
	m := mustNew(f, isolation.Config{})
	f.Fuzz(func(t *testing.T, method, fields, upgrade, origin string) {
		r := httptest.NewRequest("GET", "https://host.example/", nil)
		r.Method = method
		pairs := map[string]string{}
		for i, kv := 0, fieldsUpTo3(fields); i < len(kv); i += 2 {
			r.Header[kv[i]] = []string{kv[i+1]}
			pairs[kv[i]] = kv[i+1]
		}
		if upgrade != "" {
			r.Header["Upgrade"] = []string{upgrade}
		}
		if origin != "" {
			r.Header["Origin"] = []string{origin}
		}
		site, has := pairs["Sec-Fetch-Site"]
		want := slices.Contains([]string{"same-origin", "none"}, site) ||
			has && pairs["Sec-Fetch-Mode"] == "navigate" && method == "GET" && !slices.Contains([]string{"object", "embed"}, pairs["Sec-Fetch-Dest"])
		err := m.Check(r)
		if has && (err == nil) != want {
			t.Errorf("%s %v: %v", method, pairs, err)
		}
		if !has && upgrade == "" && method != "CONNECT" && err != nil {
			t.Errorf("no Sec-Fetch-Site and no handshake: %v", err)
		}
		if !has && method == "GET" && upgrade == "websocket" && origin != "" && (err == nil) != isPage(origin) {
			t.Errorf("a handshake of %q: %v", origin, err)
		}
	})
}

// isPage reports whether a page of https://host.example sends the Origin.
func isPage(origin string) bool {
	return strings.EqualFold(origin, "https://host.example") && strings.HasPrefix(origin, "https")
}

// fieldsUpTo3 is fieldsOf for any text.
func fieldsUpTo3(text string) []string {
	n := 0
	for i := range len(text) {
		if text[i] == ' ' {
			n++
		}
	}
	if n > 2 {
		return nil
	}
	return fieldsOf(text)
}
