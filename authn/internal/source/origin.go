package source

import (
	"errors"
	"net/http"

	"github.com/go-sallyport/sallyport/internal/field"
)

var errOrigin = errors.New("the handshake of a WebSocket needs one Origin, and a Host to compare it with")

// CheckOrigin returns an error if a page of another origin may have caused r. Requests with
// an unsafe method pass through p. A request that changes the protocol needs an Origin that
// is equal to its host, or that p trusts: p lets each GET pass, but the handshake of a
// WebSocket is a GET, and any page may read from the connection.
//
// A pattern of p.AddInsecureBypassPattern also lets a handshake pass, whatever its method.
func CheckOrigin(p *http.CrossOriginProtection, r *http.Request) error {
	if err := p.Check(r); err != nil || !changesProtocol(r) {
		return err
	}
	origins := r.Header["Origin"]
	if len(origins) != 1 || origins[0] == "" || r.Host == "" {
		return errOrigin
	}
	// With an unsafe method, and without Sec-Fetch-Site, p compares Origin.
	return p.Check(&http.Request{Method: http.MethodPost, URL: r.URL, Host: r.Host, Header: http.Header{"Origin": origins}})
}

// changesProtocol reports whether r may open a WebSocket: with Upgrade (RFC 6455, section
// 4.1), or over HTTP/2 with an extended CONNECT (RFC 8441, section 4), whose pseudo-header
// net/http keeps as ":protocol". It does not count a lone "h2c", with which some HTTP clients
// ask for HTTP/2; a browser never sends it.
func changesProtocol(r *http.Request) bool {
	if r.Method == http.MethodConnect || len(r.Header[":protocol"]) > 0 {
		return true
	}
	upgrade := r.Header["Upgrade"]
	return len(upgrade) > 1 || len(upgrade) == 1 && upgrade[0] != "" && !field.EqualFold(upgrade[0], "h2c")
}
