package family_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/session/internal/family"
)

var grammar = regexp.MustCompile(`\Art1_[A-Z2-7]{52}_[A-Z2-7]{52}_[A-Z2-7]{26}\z`)

func newToken() family.Token {
	tag := family.TagOf("https://notes.example", "ann")
	return family.New(family.NewID(string(tag[:])), family.NewSecret(), family.NewKey())
}

func TestTokenText(t *testing.T) {
	token := newToken()
	text := token.Text()
	if !grammar.MatchString(text) {
		t.Errorf("%q", text)
	}
	if parsed, ok := family.Parse(text); !ok || parsed != token {
		t.Errorf("parsed %v", ok)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if shown := fmt.Sprintf(verb, token); strings.Contains(shown, text[4:30]) || strings.Contains(shown, text[60:80]) {
			t.Errorf("%s shows %s", verb, shown)
		}
	}
}

func TestMalformedTokens(t *testing.T) {
	text := newToken().Text()
	for _, s := range []string{
		"", text[1:], text[:len(text)-1], text + "A", " " + text, text + "\n", strings.ToLower(text), "rt2" + text[3:],
		strings.Replace(text, "_", "-", 2), text[:56] + "A" + text[57:], text[:20] + "0" + text[21:], text[:60] + "1" + text[61:],
		text[:len(text)-1] + "=", text[:20] + "}" + text[21:], text[:20] + "\x00" + text[21:], text[:18] + "é" + text[20:],
		strings.Repeat("A", 5<<10),
	} {
		if _, ok := family.Parse(s); ok {
			t.Errorf("%q is a token", s)
		}
	}
}

// The session ID names the subject and the family, and does not contain the family ID.
func TestSID(t *testing.T) {
	tag := family.TagOf("https://notes.example", "ann")
	seen := map[string]bool{}
	for range 1000 {
		id := family.NewID(string(tag[:]))
		sid := family.SID(id)
		if !family.IsSID(sid) || sid[:family.TagLen] != string(tag[:]) || sid == id || sid != family.SID(id) {
			t.Fatalf("family %s, session %s", id, sid)
		}
		if seen[sid] || seen[id] {
			t.Fatal("twice")
		}
		seen[sid], seen[id] = true, true
		// The family part of a token cannot be made from the session ID.
		if token, ok := family.Parse("rt1_" + sid + "_" + family.NewSecret() + "_" + sid[:26]); !ok || token.SID() == sid {
			t.Fatal("the session ID is the ID of its own family")
		}
	}
}

func TestTagOf(t *testing.T) {
	seen := map[family.Tag]string{}
	for _, who := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"", "abc"}, {"abc", ""}, {"1 a", "bc"}, {"A", "bc"}, {"a", "bc "}, {strings.Repeat("i", 600), "s"}} {
		tag := family.TagOf(who[0], who[1])
		if !family.IsSID(string(tag[:]) + string(tag[:])) {
			t.Errorf("%q: %s", who, tag)
		}
		if other, twice := seen[tag]; twice {
			t.Errorf("%q and %s have one tag", who, other)
		}
		seen[tag] = fmt.Sprint(who)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(newToken().Text())
	f.Add("rt1_")
	f.Fuzz(func(t *testing.T, s string) {
		token, ok := family.Parse(s)
		if ok != grammar.MatchString(s) {
			t.Fatalf("%q: %v", s, ok)
		}
		if ok && token.Text() != s {
			t.Errorf("%q has another text: %q", s, token.Text())
		}
	})
}
