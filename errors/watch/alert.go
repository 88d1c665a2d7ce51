package watch

import "time"

// Signal is what is counted.
type Signal uint8

// The signals. The text of a signal is stable.
const (
	Unauthorized Signal = iota // responses 401: unauthorized
	Forbidden                  // responses 403: forbidden
	Limited                    // responses 429: limited
	ServerErrors               // responses 500 to 599: server_errors
	Requests                   // requests: requests
	Bytes                      // bytes of the bodies of responses: bytes

	signals = iota
)

var signalNames = [signals]string{"unauthorized", "forbidden", "limited", "server_errors", "requests", "bytes"}

// String returns the text of the signal, "" if there is no such signal.
func (s Signal) String() string {
	if s < signals {
		return signalNames[s]
	}
	return ""
}

// Scope is for whom it is counted.
type Scope uint8

// The scopes. The text of a scope is stable.
const (
	Route     Scope = iota // pattern of the router: route
	Principal              // subject of the principal: principal
	Network                // client without a principal, IPv4 address or IPv6 /64: network

	scopes = iota
)

var scopeNames = [scopes]string{"route", "principal", "network"}

// String returns the text of the scope, "" if there is no such scope.
func (s Scope) String() string {
	if s < scopes {
		return scopeNames[s]
	}
	return ""
}

// Alert says that a series departed from its baseline.
type Alert struct {
	Signal Signal
	Scope  Scope

	// Subject is the route or the principal as the record has it, or the
	// prefix of the network. A principal may hold any text; log it through a
	// structured logger.
	Subject string

	// Shared says that the scope was full, and the count is that of several
	// subjects of which Subject is one.
	Shared bool

	// New says that there was no baseline yet.
	New bool

	Count    int64         // in the window so far, in requests or bytes
	Limit    int64         // that Count reached
	Baseline float64       // mean of past windows
	Since    time.Time     // start of the window, in UTC
	Window   time.Duration // its length

	// CorrelationID is that of the request which raised the alert.
	CorrelationID string
}
