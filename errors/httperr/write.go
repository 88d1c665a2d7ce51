package httperr

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Write answers r with the error envelope of err and stores err in the record of
// the request. Every layer of the suite refuses through Write.
//
// An [Error] anywhere in the tree of err decides the response, together with the faults of
// package validate in the tree. If there is no
// Error, the functions of Config.Classify decide, and after them these rules:
//
//	*http.MaxBytesError           413
//	context.DeadlineExceeded      504
//	http.ErrHandlerTimeout        408
//	a timeout of the network      408 if the client was slow, else 504
//	any other error               500 internal_error
//
// A client that breaks off its own request is not a failure of the server. So a
// status of 500 or above is replaced, whatever decided it, except for a panic:
//
//	err wraps the error of reading the body    400 body_incomplete, 408 after a deadline
//	the whole request was cancelled            499 client_closed_request
//
// The whole request is cancelled when the client left or the server is closing.
// A client that only closed its sending side can still read the 499. The record
// keeps err as the cause. The errors of the body are known only inside the
// outermost layer, see [Middleware].
//
// Write removes headers that describe the response of the handler, because that
// response is not sent. Cookies stay, for a refusal may have to end a session.
// Content-Encoding stays if another layer has wrapped the writer, since it may
// belong to a compressor there (golang/go#66343). So a handler that has set it
// itself deletes it before Write; [HandlerFunc] does that for its handler.
//
// If the response has already begun, Write panics with http.ErrAbortHandler: the
// client then sees that the response is incomplete, and gets no error body in
// the middle of it.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	rec := carrier.From(r.Context()) // nil if no layer of the suite runs outside
	var f carrier.Facts
	if rec != nil {
		f = rec.Facts()
	}
	m, id := outermost(f.Outer), f.CorrelationID
	e, failed := m.classifyError(r, err)
	t := trackerOf(w)
	if t != nil && t.replaced {
		return // Seal or WrapMux has already answered
	}
	if id == "" && t != nil {
		id = t.id // a layer in between has dropped the context
	}
	if id == "" {
		id = newID(time.Now())
	}
	if rec != nil {
		rec.Update(func(f *carrier.Facts) {
			if f.CorrelationID == "" {
				f.CorrelationID = id
			}
			id, f.Code, f.Cause, f.Status = f.CorrelationID, e.Code, err, e.Status
		})
	}
	if t != nil {
		if t.committed() {
			panic(http.ErrAbortHandler)
		}
		if t.sealedRequest != nil && failed {
			keepSafeHeaders(w.Header(), t.ownsEncoding(w))
		}
		t.writingRefusal, t.refused, t.err, t.code = true, true, err, e.Code
	}
	if t != nil && t.ownsEncoding(w) {
		delete(w.Header(), headerEncoding)
	}
	m.writeRefusal(w, r, rec, e, id)
	if t != nil {
		// A layer in between may have kept the refusal from t. Then the response
		// that the layer sends instead is not a refusal of Write.
		t.writingRefusal, t.refused = false, t.status != 0
	}
}

func (m *Middleware) writeRefusal(w http.ResponseWriter, r *http.Request, rec *carrier.Record, e *Error, id string) {
	buf := bodyPool.Get().(*[]byte)
	body, contentType := m.encode((*buf)[:0], Refusal{
		Status: e.Status, Code: e.Code, Message: e.Message, CorrelationID: id, Faults: e.Faults, Truncated: e.Truncated,
	})
	h := w.Header()
	removeRepresentationHeaders(h)
	v := rec.Values(4)
	set := func(i int, name, value string) {
		v[i] = value
		h[name] = v[i : i+1 : i+1]
	}
	set(0, "Content-Type", contentType)
	set(1, "Cache-Control", "no-store")
	set(2, "X-Content-Type-Options", "nosniff")
	set(3, m.cfg.CorrelationHeader, id)
	if (e.declared == ErrBodyTooLarge || e == ErrBodyTooLarge) && r.ProtoMajor == 1 {
		// http.MaxBytesReader closes the connection through a method of the
		// server's own writer, and does not unwrap the tracker to find it.
		h["Connection"] = []string{"close"}
	}
	for name, values := range e.Header {
		h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	w.WriteHeader(e.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // if this fails, the client has left
	}
	if _, builtIn := m.cfg.Encoder.(envelope); builtIn && cap(body) <= maxPooledBody {
		*buf = body[:0]
		bodyPool.Put(buf) // a foreign Encoder may keep the buffer, or return one that it owns
	}
}

// removeRepresentationHeaders removes from h the headers that describe the
// response of the handler, which is not sent, except Content-Encoding. It also removes every cache
// directive, including the names that only some caches obey: a cache could
// otherwise store one caller's refusal and send it to all others.
func removeRepresentationHeaders(h http.Header) {
	for name := range h {
		switch name {
		case "Content-Length", "Content-Range", "Content-Language", "Content-Location", "Content-Disposition",
			"Accept-Ranges", "Etag", "Last-Modified", "Expires", "Pragma", "Surrogate-Control", "Surrogate-Key", "Location", "Trailer":
			delete(h, name)
		default:
			if strings.HasSuffix(name, "Cache-Control") || strings.HasPrefix(name, http.TrailerPrefix) {
				delete(h, name)
			}
		}
	}
}

// maxPooledBody is the largest buffer, in bytes, that goes back to the pool. A
// long list of faults must not keep its large buffer allocated.
const maxPooledBody = 16 << 10

var bodyPool = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}
