// Package tokens is the code of the page about tokens and sessions: each peer as services use
// it, and the same service on this library. README.md is the page.
package tokens

import (
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
)

const (
	issuer   = "https://issuer.example"
	audience = "https://notes.example"
)

// showCaller answers with the caller of a route behind authn.
var showCaller = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	p, _ := authn.FromContext(r.Context())
	_, _ = fmt.Fprint(w, p.Subject)
})
