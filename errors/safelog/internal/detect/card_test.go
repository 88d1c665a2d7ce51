package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// A UUID is never taken for a card number, even if most of its digits are decimal.
// A card number beside or inside a similar text is still found.
func TestUUIDsAreNotCards(t *testing.T) {
	d := New(nil, nil)
	for range 20_000 {
		digits := func(n int) string {
			b := make([]byte, n)
			for i := range b {
				b[i] = "0123456789012345678901234567890123456789abcdef"[rand.IntN(46)]
			}
			return string(b)
		}
		id := fmt.Sprintf("%s-%s-7%s-8%s-%s", digits(8), digits(4), digits(3), digits(3), digits(12))
		if !d.Clean(id, false) {
			t.Fatalf("%s: %s", id, mask(d, id))
		}
	}
	for _, card := range []string{"4111-1111-1111-1111", "x-4111-1111-1111-1111-y", "4111-1111-1111-1111-000000000000", "01a20507-7747-7105-81e0-5f21a459977e-4111-1111-1111-1111"} {
		if got := mask(d, card); strings.Contains(got, "1111-1111") {
			t.Errorf("%s: %s", card, got)
		}
	}
}
