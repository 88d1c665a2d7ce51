package jwa

import (
	"math/big"
	"sync"
)

// The key generator of an Infineon library made primes p = k·M + (65537^a mod M), where M
// is the product of the first primes (ROCA, CVE-2017-15361). For a modulus n of such primes
// the residue of n modulo each of the first primes is a power of 65537. The private key can
// be computed from n. For keys of 2048 bits and more, M has at least these 126 primes.
const rocaPrimes = 126

// A rocaPrime is one of the first primes, and the set of the powers of 65537 modulo it.
type rocaPrime struct {
	prime  uint64
	powers [12]uint64 // a bit set; the largest prime is 701
}

// rocaTable has the first primes except 2, for which every odd number is a power.
var rocaTable = sync.OnceValue(func() []rocaPrime {
	var table []rocaPrime
	for n := uint64(3); len(table) < rocaPrimes-1; n += 2 {
		if !big.NewInt(int64(n)).ProbablyPrime(0) { // exact below 2⁶⁴
			continue
		}
		t := rocaPrime{prime: n}
		for power := uint64(1); t.powers[power/64]>>(power%64)&1 == 0; power = power * 65537 % n {
			t.powers[power/64] |= 1 << (power % 64)
		}
		table = append(table, t)
	}
	return table
})

// isROCA reports whether the modulus n has the fingerprint of that generator. A random
// modulus fails at one of the first primes in nearly all cases, so the check is quick.
func isROCA(n *big.Int) bool {
	var prime, residue big.Int
	for _, t := range rocaTable() {
		r := residue.Mod(n, prime.SetUint64(t.prime)).Uint64()
		if t.powers[r/64]>>(r%64)&1 == 0 {
			return false
		}
	}
	return true
}
