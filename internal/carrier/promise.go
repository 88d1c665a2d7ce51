package carrier

import "net/http"

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
	if rec.promises == nil {
		rec.promises = rec.promised[:0]
	}
	rec.promises = append(rec.promises, Promise{policy, text})
}

// Settle lets each policy settle h. The layer that owns the writer of the response calls it
// just before the header is sent, for each informational response and for the final one.
// lost says that an informational response was sent before. A nil Record does nothing.
func (rec *Record) Settle(h http.Header, status int, lost bool) {
	if rec == nil {
		return
	}
	rec.mu.Lock()
	promises := rec.promises
	rec.mu.Unlock()
	for i := range promises {
		promises[i].Policy.Settle(h, Pending{
			Status: status,
			Lost:   lost || status >= http.StatusBadRequest,
			Text:   promises[i].Text,
			Inner:  promises[i+1:],
		})
	}
}
