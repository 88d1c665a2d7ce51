package jwa

import (
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"math/bits"
	"strings"
	"testing"
)

// product returns M, the product of the first primes.
func product() *big.Int {
	m := big.NewInt(2)
	for _, t := range rocaTable() {
		m.Mul(m, new(big.Int).SetUint64(t.prime))
	}
	return m
}

// rocaFactor returns a prime of 1024 bits as the vulnerable generator makes it: k·M +
// (65537^a mod M), with random k and a.
func rocaFactor(t *testing.T, m *big.Int) *big.Int {
	t.Helper()
	low := new(big.Int).Div(new(big.Int).Lsh(big.NewInt(3), 1022), m) // both top bits set
	high := new(big.Int).Div(new(big.Int).Lsh(big.NewInt(1), 1024), m)
	for {
		k, err := rand.Int(rand.Reader, new(big.Int).Sub(high, low))
		if err != nil {
			t.Fatal(err)
		}
		a, err := rand.Int(rand.Reader, m)
		if err != nil {
			t.Fatal(err)
		}
		p := new(big.Int).Mul(k.Add(k, low), m)
		if p.Add(p, a.Exp(big.NewInt(65537), a, m)); p.ProbablyPrime(20) {
			return p
		}
	}
}

func TestROCA(t *testing.T) {
	m := product()
	if m.BitLen() != 971 { // the size of M for keys of 2048 bits in the paper
		t.Errorf("M has %d bits", m.BitLen())
	}
	n := new(big.Int).Mul(rocaFactor(t, m), rocaFactor(t, m))
	_, fault := Copy(&rsa.PublicKey{N: n, E: 65537})
	if n.BitLen() != 2048 || fault == nil || !strings.Contains(fault.Reason, "CVE-2017-15361") {
		t.Errorf("a key of the vulnerable generator with %d bits: %+v", n.BitLen(), fault)
	}
	// One ordinary factor is enough to lose the fingerprint.
	ordinary, err := rand.Prime(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	if isROCA(n.Mul(ordinary, rocaFactor(t, m))) {
		t.Error("a modulus with one ordinary factor has the fingerprint")
	}
}

// No ordinary key is refused: the residues of a random modulus are all powers of 65537 with
// a probability below 2⁻¹⁰⁰. The size of the moduli does not matter to the fingerprint, so
// small factors keep the test quick.
func TestROCAPrecision(t *testing.T) {
	for range 200 {
		p, errP := rand.Prime(rand.Reader, 256)
		q, errQ := rand.Prime(rand.Reader, 256)
		if errP != nil || errQ != nil {
			t.Fatal(errP, errQ)
		}
		if n := p.Mul(p, q); isROCA(n) {
			t.Errorf("an ordinary modulus has the fingerprint: %v", n)
		}
	}
	chance := big.NewRat(1, 1)
	for _, t := range rocaTable() {
		powers := 0
		for _, word := range t.powers {
			powers += bits.OnesCount64(word)
		}
		chance.Mul(chance, big.NewRat(int64(powers), int64(t.prime-1)))
	}
	if bound := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 100)); chance.Cmp(bound) > 0 {
		f, _ := chance.Float64()
		t.Errorf("a random modulus has the fingerprint with probability %g", f)
	}
}
