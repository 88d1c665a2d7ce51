package cors_test

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

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

func FuzzOrigins(f *testing.F) {
	for _, row := range misconfigurations {
		for _, s := range row.cfg.Origins {
			f.Add(s, app)
		}
	}
	for _, pattern := range []string{app, "https://*.example.com", "https://*.example.com:*", "http://[::1]:*", "http://localhost:8080", "https://example.com."} {
		for _, origin := range []string{app, "https://a.b.example.com:8443", "https://evil.test#.example.com", "https://evil.test/.example.com",
			"http://[::1]:80", "https://a..example.com", "https://example.com.", "null", "http://localhost:8080"} {
			f.Add(pattern, origin)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, origin string) {
		m, err := cors.New(cors.Config{Origins: []string{pattern}, Credentials: true,
			DangerouslyAllowInsecureOrigins: true, DangerouslyAllowPublicSuffix: true})
		if err != nil {
			if !strings.Contains(err.Error(), "; ") {
				t.Errorf("no fix in %q", err)
			}
			// New must accept the origin that the fix suggests.
			if _, fix, ok := strings.Cut(err.Error(), "; write \""); ok {
				if quoted, _, ok := strings.Cut(fix, "\" instead"); ok {
					repaired, uerr := strconv.Unquote(`"` + quoted + `"`)
					if uerr == nil && strings.Contains(repaired, "://") {
						if _, err := cors.New(cors.Config{Origins: []string{repaired}, DangerouslyAllowPublicSuffix: true}); err != nil {
							t.Errorf("%q: advised to write %q: %v", pattern, repaired, err)
						}
					}
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
