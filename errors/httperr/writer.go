package httperr

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/statuswriter"
)

// A tracker is a response writer that records whether the response has begun,
// its status and the number of its bytes. It has the methods Flush, Push, Hijack
// ReadFrom and CloseNotify if the writer under it has them; see statuswriter.Like.
type tracker struct {
	under         http.ResponseWriter
	rec           *carrier.Record // nil if there is no outermost layer
	outermost     *Middleware     // nil if there is no outermost layer
	id            string          // correlation ID, set by the outermost layer
	status        int             // 0 until the response has begun
	bytes         int64
	discarded     int64         // bytes of the handler's output that were discarded
	err           error         // error that Write got
	code          string        // code that Write sent
	muxRequest    *http.Request // set by WrapMux: the request that the mux gets
	sealedRequest *http.Request // set by Seal: the request that the sealed handler gets

	hijacked       bool
	refused        bool // Write has answered; err and code belong to this refusal
	writingRefusal bool // Write is writing the response
	replaced       bool // the response was replaced; the handler's own output is discarded
	returned       bool // the handler of the outermost layer has returned
	informed       bool // an informational response was sent
	encoded        bool // a layer outside compresses: Content-Encoding was set before
}

const headerEncoding = "Content-Encoding"

// ownsEncoding reports whether a Content-Encoding in the headers of w, which ends
// in t, was set by a handler of t, so that it describes the body of the handler.
// Otherwise it may belong to a writer under t or between t and w: a compressor
// such as gorilla/handlers.CompressHandler sets it before the handler runs, and
// compresses the refusal as well.
func (t *tracker) ownsEncoding(w http.ResponseWriter) bool {
	direct, ok := w.(interface{ tracked() *tracker })
	return ok && direct.tracked() == t && !t.encoded
}

// flushTracker is a tracker on a writer that can flush.
type flushTracker struct{ tracker }

// pushTracker is a tracker on a writer that can also push, as in HTTP/2.
type pushTracker struct{ *flushTracker }

// hijackTracker is a tracker on a writer that can also be hijacked.
type hijackTracker struct{ flushTracker }

// connTracker is a tracker on a writer that can be hijacked and can copy from a
// file, as in HTTP/1.1.
type connTracker struct{ hijackTracker }

// These are the same trackers on a writer that has CloseNotify as well.
type (
	notifyingFlushTracker  struct{ *flushTracker }
	notifyingPushTracker   struct{ pushTracker }
	notifyingHijackTracker struct{ *hijackTracker }
	notifyingConnTracker   struct{ *connTracker }
)

// track puts t on top of w. It returns the tracker, and the writer for the next
// handler.
func track(w http.ResponseWriter, t *connTracker) (*tracker, http.ResponseWriter) {
	t.under = w
	t.encoded = len(w.Header()[headerEncoding]) > 0
	return &t.tracker, statuswriter.Like(w, &statuswriter.Writers{
		Bare: &t.tracker, Flusher: &t.flushTracker, Pusher: pushTracker{&t.flushTracker}, Hijacker: &t.hijackTracker, Conn: t,
		NotifyingFlusher:  notifyingFlushTracker{&t.flushTracker},
		NotifyingPusher:   notifyingPushTracker{pushTracker{&t.flushTracker}},
		NotifyingHijacker: notifyingHijackTracker{&t.hijackTracker},
		NotifyingConn:     notifyingConnTracker{t},
	})
}

// trackerOf unwraps w until it finds a tracker, and returns nil if there is no
// tracker. Of several trackers it returns the one nearest to w.
func trackerOf(w http.ResponseWriter) *tracker {
	for {
		switch t := w.(type) {
		case interface{ tracked() *tracker }:
			return t.tracked()
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return nil
		}
	}
}

// ensureTracker returns the tracker that w writes to, and w. If there is no
// tracker, because there is no outermost layer, it puts one on top of w.
func ensureTracker(w http.ResponseWriter) (*tracker, http.ResponseWriter) {
	if t := trackerOf(w); t != nil {
		return t, w
	}
	return track(w, new(connTracker))
}

func (t *tracker) tracked() *tracker { return t }

func (t *tracker) committed() bool { return t.status != 0 || t.hijacked }

// Header implements http.ResponseWriter. Once the response has been replaced, it
// returns an empty map that is never sent, so that headers and trailers which
// the handler still sets are lost.
func (t *tracker) Header() http.Header {
	if t.replaced {
		return make(http.Header)
	}
	return t.under.Header()
}

// Unwrap serves http.ResponseController.
func (t *tracker) Unwrap() http.ResponseWriter { return t.under }

// WriteHeader implements http.ResponseWriter.
func (t *tracker) WriteHeader(status int) {
	if t.status != 0 {
		if !t.replaced {
			t.under.WriteHeader(status) // net/http logs the superfluous call
		}
		return
	}
	if !t.writingRefusal && t.replace(status) {
		return
	}
	t.settle(status)
	t.under.WriteHeader(status) // before t.status is set, since it panics on an invalid status
	if status >= 200 || status == http.StatusSwitchingProtocols {
		t.status = status
	} else {
		t.informed = true
	}
}

// settle makes the header of the response what the layers have promised. It runs just before
// the header is sent, whichever method sends it.
func (t *tracker) settle(status int) {
	t.setCorrelationID()
	t.rec.Settle(t.under.Header(), status, t.informed)
}

// setCorrelationID makes sure that the response carries exactly one correlation
// ID: the ID of this chain. A proxy inside the chain adds the ID of the service
// behind it. If that service sends an informational response first, the proxy
// also clears the headers.
func (t *tracker) setCorrelationID() {
	if t.id == "" {
		return
	}
	h, name := t.under.Header(), t.outermost.cfg.CorrelationHeader
	if v := h[name]; len(v) != 1 || v[0] != t.id {
		h[name] = []string{t.id}
	}
}

// Write implements http.ResponseWriter.
func (t *tracker) Write(p []byte) (int, error) {
	if t.replaced {
		return t.discard(len(p))
	}
	t.begin()
	n, err := t.under.Write(p)
	t.bytes += int64(n)
	return n, err
}

// WriteString implements io.StringWriter.
func (t *tracker) WriteString(s string) (int, error) {
	if t.replaced {
		return t.discard(len(s))
	}
	t.begin()
	n, err := io.WriteString(t.under, s)
	t.bytes += int64(n)
	return n, err
}

// maxDiscarded is the number of bytes of a replaced body that are discarded
// without an error. Beyond it every write returns errReplaced, so that a handler
// that streams without end stops.
const maxDiscarded = 64 << 10

var errReplaced = errors.New("httperr: the response has been replaced by an error")

func (t *tracker) discard(n int) (int, error) {
	if t.discarded += int64(n); t.discarded > maxDiscarded {
		return 0, errReplaced
	}
	return n, nil
}

func (t *tracker) begin() {
	if t.status == 0 {
		t.settle(http.StatusOK)
		t.status = http.StatusOK
	}
}

// FlushError serves http.ResponseController. Every tracker has this method:
// without it the controller would unwrap the tracker and flush the writer under
// it, and the tracker would not know that the response has begun.
func (t *tracker) FlushError() error {
	if t.replaced {
		return nil
	}
	if t.status == 0 {
		t.settle(http.StatusOK)
	}
	err := http.NewResponseController(t.under).Flush()
	if !errors.Is(err, http.ErrNotSupported) {
		t.begin()
	}
	return err
}

// Flush implements http.Flusher.
func (t *flushTracker) Flush() { _ = t.FlushError() }

// SetReadDeadline is the method that http.ResponseController calls.
func (t *flushTracker) SetReadDeadline(at time.Time) error {
	return http.NewResponseController(t.under).SetReadDeadline(at)
}

// SetWriteDeadline is the method that http.ResponseController calls.
func (t *flushTracker) SetWriteDeadline(at time.Time) error {
	return http.NewResponseController(t.under).SetWriteDeadline(at)
}

// EnableFullDuplex is the method that http.ResponseController calls.
func (t *flushTracker) EnableFullDuplex() error {
	return http.NewResponseController(t.under).EnableFullDuplex()
}

// Push implements http.Pusher.
func (t pushTracker) Push(target string, opts *http.PushOptions) error {
	return t.under.(http.Pusher).Push(target, opts)
}

// Hijack implements http.Hijacker.
func (t *hijackTracker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := t.under.(http.Hijacker).Hijack()
	t.hijacked = t.hijacked || err == nil
	return conn, rw, err
}

// ReadFrom implements io.ReaderFrom, which lets net/http use sendfile.
func (t *connTracker) ReadFrom(src io.Reader) (int64, error) {
	if t.replaced {
		n, err := io.Copy(io.Discard, io.LimitReader(src, maxDiscarded-min(t.discarded, maxDiscarded)+1)) // src may have no end
		if err == nil {
			_, err = t.discard(int(n))
		}
		return n, err
	}
	before := t.status
	t.begin() // before the copy, in case src panics in the middle
	n, err := t.under.(io.ReaderFrom).ReadFrom(src)
	t.bytes += n
	if n == 0 && !errors.Is(err, http.ErrContentLength) && !errors.Is(err, http.ErrBodyNotAllowed) {
		t.status = before // ReadFrom read nothing, so net/http sent nothing
	}
	return n, err
}

// CloseNotify implements http.CloseNotifier.
func (t notifyingFlushTracker) CloseNotify() <-chan bool { return statuswriter.CloseNotify(t.under) }

// CloseNotify implements http.CloseNotifier.
func (t notifyingPushTracker) CloseNotify() <-chan bool { return statuswriter.CloseNotify(t.under) }

// CloseNotify implements http.CloseNotifier.
func (t notifyingHijackTracker) CloseNotify() <-chan bool { return statuswriter.CloseNotify(t.under) }

// CloseNotify implements http.CloseNotifier.
func (t notifyingConnTracker) CloseNotify() <-chan bool { return statuswriter.CloseNotify(t.under) }
