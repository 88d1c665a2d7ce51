package detect

import (
	"strings"
	"testing"
)

// The value of a header field ends with its line, or with the folded lines that
// continue it.
func TestNextHeader(t *testing.T) {
	d := New(nil, nil)
	for in, want := range map[string]string{
		"GET / HTTP/1.1\n\nHost: x\n\nAuthorization: Token a b\n\nCookie: a=b; c=d\n\nAccept: y\n\n\n": "GET / HTTP/1.1\n\nHost: x\n\nAuthorization: [REDACTED]\n\nCookie: [REDACTED]\n\nAccept: y\n\n\n",
		"> X-Api-Key: a b\n> Host: x":                        "> X-Api-Key: [REDACTED]\n> Host: x",
		"k:Set-Cookie: sid=a\nHost: x":                       "k:Set-Cookie: [REDACTED]\nHost: x",
		"Set-Cookie: sid=a;\n\n Path=/\n  Secure\nHost: x":   "Set-Cookie: [REDACTED]\nHost: x",
		"Cookie:\n a=b\nHost: x":                             "Cookie:\n [REDACTED]\nHost: x",
		"  Cookie: a=b\n  Host: x\n":                         "  Cookie: [REDACTED]\n  Host: x\n",
		"  Cookie: a=b\n   c=d\n  Host: x\n":                 "  Cookie: [REDACTED]\n  Host: x\n",
		"Cookie: a\n \n":                                     "Cookie: [REDACTED]\n",
		"Cookie: [REDACTED]\nCookie:\n\n\nX-Auth-Token: \nz": "Cookie: [REDACTED]\nCookie:\n\n\nX-Auth-Token: \nz",
		"'Cookie: a'\npassword: b\nHost: c\nCookie:d\n":      "'Cookie: a'\npassword: b\nHost: c\nCookie:d\n", // only Next may find these
		"": "",
	} {
		var b strings.Builder
		at := 0
		for lo, hi := d.NextHeader(in, 0); lo >= 0; lo, hi = d.NextHeader(in, hi) {
			b.WriteString(in[at:lo] + Mark)
			at = hi
		}
		if got := b.String() + in[at:]; got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}
