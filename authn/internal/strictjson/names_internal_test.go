package strictjson

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// fold must know every rune that Unicode makes equal to one of ASCII, or a
// reader further inside sees a registered name where this package sees none.
func TestFoldIsComplete(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		want := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			if other < utf8.RuneSelf {
				want = unicode.ToLower(other)
			}
		}
		if r < utf8.RuneSelf {
			want = unicode.ToLower(r)
		}
		if got := fold(r); got != want {
			t.Errorf("%U: %U, want %U", r, got, want)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"sub", "SUB", "\u017fub", "\u212aid", "su", "subs", "", "k\u0131d", "https://x/y"} {
		f.Add(s, "sub")
		f.Add(s, "kid")
	}
	// compareFold is strings.EqualFold, and sameString is ==, on what the
	// insides of strings stand for, however they are written.
	f.Fuzz(func(t *testing.T, s, name string) {
		if !utf8.ValidString(s) || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			return
		}
		want := different
		if s == name {
			want = same
		} else if strings.EqualFold(s, name) {
			want = variant
		}
		for _, raw := range []string{quoteJSON(s), escapeAll(s)} {
			raw = raw[1 : len(raw)-1]
			if got := compareFold(raw, name); got != want {
				t.Errorf("%q (%s) and %q: %v, want %v", s, raw, name, got, want)
			}
			x := NewIndex([]string{"other", name})
			slow, fast := scanner{}, scanner{plain: isPlain(raw)}
			if slow.match(raw, x.names) != fast.find(raw, x) || slow.fault != fast.fault {
				t.Errorf("%q (%s) and %q: the index makes a difference", s, raw, name)
			}
			if got := sameString(raw, name); got != (s == name) {
				t.Errorf("%q (%s) is %q: %v", s, raw, name, got)
			}
			if got, ok := String(`"` + raw + `"`); !ok || got != s {
				t.Errorf("%s: %q, %v, want %q", raw, got, ok, s)
			}
		}
	})
}

// escapeAll writes every code unit as an escape.
func escapeAll(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		const hex = "0123456789aBcDeF"
		units := []rune{r}
		if r > 0xffff {
			units = []rune{0xd800 + (r-0x10000)>>10, 0xdc00 + (r-0x10000)&0x3ff}
		}
		for _, u := range units {
			b.WriteString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				b.WriteByte(hex[u>>shift&15])
			}
		}
	}
	return b.String() + `"`
}
