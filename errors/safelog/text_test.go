package safelog_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/safelog"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestPatterns(t *testing.T) {
	h, buf := writer(t, safelog.Config{})
	for _, tc := range patterns(t) {
		if got := logged(t, h, buf, tc.in); got != tc.want {
			t.Errorf("%s: %q\n got %q\nwant %q", tc.name, tc.in, got, tc.want)
		}
		slog.New(h).Info(tc.in)
		if got := buf.String(); len(tc.in) > 12 && tc.in != tc.want && strings.Contains(got, tc.in) {
			t.Errorf("%s: in the message: %s", tc.name, got)
		}
		if got := logged(t, h, buf, []byte(tc.in)); got != tc.want {
			t.Errorf("%s: as bytes: %q, want %q", tc.name, got, tc.want)
		}
		if got := logged(t, h, buf, textError(tc.in)); got != tc.want {
			t.Errorf("%s: as an error: %q, want %q", tc.name, got, tc.want)
		}
		if got := logged(t, h, buf, map[string]any{"a": []string{tc.in}}); strings.Contains(got, `"`+tc.in+`"`) {
			t.Errorf("%s: in a map: %q", tc.name, got)
		}
		// Masked text stays as it is when it is masked again.
		if got := logged(t, h, buf, tc.want); got != tc.want {
			t.Errorf("%s: again: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestNearMisses(t *testing.T) {
	h, buf := writer(t, safelog.Config{})
	discard := safe(t, slog.DiscardHandler).Handler()
	for _, s := range nearMisses(t) {
		if got := logged(t, h, buf, s); got != s {
			t.Errorf("%q became %q", s, got)
		}
		r := slog.Record{Message: s}
		r.AddAttrs(slog.String("v", s), slog.String("w", s))
		mwtest.MaxAllocs(t, s, 0, func() { _ = discard.Handle(t.Context(), r) })
	}
}

func TestStripping(t *testing.T) {
	h, buf := writer(t, safelog.Config{})
	for in, want := range map[string]string{
		"a\nb\r\nc\td":                    "a b  c d",
		"\x1b[31mred\x07\x7f":             "[31mred",
		"c1\u0085x\u009by":                "c1 xy",
		"l\u2028m\u2029n":                 "l m n",
		"user\u202etxt.exe\u2066\u2069":   "usertxt.exe",
		"z\u200b\u200c\u200d\ufeff\u00ad": "z",
		"tag\U000e0041s\ufe0f":            "tags",
		"bad\xff\x9butf8":                 "bad\ufffd\ufffdutf8",
		"日本\u3164語":                       "日本語",
	} {
		if got := logged(t, h, buf, in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
		buf.Reset()
		slog.New(h).Info(in, slog.Group("g\u202e", in, 1), slog.Any("s", []string{in}))
		if got := buf.String(); !json.Valid([]byte(got)) || strings.Contains(got, `\u`) || strings.Contains(got, "\u202e") {
			t.Errorf("%q: %s", in, got)
		}
	}
}

func TestTruncation(t *testing.T) {
	h, buf := writer(t, safelog.Config{MaxString: 64})
	for name, tc := range map[string]struct{ in, want string }{
		"short":             {strings.Repeat("x", 64), strings.Repeat("x", 64)},
		"long":              {strings.Repeat("x", 65), strings.Repeat("x", 64) + " (truncated)"},
		"inside a rune":     {strings.Repeat("x", 63) + "é", strings.Repeat("x", 63) + " (truncated)"},
		"token at the cut":  {strings.Repeat("x", 50) + " " + jwt, strings.Repeat("x", 50) + " " + redacted + " (truncated)"},
		"behind the cut":    {strings.Repeat("x", 80) + " " + jwt, strings.Repeat("x", 64) + " (truncated)"},
		"card at the cut":   {strings.Repeat("x", 50) + " 4111 1111 1111 1111", strings.Repeat("x", 50) + " " + redacted},
		"endless token":     {strings.Repeat("x", 40) + " " + jwt[:20] + strings.Repeat("A", 9000), strings.Repeat("x", 40) + " " + redacted},
		"endless password":  {"a://u:" + strings.Repeat("p", 9000), "a://" + redacted},
		"hidden by padding": {strings.Repeat("\u200b", 1363) + strings.Repeat("w ", 33) + "4111 1111 1111 1111" + strings.Repeat("x", 9000), ""},
	} {
		got := logged(t, h, buf, tc.in)
		if tc.want != "" && strings.TrimSuffix(got, " (truncated)") != strings.TrimSuffix(tc.want, " (truncated)") {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tc.want)
		}
		if len(got) > 64+len(" (truncated)") || !utf8.ValidString(got) || strings.Contains(got, "4111") {
			t.Errorf("%s: %d bytes: %q", name, len(got), got)
		}
		if got := logged(t, h, buf, []byte(tc.in)); strings.Contains(got, jwt[:20]) {
			t.Errorf("%s: as bytes %q", name, got)
		}
	}
}
