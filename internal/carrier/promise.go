package carrier

import (
	"net/http"
	"slices"
)

// A HeaderPolicy is the promise of a layer about the header of the response, such as the
// fields of CORS. Its methods are safe for concurrent use.
type HeaderPolicy interface {
	// Settle changes h, the header of a response that is sent next, so that h keeps the
	// promise. It must not allocate if h keeps the promise already.
	Settle(h http.Header, p Pending)
}

// Pending describes a response whose header is sent next.
type Pending struct {
	Status int

	// Lost says that fields may be missing against the will of the handler. The error pages
	// of net/http delete fields, and a proxy that forwards an informational response
	// clears the whole header after it.
	Lost bool

	// Cleared says that the whole header was cleared after an informational response, so that
	// each field in it is of the service behind a proxy, and replaces nothing.
	Cleared bool

	Text  string    // the text of Promise
	Inner []Promise // the promises of layers inside of this one, the innermost last
}

// A Promise is a policy with the text that belongs to one response, such as its nonce.
type Promise struct {
	Policy HeaderPolicy
	Text   string
}

// Promise registers a policy for the response. The layers call it from the outermost
// to the innermost one, before they run the next handler. A nil Record does nothing: then
// no layer settles the header.
func (rec *Record) Promise(policy HeaderPolicy, text string) {
	if rec == nil {
		return
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if int(rec.promises) < len(rec.promised) {
		rec.promised[rec.promises] = Promise{policy, text}
		rec.promises++
		return
	}
	all := slices.Concat(rec.allPromises(), []Promise{{policy, text}})
	rec.needMore().promises = all
}

// morePromises is the part of a Record that few requests need.
type morePromises struct {
	promises []Promise   // all promises, if Record.promised has no room for them
	sent     []sentField // the fields of the last informational response
}

// allPromises returns the promises so far. The caller holds rec.mu.
func (rec *Record) allPromises() []Promise {
	if rec.more != nil && rec.more.promises != nil {
		return rec.more.promises
	}
	return rec.promised[:rec.promises:rec.promises]
}

func (rec *Record) needMore() *morePromises {
	if rec.more == nil {
		rec.more = new(morePromises)
	}
	return rec.more
}

// takeCleared reports whether h has no field of the last informational response, if there was
// one. It is true once: two layers may settle the same header. The caller holds rec.mu.
func (rec *Record) takeCleared(h http.Header) bool {
	if rec.more == nil || len(rec.more.sent) == 0 || slices.ContainsFunc(rec.more.sent, func(s sentField) bool { return s.isIn(h) }) {
		return false
	}
	rec.more.sent = nil
	return true
}

// Settle lets each policy settle h. The layer that owns the writer of the response calls it
// just before the header is sent, for each informational response and for the final one.
// lost says that an informational response was sent before. A nil Record does nothing.
func (rec *Record) Settle(h http.Header, status int, lost bool) {
	if rec == nil {
		return
	}
	rec.mu.Lock()
	promises, cleared := rec.allPromises(), rec.takeCleared(h)
	rec.mu.Unlock()
	for i := range promises {
		promises[i].Policy.Settle(h, Pending{
			Status:  status,
			Lost:    lost || status >= http.StatusBadRequest,
			Cleared: cleared,
			Text:    promises[i].Text,
			Inner:   promises[i+1:],
		})
	}
	if status < http.StatusOK && len(promises) > 0 {
		rec.noteSent(h)
	}
}

// A sentField is a field of an informational response. Its value is compared by its place in
// memory, because a service behind a proxy may send the same text.
type sentField struct {
	name  string
	value *string
}

func (s *sentField) isIn(h http.Header) bool {
	lines := h[s.name]
	return len(lines) > 0 && &lines[0] == s.value
}

// noteSent remembers the fields of an informational response.
func (rec *Record) noteSent(h http.Header) {
	sent := make([]sentField, 0, len(h))
	for name, lines := range h {
		if len(lines) > 0 {
			sent = append(sent, sentField{name, &lines[0]})
		}
	}
	rec.mu.Lock()
	rec.needMore().sent = sent
	rec.mu.Unlock()
}
