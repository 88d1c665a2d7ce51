package jwa

import (
	"crypto/ed25519"
	"math/big"
	"slices"
)

// The curve of Ed25519 (RFC 8032, section 5.1): -x² + y² = 1 + dx²y² modulo p.
var (
	edP = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	edD = func() *big.Int {
		d := new(big.Int).ModInverse(big.NewInt(121666), edP)
		return d.Mod(d.Mul(d, big.NewInt(-121665)), edP)
	}()
)

// isSoundEdwards reports whether public is the canonical encoding of a point of large
// order on the curve. crypto/ed25519 checks neither the encoding nor the order. A key
// of a small order, such as the 32 zeros of an unset key, verifies signatures that
// anyone can make without a private key.
func isSoundEdwards(public ed25519.PublicKey) bool {
	b := slices.Clone(public)
	slices.Reverse(b)
	b[0] &= 0x7f // the sign of x
	y := new(big.Int).SetBytes(b)
	if y.Cmp(edP) >= 0 {
		return false
	}
	mod := func(z *big.Int) *big.Int { return z.Mod(z, edP) }
	one := big.NewInt(1)
	y2 := mod(new(big.Int).Mul(y, y))
	dy2 := mod(new(big.Int).Mul(edD, y2))
	// x² = (y² - 1) / (dy² + 1). The denominator is never 0. If y² = 1, the order of
	// the point is 1 or 2, and the Jacobi symbol is 0.
	numerator, denominator := mod(new(big.Int).Sub(y2, one)), mod(new(big.Int).Add(dy2, one))
	if big.Jacobi(mod(numerator.Mul(numerator, denominator)), edP) != 1 {
		return false
	}
	// The points of order 4 are the points with y = 0. The points of order 8 are the
	// points whose double has y = 0. By the addition formulas, the double of a point
	// has y = 0 if x² = -y² for the point. The equation of the curve turns x² = -y²
	// into dy⁴ + 2y² = 1. leftSide is the left side of this equation.
	leftSide := mod(new(big.Int).Mul(y2, mod(new(big.Int).Add(dy2, big.NewInt(2)))))
	return y.Sign() != 0 && leftSide.Cmp(one) != 0
}
