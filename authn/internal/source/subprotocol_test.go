package source_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/source"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestSubprotocol(t *testing.T) {
	for name, tc := range map[string]struct {
		fields []string
		token  string
		count  int
		left   []string // without the token
	}{
		"no field":              {nil, "", 0, nil},
		"no marker":             {[]string{"chat, a.b.c"}, "", 0, nil},
		"marker and token":      {[]string{"bearer, a.b.c"}, "a.b.c", 1, []string{"bearer"}},
		"between others":        {[]string{"chat, bearer, a.b.c, soap"}, "a.b.c", 1, []string{"chat, bearer, soap"}},
		"without spaces":        {[]string{"chat,bearer,a.b.c,soap"}, "a.b.c", 1, []string{"chat, bearer, soap"}},
		"empty elements":        {[]string{"bearer, ,, a.b.c,"}, "a.b.c", 1, []string{"bearer"}},
		"marker last":           {[]string{"chat, bearer"}, "", 1, nil},
		"token first":           {[]string{"a.b.c, bearer"}, "", 1, nil},
		"another case":          {[]string{"Bearer, a.b.c"}, "", 0, nil},
		"two fields":            {[]string{"chat", "bearer, a.b.c"}, "a.b.c", 1, []string{"chat, bearer"}},
		"across two fields":     {[]string{"chat, bearer", "a.b.c, soap"}, "a.b.c", 1, []string{"chat, bearer, soap"}},
		"token twice":           {[]string{"a.b.c, bearer, a.b.c", "a.b.c"}, "a.b.c", 1, []string{"bearer"}},
		"token in another":      {[]string{"bearer, a.b.c, x-a.b.c-x"}, "a.b.c", 1, []string{"bearer"}},
		"marker twice":          {[]string{"bearer, a.b.c, bearer, d.e.f"}, "a.b.c", 2, []string{"bearer, bearer, d.e.f"}},
		"marker as token":       {[]string{"bearer, bearer"}, "bearer", 2, nil},
		"marker in two fields":  {[]string{"bearer, a.b.c", "bearer"}, "a.b.c", 2, []string{"bearer, bearer"}},
		"marker of a long name": {[]string{"bearers, a.b.c"}, "", 0, nil},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["X-Other"] = []string{"1"}
		if tc.fields != nil {
			r.Header["Sec-Websocket-Protocol"] = slices.Clone(tc.fields)
		}
		token, count := source.Subprotocol(r.Header, "bearer")
		if token != tc.token || count != tc.count {
			t.Errorf("%s: %q, %d, want %q, %d", name, token, count, tc.token, tc.count)
		}
		if token == "" || token == "bearer" {
			continue
		}
		c := source.WithoutSubprotocol(r, token)
		if got := c.Header["Sec-Websocket-Protocol"]; !slices.Equal(got, tc.left) || c.Header.Get("X-Other") != "1" || c.Context() != r.Context() {
			t.Errorf("%s: %q is left, want %q", name, got, tc.left)
		}
		if !slices.Equal(r.Header["Sec-Websocket-Protocol"], tc.fields) {
			t.Errorf("%s: the request has changed: %q", name, r.Header)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Sec-WebSocket-Protocol", "a.b.c")
	if c := source.WithoutSubprotocol(r, "a.b.c"); len(c.Header) != 0 {
		t.Errorf("an empty field is left: %v", c.Header)
	}
}

func TestSubprotocolAllocs(t *testing.T) {
	h := http.Header{"Sec-Websocket-Protocol": {strings.Repeat("other, ", 40) + "bearer, a.b.c"}}
	mwtest.MaxAllocs(t, "Subprotocol", 0, func() {
		if token, _ := source.Subprotocol(h, "bearer"); token != "a.b.c" {
			t.Fatal(token)
		}
	})
}
