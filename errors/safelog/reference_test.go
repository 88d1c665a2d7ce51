package safelog

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// The scanners are written by hand for speed. What they are to find is written
// down here a second time, slowly and by other means.

func compiled(t testing.TB, cfg Config) *rules {
	t.Helper()
	h, err := New(discard{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h.rules
}

// slowKey splits the key into words and compares whole ones from the end.
func slowKey(key string) bool {
	keys := make([]string, 0, 2*len(sensitive))
	for _, k := range sensitive {
		keys = append(keys, k, k+"s")
	}
	match := func(key string) bool {
		for i := range len(key) + 1 {
			begins := i == 0 || i < len(key) && beginsSlowly(key[i-1], key[i])
			var b strings.Builder
			for _, c := range key[i:] {
				if unicode.IsLetter(c) || unicode.IsDigit(c) {
					b.WriteRune(unicode.ToLower(c))
				}
			}
			if n := b.String(); slices.Contains(keys, n) && (begins || len(n) >= 5) {
				return true
			}
		}
		return false
	}
	return match(key) || match(index.ReplaceAllString(key, ""))
}

var (
	index = regexp.MustCompile(`[0-9\[\]]+$`)
	word  = regexp.MustCompile(`^([^A-Za-z].|[a-z][A-Z])$`)
)

func beginsSlowly(before, c byte) bool {
	return word.MatchString(string([]byte{before, c}))
}

func FuzzKeys(f *testing.F) {
	for _, k := range sensitive {
		f.Add(k)
		f.Add("user_" + strings.ToUpper(k))
		f.Add("x" + k)
		f.Add("theUser" + strings.ToUpper(k[:1]) + k[1:] + "2")
		f.Add(k + "-x")
	}
	for _, k := range []string{"", "s", "-", "p-i-n", "spin", "sPin", "sPIN", "2pin", "pin2", "pins[3]", "a.b.otp", "discard", "CARD", "DISCARD", "card[", "cvv22", "TOKENs"} {
		f.Add(k)
	}
	r := compiled(f, Config{})
	f.Fuzz(func(t *testing.T, key string) {
		for _, c := range key {
			if c < 0x20 || c >= 0x7f {
				return // folding has its own table
			}
		}
		if len(key) > 80 {
			return
		}
		if got, want := r.sensitive(key), slowKey(key); got != want {
			t.Errorf("%q: sensitive %v, want %v", key, got, want)
		}
		if r.cleanKey(key) && r.sensitive(key) {
			t.Errorf("%q is clean and sensitive", key)
		}
	})
}

var (
	groups  = regexp.MustCompile(`[0-9]+`)
	between = regexp.MustCompile(`^[ -]{1,3}$`)
	hash    = regexp.MustCompile(`[0-9A-Fa-f]+`)
)

// slowCards returns s with every byte that belongs to a card number replaced:
// all sequences of groups are tried.
func slowCards(s string) string {
	all := groups.FindAllStringIndex(s, -1)
	out := []byte(s)
	for i := range all {
		for j := i; j < len(all); j++ {
			if j > i && !between.MatchString(s[all[j-1][1]:all[j][0]]) {
				break
			}
			if slowCard(s, all[i:j+1]) {
				for k := all[i][0]; k < all[j][1]; k++ {
					out[k] = '*'
				}
			}
		}
	}
	return string(out)
}

func slowCard(s string, groups [][]int) bool {
	var digits []int
	for _, g := range groups {
		if len(groups) > 1 && g[1]-g[0] > 6 {
			return false
		}
		for _, c := range s[g[0]:g[1]] {
			digits = append(digits, int(c-'0'))
		}
	}
	if len(digits) < 13 || len(digits) > 19 || digits[0] == 0 {
		return false
	}
	if len(groups) == 1 {
		for _, h := range hash.FindAllStringIndex(s, -1) {
			if h[0] <= groups[0][0] && groups[0][1] <= h[1] && h[1]-h[0] >= 32 {
				return false
			}
		}
	}
	sum := 0
	for i, d := range digits {
		if (len(digits)-i)%2 == 0 {
			d = []int{0, 2, 4, 6, 8, 1, 3, 5, 7, 9}[d]
		}
		sum += d
	}
	return sum%10 == 0
}

func FuzzCards(f *testing.F) {
	for _, s := range []string{"4111 1111 1111 1111", "x4111111111111111 12 27", "7 4111-1111-1111-1111 4111-1111-1111-1111", "0000000000000000", "12 3782 822463 10005 7",
		"4222222222222", "6304000000000000000 1", "01901630-7a1b-7c3d-8003-000000000000", "e3b0c44298fc14111111111111111b934ca495991b7852b855", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 4 1 1 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		// An alphabet in which cards come up by chance.
		s := strings.Map(func(c rune) rune { return rune("0123456789411411 - -ax"[uint32(c)%22]) }, in)
		s = s[:min(len(s), 200)]
		want := slowCards(s)
		out := []byte(s)
		for i := 0; i < len(s); {
			if !isDigit(s[i]) {
				i++
				continue
			}
			lo, hi, next := findCard(s, i)
			for k := lo; lo >= 0 && k < hi; k++ {
				out[k] = '*'
			}
			if next <= i {
				t.Fatalf("%q: stuck at %d", s, i)
			}
			i = next
		}
		// Separators before a group belong to nobody.
		if got := string(out); got != want {
			t.Errorf("%q\n got %q\nwant %q", s, got, want)
		}
	})
}

var spelled = regexp.MustCompile(`^(\d{4}\.\d{4}\.\d{4}\.\d{4}(\.\d{3})?|\d{4}\.\d{6}\.\d{4,5})$`)

// Groups set apart by dots are cards only in the shapes that cards have. Here
// every part of s that begins and ends with a group is tried.
func FuzzSpelledCards(f *testing.F) {
	for _, s := range []string{"4111.1111.1111.1111", "1.4111.1111.1111.1111.2", "3782.822463.10005", "4111.1111.1111.1111.x", "4111.1111.1111.1111.4111.1111.1111.1111", "6304.0000.0000.0000.000", "0000.0000.0000.0000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		s := strings.Map(func(c rune) rune { return rune("0123456789411411.....x4"[uint32(c)%23]) }, in)
		s = s[:min(len(s), 200)]
		all := groups.FindAllStringIndex(s, -1)
		want, got := []byte(s), []byte(s)
		mask := func(out []byte, lo, hi int) {
			for k := lo; k < hi; k++ {
				out[k] = '*'
			}
		}
		for i, g := range all {
			if slowCard(s, all[i:i+1]) {
				mask(want, g[0], g[1])
			}
			for _, end := range all[i:] {
				if spelled.MatchString(s[g[0]:end[1]]) && s[g[0]] != '0' && luhn(s[g[0]:end[1]]) {
					mask(want, g[0], end[1])
				}
			}
		}
		for i := 0; i < len(s); {
			if !isDigit(s[i]) {
				i++
				continue
			}
			lo, hi, next := findCard(s, i)
			if lo >= 0 {
				mask(got, lo, hi)
			}
			if next <= i {
				t.Fatalf("%q: stuck at %d", s, i)
			}
			i = next
		}
		if string(got) != string(want) {
			t.Errorf("%q\n got %q\nwant %q", s, got, want)
		}
	})
}

// The three questions about a text have one answer.
func FuzzClean(f *testing.F) {
	for _, s := range []string{"plain", "a\x00", "a\u202eb", "\xff", "Bearer abc123", "eyJ", "a@b.cd", "pin=1", "pin=[REDACTED]", "a: 1\npin: 2\n  3\nb: 4", "x\r\nCookie: y\r\nz", strings.Repeat("x", 60), strings.Repeat("é", 40)} {
		f.Add(s)
	}
	r := compiled(f, Config{MaxString: 50})
	f.Fuzz(func(t *testing.T, s string) {
		if r.clean(s) != (r.text(s) == s) {
			t.Errorf("%q: clean %v, but becomes %q", s, r.clean(s), r.text(s))
		}
		if stripped := strip(s); stripped != strip(stripped) || len(s) < 50 && r.clean(s) && stripped != s {
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
		if got := strings.ReplaceAll(strip(s), "\n", " "); got != slow {
			t.Errorf("%q: stripped %q, want %q", s, got, slow)
		}
		if once := r.text(s); len(once) < 50 && r.text(once) != once {
			t.Errorf("%q: %q, and the second time %q", s, once, r.text(once))
		}
	})
}
