package source_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/source"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestCookie(t *testing.T) {
	for name, tc := range map[string]struct {
		fields []string
		value  string
		count  int
	}{
		"no field":                {nil, "", 0},
		"empty field":             {[]string{""}, "", 0},
		"alone":                   {[]string{"jwt=a.b.c"}, "a.b.c", 1},
		"among others":            {[]string{"x=1; jwt=a; y=2"}, "a", 1},
		"without spaces":          {[]string{"x=1;jwt=a;y=2"}, "a", 1},
		"in the second field":     {[]string{"x=1", "jwt=a"}, "a", 1},
		"empty":                   {[]string{"jwt="}, "", 1},
		"empty quotes":            {[]string{`jwt=""`}, "", 1},
		"without =":               {[]string{"jwt"}, "", 1},
		"quoted":                  {[]string{`jwt="a"`}, "a", 1},
		"half quoted":             {[]string{`jwt="a`}, `"a`, 1},
		"one quote":               {[]string{`jwt="`}, `"`, 1},
		"with =":                  {[]string{"jwt=a=="}, "a==", 1},
		"blanks around":           {[]string{" \tjwt=a\t "}, "a", 1},
		"blank before =":          {[]string{"jwt =a"}, "a", 1},
		"blank after =":           {[]string{"jwt= a"}, " a", 1},
		"twice":                   {[]string{"jwt=a; jwt=b"}, "a", 2},
		"twice the same":          {[]string{"jwt=a; jwt=a"}, "a", 2},
		"twice, one empty":        {[]string{"jwt=; jwt=a"}, "", 2},
		"twice in two fields":     {[]string{"jwt=a", "jwt=b"}, "a", 2},
		"three":                   {[]string{"jwt=a; jwt=b; jwt=c"}, "a", 2},
		"another case":            {[]string{"JWT=a"}, "", 0},
		"prefix of another name":  {[]string{"jwt2=a"}, "", 0},
		"suffix of another name":  {[]string{"xjwt=a"}, "", 0},
		"in the value of another": {[]string{"x=jwt=a"}, "", 0},
		"joined by a comma":       {[]string{"x=1, jwt=a"}, "", 0},
	} {
		if value, count := source.Cookie(http.Header{"Cookie": tc.fields}, "jwt"); value != tc.value || count != tc.count {
			t.Errorf("%s: %q, %d, want %q, %d", name, value, count, tc.value, tc.count)
		}
	}
}

func TestCookieAllocs(t *testing.T) {
	h := http.Header{"Cookie": {strings.Repeat("other=value; ", 40) + `jwt="a.b.c"`}}
	mwtest.MaxAllocs(t, "Cookie", 0, func() {
		if value, _ := source.Cookie(h, "jwt"); value != "a.b.c" {
			t.Fatal(value)
		}
	})
}
