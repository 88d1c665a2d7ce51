package hostport_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/hostport"
)

func TestSplit(t *testing.T) {
	for s, want := range map[string][2]string{
		"example.com":      {"example.com", ""},
		"example.com:443":  {"example.com", ":443"},
		"example.com:":     {"example.com", ":"},
		"a:b:c":            {"a", ":b:c"},
		"[::1]":            {"[::1]", ""},
		"[::1]:443":        {"[::1]", ":443"},
		"[::1]x:443":       {"[::1]x", ":443"},
		"[::1":             {"[", "::1"},
		"x[::1]:443":       {"x[", "::1]:443"},
		":443":             {"", ":443"},
		"":                 {"", ""},
		"[2001:db8::1]:80": {"[2001:db8::1]", ":80"},
	} {
		if host, port := hostport.Split(s); host != want[0] || port != want[1] {
			t.Errorf("Split(%q) = %q, %q; want %q", s, host, port, want)
		}
	}
}

func TestPort(t *testing.T) {
	for n := range 70_000 {
		if got := hostport.Port(strconv.Itoa(n)); got != (n <= 65535) {
			t.Errorf("Port(%d) = %v", n, got)
		}
	}
	for s, want := range map[string]bool{
		"00080": true, "": false, "000080": false, "-1": false, "+1": false, " 1": false, "1 ": false, "8o": false, "٣": false,
		"99999999999999999999": false,
	} {
		if got := hostport.Port(s); got != want {
			t.Errorf("Port(%q) = %v", s, got)
		}
	}
}

// FuzzName compares Name with its grammar.
func FuzzName(f *testing.F) {
	grammar := regexp.MustCompile(`^([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$`)
	for _, s := range []string{
		"", ".", "..", "a", "a.", "a..", ".a", "a.b", "a..b", "A-1_b.example", "192.0.2.1", "a b", "a\n", "é", "a/b", "a:80", "[::1]", "*.a",
		strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 63) + "." + strings.Repeat("b", 64),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got, want := hostport.Name(s, 63), grammar.MatchString(s); got != want {
			t.Errorf("Name(%q) = %v, want %v", s, got, want)
		}
	})
}
