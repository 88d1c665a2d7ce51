package flow_test

import (
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/flow"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/seal"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func newKeys(t testing.TB, secrets ...byte) flow.Keys {
	t.Helper()
	var all [][]byte
	for _, b := range secrets {
		secret := make([]byte, seal.KeySize)
		secret[0] = b
		all = append(all, secret)
	}
	return mwtest.Must[flow.Keys](t)(flow.NewKeys(all))
}

// requestWith returns a request with cookies.
func requestWith(pairs ...string) *http.Request {
	r := &http.Request{Header: http.Header{}}
	for i := 0; i < len(pairs); i += 2 {
		r.AddCookie(&http.Cookie{Name: pairs[i], Value: pairs[i+1]})
	}
	return r
}
