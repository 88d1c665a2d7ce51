package flow

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	Prefix = "__Host-oauth-flow-" // of the name of each cookie
	Life   = 10 * time.Minute     // of a login that is under way
	Max    = 5                    // logins of one browser that are under way

	// clockSkew is how far the clock of the process that began the login may be ahead.
	clockSkew = time.Minute
)

// A Flow is a login that is under way.
type Flow struct {
	ID          string   `json:"-"`           // the end of the name of its cookie
	Secret      string   `json:"s"`           // the end of its state
	Provider    string   `json:"p"`           // the client that began it, with its RedirectURL
	Verifier    string   `json:"v"`           // code_verifier (RFC 7636)
	Nonce       string   `json:"n,omitempty"` // OpenID Connect Core, section 3.1.2.1
	ReturnTo    string   `json:"r,omitempty"`
	PreviousSID string   `json:"o,omitempty"`
	LoginSince  int64    `json:"l,omitempty"` // the earliest auth_time, in seconds since 1970
	ACR         []string `json:"a,omitempty"`
}

// The ID is the time of the start in milliseconds, in idDigits hexadecimal digits, and a random text.
const (
	idDigits = 11
	idRandom = 10
	idSize   = idDigits + idRandom
)

// New returns a Flow with an ID and a Secret of its own.
func New(now time.Time) *Flow {
	return &Flow{ID: fmt.Sprintf("%0*x%s", idDigits, now.UnixMilli(), rand.Text()[:idRandom]), Secret: rand.Text()}
}

// State returns the state of the authorization request (RFC 6749, section 4.1.1).
func (f *Flow) State() string { return f.ID + f.Secret }

// Start returns the time at which the login began, in milliseconds.
func (f *Flow) Start() time.Time {
	start, _ := startOf(f.ID)
	return start
}

// SplitState returns the ID and the Secret in a state.
func SplitState(state string) (id, secret string, ok bool) {
	if len(state) <= idSize {
		return "", "", false
	}
	_, ok = startOf(state[:idSize])
	return state[:idSize], state[idSize:], ok
}

// startOf returns the time of the start. ok is false if id is not an ID.
func startOf(id string) (start time.Time, ok bool) {
	if len(id) != idSize {
		return time.Time{}, false
	}
	for i := range len(id) {
		c := id[i]
		digit := '0' <= c && c <= '9'
		if i < idDigits && !digit && ('a' > c || c > 'f') || i >= idDigits && !digit && ('A' > c || c > 'Z') {
			return time.Time{}, false
		}
	}
	ms, err := strconv.ParseInt(id[:idDigits], 16, 64)
	return time.UnixMilli(ms), err == nil
}

// alive reports whether a login with this ID may be under way.
func alive(id string, now time.Time) bool {
	start, ok := startOf(id)
	age := now.Sub(start)
	return ok && -clockSkew <= age && age <= Life
}

// idOf returns the ID in the name of a cookie.
func idOf(name string) (id string, ok bool) { return strings.CutPrefix(name, Prefix) }
