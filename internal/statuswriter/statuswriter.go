// Package statuswriter tells the status of a response from outside its handler.
//
// # Use
//
//	status, w := statuswriter.Wrap(w)
//	next.ServeHTTP(w, r)
//	code := status.Code()
//
// # Invariant
//
// The wrapped writer has exactly the abilities of the inner writer that Like knows, so
// a type assertion by a handler or by io.Copy finds the same as without it.
//
// # Place in the chain
//
// A layer that records or counts responses wraps the writer before it calls the next
// handler.
package statuswriter

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// A Status records the status of one response. It belongs to the goroutine of its
// handler.
type Status struct {
	inner    http.ResponseWriter
	code     int
	before   func(status int, informed bool) // nil, or the function of WrapBefore
	informed bool                            // an informational response was sent
}

// Each type is a view of a Status: see Writers.
type (
	flusher  struct{ Status }
	pusher   struct{ *flusher }
	hijacker struct{ flusher }
	conn     struct{ hijacker }

	notifyingFlusher  struct{ *flusher }
	notifyingPusher   struct{ pusher }
	notifyingHijacker struct{ *hijacker }
	notifyingConn     struct{ *conn }
)

// Wrap returns a Status and the writer for the next handler. The Status records the
// responses that are written through that writer.
func Wrap(w http.ResponseWriter) (*Status, http.ResponseWriter) {
	t := new(conn)
	t.inner = w
	return &t.Status, Like(w, &Writers{
		Bare: &t.Status, Flusher: &t.flusher, Pusher: pusher{&t.flusher}, Hijacker: &t.hijacker, Conn: t,
		NotifyingFlusher: notifyingFlusher{&t.flusher}, NotifyingPusher: notifyingPusher{pusher{&t.flusher}},
		NotifyingHijacker: notifyingHijacker{&t.hijacker}, NotifyingConn: notifyingConn{t},
	})
}

// WrapBefore is Wrap with a function that runs just before the header of a response is sent,
// whichever method sends it. informed says that an informational response was sent before. If
// the handler has sent nothing, the caller calls Finish.
func WrapBefore(w http.ResponseWriter, before func(status int, informed bool)) (*Status, http.ResponseWriter) {
	s, w := Wrap(w)
	s.before = before
	return s, w
}

// Finish runs the function of WrapBefore if no response has begun: net/http sends one with
// status 200.
func (s *Status) Finish() { s.run(http.StatusOK) }

// run runs the function of WrapBefore unless the response has begun.
func (s *Status) run(status int) {
	if s.before != nil && s.code == 0 {
		s.before(status, s.informed)
	}
}

// Code returns the status, or 0 if the response has not begun. The status of a hijacked
// connection is 101.
func (s *Status) Code() int { return s.code }

// Unwrap implements the interface of http.ResponseController.
func (s *Status) Unwrap() http.ResponseWriter { return s.inner }

// Header implements http.ResponseWriter.
func (s *Status) Header() http.Header { return s.inner.Header() }

// WriteHeader implements http.ResponseWriter. Status 101 is the only informational
// status that counts, because every other one is followed by a final status.
func (s *Status) WriteHeader(code int) {
	s.run(code)
	s.inner.WriteHeader(code) // first, because it panics for an invalid status
	if code < 200 && code != http.StatusSwitchingProtocols {
		s.informed = true
	} else if s.code == 0 {
		s.code = code
	}
}

// Write implements http.ResponseWriter.
func (s *Status) Write(p []byte) (int, error) {
	s.recordOK()
	return s.inner.Write(p)
}

// WriteString implements io.StringWriter.
func (s *Status) WriteString(text string) (int, error) {
	s.recordOK()
	return io.WriteString(s.inner, text)
}

// FlushError implements the interface of http.ResponseController. Without it the
// controller would unwrap the writer and begin the response unnoticed.
func (s *Status) FlushError() error {
	s.run(http.StatusOK)
	err := http.NewResponseController(s.inner).Flush()
	if s.code == 0 && !errors.Is(err, http.ErrNotSupported) {
		s.code = http.StatusOK
	}
	return err
}

func (s *Status) recordOK() {
	if s.code == 0 {
		s.run(http.StatusOK)
		s.code = http.StatusOK
	}
}

// Flush implements http.Flusher.
func (s *flusher) Flush() { _ = s.FlushError() }

// SetReadDeadline is the method that http.ResponseController calls.
func (s *flusher) SetReadDeadline(at time.Time) error {
	return http.NewResponseController(s.inner).SetReadDeadline(at)
}

// SetWriteDeadline is the method that http.ResponseController calls.
func (s *flusher) SetWriteDeadline(at time.Time) error {
	return http.NewResponseController(s.inner).SetWriteDeadline(at)
}

// EnableFullDuplex is the method that http.ResponseController calls.
func (s *flusher) EnableFullDuplex() error {
	return http.NewResponseController(s.inner).EnableFullDuplex()
}

// Push implements http.Pusher.
func (s pusher) Push(target string, opts *http.PushOptions) error {
	return s.inner.(http.Pusher).Push(target, opts)
}

// Hijack implements http.Hijacker.
func (s *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := s.inner.(http.Hijacker).Hijack()
	if err == nil && s.code == 0 {
		s.code = http.StatusSwitchingProtocols
	}
	return c, rw, err
}

// ReadFrom implements io.ReaderFrom, so that sendfile still works.
func (s *conn) ReadFrom(src io.Reader) (int64, error) {
	s.recordOK()
	return s.inner.(io.ReaderFrom).ReadFrom(src)
}

// CloseNotify implements http.CloseNotifier.
func (s notifyingFlusher) CloseNotify() <-chan bool { return CloseNotify(s.inner) }

// CloseNotify implements http.CloseNotifier.
func (s notifyingPusher) CloseNotify() <-chan bool { return CloseNotify(s.inner) }

// CloseNotify implements http.CloseNotifier.
func (s notifyingHijacker) CloseNotify() <-chan bool { return CloseNotify(s.inner) }

// CloseNotify implements http.CloseNotifier.
func (s notifyingConn) CloseNotify() <-chan bool { return CloseNotify(s.inner) }
