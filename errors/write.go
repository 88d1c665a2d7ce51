package httperr

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Write answers r with the error envelope of err and puts err into the request
// record. It is what every layer of the suite refuses with.
//
// An [Error] anywhere in the tree of err decides the response. Of other errors
// it knows *http.MaxBytesError (413), context.DeadlineExceeded (504), timeouts
// of the network (408 if it was the client that was slow, else 504) and
// context.Canceled (nothing is written if it was the client that left). All
// others are 500 internal_error.
//
// If the response has already begun, Write panics with http.ErrAbortHandler,
// so that the client sees a broken response and not a spoilt one.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	e := classify(r, err)
	rec := carrier.From(r.Context())
	if rec == nil {
		rec = new(carrier.Record) // used alone: for its header values
	}
	id := ""
	rec.Update(func(f *carrier.Facts) {
		if f.CorrelationID == "" {
			f.CorrelationID = newID()
		}
		id, f.Code, f.Cause, f.Status = f.CorrelationID, e.Code, err, e.Status
	})
	if e.Status == errClientClosed.Status {
		return
	}
	if t := trackerOf(w); t != nil && t.committed() {
		panic(http.ErrAbortHandler)
	}
	writeEnvelope(w, r, rec, id, e)
}

func writeEnvelope(w http.ResponseWriter, r *http.Request, rec *carrier.Record, id string, e *Error) {
	h := w.Header()
	// These described the body that is not sent now.
	for _, name := range [...]string{"Content-Length", "Content-Encoding", "Content-Range", "Accept-Ranges", "Etag", "Last-Modified", "Trailer"} {
		delete(h, name)
	}
	v := rec.Values(4)
	set := func(i int, name, value string) {
		v[i] = value
		h[name] = v[i : i+1 : i+1]
	}
	set(0, "Content-Type", "application/json; charset=utf-8")
	set(1, "Cache-Control", "no-store")
	set(2, "X-Content-Type-Options", "nosniff")
	set(3, headerCorrelation, id)
	for name, values := range e.Header {
		h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(e.Status)
		return
	}
	buf := bodies.Get().(*[]byte)
	*buf = appendEnvelope((*buf)[:0], id, e)
	w.WriteHeader(e.Status)
	_, _ = w.Write(*buf) // a client that has gone needs no answer
	if cap(*buf) <= maxPooledBody {
		bodies.Put(buf)
	}
}

// maxPooledBody keeps one long list of faults from pinning its buffer for good.
const maxPooledBody = 16 << 10

var bodies = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

func appendEnvelope(b []byte, id string, e *Error) []byte {
	b = append(b, `{"code":`...)
	b = appendString(b, e.Code)
	b = append(b, `,"message":`...)
	b = appendString(b, e.Message)
	b = append(b, `,"correlation_id":`...)
	b = appendString(b, id)
	if len(e.Faults) > 0 {
		// Params are constants of a schema; one that JSON cannot express must
		// not cost the client the rest.
		if faults, err := json.Marshal(e.Faults); err == nil {
			b = append(b, `,"errors":`...)
			b = append(b, faults...)
		}
	}
	if e.Truncated {
		b = append(b, `,"truncated":true`...)
	}
	return append(b, "}\n"...)
}

// appendString appends s as a JSON string that is also safe inside HTML.
// encoding/json would do the same for two allocations, in the one place that a
// flood of refusals goes through.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c == '\u2028' || c == '\u2029':
			b = append(b, `\u202`...)
			b = append(b, hex[c&15])
		default:
			b = utf8.AppendRune(b, c) // invalid UTF-8 arrives as U+FFFD
		}
	}
	return append(b, '"')
}
