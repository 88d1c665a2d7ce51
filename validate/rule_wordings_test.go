package validate

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// typeWith returns a struct type with one member v of type t under a rule.
func typeWith(t reflect.Type, rule string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{Name: "V", Type: t, Tag: reflect.StructTag(`json:"v" validate:"` + rule + `"`)}})
}

var (
	tString = reflect.TypeFor[string]()
	tInt    = reflect.TypeFor[int]()
	tFloat  = reflect.TypeFor[float64]()
	tList   = reflect.TypeFor[[]int]()
	tTime   = reflect.TypeFor[time.Time]()
	tMap    = reflect.TypeFor[map[string]int]()
)

// Codes are an interface: clients switch on them. Here they are, with a value
// that breaks each rule and one that does not.
var stableRules = []struct {
	t               reflect.Type
	rule, bad, good string
	code            string
}{
	{tString, "min=2", `"é"`, `"éé"`, "min_length"},
	{tString, "gte=2", `"a"`, `"ab"`, "min_length"},
	{tString, "gt=2", `"ab"`, `"abc"`, "min_length"},
	{tString, "max=2", `"abc"`, `"éé"`, "max_length"},
	{tString, "lte=2", `"abc"`, `"ab"`, "max_length"},
	{tString, "lt=2", `"ab"`, `"a"`, "max_length"},
	{tString, "len=2", `"a"`, `"ab"`, "length"},
	{tString, "eq=a", `"b"`, `"a"`, "const"},
	{tString, "ne=a", `"a"`, `"b"`, "not"},
	{tInt, "min=2", `1`, `2`, "min"},
	{tInt, "gte=-2", `-3`, `-2`, "min"},
	{tInt, "gt=2", `2`, `3`, "exclusive_min"},
	{tInt, "max=2", `3`, `2`, "max"},
	{tInt, "lte=2", `3`, `2`, "max"},
	{tFloat, "lt=2.5", `2.5`, `2.4`, "exclusive_max"},
	{tInt, "len=2", `3`, `2`, "const"},
	{tInt, "oneof=1 2", `3`, `2`, "enum"},
	{tList, "min=2", `[1]`, `[1,2]`, "min_items"},
	{tList, "gt=1", `[1]`, `[1,2]`, "min_items"},
	{tList, "max=1", `[1,2]`, `[1]`, "max_items"},
	{tList, "lte=1", `[1,2]`, `[]`, "max_items"},
	{tList, "lt=2", `[1,2]`, `[1]`, "max_items"},
	{tList, "lt=0", `[1]`, ``, "max_items"},
	{tList, "len=2", `[1]`, `[1,2]`, "items"},
	{tList, "len=1", `[1,2]`, `[1]`, "max_items"},
	{tList, "unique", `[1,1]`, `[1,2]`, "unique_items"},
	{tMap, "min=1", `{}`, `{"a":1}`, "min_members"},
	{tMap, "gt=1", `{"a":1}`, `{"a":1,"b":2}`, "min_members"},
	{tMap, "max=1", `{"a":1,"b":2}`, `{"a":1}`, "max_members"},
	{tMap, "lt=2", `{"a":1,"b":2}`, `{"a":1}`, "max_members"},
	{tMap, "len=2", `{"a":1}`, `{"a":1,"b":2}`, "members"},
	{tString, "email", `"a"`, `"a@example.com"`, "format_email"},
	{tString, "url", `"a"`, `"https://example.com"`, "format_url"},
	{tString, "http_url", `"ftp://a.b"`, `"http://example.com"`, "format_url"},
	{tString, "uri", `"a"`, `"https://example.com"`, "format_uri"},
	{tString, "uuid", `"a"`, `"0190163d-8694-739b-aea5-966c26f8ad90"`, "format_uuid"},
	{tString, "uuid4", `"0190163d-8694-739b-aea5-966c26f8ad90"`, `"3e8f4f0e-3b0c-4f6e-9a53-1d1f7c9f2b11"`, "format_uuid"},
	{tString, "ulid", `"a"`, `"01ARZ3NDEKTSV4RRFFQ69G5FAV"`, "format_ulid"},
	{tString, "ip", `"1.2.3"`, `"::1"`, "format_ip"},
	{tString, "ipv4", `"::1"`, `"1.2.3.4"`, "format_ipv4"},
	{tString, "ipv6", `"1.2.3.4"`, `"::1"`, "format_ipv6"},
	{tString, "cidr", `"1.2.3.4"`, `"1.2.3.0/24"`, "format_cidr"},
	{tString, "hostname", `"-"`, `"example.com"`, "format_hostname"},
	{tString, "fqdn", `"a"`, `"example.com"`, "format_hostname"},
	{tString, "e164", `"12"`, `"+441234567890"`, "format_phone"},
	{tString, "datetime=2006-01-02", `"2026"`, `"2026-01-02"`, "format_date_time"},
	{tString, "alpha", `"1"`, `"a"`, "pattern"},
	{tString, "alphanum", `"-"`, `"a1"`, "pattern"},
	{tString, "numeric", `"a"`, `"1"`, "pattern"},
	{tString, "number", `"a"`, `"1"`, "pattern"},
	{tString, "ascii", `"é"`, `"e"`, "pattern"},
	{tString, "printascii", `"\u0001"`, `"e"`, "pattern"},
	{tString, "hexadecimal", `"x"`, `"ff"`, "pattern"},
	{tString, "hexcolor", `"x"`, `"#ffffff"`, "pattern"},
	{tString, "lowercase", `"A"`, `"a"`, "pattern"},
	{tString, "uppercase", `"a"`, `"A"`, "pattern"},
	{tString, "base64", `"!"`, `"AQI="`, "format_base64"},
	{tString, "base64url", `"!"`, `"AQI="`, "format_base64"},
	{tString, "json", `"{"`, `"{}"`, "format_json"},
	{tString, "jwt", `"a"`, `"e30.e30.e30"`, "format_jwt"},
	{tString, "semver", `"1"`, `"1.2.3"`, "format_semver"},
	{tString, "iso4217", `"X"`, `"EUR"`, "format_currency"},
	{tString, "iso3166_1_alpha2", `"XX"`, `"FR"`, "format_country"},
	{tString, "country_code", `"XX"`, `"FR"`, "format_country"},
	{tString, "bcp47_language_tag", `"1"`, `"en-GB"`, "format_language"},
	{tString, "credit_card", `"1"`, `"4242424242424242"`, "format_card"},
	{tString, "contains=x", `"a"`, `"x"`, "contains"},
	{tString, "excludes=x", `"x"`, `"a"`, "excludes"},
	{tString, "startswith=x", `"ax"`, `"xa"`, "prefix"},
	{tString, "endswith=x", `"xa"`, `"ax"`, "suffix"},
	{tString, "latitude", `"91"`, `"9"`, "format_latitude"},
	{tString, "longitude", `"181"`, `"9"`, "format_longitude"},
	{tString, "lt=1", `"a"`, `""`, "max_length"},
	{tString, "oneofci=A", `"b"`, `"a"`, "enum"},
	{tTime, "gt", `"2001-01-01T00:00:00Z"`, `"9001-01-01T00:00:00Z"`, "exclusive_min"},
	{tTime, "gte", `"2001-01-01T00:00:00Z"`, `"9001-01-01T00:00:00Z"`, "min"},
	{tTime, "lt", `"9001-01-01T00:00:00Z"`, `"2001-01-01T00:00:00Z"`, "exclusive_max"},
	{tTime, "lte", `"9001-01-01T00:00:00Z"`, `"2001-01-01T00:00:00Z"`, "max"},
	{tString, "email|uuid", `"a"`, `"a@example.com"`, "invalid"},
	{tString, "isbn", `"a"`, `"9780306406157"`, "invalid"},
}

func TestCodesAreStable(t *testing.T) {
	said := codeTable{}
	for _, tc := range stableRules {
		c, err := newCore(Config{}, typeWith(tc.t, tc.rule))
		if err != nil {
			t.Errorf("%s: %v", tc.rule, err)
			continue
		}
		if tc.good != "" {
			if err := c.parse(t.Context(), []byte(`{"v":`+tc.good+`}`), reflect.New(c.root.Node.Typ).Interface()); err != nil {
				t.Errorf("%s refuses %s: %v", tc.rule, tc.good, err)
			}
		}
		err = c.parse(t.Context(), []byte(`{"v":`+tc.bad+`}`), reflect.New(c.root.Node.Typ).Interface())
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok || len(e.Faults) != 1 || e.Faults[0].Code != tc.code || *e.Faults[0].Pointer != "/v" {
			t.Errorf("%s on %s: %v, want %s", tc.rule, tc.bad, err, tc.code)
			continue
		}
		if m := e.Faults[0].Message; strings.Contains(m, "%") || m == "" {
			t.Errorf("%s: message %q", tc.rule, m)
		}
		said.note(e.Faults)
	}
	stableRequests(t, said)
	// Each is documented with the params that it has been seen with, and no other.
	doc, _ := os.ReadFile("doc.go")
	for _, d := range differences(documentedCodes(t, string(doc)), said) {
		t.Error(d)
	}
}

// odd panics in the middle of validation, on a value that New does not try.
type odd struct{ N int }

func (o odd) ValidatorValue() any {
	if o.N == 13 {
		panic("thirteen")
	}
	return o.N
}

func TestRuleThatPanics(t *testing.T) {
	type held struct {
		O odd `json:"o" validate:"max=20"`
	}
	c, err := newCore(Config{}, reflect.TypeFor[held]())
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]error{`{"o":{"N":5}}`: nil, `{"o":{"N":13}}`: httperr.ErrInternal, `{"o":{"N":21}}`: plan.ErrInvalid, `{"o":{"N":13},"x":1}`: httperr.ErrInternal} {
		if err := c.parse(context.Background(), []byte(body), new(held)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
}
