package sanitize_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/sanitize"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"plain é世🙂":                   "plain é世🙂",
		"line\r\nforged\tx":           "line  forged x",
		"esc\x1b[31m\x7f\u0085":       "esc [31m  ",
		"bidi\u202eabc\u2066":         "bidi abc ",
		"zero\u200bwidth\ufeff\u00ad": "zero width  ",
		"bad \xff utf-8":              "bad \ufffd utf-8",
	} {
		if got := sanitize.Text(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for _, unit := range []string{"a", "é", "世", "🙂", "\xff"} {
		long := sanitize.Text("x" + strings.Repeat(unit, sanitize.Limit))
		body, cut := strings.CutSuffix(long, " (truncated)")
		if !cut || !utf8.ValidString(long) || len(body) > 3*sanitize.Limit || strings.HasSuffix(body, "\ufffd") != (unit == "\xff") {
			t.Errorf("%q: %d bytes, ends with %q", unit, len(long), long[len(long)-20:])
		}
	}
}

// Every format character of Unicode is invisible, except the few that print something.
func TestInvisibleCoversFormatCharacters(t *testing.T) {
	prints := func(c rune) bool { // signs that span or end a number, in Arabic, Kaithi and others
		return 0x600 <= c && c <= 0x605 || c == 0x6dd || c == 0x70f || c == 0x890 || c == 0x891 || c == 0x8e2 ||
			c == 0x110bd || c == 0x110cd || 0x13430 <= c && c <= 0x1343f || 0x1bca0 <= c && c <= 0x1bca3
	}
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if (unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Variation_Selector, c)) && !sanitize.Invisible(c) && !prints(c) {
			t.Errorf("%U is not invisible", c)
		}
		if sanitize.Invisible(c) && (c < 0x80 || unicode.IsNumber(c) || unicode.IsPunct(c) || unicode.Is(unicode.Latin, c)) {
			t.Errorf("%U is invisible", c)
		}
	}
}
