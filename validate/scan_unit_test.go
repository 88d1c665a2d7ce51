package validate

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// The small parsers, each against the standard library's slow answer.

func FuzzBase64(f *testing.F) {
	for _, s := range []string{"", "AQI=", "AQ==", "AQJ=", "AR==", "====", "A===", "AQI", "AQ\nI=", "AAAA", "AQ==AAAA", "+/+/", "-_-_"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := base64.StdEncoding.Strict().DecodeString(string(b))
		want := err == nil && !bytes.ContainsAny(b, "\r\n")
		if got := strictBase64(b); got != want {
			t.Errorf("%q: %v, want %v", b, got, want)
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"0", "-0", "1", "-1", "127", "128", "-128", "-129", "255", "256", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"18446744073709551615", "18446744073709551616", "99999999999999999999999", "1e308", "1e309", "-1e39", "3.5e38", "0.1", "1E+2", "01", "1.", "-", "9007199254740993", "9007199254740993.0", "-9007199254740991.5", "9007199254740991.4", "1e-9999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" || (s[0] != '-' && (s[0] < '0' || s[0] > '9')) || len(s) > maxNumber {
			return
		}
		sc := &scanner{in: []byte(s)}
		lit, whole, ok := sc.number()
		if ok = ok && len(lit) == len(s); ok != json.Valid([]byte(s)) && strings.Trim(s, " \t\r\n") == s {
			t.Fatalf("%q: number %v", s, ok)
		}
		if !ok {
			return
		}
		if whole != !strings.ContainsAny(s, ".eE") {
			t.Fatalf("%q: whole %v", s, whole)
		}
		for _, bits := range []int{32, 64} {
			if _, err := strconv.ParseFloat(s, bits); (err == nil) != fitsFloat(lit, bits) {
				t.Errorf("%q: float%d", s, bits)
			}
		}
		// A float64 holds the number of a free value, or the number has a
		// fraction to lose.
		if f, err := strconv.ParseFloat(s, 64); exact(lit, whole) && len(s) < 40 && !strings.ContainsAny(s, "eE") {
			value, _ := new(big.Rat).SetString(s)
			if held := new(big.Rat).SetFloat64(f); err != nil || value.IsInt() && value.Cmp(held) != 0 {
				t.Errorf("%q: accepted as %v", s, f)
			}
		}
		if !whole {
			return
		}
		for _, bits := range []int{8, 16, 32, 64} {
			if _, err := strconv.ParseInt(s, 10, bits); (err == nil) != fitsInt(lit, bits) {
				t.Errorf("%q: int%d", s, bits)
			}
		}
		v, _ := new(big.Int).SetString(s, 10)
		if exact(lit, true) != (v.CmpAbs(big.NewInt(1<<53)) < 0) {
			t.Errorf("%q: exact", s)
		}
	})
}

// More members than fit into one word of the bit set, and into two.
func TestManyMembers(t *testing.T) {
	const n = 200
	fields := make([]reflect.StructField, n)
	for i := range fields {
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: tInt, Tag: reflect.StructTag(fmt.Sprintf(`json:"f%d" validate:"required"`, i))}
	}
	c, err := newCore(Config{}, reflect.StructOf(fields))
	if err != nil {
		t.Fatal(err)
	}
	body := func(skip, double int) []byte {
		var b strings.Builder
		for i := n - 1; i >= 0; i-- { // not in the order of the struct
			if i == double {
				fmt.Fprintf(&b, `"f%d":0,`, i)
			}
			if i != skip {
				fmt.Fprintf(&b, `"f%d":0,`, i)
			}
		}
		return []byte("{" + strings.TrimSuffix(b.String(), ",") + "}")
	}
	check := func(body []byte, want string) {
		t.Helper()
		err := c.parse(t.Context(), body, reflect.New(c.root.node.typ).Interface())
		e, _ := errors.AsType[*httperr.Error](err)
		if want == "" && err == nil {
			return
		}
		if e == nil || len(e.Faults) != 1 || *e.Faults[0].Pointer+" "+e.Faults[0].Code != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
	check(body(-1, -1), "")
	for i := range n {
		check(body(i, -1), fmt.Sprintf("/f%d required", i))
		check(body(-1, i), fmt.Sprintf("/f%d duplicate_member", i))
	}
}

// Names in a map are compared as what they mean, however they are written.
func TestDuplicateNames(t *testing.T) {
	c, err := newCore(Config{MaxMembers: 5000}, typeWith(reflect.TypeFor[map[string]int](), ""))
	if err != nil {
		t.Fatal(err)
	}
	for names, want := range map[string]bool{
		`"a","b"`: true, `"a","a"`: false, `"","a"`: true, `"",""`: false, `"\n","\u000a"`: false, `"\/","/"`: false,
		`"é","\u00e9"`: false, `"e\u0301","é"`: true, `"😀","\ud83d\ude00"`: false, `"a","A"`: true, `"\\u0061","a"`: true,
		`"a","b","c","d","e","f","g","a"`: false, `"\"","\u0022"`: false, `"a\\","a"`: true,
	} {
		body := `{"v":{` + strings.ReplaceAll(names, `",`, `":1,`) + `:1}}`
		if got := c.scanOnce([]byte(body)); got != want {
			t.Errorf("%s: %v, want %v", names, got, want)
		}
	}
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, `"k%d":1,`, i)
	}
	list := b.String()
	if !c.scanOnce([]byte(`{"v":{` + list[:len(list)-1] + `}}`)) {
		t.Error("5000 different names are refused")
	}
	if c.scanOnce([]byte(`{"v":{` + strings.Replace(list[:len(list)-1], "k4000", "k39", 1) + `}}`)) {
		t.Error("one duplicate among 5000 names is not found")
	}
}
