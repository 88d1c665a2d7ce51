package httperr

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/go-sallyport/sallyport/internal/statuswriter"
)

// A tracker is a response writer that knows whether the response has begun and
// what was sent. It lets its inner writer's Flush, Push, Hijack and ReadFrom
// through where there are any, as statuswriter.Like says.
type tracker struct {
	under    http.ResponseWriter
	id       string // correlation ID, set by the outermost layer
	status   int    // 0 until the response has begun
	bytes    int64
	hijacked bool
	refused  bool  // the response is one of Write's, with
	err      error // its error and
	code     string
	onMux    *http.Request // set by WrapMux: a request that the router handles
	sealed   *http.Request // set by Seal: a request whose failures are replaced
	ours     bool          // Write is writing the response
	drop     bool          // the response was replaced; what the handler writes is not sent
	dropped  int64         // bytes that were not sent
}

// flushTracker is a tracker on a writer that can flush.
type flushTracker struct{ tracker }

// pushTracker is one on a writer that can also push, as in HTTP/2.
type pushTracker struct{ *flushTracker }

// hijackTracker is one on a writer that can be hijacked.
type hijackTracker struct{ flushTracker }

// connTracker is one that can also copy from a file, as in HTTP/1.1.
type connTracker struct{ hijackTracker }

// track begins tracking w with t and returns it as the writer to hand on.
func track(w http.ResponseWriter, t *connTracker) (*tracker, http.ResponseWriter) {
	t.under = w
	return &t.tracker, statuswriter.Like(w, &t.tracker, &t.flushTracker, pushTracker{&t.flushTracker}, &t.hijackTracker, t)
}

// trackerOf returns the innermost tracker that w writes to, or nil.
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

func (t *tracker) tracked() *tracker { return t }

func (t *tracker) committed() bool { return t.status != 0 || t.hijacked }

// Header implements http.ResponseWriter. Once the response has been replaced,
// what a handler still sets, trailers included, goes nowhere.
func (t *tracker) Header() http.Header {
	if t.drop {
		return make(http.Header)
	}
	return t.under.Header()
}

// Unwrap serves http.ResponseController.
func (t *tracker) Unwrap() http.ResponseWriter { return t.under }

// WriteHeader implements http.ResponseWriter.
func (t *tracker) WriteHeader(status int) {
	if t.status != 0 {
		if !t.drop {
			t.under.WriteHeader(status) // net/http logs the superfluous call
		}
		return
	}
	if !t.ours && t.replace(status) {
		return
	}
	t.ownID()
	t.under.WriteHeader(status) // first, for it panics at a status that is none
	if status >= 200 || status == http.StatusSwitchingProtocols {
		t.status = status
	}
}

// ownID makes sure that the response has one correlation ID, which is ours: a
// proxy inside adds that of the service behind it, and clears the headers when
// that one sends an informational response first.
func (t *tracker) ownID() {
	if t.id == "" {
		return
	}
	h := t.under.Header()
	if v := h[headerCorrelation]; len(v) != 1 || v[0] != t.id {
		h[headerCorrelation] = []string{t.id}
	}
}

// Write implements http.ResponseWriter.
func (t *tracker) Write(p []byte) (int, error) {
	if t.drop {
		return t.discard(len(p))
	}
	t.begin()
	n, err := t.under.Write(p)
	t.bytes += int64(n)
	return n, err
}

// WriteString implements io.StringWriter.
func (t *tracker) WriteString(s string) (int, error) {
	if t.drop {
		return t.discard(len(s))
	}
	t.begin()
	n, err := io.WriteString(t.under, s)
	t.bytes += int64(n)
	return n, err
}

// maxDropped is how much of a replaced body is quietly discarded. A handler that
// goes on is told, so that one that streams without end does not.
const maxDropped = 64 << 10

var errReplaced = errors.New("httperr: the response has been replaced by an error")

func (t *tracker) discard(n int) (int, error) {
	if t.dropped += int64(n); t.dropped > maxDropped {
		return 0, errReplaced
	}
	return n, nil
}

func (t *tracker) begin() {
	if t.status == 0 {
		t.ownID()
		t.status = http.StatusOK
	}
}

// FlushError serves http.ResponseController. Every tracker has it, for the
// controller would otherwise unwrap it and begin the response unseen.
func (t *tracker) FlushError() error {
	if t.drop {
		return nil
	}
	if t.status == 0 {
		t.ownID()
	}
	err := http.NewResponseController(t.under).Flush()
	if !errors.Is(err, http.ErrNotSupported) {
		t.begin()
	}
	return err
}

// Flush implements http.Flusher.
func (t *flushTracker) Flush() { _ = t.FlushError() }

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

// ReadFrom implements io.ReaderFrom, and with it sendfile.
func (t *connTracker) ReadFrom(src io.Reader) (int64, error) {
	if t.drop {
		n, err := io.Copy(io.Discard, io.LimitReader(src, maxDropped-min(t.dropped, maxDropped)+1)) // src may have no end
		if err == nil {
			_, err = t.discard(int(n))
		}
		return n, err
	}
	before := t.status
	t.begin() // first, in case src panics halfway
	n, err := t.under.(io.ReaderFrom).ReadFrom(src)
	t.bytes += n
	if n == 0 && !errors.Is(err, http.ErrContentLength) && !errors.Is(err, http.ErrBodyNotAllowed) {
		t.status = before // nothing was read, so nothing was sent
	}
	return n, err
}
