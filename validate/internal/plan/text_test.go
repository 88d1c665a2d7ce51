package plan

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// FuzzScalar compares the grammar of numbers with encoding/json, and their values with
// strconv.
func FuzzScalar(f *testing.F) {
	for _, s := range []string{"", "0", "-0", "1", "01", "+1", "1_0", "0x1", "1.", ".1", "1e5", "1e", " 1", "1 ", "-", "127", "128", "-129", "255", "256", "1e39", "NaN", "Inf", "٣", "true", "1e400", "0.10"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		isNumber := s != "" && (s[0] == '-' || '0' <= s[0] && s[0] <= '9') && json.Valid([]byte(s)) && strings.Trim(s, " \t\r\n") == s
		whole := !strings.ContainsAny(s, ".eE")
		for _, tc := range []struct {
			kind Kind
			to   any
			ref  func() (any, error)
		}{
			{KindInt, new(int8), func() (any, error) { v, err := strconv.ParseInt(s, 10, 8); return int8(v), err }},
			{KindUint, new(uint16), func() (any, error) { v, err := strconv.ParseUint(s, 10, 16); return uint16(v), err }},
			{KindFloat, new(float32), func() (any, error) { v, err := strconv.ParseFloat(s, 32); return float32(v), err }},
		} {
			dst := reflect.ValueOf(tc.to).Elem()
			p := Parameter{Kind: tc.kind, Bits: dst.Type().Bits(), MaxBytes: 1 << 16}
			_, ok := p.Store(dst, s)
			want, err := tc.ref()
			if ok && (err != nil || want != dst.Interface()) || !ok && err == nil && isNumber && whole && len(s) <= MaxNumber && (tc.kind != KindUint || s[0] != '-') {
				t.Fatalf("%q as %v: %v %v, want %v %v", s, dst.Type(), dst.Interface(), ok, want, err)
			}
		}
	})
}
