package scan

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

func FuzzNumber(f *testing.F) {
	for _, s := range []string{
		"0", "-0", "1", "-1", "127", "128", "-128", "-129", "255", "256",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"18446744073709551615", "18446744073709551616", "99999999999999999999999",
		"999999999", "2147483647", "2147483648", "4294967296", "-1", "1e38", "99999999999999999999999999999999999999", "1E39",
		"1e308", "1e309", "-1e39", "3.5e38", "0.1", "1E+2", "01", "1.", "-", "1e-9999",
		"9007199254740993", "9007199254740993.0", "-9007199254740991.5", "9007199254740991.4",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" || (s[0] != '-' && (s[0] < '0' || s[0] > '9')) || len(s) > plan.MaxNumber {
			return
		}
		sc := &scanner{in: []byte(s)}
		lit, whole, ok := sc.readNumber()
		if ok = ok && len(lit) == len(s); ok != json.Valid([]byte(s)) && strings.Trim(s, " \t\r\n") == s {
			t.Fatalf("%q: number %v", s, ok)
		}
		if !ok {
			return
		}
		if whole != !strings.ContainsAny(s, ".eE") {
			t.Fatalf("%q: whole %v", s, whole)
		}
		// The fast paths for short numbers agree with strconv.
		for _, bits := range []int{8, 16, 32, 64} {
			_, notInt := strconv.ParseInt(s, 10, bits)
			_, notUint := strconv.ParseUint(s, 10, bits)
			_, notFloat := strconv.ParseFloat(s, bits) // of 64 bits, if not 32
			for kind, want := range map[plan.Kind]bool{plan.KindInt: notInt == nil, plan.KindUint: notUint == nil, plan.KindFloat: notFloat == nil} {
				typed := &scanner{in: []byte(s)}
				typed.scanNumber(&plan.Node{Kind: kind, Bits: bits})
				if fits := len(typed.Findings) == 0; fits != want {
					t.Errorf("%q: fits kind %d of %d bits: %v", s, kind, bits, fits)
				}
			}
		}
		// An accepted number of a free value fits a float64 exactly, unless it has a
		// fraction.
		if f, err := strconv.ParseFloat(s, 64); exact(lit) && len(s) < 40 && !strings.ContainsAny(s, "eE") {
			value, _ := new(big.Rat).SetString(s)
			if held := new(big.Rat).SetFloat64(f); err != nil || value.IsInt() && value.Cmp(held) != 0 {
				t.Errorf("%q: accepted as %v", s, f)
			}
		}
		if !whole {
			return
		}
		v, _ := new(big.Int).SetString(s, 10)
		if exact(lit) != (v.CmpAbs(big.NewInt(1<<53)) < 0) {
			t.Errorf("%q: exact", s)
		}
	})
}
