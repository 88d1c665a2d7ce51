package source

import (
	"iter"
	"net/http"
	"strings"
)

const headerProtocol = "Sec-Websocket-Protocol"

// Subprotocol returns the WebSocket subprotocol that follows marker in the offer of the
// client (RFC 6455, section 11.3.4), or "" if marker is the last one. count is the number of
// times that marker is offered. Several fields are one list.
func Subprotocol(h http.Header, marker string) (token string, count int) {
	lines := h[headerProtocol]
	if len(lines) == 0 {
		return "", 0
	}
	isNext := false
	for protocol := range offered(lines) {
		if isNext {
			token, isNext = protocol, false
		}
		if protocol == marker {
			isNext = count == 0
			count++
		}
	}
	return token, count
}

// WithoutSubprotocol returns a copy of r that does not offer a subprotocol with token in
// it. The other subprotocols keep their order, in one field.
func WithoutSubprotocol(r *http.Request, token string) *http.Request {
	var kept []string
	for protocol := range offered(r.Header[headerProtocol]) {
		if !strings.Contains(protocol, token) {
			kept = append(kept, protocol)
		}
	}
	c := *r
	c.Header = r.Header.Clone()
	delete(c.Header, headerProtocol)
	if len(kept) > 0 {
		c.Header[headerProtocol] = []string{strings.Join(kept, ", ")}
	}
	return &c
}

// offered ranges over the elements of a list (RFC 9110, section 5.6.1). Empty elements do
// not count.
func offered(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, list := range lines {
			for more := true; more; {
				var protocol string
				protocol, list, more = strings.Cut(list, ",")
				if protocol = strings.Trim(protocol, " \t"); protocol != "" && !yield(protocol) {
					return
				}
			}
		}
	}
}
