package jwtauth

import (
	"strings"
	"testing"
)

// A signature of the largest key is accepted, and a longer one is refused by its length.
func TestLongestSignature(t *testing.T) {
	longest := "h.c." + strings.Repeat("a", maxSignature)
	if _, err := splitToken(longest); err != nil {
		t.Error(err)
	}
	if _, err := splitToken(longest + "a"); err != refuseSignatureSize.err {
		t.Error(err)
	}
}

// The decoder of Go skips line ends, so one token would have many spellings.
func TestLineEndsAreRefused(t *testing.T) {
	var buf [8]byte
	for segment, want := range map[string]bool{"YWI": true, "\nYWI": false, "\rYWI": false, "Y\nWI": false, "YWI\r": false} {
		if _, ok := decodeSegment(buf[:], segment); ok != want {
			t.Errorf("%q: %v", segment, ok)
		}
	}
}
