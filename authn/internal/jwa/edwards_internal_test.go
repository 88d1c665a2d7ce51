package jwa

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// smallOrder has the encodings of the points of order 1, 2, 4 and 8, without the sign
// of x. The last three are not canonical: y is p, p+1 and more than p.
var smallOrder = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"f1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

func TestEdwardsSmallOrder(t *testing.T) {
	for _, text := range smallOrder {
		for _, sign := range []byte{0, 0x80} {
			b, err := hex.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			b[31] |= sign
			if isSoundEdwards(b) {
				t.Errorf("%x is sound", b)
			}
			f := httperr.ConfigFaults{}
			if (Given{ID: "a", Algorithm: "EdDSA", Public: ed25519.PublicKey(b)}).Check(&f, "") != nil || f.Len() != 1 {
				t.Errorf("%x: %v", b, f.Err())
			}
		}
	}
}

// The reason for the check: with a key of a small order every message has a
// signature that verifies, although no private key exists.
func TestEdwardsForgery(t *testing.T) {
	forged := 0
	for _, text := range smallOrder[:5] {
		public, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		signature := make([]byte, 64) // S = 0
		signature[0] = 1              // R = the neutral point
		for i := range 64 {
			if ed25519.Verify(public, []byte{byte(i)}, signature) {
				forged++
			}
		}
	}
	if forged < 100 {
		t.Errorf("%d forgeries of 320 verify", forged)
	}
}

// About half of all y belong to a point on the curve. For any other y, crypto/ed25519
// refuses each signature.
func TestEdwardsOnCurve(t *testing.T) {
	on := 0
	for i := range 200 {
		b := bytes.Repeat([]byte{byte(i) + 2}, 32)
		b[31] &= 0x7f
		if isSoundEdwards(b) {
			on++
		}
	}
	if on < 60 || on > 140 {
		t.Errorf("%d of 200 are on the curve", on)
	}
	for range 200 {
		public, _, err := ed25519.GenerateKey(rand.Reader)
		if err != nil || !isSoundEdwards(public) {
			t.Fatalf("%x: %v", public, err)
		}
	}
}
