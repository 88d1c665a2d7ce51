// Package until has the time that a decision has, for stores of our own.
//
// A context that ends by itself costs three allocations and a timer for each
// decision. A counter that gets its deadline as a value, beside the context of
// the request as it is, needs neither, and there is nothing that could be used
// again too early. A store from outside cannot name the type: it gets a context.
package until

import "time"

// A Span is when a decision began and when it has to end. Both have a monotonic
// reading.
type Span struct{ Begin, End time.Time }
