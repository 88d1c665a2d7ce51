package detect

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestExamples(t *testing.T) {
	d := New(nil, nil)
	for _, e := range masked(t) {
		if got := mask(d, e.in); got != e.want {
			t.Errorf("%s: %q\n got %q\nwant %q", e.name, e.in, got, e.want)
		}
		if got := mask(d, e.want); got != e.want {
			t.Errorf("%s: again: %q, want %q", e.name, got, e.want)
		}
	}
	for _, s := range plain(t) {
		if got := mask(d, s); got != s || !d.Clean(s, false) {
			t.Errorf("%q became %q", s, got)
		}
	}
}

// Log lines of ordinary programs have no secret.
func TestHarmlessLines(t *testing.T) {
	d, lines := New(nil, nil), rows(t, "harmless.txt")
	if len(lines) < 100 {
		t.Errorf("only %d lines", len(lines))
	}
	for _, s := range lines {
		if got := mask(d, s); got != s {
			t.Errorf("%q\n became %q", s, got)
		}
	}
}

// without returns all rows of a table except row i.
func without[T any](table []T, i int) []T { return slices.Delete(slices.Clone(table), i, i+1) }

// Each row of the tables is needed: without it an example fails.
func TestEveryRowHasAnExample(t *testing.T) {
	examples := masked(t)
	fails := func(d *Detector) bool {
		return slices.ContainsFunc(examples, func(e example) bool { return mask(d, e.in) != e.want }) ||
			slices.ContainsFunc(sensitiveKeys, func(key string) bool { return !d.SensitiveKey(key) }) ||
			slices.ContainsFunc(harmlessKeys, d.SensitiveKey) ||
			slices.ContainsFunc(tokenExamples, func(s string) bool { return mask(d, s) != Mark })
	}
	check := func(table, row string, remove func(*tables)) {
		rest := builtin()
		if remove(&rest); !fails(compile(rest)) {
			t.Errorf("no example needs the %s %q", table, row)
		}
	}
	if fails(compile(builtin())) {
		t.Fatal("examples fail with all rows")
	}
	for i, p := range patterns {
		check("pattern", p.name, func(r *tables) { r.patterns = without(r.patterns, i) })
		if slowPatterns[p.name] == nil {
			t.Errorf("no reference for the pattern %q", p.name)
		}
	}
	for i, f := range forms {
		check("form", f.name, func(r *tables) { r.forms = without(r.forms, i) })
	}
	for i, f := range tokenFormats {
		check("format", f.prefix, func(r *tables) { r.tokens = without(r.tokens, i) })
	}
	for i, name := range textNames {
		check("name", name, func(r *tables) { r.textNames = without(r.textNames, i) })
	}
	for i, name := range digitNames {
		check("name", name, func(r *tables) { r.digitNames = without(r.digitNames, i) })
	}
	for i, name := range harmless {
		check("harmless name", name, func(r *tables) { r.harmless = without(r.harmless, i) })
	}
	for i, ending := range endings {
		check("ending", ending, func(r *tables) { r.endings = without(r.endings, i) })
	}
}

// In the beginning of a longer text, a possible secret that reaches the end counts
// as found.
func TestOpenTexts(t *testing.T) {
	d := New(nil, nil)
	for _, tc := range []struct{ in, closed, open string }{
		{"a eyJhbGciOiJIUzI1NiJ9", "a eyJhbGciOiJIUzI1NiJ9", "a [REDACTED]"},
		{"a eyJhbGciOiJIUzI1NiJ9.eyJz", "a eyJhbGciOiJIUzI1NiJ9.eyJz", "a [REDACTED]"},
		{"a://u:hunt", "a://u:hunt", "a://[REDACTED]"},
		{"{Password:correct hor", "{Password:[REDACTED] hor", "{Password:[REDACTED]"},
	} {
		if got := mask(d, tc.in); got != tc.closed {
			t.Errorf("%q: %q, want %q", tc.in, got, tc.closed)
		}
		sc := d.Scan(tc.in, true)
		if lo, hi := sc.Next(); lo < 0 || tc.in[:lo]+Mark+tc.in[hi:] != tc.open {
			t.Errorf("%q, open: [%d:%d], want %q", tc.in, lo, hi, tc.open)
		}
		if d.Clean(tc.in, true) {
			t.Errorf("%q is clean, open", tc.in)
		}
	}
}

func TestAllocs(t *testing.T) {
	d := New([]string{"license_key"}, []string{"prompt_tokens"})
	for _, e := range masked(t) {
		if strings.Contains(e.in, `\u`) {
			continue // a name is copied to decode its escapes
		}
		mwtest.MaxAllocs(t, e.name, 0, func() {
			sc := d.Scan(e.in, false)
			for lo, _ := sc.Next(); lo >= 0; lo, _ = sc.Next() {
			}
		})
	}
	for _, s := range plain(t) {
		mwtest.MaxAllocs(t, s, 0, func() {
			if !d.Clean(s, false) {
				t.Error(s)
			}
		})
	}
	for _, key := range []string{"status", "user_password", "tokens[0]"} {
		mwtest.MaxAllocs(t, key, 0, func() { d.SensitiveKey(key) })
	}
}
