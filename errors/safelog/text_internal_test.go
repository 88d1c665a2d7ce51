package safelog

import (
	"strings"
	"testing"
	"unicode"

	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// isClean, cleanText and stripControls agree about every text, and stripControls
// agrees with a slow reference.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"plain", "a\x00", "a\u202eb", "\xff", "Bearer abc123", "eyJ", "a@b.cd", "pin=1", "pin=[REDACTED]", "a: 1\npin: 2\n  3\nb: 4", "x\r\nCookie: y\r\nz", strings.Repeat("x", 60), strings.Repeat("é", 40)} {
		f.Add(s)
	}
	r := compileRules(f, Config{MaxString: 50})
	f.Fuzz(func(t *testing.T, s string) {
		if r.isClean(s) != (r.cleanText(s) == s) {
			t.Errorf("%q: clean %v, but becomes %q", s, r.isClean(s), r.cleanText(s))
		}
		if stripped := stripControls(s); stripped != stripControls(stripped) || len(s) < 50 && r.isClean(s) && stripped != s {
			t.Errorf("%q: stripped %q", s, stripped)
		}
		slow := strings.Map(func(c rune) rune {
			switch {
			case strings.ContainsRune("\n\r\t\u0085\u2028\u2029", c):
				return ' '
			case unicode.IsControl(c), sanitize.Invisible(c):
				return -1
			}
			return c
		}, s)
		if got := strings.ReplaceAll(stripControls(s), "\n", " "); got != slow {
			t.Errorf("%q: stripped %q, want %q", s, got, slow)
		}
		if once := r.cleanText(s); len(once) < 50 && r.cleanText(once) != once {
			t.Errorf("%q: %q, and the second time %q", s, once, r.cleanText(once))
		}
	})
}
