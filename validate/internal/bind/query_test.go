package bind

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// readAll is all that the reader reads of s.
func readAll(s string, next func(*pairs) (string, string, bool, bool)) (url.Values, bool) {
	values := url.Values{}
	for p := readPairs(s); ; {
		name, value, ok, bad := next(&p)
		if bad || !ok {
			return values, !bad
		}
		values.Add(name, value)
	}
}

// agrees reports whether url.ParseQuery reads the same in s, if the reader
// accepts it.
func agrees(s string, next func(*pairs) (string, string, bool, bool)) bool {
	got, ok := readAll(s, next)
	want, err := url.ParseQuery(s)
	return !ok || err == nil && maps.EqualFunc(got, want, slices.Equal)
}

var querySeeds = []string{
	"", "a", "a=", "=a", "a=1&a=2", "a&&b", "&", "a=1;b=2", "a=%", "a=%4", "a=%4x", "a=%C3%A9+x", "%61=1", "a+b=c%2Bd", "a=b=c", "a=%00", "a\x00=1", "é=\xff", "a%3D=%26", "a=%253D",
}

func FuzzQuery(f *testing.F) {
	for _, s := range querySeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !agrees(s, (*pairs).next) {
			t.Fatalf("%q: url.ParseQuery reads something else", s)
		}
		// And nothing is refused but for a reason.
		if _, ok := readAll(s, (*pairs).next); !ok {
			_, err := url.ParseQuery(s)
			empty := slices.ContainsFunc(strings.Split(s, "&"), func(p string) bool { return p == "" || p[0] == '=' })
			if err == nil && !empty {
				t.Fatalf("%q: refused", s)
			}
		}
	})
}

// A reader that does not decode names is noticed.
func TestFuzzQueryNoticesABrokenReader(t *testing.T) {
	broken := func(p *pairs) (string, string, bool, bool) {
		before := p.rest
		name, value, ok, bad := p.next()
		if raw, _, _ := strings.Cut(before, "="); ok && strings.Contains(raw, "%61") {
			name = raw
		}
		return name, value, ok, bad
	}
	if !slices.ContainsFunc(querySeeds, func(s string) bool { return !agrees(s, broken) }) {
		t.Error("it is not")
	}
}

// The names of the tags are compared to what was decoded, so escapes do not
// make another parameter of one.
func FuzzUnescape(f *testing.F) {
	f.Add("a b/é&=%+;#\x00\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := unescapeParam(url.QueryEscape(s)); !ok || got != s {
			t.Fatalf("%q became %q, %v", s, got, ok)
		}
	})
}
