package strictjson

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// fold must know every rune that is equal to an ASCII letter under Unicode's case
// folding. Otherwise a later reader sees a registered name that this package misses.
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
	// For all spellings of two strings, compareFold agrees with strings.EqualFold on
	// the strings, and sameString agrees with ==.
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
			slow, fast := scanner{}, scanner{}
			if slow.match(raw, x.names, 0) != fast.find(raw, x) || slow.fault != fast.fault {
				t.Errorf("%q (%s) and %q: find and match differ", s, raw, name)
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

// Many names in nested objects, with and without escapes: Collect finds each duplicate
// name, and does not take another name for a duplicate.
func TestManyNames(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	duplicates := 0
	for range 2000 {
		text := manyNames(r, 1+r.IntN(3), r.IntN(2) == 0)
		_, want := reference(text, claimRules, nil, nil)
		err := NewIndex(nil).Collect(text, claimRules, nil)
		if (err == nil) != want {
			t.Fatalf("%v, want %v: %s", err, want, text)
		}
		if err == ErrDuplicate {
			duplicates++
		}
	}
	if duplicates < 200 || duplicates > 1800 {
		t.Errorf("%d of 2000 objects have a name twice", duplicates)
	}
}

// manyNames returns an object with up to 35 members, whose names are numbered from 0 to
// 699, so that some objects have a duplicate.
func manyNames(r *rand.Rand, depth int, escapes bool) string {
	members, pool := make([]string, r.IntN(36)), 700
	for i := range members {
		name := fmt.Sprintf(`"n%d"`, r.IntN(pool))
		if escapes && r.IntN(4) == 0 {
			name = escapeAll(name[1 : len(name)-1])
		}
		value := "1"
		if depth > 1 && r.IntN(8) == 0 {
			value = manyNames(r, depth-1, escapes)
		}
		members[i] = name + ":" + value
	}
	return "{" + strings.Join(members, ",") + "}"
}

// hostileNames returns an object with as many names as allowed, and with names that
// take the longest time to compare.
func hostileNames(prefix string) string {
	members := make([]string, MaxMembers)
	for i := range members {
		members[i] = fmt.Sprintf(`"%s%s%03dx":1`, prefix, strings.Repeat("a", 36-len(prefix)), i)
	}
	return "{" + strings.Join(members, ",") + "}"
}

// With several issuers an attacker can have claims read. The time must be proportional
// to their length. When each name was compared with each other name, these objects took
// 6 and 200 times as long as a scan by encoding/json.
func TestHostileNamesAreCheap(t *testing.T) {
	fastest := func(read func() bool) time.Duration {
		least := time.Hour
		for range 50 {
			began := time.Now()
			if !read() {
				t.Fatal("the text is refused")
			}
			least = min(least, time.Since(began))
		}
		return least
	}
	for _, prefix := range []string{"", `\/`, `\u0061`} {
		text := hostileNames(prefix)
		took := fastest(func() bool { return NewIndex(nil).Collect(text, claimRules, nil) == nil })
		scan := fastest(func() bool { return json.Valid([]byte(text)) })
		if took > 4*scan {
			t.Errorf("names with %q take %v, a scan of encoding/json %v", prefix, took, scan)
		}
	}
}
