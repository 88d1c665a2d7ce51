package oauth

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// The reference reads links as browsers do.
func TestReference(t *testing.T) {
	for link, want := range map[string]target{
		"/x":                 {"https", "app.example", "/x"},
		"x?y":                {"https", "app.example", "/x"},
		"?y":                 {"https", "app.example", "/login"},
		"//evil/x":           {"https", "evil", "/x"},
		`/\evil`:             {"https", "evil", "/"},
		"/\t/evil":           {"https", "evil", "/"},
		"\x00 //evil":        {"https", "evil", "/"},
		"https:evil":         {"https", "app.example", "/evil"},
		"https:/evil":        {"https", "app.example", "/evil"},
		"HTTPS://evil":       {"https", "evil", "/"},
		"http:evil":          {"http", "evil", "/"},
		"////evil":           {"https", "evil", "/"},
		"//a@evil:1/":        {"https", "a@evil:1", "/"},
		"javascript:alert":   {"javascript", "", "alert"},
		"/a/%2e%2E//evil":    {"https", "app.example", "//evil"},
		"/a/.":               {"https", "app.example", "/a/"},
		"/a/b/..":            {"https", "app.example", "/a/"},
		"/../../x":           {"https", "app.example", "/x"},
		"/%2fevil":           {"https", "app.example", "/%2fevil"},
		`/a/../\evil?//evil`: {"https", "app.example", "//evil"},
	} {
		if got, ok := browserTarget(link); !ok || got != want {
			t.Errorf("%q: %+v, want %+v", link, got, want)
		}
	}
	if got, ok := browserTarget("//"); ok {
		t.Errorf("a link without a host: %+v", got)
	}
}

var plainPath = regexp.MustCompile(`^(/[a-zA-Z0-9_-]+)+/?(\?[a-z0-9=&-]*)?$`)

// staysHere reports whether a browser stays on the host, and on a path that no server can take
// for another host.
func staysHere(link string) bool {
	t, ok := browserTarget(link)
	return ok && t.scheme == "https" && t.host == "app.example" && !strings.HasPrefix(t.path, "//")
}

func FuzzReturnTo(f *testing.F) {
	for _, s := range []string{
		"/x?a#b", "//evil", `/\evil`, "/%09/evil", `/a/../\evil`, "/%5cevil", "https:evil", " /x", "/x#@evil", "/.//evil", "/%2e%2e//x", "/a/..", "/%2f",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !isLocalPage(s) {
			if plainPath.MatchString(s) && len(s) <= maxReturnTo {
				t.Fatalf("%q is refused", s)
			}
			return
		}
		if !staysHere(s) {
			t.Fatalf("%q leads elsewhere", s)
		}
		// A server may decode the path before it redirects, and a browser then reads that.
		path := s[:strings.IndexAny(s+"?", "?#")]
		decoded, err := url.PathUnescape(path)
		if err != nil || !staysHere(decoded) {
			t.Fatalf("%q leads elsewhere after decoding: %q, %v", s, decoded, err)
		}
		if strings.ContainsAny(s, "\\\r\n\t ") {
			t.Fatalf("%q breaks a header", s)
		}
	})
}
