package detect

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// An example is a text with secrets, and what is left of it.
type example struct{ name, in, want string }

func rows(t testing.TB, file string) []string {
	t.Helper()
	b := mwtest.Must[[]byte](t)(os.ReadFile("testdata/" + file))
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// masked are texts with secrets, one on each line: a name, the text, and the text
// as it may be written, set apart by tabs.
func masked(t testing.TB) []example {
	all := []example{
		{"control character", "a\x1bb", "a[REDACTED]b"},
		{"control character beyond ASCII", "a\u0085b", "a[REDACTED]b"},
		{"direction override", "a\u202eb", "a[REDACTED]b"},
		{"not UTF-8", "a\x9bb", "a[REDACTED]b"},
		{"Basic, very long", "Basic " + strings.Repeat("A", 1500), "Basic [REDACTED]"},
	}
	for _, row := range rows(t, "masked.txt") {
		name, texts, _ := strings.Cut(row, "\t")
		in, want, _ := strings.Cut(texts, "\t")
		all = append(all, example{name, in, want})
	}
	return all
}

// plain are texts without a secret.
func plain(t testing.TB) []string { return append(rows(t, "plain.txt"), "") }

// mask returns s with its secrets replaced.
func mask(d *Detector, s string) string {
	var b strings.Builder
	at := 0
	sc := d.Scan(s, false)
	for lo, hi := sc.Next(); lo >= 0; lo, hi = sc.Next() {
		if lo > at || at == 0 {
			b.WriteString(s[at:lo] + Mark)
		}
		at = hi
	}
	return b.String() + s[at:]
}

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

// without returns the rows of a table but for one.
func without[T any](table []T, i int) []T { return slices.Delete(slices.Clone(table), i, i+1) }

// Each row of the tables is needed: without it, an example comes out otherwise.
func TestEveryRowHasAnExample(t *testing.T) {
	examples := masked(t)
	fails := func(d *Detector) bool {
		return slices.ContainsFunc(examples, func(e example) bool { return mask(d, e.in) != e.want }) ||
			slices.ContainsFunc(sensitiveKeys, func(key string) bool { return !d.SensitiveKey(key) })
	}
	if fails(compile(patterns[:], forms[:], names[:], endings[:])) {
		t.Fatal("examples fail with all rows")
	}
	for i, p := range patterns {
		if !fails(compile(without(patterns[:], i), forms[:], names[:], endings[:])) {
			t.Errorf("no example needs the pattern %q", p.name)
		}
		if slowPatterns[p.name] == nil {
			t.Errorf("no reference for the pattern %q", p.name)
		}
	}
	for i, f := range forms {
		if !fails(compile(patterns[:], without(forms[:], i), names[:], endings[:])) {
			t.Errorf("no example needs the form %s", f.name)
		}
	}
	for i, name := range names {
		if !fails(compile(patterns[:], forms[:], without(names[:], i), endings[:])) {
			t.Errorf("no example needs the name %q", name)
		}
	}
	for i, ending := range endings {
		if !fails(compile(patterns[:], forms[:], names[:], without(endings[:], i))) {
			t.Errorf("no example needs the ending %q", ending)
		}
	}
}

// A secret that reaches the end of a text that goes on is found on suspicion.
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
			continue // a name is copied to undo its escapes
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
