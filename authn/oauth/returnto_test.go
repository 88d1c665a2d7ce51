package oauth_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/oauthtest"
)

// returnTos are values of return_to, and whether they are a page of this host.
var returnTos = map[string]bool{
	"/":                     true,
	"/notes":                true,
	"/notes/":               true,
	"/notes?tag=a&b=%2F%2F": true,
	"/notes?next=//evil":    true, // the query is no part of the path
	"/x#@evil":              true,
	"/x#//evil":             true,
	"/@evil":                true,
	"/x@evil":               true,
	"/:80":                  true,
	"/a/../b":               true,
	"/a/..":                 true,
	"/..":                   true,
	"/.":                    true,
	"/caf%C3%A9":            true,
	"/a%20b":                true,
	"/a;b=c":                true,
	"/a:b":                  true,
	"/a%252fb":              true,
	"/%252f%252fevil":       true, // decoded once it is a name
	"/?":                    true,
	"/#":                    true,
	"/~ann/(1)!$&'*+,=":     true,

	"":                                  false,
	"notes":                             false,
	"?a=1":                              false,
	"#a":                                false,
	".":                                 false,
	"./evil":                            false,
	"../evil":                           false,
	"//evil":                            false,
	"///evil":                           false,
	"//evil@app.example":                false,
	"/\\evil":                           false,
	"\\/evil":                           false,
	"\\\\evil":                          false,
	"/\t/evil":                          false,
	"/%09/evil":                         false,
	"/\n/evil":                          false,
	"/\r/evil":                          false,
	"/%0a/evil":                         false,
	"/%0d%0aSet-Cookie:a=b":             false,
	"\t//evil":                          false,
	" /x":                               false,
	"/x ":                               false,
	"/a b":                              false,
	"\x00/x":                            false,
	"/\x00":                             false,
	"/%00":                              false,
	"/%7f":                              false,
	"/a/../\\evil":                      false,
	"/a/..//evil":                       false,
	"/a/../%2fevil":                     false,
	"/.//evil":                          false,
	"/%2e//evil":                        false,
	"/%2fevil":                          false,
	"/%2Fevil":                          false,
	"/%2f%2fevil":                       false,
	"/%5cevil":                          false,
	"/%5C%5Cevil":                       false,
	"/a//b":                             false,
	"/%":                                false,
	"/%2":                               false,
	"/%zz":                              false,
	"/x?a=\\evil":                       false,
	"/x#\\":                             false,
	"/\u00e9":                           false,
	"/\u2044/evil":                      false,
	"/\uff0fevil":                       false,
	"\ufeff/x":                          false,
	"/x\u2028":                          false,
	"/x\"onload=1":                      true, // visible ASCII; the page escapes it
	"https:evil":                        false,
	"https:/evil":                       false,
	"https://evil":                      false,
	"http://app.example/x":              false,
	"HTTPS:evil":                        false,
	"javascript:alert(1)":               false,
	"java\tscript:alert(1)":             false,
	"data:text/html,x":                  false,
	"/" + strings.Repeat("a", 511):      true,
	"/" + strings.Repeat("a", 512):      false,
	"/" + strings.Repeat("%2f", 170):    false,
	"/a" + strings.Repeat("/../a", 100): true,
}

// The page after the login, over the wire.
func TestReturnTo(t *testing.T) {
	provider := oauthtest.New()
	defer provider.Close()
	s := newSite(t, provider, nil)
	if len(returnTos) < 60 {
		t.Errorf("only %d values", len(returnTos))
	}
	for value, local := range returnTos {
		b := newBrowser(t)
		v := b.send("GET", b.pause(s.URL+"/login?return_to="+url.QueryEscape(value)), "", "provider")
		want := "/"
		if local {
			want = value
		}
		if got := v.Header.Get("Refresh"); v.StatusCode != 200 || got != "0;url="+want {
			t.Errorf("%q: %d, Refresh %q, want %q", value, v.StatusCode, got, want)
		}
		if strings.Contains(v.text, `"onload`) {
			t.Errorf("%q is not escaped: %s", value, v.text)
		}
	}
	b := newBrowser(t)
	if v := b.open(s.URL + "/login?return_to=/a&return_to=/b"); !strings.HasPrefix(v.text, "page / ") {
		t.Errorf("two pages: %s", v.text)
	}
}
