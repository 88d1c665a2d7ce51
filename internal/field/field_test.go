package field_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/field"
)

func TestToken(t *testing.T) {
	for s, want := range map[string]bool{
		"GET": true, "X-A_b.c~1": true, "!#$%&'*+-.^_`|~": true,
		"": false, "a b": false, "a:b": false, "a\x00": false, "é": false, "a,b": false, "\"a\"": false, "a/b": false,
	} {
		if field.Token(s) != want {
			t.Errorf("Token(%q) = %v", s, !want)
		}
	}
}

func TestValue(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "a": true, "a b\tc": true, "~!": true,
		" a": false, "a ": false, "\ta": false, "a\r\nX: b": false, "a\n": false, "a\x00b": false, "a\x7fb": false, "\x1b[31m": false, "é": false,
	} {
		if field.Value(s) != want {
			t.Errorf("Value(%q) = %v", s, !want)
		}
	}
}

func TestOne(t *testing.T) {
	h := http.Header{"A": {"1"}, "B": {"1", "2"}, "C": {}}
	for name, want := range map[string][3]any{"A": {"1", true, true}, "B": {"", true, false}, "C": {"", false, true}, "D": {"", false, true}} {
		v, found, ok := field.One(h, name)
		if got := [3]any{v, found, ok}; got != want {
			t.Errorf("One(%s) = %v, want %v", name, got, want)
		}
	}
}

func TestQuoted(t *testing.T) {
	for s, want := range map[string]bool{"": true, "a b~!": true, "a\"b": false, `a\b`: false, "a\x7f": false, "é": false, "a\n": false} {
		if field.Quoted(s) != want {
			t.Errorf("Quoted(%q) = %v", s, !want)
		}
	}
}

func TestCase(t *testing.T) {
	for s, want := range map[string]string{"": "", "abc": "abc", "aBZ[@": "abz[@", "\u212aK": "\u212ak", "É": "É"} {
		if got := field.Lower(s); got != want {
			t.Errorf("Lower(%q) = %q, want %q", s, got, want)
		}
		if !field.EqualFold(s, want) || field.EqualFold(s, want+"x") || field.EqualFold(s+"x", want+"y") {
			t.Errorf("EqualFold(%q, %q)", s, want)
		}
	}
	if field.EqualFold("\u212a", "k") || field.EqualFold("K", "\u212a") || field.EqualFold("[", "{") {
		t.Error("only the letters of ASCII fold")
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]int64{
		0: 0, 1: 1, time.Second - 1: 1, time.Second: 1, time.Second + 1: 2, time.Hour: 3600,
		-1: 0, -time.Second: -1, math.MaxInt64: math.MaxInt64/int64(time.Second) + 1,
	} {
		if got := field.Seconds(d); got != want {
			t.Errorf("Seconds(%v) = %d, want %d", d, got, want)
		}
	}
}
