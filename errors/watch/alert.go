package watch

import "time"

// Signal is a kind of event that is counted.
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

// String returns the text of the signal, or "" if there is no such signal.
func (s Signal) String() string {
	if s < signals {
		return signalNames[s]
	}
	return ""
}

// Scope is the kind of subject for which a signal is counted.
type Scope uint8

// The scopes. The text of a scope is stable.
const (
	Route     Scope = iota // pattern of the router: route
	Principal              // subject of the principal: principal
	Network                // client without a principal, IPv4 address or IPv6 /64: network

	scopes = iota
)

var scopeNames = [scopes]string{"route", "principal", "network"}

// String returns the text of the scope, or "" if there is no such scope.
func (s Scope) String() string {
	if s < scopes {
		return scopeNames[s]
	}
	return ""
}

// Series is the count of one signal of one subject, with its baseline.
type Series struct {
	Signal Signal
	Scope  Scope

	// Subject is the route or the principal of the record, or the prefix of the
	// network. A principal may hold any text, so log it through a structured
	// logger.
	Subject string

	// Shared says that the scope was full, so that Count is the sum of several
	// subjects, including Subject.
	Shared bool

	// New says that the series had no baseline yet.
	New bool

	Count    int64   // requests or bytes in the window so far
	Limit    int64   // the limit of the series
	Baseline float64 // mean of past windows
}

// Alert says that an event began: the embedded Series reached its limit. Other
// series that reach theirs in the same event raise no alert.
type Alert struct {
	Series

	// Others are the other series of the same route and the same client that have
	// reached half of their limits in this window, or more, and the client that
	// causes half of Count, or more. They are in the order of their signals.
	Others []Series

	Since  time.Time     // start of the window, in UTC
	Window time.Duration // length of the window

	// CorrelationID is the correlation ID of the request that raised the alert.
	CorrelationID string
}
