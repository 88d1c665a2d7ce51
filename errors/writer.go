package httperr

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
)

// A tracker is a response writer that knows whether the response has begun and
// what was sent. It lets its inner writer's Flush, Hijack and ReadFrom through
// only where there are any, so that a type assertion finds what it would have
// found without us.
type tracker struct {
	under    http.ResponseWriter
	status   int // 0 until the response has begun
	bytes    int64
	hijacked bool
	onMux    *http.Request // set by WrapMux: a request that the router handles
	drop     bool          // the body is replaced; what the handler writes is not sent
}

// flushTracker is a tracker on a writer that can flush, as in HTTP/2.
type flushTracker struct{ tracker }

// connTracker is a tracker on a writer that can also be hijacked and can copy
// from a file, as in HTTP/1.1.
type connTracker struct{ flushTracker }

// track begins tracking w with t and returns it as the writer to hand on.
func track(w http.ResponseWriter, t *connTracker) (*tracker, http.ResponseWriter) {
	t.under = w
	_, flush := w.(http.Flusher)
	_, hijack := w.(http.Hijacker)
	_, readFrom := w.(io.ReaderFrom)
	switch {
	case flush && hijack && readFrom:
		return &t.tracker, t
	case flush:
		return &t.tracker, &t.flushTracker
	default:
		return &t.tracker, &t.tracker
	}
}

// trackerOf returns the innermost tracker that w writes to, or nil.
func trackerOf(w http.ResponseWriter) *tracker {
	for {
		switch t := w.(type) {
		case *tracker:
			return t
		case *flushTracker:
			return &t.tracker
		case *connTracker:
			return &t.tracker
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return nil
		}
	}
}

func (t *tracker) committed() bool { return t.status != 0 || t.hijacked }

// Header implements http.ResponseWriter.
func (t *tracker) Header() http.Header { return t.under.Header() }

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
	if t.onMux != nil && t.onMux.Pattern == "" && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed) {
		t.replaceMux(status)
		return
	}
	if status >= 200 || status == http.StatusSwitchingProtocols {
		t.status = status
	}
	t.under.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (t *tracker) Write(p []byte) (int, error) {
	if t.drop {
		return len(p), nil
	}
	t.begin()
	n, err := t.under.Write(p)
	t.bytes += int64(n)
	return n, err
}

// WriteString implements io.StringWriter.
func (t *tracker) WriteString(s string) (int, error) {
	if t.drop {
		return len(s), nil
	}
	t.begin()
	n, err := io.WriteString(t.under, s)
	t.bytes += int64(n)
	return n, err
}

func (t *tracker) begin() {
	if t.status == 0 {
		t.status = http.StatusOK
	}
}

// FlushError serves http.ResponseController. Every tracker has it, for the
// controller would otherwise unwrap it and begin the response unseen.
func (t *tracker) FlushError() error {
	if t.drop {
		return nil
	}
	err := http.NewResponseController(t.under).Flush()
	if !errors.Is(err, http.ErrNotSupported) {
		t.begin()
	}
	return err
}

// Flush implements http.Flusher.
func (t *flushTracker) Flush() { _ = t.FlushError() }

// Hijack implements http.Hijacker.
func (t *connTracker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := t.under.(http.Hijacker).Hijack()
	t.hijacked = t.hijacked || err == nil
	return conn, rw, err
}

// ReadFrom implements io.ReaderFrom, and with it sendfile.
func (t *connTracker) ReadFrom(src io.Reader) (int64, error) {
	if t.drop {
		return io.Copy(io.Discard, src)
	}
	before := t.status
	t.begin() // first, in case src panics halfway
	n, err := t.under.(io.ReaderFrom).ReadFrom(src)
	if t.bytes += n; n == 0 && err != nil {
		t.status = before // nothing was read, so nothing was sent
	}
	return n, err
}
