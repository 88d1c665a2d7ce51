package source_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/source"
)

// A handler that reads the cookie with net/http reads the same one, or none.
func FuzzCookie(f *testing.F) {
	for _, s := range []string{"jwt=a", "x=1; jwt=a\njwt=b", `jwt="a"; y`, "jwt = a ;;=;jwt", "jwt=\"\x01; jwt=é", "jwt\t=a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, fields string) {
		r := &http.Request{Header: http.Header{"Cookie": strings.Split(fields, "\n")}}
		value, count := source.Cookie(r.Header, "jwt")
		peers := r.CookiesNamed("jwt")
		if len(peers) > count && count < 2 {
			t.Fatalf("%q: net/http finds %d cookies, Cookie finds %d", fields, len(peers), count)
		}
		if count == 1 && len(peers) == 1 && peers[0].Value != value {
			t.Fatalf("%q: net/http reads %q, Cookie reads %q", fields, peers[0].Value, value)
		}
	})
}

// The token is in no field of the copy, and every other subprotocol is still offered.
func FuzzWithoutSubprotocol(f *testing.F) {
	for _, s := range []string{"bearer, a.b.c", "chat,bearer,,a.b.c\nsoap", "a, bearer, a, a", "bearer\na"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, fields string) {
		r := &http.Request{Header: http.Header{"Sec-Websocket-Protocol": strings.Split(fields, "\n")}}
		token, count := source.Subprotocol(r.Header, "bearer")
		if token == "" {
			return
		}
		before := elements(r.Header)
		if i := slices.Index(before, "bearer"); i < 0 || i+1 == len(before) || before[i+1] != token {
			t.Fatalf("%q: the token is %q", fields, token)
		}
		if got := len(slices.DeleteFunc(slices.Clone(before), func(s string) bool { return s != "bearer" })); got != count {
			t.Fatalf("%q: bearer counts %d, want %d", fields, count, got)
		}
		c := source.WithoutSubprotocol(r, token)
		if strings.Contains(strings.Join(c.Header["Sec-Websocket-Protocol"], "\n"), token) {
			t.Fatalf("%q: the token is left in %q", fields, c.Header)
		}
		want := slices.DeleteFunc(before, func(s string) bool { return strings.Contains(s, token) })
		if got := elements(c.Header); !slices.Equal(got, want) {
			t.Fatalf("%q: %q is left, want %q", fields, got, want)
		}
	})
}

// elements is the reference for the list of subprotocols.
func elements(h http.Header) (all []string) {
	for _, s := range strings.Split(strings.Join(h["Sec-Websocket-Protocol"], ","), ",") {
		if s = strings.Trim(s, " \t"); s != "" {
			all = append(all, s)
		}
	}
	return all
}
