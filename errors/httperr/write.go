package httperr

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Write answers r with the error envelope of err and puts err into the request
// record. It is what every layer of the suite refuses with.
//
// An [Error] anywhere in the tree of err decides the response, then the
// functions of Config.Classify. Of other errors Write knows *http.MaxBytesError
// (413), context.DeadlineExceeded (504), timeouts of the network (408 if it was
// the client that was slow, else 504) and context.Canceled (499
// client_closed_request if the whole request was cancelled, because the client
// left or the server is closing; whoever is still there reads it). All others
// are 500 internal_error.
//
// Headers that described the response which is not sent are removed; cookies
// stay, for a refusal may have to end a session.
//
// If the response has already begun, Write panics with http.ErrAbortHandler,
// so that the client sees a broken response and not a spoilt one.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	rec := carrier.From(r.Context()) // nil if it is used alone
	var f carrier.Facts
	if rec != nil {
		f = rec.Facts()
	}
	m, id := outermost(f.Outer), f.CorrelationID
	e := m.classifyError(r, err)
	t := trackerOf(w)
	if t != nil && t.drop {
		return // already answered in place of the handler
	}
	if id == "" && t != nil {
		id = t.id // a layer between has dropped the context
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
		if t.sealed != nil && e.Status >= 500 {
			keepSafeHeaders(w.Header())
		}
		t.ours, t.refused, t.err, t.code = true, true, err, e.Code
	}
	m.writeRefusal(w, r, rec, e, id)
	if t != nil {
		// If a layer between has kept it from us, what comes instead is judged.
		t.ours, t.refused = false, t.status != 0
	}
}

func (m *Middleware) writeRefusal(w http.ResponseWriter, r *http.Request, rec *carrier.Record, e *Error, id string) {
	buf := bodies.Get().(*[]byte)
	body, contentType := m.encode((*buf)[:0], Refusal{
		Status: e.Status, Code: e.Code, Message: e.Message, CorrelationID: id, Faults: e.Faults, Truncated: e.Truncated,
	})
	h := w.Header()
	dropDescription(h)
	v := rec.Values(4)
	set := func(i int, name, value string) {
		v[i] = value
		h[name] = v[i : i+1 : i+1]
	}
	set(0, "Content-Type", contentType)
	set(1, "Cache-Control", "no-store")
	set(2, "X-Content-Type-Options", "nosniff")
	set(3, headerCorrelation, id)
	if (e.kind == ErrBodyTooLarge || e == ErrBodyTooLarge) && r.ProtoMajor == 1 {
		// http.MaxBytesReader ends the connection through a method that only
		// the server's own writer has, and does not look for it behind ours.
		h["Connection"] = []string{"close"}
	}
	for name, values := range e.Header {
		h[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	w.WriteHeader(e.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that has gone needs no answer
	}
	if _, own := m.encoder.(envelope); own && cap(body) <= maxPooledBody {
		*buf = body[:0]
		bodies.Put(buf) // others may have kept it, or have given us what is theirs
	}
}

// dropDescription removes from h what described the response that is not sent
// now. A cache directive left behind, such as those that only some caches obey,
// would keep one caller's refusal for all others.
func dropDescription(h http.Header) {
	for name := range h {
		switch name {
		case "Content-Length", "Content-Encoding", "Content-Range", "Content-Language", "Content-Location", "Content-Disposition",
			"Accept-Ranges", "Etag", "Last-Modified", "Expires", "Pragma", "Surrogate-Control", "Surrogate-Key", "Location", "Trailer":
			delete(h, name)
		default:
			if strings.HasSuffix(name, "Cache-Control") || strings.HasPrefix(name, http.TrailerPrefix) {
				delete(h, name)
			}
		}
	}
}

// maxPooledBody keeps one long list of faults from pinning its buffer for good.
const maxPooledBody = 16 << 10

var bodies = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}
