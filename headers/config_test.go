package headers_test

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/headers"
)

// score returns the points of the header tests of the HTTP Observatory
// (algorithm 6), for a response whose other tests, such as cookies and
// redirection, are neutral. The grade A+ begins at 100, so the grade alone would
// hide a lost header.
func score(h http.Header) (points int) {
	points = 100
	csp := h.Get("content-security-policy")
	switch {
	case csp == "" || strings.Contains(csp, "unsafe"):
		points -= 25
	case strings.HasPrefix(csp, "default-src 'none'"):
		points += 10
	default:
		points += 5
	}
	grade := func(name string, bonus, missing int, good ...string) {
		switch v := h.Get(name); {
		case slices.Contains(good, v):
			points += bonus
		default:
			points += missing
		}
	}
	grade("referrer-policy", 5, 0, "no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
	grade("strict-transport-security", 0, -20, "max-age=63072000; includeSubDomains")
	grade("x-content-type-options", 0, -5, "nosniff")
	grade("x-frame-options", 5, -20, "DENY", "SAMEORIGIN")
	grade("cross-origin-resource-policy", 10, 0, "same-origin", "same-site")
	grade("cross-origin-embedder-policy", 10, 0, "require-corp", "credentialless")
	grade("cross-origin-opener-policy", 10, 0, "same-origin", "same-origin-allow-popups", "noopener-allow-popups")
	return points
}

func TestScore(t *testing.T) {
	isolated := headers.Browser()
	isolated.CrossOriginEmbedderPolicy = "require-corp"
	for _, tc := range []struct {
		name string
		cfg  headers.Config
		want int
	}{
		{"API", headers.API(), 130},
		{"Browser", headers.Browser(), 140},
		{"Browser with COEP", isolated, 150},
	} {
		if got := score(sentHeaders(mustNew(t, tc.cfg))); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
	if got := score(http.Header{}); got != 30 {
		t.Errorf("a bare server: %d, want 30", got)
	}
}

func TestPresetsAreUnshared(t *testing.T) {
	a := headers.Browser()
	a.CSP.ImgSrc[0] = "data:"
	a.PermissionsPolicy["camera"] = []string{"self"}
	if b := headers.Browser(); !reflect.DeepEqual(b.CSP.ImgSrc, []string{"'self'"}) || b.PermissionsPolicy["camera"] != nil {
		t.Error("changing one preset changed the next")
	}
	m := mustNew(t, a)
	before := sentHeaders(m).Get(specFeatures)
	a.CSP.ImgSrc[0] = "*"
	a.PermissionsPolicy["camera"][0] = "*"
	if h := sentHeaders(m); h.Get(specFeatures) != before || !strings.Contains(h.Get(specCSP), "img-src data:;") {
		t.Error("changing a Config changed the middleware made of it")
	}
}
