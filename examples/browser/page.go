package browser

import (
	_ "embed"
	"net/http"
)

//go:embed page.html
var page []byte

// Page is a page without any policy, as an attacker would serve it. Its scripts read and image
// try to read from other origins.
func Page() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page) // an error is the end of the connection
	})
}
