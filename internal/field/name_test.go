package field

import (
	"regexp"
	"strings"
	"testing"
)

func TestScope(t *testing.T) {
	reference := regexp.MustCompile(`^[\x21\x23-\x5B\x5D-\x7E]+$`)
	for c := range 256 {
		for _, s := range []string{string([]byte{byte(c)}), "a" + string([]byte{byte(c)}), string([]byte{byte(c)}) + "a"} {
			if got, want := Scope(s), reference.MatchString(s); got != want {
				t.Errorf("Scope(%q) = %v, want %v", s, got, want)
			}
		}
	}
	if Scope("") || !Scope("notes:write") || Scope("notes:read notes:write") {
		t.Error("Scope is not the grammar of RFC 6749")
	}
}

func TestName(t *testing.T) {
	for s, want := range map[string]bool{
		"ann": true, "Führung": true, "two words": true, "管理": true,
		"": false, " ann": false, "ann ": false, "a\nb": false, "a\x00b": false,
		"a\u202eb": false, "a\u200bb": false, "a\xffb": false, "a\u00a0b": false,
	} {
		if got := Name(s); got != want {
			t.Errorf("Name(%q) = %v, want %v", s, got, want)
		}
	}
}

func TestLabel(t *testing.T) {
	for s, want := range map[string]bool{
		"login": true, "a-b_c.d": true, strings.Repeat("a", 64): true,
		"": false, "a b": false, "a|b": false, "a\r\nb": false, "é": false, strings.Repeat("a", 65): false,
	} {
		if got := Label(s); got != want {
			t.Errorf("Label(%q) = %v, want %v", s, got, want)
		}
	}
}
