package compile

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var spaces = regexp.MustCompile(`[\s\x{0b}\x{85}\p{Z}]+`)

func FuzzSqueeze(f *testing.F) {
	for _, s := range []string{"", "a", " ", "a b", "a  b", "\ta\n", "é\u00a0\u2003x", "a \u2028b", "  "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		if got, want := squeeze(s), spaces.ReplaceAllString(s, " "); got != want {
			t.Fatalf("squeeze(%q) = %q, want %q", s, got, want)
		}
		for name, m := range mods {
			if once := m(s); m(once) != once && name != "upper" && name != "lower" {
				t.Fatalf("%s of %q is not at rest", name, s)
			}
		}
	})
}

func TestModsAllocateNothingInVain(t *testing.T) {
	s := strings.Repeat("a b c ", 10) + "d"
	mwtest.MaxAllocs(t, "mods", 0, func() { _ = squeeze(mods["trim"](mods["lower"](s))) })
}
