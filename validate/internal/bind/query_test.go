package bind

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A reading is parsePair or a broken version of it.
type reading func(pair string) (name, value string, ok bool)

// readAll returns the values of the query s, and whether all of its pairs are accepted.
func readAll(s string, read reading) (url.Values, bool) {
	values := url.Values{}
	for pair := range strings.SplitSeq(s, "&") {
		name, value, ok := read(pair)
		if !ok {
			return values, s == ""
		}
		values.Add(name, value)
	}
	return values, true
}

// agrees reports whether url.ParseQuery finds the same values in s, or read refuses s.
func agrees(s string, read reading) bool {
	got, ok := readAll(s, read)
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
		if !agrees(s, parsePair) {
			t.Fatalf("%q: url.ParseQuery reads something else", s)
		}
		// A query is refused only for a fault that url.ParseQuery finds, or for an empty pair
		// or name.
		if _, ok := readAll(s, parsePair); !ok {
			_, err := url.ParseQuery(s)
			empty := slices.ContainsFunc(strings.Split(s, "&"), func(p string) bool { return p == "" || p[0] == '=' })
			if err == nil && !empty {
				t.Fatalf("%q: refused", s)
			}
		}
	})
}

// FuzzQuery would notice a reader that does not decode names.
func TestFuzzQueryNoticesABrokenReader(t *testing.T) {
	broken := func(pair string) (string, string, bool) {
		name, value, ok := parsePair(pair)
		if raw, _, _ := strings.Cut(pair, "="); ok && strings.Contains(raw, "%61") {
			name = raw
		}
		return name, value, ok
	}
	if !slices.ContainsFunc(querySeeds, func(s string) bool { return !agrees(s, broken) }) {
		t.Error("a broken reader is not noticed")
	}
}

// Names are compared after decoding, so escapes do not make another parameter of one. Every
// escaped text is decoded.
func FuzzUnescape(f *testing.F) {
	f.Add("a b/é&=%+;#\x00\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if _, got, ok := parsePair("a=" + url.QueryEscape(s)); !ok || got != s {
			t.Fatalf("%q became %q, %v", s, got, ok)
		}
	})
}
