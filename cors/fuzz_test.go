package cors_test

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/go-sallyport/sallyport/cors"
)

var hostPattern = regexp.MustCompile(`^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}\.?$|^\[[0-9a-f:]{2,39}\]$`)

// referenceMatch is a slow reference for origins.match: it decides with the
// standard library's parser whether an accepted pattern covers an origin.
func referenceMatch(pattern, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || origin != u.Scheme+"://"+u.Host || u.Host == "" {
		return false
	}
	host, port := u.Host, u.Port()
	if port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != port ||
			u.Scheme == "https" && n == 443 || u.Scheme == "http" && n == 80 {
			return false
		}
		host = strings.TrimSuffix(host, ":"+port)
	}
	if !hostPattern.MatchString(host) || len(strings.TrimSuffix(host, ".")) > 253 {
		return false
	}
	scheme, rest, _ := strings.Cut(pattern, "://")
	if scheme != u.Scheme {
		return false
	}
	bare, anyPort := strings.CutSuffix(rest, ":*")
	want := bare
	if !anyPort {
		if i := strings.LastIndex(rest, ":"); i > strings.LastIndex(rest, "]") {
			want = rest[:i]
			if port != rest[i+1:] {
				return false
			}
		} else if port != "" {
			return false
		}
	}
	if suffix, ok := strings.CutPrefix(want, "*"); ok {
		return strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return host == want
}

// newDangerously returns a Middleware for one element of Origins, with the Dangerously fields
// that it needs.
func newDangerously(pattern string) (*cors.Middleware, error) {
	var first error
	for _, insecure := range []bool{false, true} {
		for _, suffix := range []bool{false, true} {
			m, err := cors.New(cors.Config{Origins: []string{pattern}, Credentials: true,
				DangerouslyAllowInsecureOrigins: insecure, DangerouslyAllowPublicSuffix: suffix})
			if err == nil {
				return m, nil
			}
			if first == nil {
				first = err
			}
		}
	}
	return nil, first
}

// repairIn returns the origin that the fix of a fault suggests, or "".
func repairIn(err error) string {
	_, fix, _ := strings.Cut(err.Error(), "; write \"")
	quoted, _, ok := strings.Cut(fix, "\" instead")
	repaired, uerr := strconv.Unquote(`"` + quoted + `"`)
	if !ok || uerr != nil || !strings.Contains(repaired, "://") {
		return ""
	}
	return repaired
}

// hostIn returns the host of an element of Origins, without "*." and without a port.
func hostIn(pattern string) string {
	_, rest, _ := strings.Cut(pattern, "://")
	if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		rest = rest[:i]
	}
	return strings.TrimPrefix(rest, "*.")
}

// hasHost reports whether input contains host between two characters that belong to no host. An
// address or a name beyond ASCII may be written in another form there.
func hasHost(input, host string) bool {
	if strings.ContainsFunc(input, func(c rune) bool { return c > unicode.MaxASCII }) {
		return true
	}
	input = strings.ToLower(input)
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return true
	}
	return regexp.MustCompile(`(^|[^a-z0-9_-])` + regexp.QuoteMeta(host) + `($|[^a-z0-9_-])`).MatchString(input)
}

func FuzzOrigins(f *testing.F) {
	for _, row := range misconfigurations {
		for _, s := range row.cfg.Origins {
			f.Add(s, app)
		}
	}
	for _, broken := range []string{"https:/example.com", `https:\\example.com`, "https//example.com", "mailto:a@b.example", "http://[::1:90",
		"wss://example.com", "ftp://example.com", "https://xn--0.com", "https://*." + strings.Repeat("a.", 126) + "aa", "https://bücher.example", "ht\x80s://*"} {
		f.Add(broken, app)
	}
	for _, pattern := range []string{app, "https://*.example.com", "https://*.example.com:*", "http://[::1]:*", "http://localhost:8080", "https://example.com."} {
		for _, origin := range []string{app, "https://a.b.example.com:8443", "https://evil.test#.example.com", "https://evil.test/.example.com",
			"http://[::1]:80", "https://a..example.com", "https://example.com.", "null", "http://localhost:8080"} {
			f.Add(pattern, origin)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, origin string) {
		m, err := newDangerously(pattern)
		if err != nil {
			if !strings.Contains(err.Error(), "; ") {
				t.Errorf("no fix in %q", err)
			}
			if repaired := repairIn(err); repaired != "" {
				// New must accept the origin that the fix suggests, and its host is in the input.
				if _, err := newDangerously(repaired); err != nil {
					t.Errorf("%q: advised to write %q: %v", pattern, repaired, err)
				}
				if host := hostIn(repaired); !hasHost(pattern, host) {
					t.Errorf("%q: advised to write %q, but it has no host %q", pattern, repaired, host)
				}
			}
			return
		}
		want := referenceMatch(pattern, origin)
		if got := granted(t, m, origin); got != want {
			t.Errorf("pattern %q, origin %q: %v, want %v", pattern, origin, got, want)
		}
		// An accepted pattern covers its simplest instance.
		instance := strings.TrimSuffix(strings.Replace(pattern, "*.", "a.", 1), ":*")
		if len(instance) < 250 && !granted(t, m, instance) {
			t.Errorf("pattern %q does not cover %q", pattern, instance)
		}
	})
}
