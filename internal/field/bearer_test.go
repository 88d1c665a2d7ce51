package field_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/internal/field"
)

func TestBearer(t *testing.T) {
	for _, tc := range []struct {
		value    string
		isBearer bool
		token    string
		ok       bool
		other    bool
	}{
		{"Bearer abc", true, "abc", true, false},
		{"bEARER   abc", true, "abc", true, false},
		{"Bearer a, Bearer b", true, "a, Bearer b", true, false},
		{"Bearer", true, "", false, false},
		{"Bearer ", true, "", false, false},
		{"Bearerabc", true, "", false, false},
		{"Bearer\tabc", true, "", false, false},
		{"", false, "", false, false},
		{"abc", false, "", false, false},
		{"Basic abc", false, "", false, true},
		{"Basic ", false, "", false, false},
		{"Basic abc, Bearer def", false, "", false, false},
		{"Digest a=b, c=d", false, "", false, true},
		{"a(b c", false, "", false, false},
	} {
		token, ok := field.Bearer(tc.value)
		if is, other := field.IsBearer(tc.value), field.OtherScheme(tc.value); is != tc.isBearer || ok != tc.ok || ok && token != tc.token || other != tc.other {
			t.Errorf("%q: %v, %q, %v, %v", tc.value, is, token, ok, other)
		}
	}
}
