package validate

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readAll is all that the reader reads of s.
func readAll(s string, next func(*pairs) (string, string, bool, bool)) (url.Values, bool) {
	values := url.Values{}
	for p := readPairs(s); ; {
		name, value, ok, bad := next(&p)
		if bad || !ok {
			return values, !bad
		}
		values.Add(name, value)
	}
}

// agrees reports whether url.ParseQuery reads the same in s, if the reader
// accepts it.
func agrees(s string, next func(*pairs) (string, string, bool, bool)) bool {
	got, ok := readAll(s, next)
	want, err := url.ParseQuery(s)
	return !ok || err == nil && maps.EqualFunc(got, want, slices.Equal)
}

var querySeeds = []string{
	"", "a", "a=", "=a", "a=1&a=2", "a&&b", "&", "a=1;b=2", "a=%", "a=%4", "a=%4x", "a=%C3%A9+x", "%61=1", "a+b=c%2Bd", "a=b=c", "a=%00", "a\x00=1", "é=\xff", "a%3D=%26", "a=%253D",
}

func FuzzQuery(f *testing.F) {
	for _, s := range querySeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !agrees(s, (*pairs).next) {
			t.Fatalf("%q: url.ParseQuery reads something else", s)
		}
		// And nothing is refused but for a reason.
		if _, ok := readAll(s, (*pairs).next); !ok {
			_, err := url.ParseQuery(s)
			empty := slices.ContainsFunc(strings.Split(s, "&"), func(p string) bool { return p == "" || p[0] == '=' })
			if err == nil && !empty {
				t.Fatalf("%q: refused", s)
			}
		}
	})
}

// A reader that does not decode names is noticed.
func TestFuzzQueryNoticesABrokenReader(t *testing.T) {
	broken := func(p *pairs) (string, string, bool, bool) {
		before := p.rest
		name, value, ok, bad := p.next()
		if raw, _, _ := strings.Cut(before, "="); ok && strings.Contains(raw, "%61") {
			name = raw
		}
		return name, value, ok, bad
	}
	if !slices.ContainsFunc(querySeeds, func(s string) bool { return !agrees(s, broken) }) {
		t.Error("it is not")
	}
}

// The names of the tags are compared to what was decoded, so escapes do not
// make another parameter of one.
func FuzzUnescape(f *testing.F) {
	f.Add("a b/é&=%+;#\x00\xff")
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := unescapeParam(url.QueryEscape(s)); !ok || got != s {
			t.Fatalf("%q became %q, %v", s, got, ok)
		}
	})
}

// FuzzScalar holds the grammar of numbers to that of JSON and the values to
// strconv.
func FuzzScalar(f *testing.F) {
	for _, s := range []string{"", "0", "-0", "1", "01", "+1", "1_0", "0x1", "1.", ".1", "1e5", "1e", " 1", "1 ", "-", "127", "128", "-129", "255", "256", "1e39", "NaN", "Inf", "٣", "true", "1e400", "0.10"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		isNumber := s != "" && (s[0] == '-' || '0' <= s[0] && s[0] <= '9') && json.Valid([]byte(s)) && strings.Trim(s, " \t\r\n") == s
		whole := !strings.ContainsAny(s, ".eE")
		for _, tc := range []struct {
			kind kind
			to   any
			ref  func() (any, error)
		}{
			{kindInt, new(int8), func() (any, error) { v, err := strconv.ParseInt(s, 10, 8); return int8(v), err }},
			{kindUint, new(uint16), func() (any, error) { v, err := strconv.ParseUint(s, 10, 16); return uint16(v), err }},
			{kindFloat, new(float32), func() (any, error) { v, err := strconv.ParseFloat(s, 32); return float32(v), err }},
		} {
			dst := reflect.ValueOf(tc.to).Elem()
			p := parameter{kind: tc.kind, bits: dst.Type().Bits(), maxBytes: 1 << 16}
			_, ok := p.store(dst, s)
			want, err := tc.ref()
			if ok && (err != nil || want != dst.Interface()) || !ok && err == nil && isNumber && whole && len(s) <= maxNumber && (tc.kind != kindUint || s[0] != '-') {
				t.Fatalf("%q as %v: %v %v, want %v %v", s, dst.Type(), dst.Interface(), ok, want, err)
			}
		}
	})
}

// A bit of one word stands for each parameter, so there are 64 at most.
func TestTooManyDeclared(t *testing.T) {
	fields := make([]reflect.StructField, 64)
	for i := range fields {
		n := strconv.Itoa(i)
		fields[i] = reflect.StructField{Name: "F" + n, Type: reflect.TypeFor[int](), Tag: reflect.StructTag(`query:"f` + n + `"`)}
	}
	c, err := newCore(Config{}, reflect.StructOf(fields))
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.New(c.root.node.typ)
	r := httptest.NewRequest("GET", "/", nil)
	for i := range 64 {
		r.URL.RawQuery += "&f" + strconv.Itoa(i) + "=" + strconv.Itoa(i+1)
	}
	r.URL.RawQuery = r.URL.RawQuery[1:]
	if _, err := c.decode(nil, r, v.Interface()); err != nil || v.Elem().Field(63).Int() != 64 || v.Elem().Field(0).Int() != 1 {
		t.Errorf("%v, %v", err, v.Elem())
	}
	fields = append(fields, reflect.StructField{Name: "G", Type: reflect.TypeFor[int](), Tag: `query:"g"`})
	if _, err := newCore(Config{}, reflect.StructOf(fields)); err == nil || !strings.Contains(err.Error(), "is one parameter too many") {
		t.Errorf("%v", err)
	}
}
