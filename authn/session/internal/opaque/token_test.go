package opaque_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
	"github.com/go-sallyport/sallyport/authn/session/internal/opaque"
)

var grammar = regexp.MustCompile(`\Ast1_[A-Z2-7]{26}_[A-Z2-7]{52}\z`)

func newToken() (tag, token, sid string) {
	t := family.TagOf("https://notes.example", "ann")
	token, sid = opaque.New(string(t[:]))
	return string(t[:]), token, sid
}

func TestNew(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		tag, token, sid := newToken()
		if !grammar.MatchString(token) || !family.IsSID(sid) || sid[:family.TagLen] != tag || token[4:30] != tag {
			t.Fatalf("%s %s", token, sid)
		}
		if again, ok := opaque.SID(token); !ok || again != sid {
			t.Fatalf("%s: %s, then %s", token, sid, again)
		}
		if strings.Contains(token, sid[family.TagLen:]) || seen[sid] || seen[token] {
			t.Fatal("the session ID is in the token, or comes twice")
		}
		seen[sid], seen[token] = true, true
	}
}

// No refresh token and no family ID has the session ID of a token.
func TestOtherHashes(t *testing.T) {
	_, token, sid := newToken()
	if family.SID(token[4:30]+token[31:57]) == sid || family.SID(sid) == sid {
		t.Error("the session ID of a family")
	}
	if _, ok := family.Parse(token); ok {
		t.Error("a refresh token")
	}
}

// A session ID depends on each character of its token.
func TestEachCharacterCounts(t *testing.T) {
	_, token, sid := newToken()
	for i := 4; i < len(token); i++ {
		if token[i] == '_' {
			continue
		}
		c := byte('A')
		if token[i] == c {
			c = 'B'
		}
		changed := token[:i] + string(c) + token[i+1:]
		if other, ok := opaque.SID(changed); !ok || other[family.TagLen:] == sid[family.TagLen:] {
			t.Errorf("character %d does not count", i)
		}
	}
}

func FuzzSID(f *testing.F) {
	_, token, _ := newToken()
	for _, s := range []string{
		"", token, token[1:], token[:len(token)-1], token + "A", " " + token, strings.ToLower(token), "rt1" + token[3:],
		strings.ReplaceAll(token, "_", "-"), token[:40] + "0" + token[41:], token[:40] + "\x00" + token[41:], token[:40] + "é" + token[42:],
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sid, ok := opaque.SID(s)
		if ok != grammar.MatchString(s) {
			t.Fatalf("%q: %v", s, ok)
		}
		if ok && (!family.IsSID(sid) || sid[:family.TagLen] != s[4:30]) || !ok && sid != "" {
			t.Fatalf("%q: %q", s, sid)
		}
	})
}

func TestAllocations(t *testing.T) {
	_, token, _ := newToken()
	if n := testing.AllocsPerRun(100, func() { opaque.SID(token) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
