package cors_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/cors"
)

func TestOrigins(t *testing.T) {
	for _, row := range []struct {
		pattern string
		yes, no []string
	}{
		{"https://example.com",
			[]string{"https://example.com"},
			[]string{"", "null", "*", "http://example.com", "https://example.com.", "https://example.com:8443", "https://example.com:443",
				"https://EXAMPLE.com", "HTTPS://example.com", "https://example.com/", "https://example.com ", "https://www.example.com",
				"https://evilexample.com", "https://example.com.evil.test", "https://example.com@evil.test", "https://example.com, https://evil.test"}},
		{"https://example.com.", []string{"https://example.com."}, []string{"https://example.com"}},
		{"https://*.example.com",
			[]string{"https://a.example.com", "https://a.b.example.com", "https://xn--bcher-kva.example.com", "https://a_b.example.com",
				"https://r3---sn.example.com", "https://1.example.com", "https://" + strings.Repeat("a", 63) + ".example.com"},
			[]string{"https://example.com", "https://.example.com", "https://..example.com", "https://a..example.com", "https://evilexample.com",
				"http://a.example.com", "https://a.example.com:8443", "https://a.example.com:443", "https://a.example.com.", "https://A.example.com",
				// A suffix match alone would accept all of these.
				"https://evil.test/.example.com", "https://evil.test#.example.com", "https://evil.test?.example.com", `https://evil.test\.example.com`,
				"https://evil.test:80/.example.com", "https://evil.test:80.example.com", "https://u@a.example.com", "https://evil.test@.example.com",
				"https://a b.example.com", "https://a%00.example.com", "https://a\x00.example.com", "https://[::1].example.com", "https://é.example.com",
				"https://*.example.com", "https://" + strings.Repeat("a", 64) + ".example.com",
				"https://" + strings.Repeat("a.", 127) + "example.com", "https://" + strings.Repeat("a", 1<<20) + ".example.com"}},
		{"https://*.example.com:8443",
			[]string{"https://a.example.com:8443"}, []string{"https://a.example.com", "https://a.example.com:8444", "https://a.example.com:08443"}},
		{"https://example.com:*",
			[]string{"https://example.com", "https://example.com:1", "https://example.com:65535"},
			[]string{"https://example.com:", "https://example.com:*", "https://example.com:0", "https://example.com:65536", "https://example.com:99999",
				"https://example.com:443", "https://example.com:80.evil.test", "https://example.com:80@evil.test", "https://example.com:+80", "https://a.example.com",
				"https://example.com.evil.test:80"}},
		{"https://*.example.com:*",
			[]string{"https://a.example.com", "https://a.example.com:3000"}, []string{"https://example.com:3000", "https://a.example.com:x"}},
		{"http://localhost:*", []string{"http://localhost", "http://localhost:3000"}, []string{"http://localhost:80", "https://localhost:3000", "http://localhost.evil.test"}},
		{"http://[::1]:*", []string{"http://[::1]", "http://[::1]:3000"}, []string{"http://[::1", "http://[::2]", "http://::1:3000", "http://[]:80", "http://[::1]x"}},
		{"http://[::1]:9090", []string{"http://[::1]:9090"}, []string{"http://[::1]"}},
		{"https://192.0.2.7", []string{"https://192.0.2.7"}, []string{"https://192.0.2.70", "https://192.0.2.07"}},
		{"chrome-extension://abcdefghijklmnop", []string{"chrome-extension://abcdefghijklmnop"}, []string{"chrome-extension://x"}},
		{"capacitor://localhost", []string{"capacitor://localhost"}, nil},
	} {
		for _, credentials := range []bool{false, true} {
			m := mustNew(t, cors.Config{Origins: []string{row.pattern}, Credentials: credentials})
			for _, s := range row.yes {
				if !granted(t, m, s) {
					t.Errorf("%s: %.80q denied", row.pattern, s)
				}
			}
			for _, s := range row.no {
				if granted(t, m, s) {
					t.Errorf("%s: %.80q granted", row.pattern, s)
				}
			}
		}
	}
}

func TestDangerousOptIns(t *testing.T) {
	insecure := mustNew(t, cors.Config{Origins: []string{"http://example.com"}, Credentials: true, DangerouslyAllowInsecureOrigins: true})
	if !granted(t, insecure, "http://example.com") {
		t.Error("DangerouslyAllowInsecureOrigins has no effect")
	}
	suffix := mustNew(t, cors.Config{Origins: []string{"https://*.github.io"}, Credentials: true, DangerouslyAllowPublicSuffix: true})
	if !granted(t, suffix, "https://anyone.github.io") {
		t.Error("DangerouslyAllowPublicSuffix has no effect")
	}
	if _, err := cors.New(cors.Config{Origins: []string{"https://*.github.io", "http://example.com"}, Credentials: true,
		DangerouslyAllowInsecureOrigins: true, DangerouslyAllowPublicSuffix: true}); err != nil {
		t.Error(err)
	}
	// Plain http needs no opt-in without Credentials, because there is nothing
	// to steal, and none for the machine itself, because its requests do not
	// pass the network.
	mustNew(t, withOrigins("http://example.com", "http://*.example.com"))
	mustNew(t, withCredentials("http://localhost:3000", "http://app.localhost", "http://*.localhost:*", "http://127.0.0.1:8080", "http://[::1]:8080"))
	mustNew(t, withCredentials("https://*.me.github.io", "https://github.io"))
}

func TestManyOrigins(t *testing.T) {
	var list []string
	for i := range 1000 {
		label := strings.Repeat("a", i%50+1) + string(rune('a'+i/50))
		list = append(list, "https://"+label+".example.com", "https://*."+label+".example.org")
	}
	m := mustNew(t, withCredentials(list...))
	for _, s := range list {
		if !granted(t, m, strings.Replace(s, "*", "x", 1)) {
			t.Errorf("%s denied", s)
		}
	}
	if granted(t, m, "https://zz.example.com") || granted(t, m, "https://x.zz.example.org") {
		t.Error("an origin that is not listed")
	}
}

func TestListsAreCopied(t *testing.T) {
	cfg := cors.Config{
		Origins:        []string{"https://app.example.com"},
		Methods:        []string{"PUT"},
		RequestHeaders: []string{"X-A"},
		ExposeHeaders:  []string{"X-B"},
	}
	m := mustNew(t, cfg)
	cfg.Origins[0], cfg.Methods[0], cfg.RequestHeaders[0], cfg.ExposeHeaders[0] = "https://evil.test", "DELETE", "X-Evil", "X-Evil"
	if granted(t, m, "https://evil.test") || !granted(t, m, "https://app.example.com") {
		t.Error("Origins are shared with the caller")
	}
	if _, err := m.Check(preflight("https://app.example.com", "DELETE")); err == nil {
		t.Error("Methods are shared with the caller")
	}
	if _, err := m.Check(preflight("https://app.example.com", "PUT", "x-evil")); err == nil {
		t.Error("RequestHeaders are shared with the caller")
	}
	w := serve(m, actual("https://app.example.com"), nil)
	if got := w.Header.Get("Access-Control-Expose-Headers"); got != "X-B" {
		t.Errorf("ExposeHeaders are shared with the caller: %q", got)
	}
}
