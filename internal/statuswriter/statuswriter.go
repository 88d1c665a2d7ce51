// Package statuswriter tells the status of a response from outside its handler.
package statuswriter

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// A Status knows the status of one response. It belongs to the goroutine of
// its handler.
type Status struct {
	under http.ResponseWriter
	code  int
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

// Wrap returns a writer to hand on, and the Status of the response written to it.
func Wrap(w http.ResponseWriter) (*Status, http.ResponseWriter) {
	t := new(conn)
	t.under = w
	return &t.Status, Like(w, &Writers{
		Bare: &t.Status, Flusher: &t.flusher, Pusher: pusher{&t.flusher}, Hijacker: &t.hijacker, Conn: t,
		NotifyingFlusher: notifyingFlusher{&t.flusher}, NotifyingPusher: notifyingPusher{pusher{&t.flusher}},
		NotifyingHijacker: notifyingHijacker{&t.hijacker}, NotifyingConn: notifyingConn{t},
	})
}

// Code returns the status, 0 if the response has not begun. A connection that
// was hijacked has 101.
func (s *Status) Code() int { return s.code }

// Unwrap serves http.ResponseController.
func (s *Status) Unwrap() http.ResponseWriter { return s.under }

// Header implements http.ResponseWriter.
func (s *Status) Header() http.Header { return s.under.Header() }

// WriteHeader implements http.ResponseWriter. Of the informational statuses
// only the last one counts, for more than that follows on all others.
func (s *Status) WriteHeader(code int) {
	s.under.WriteHeader(code) // first, for it panics at a status that is none
	if s.code == 0 && (code >= 200 || code == http.StatusSwitchingProtocols) {
		s.code = code
	}
}

// Write implements http.ResponseWriter.
func (s *Status) Write(p []byte) (int, error) {
	s.begin()
	return s.under.Write(p)
}

// WriteString implements io.StringWriter.
func (s *Status) WriteString(text string) (int, error) {
	s.begin()
	return io.WriteString(s.under, text)
}

// FlushError serves http.ResponseController, which would otherwise unwrap the
// writer and begin the response unseen.
func (s *Status) FlushError() error {
	err := http.NewResponseController(s.under).Flush()
	if !errors.Is(err, http.ErrNotSupported) {
		s.begin()
	}
	return err
}

func (s *Status) begin() {
	if s.code == 0 {
		s.code = http.StatusOK
	}
}

// Flush implements http.Flusher.
func (s *flusher) Flush() { _ = s.FlushError() }

// SetReadDeadline is the method that http.ResponseController calls.
func (s *flusher) SetReadDeadline(at time.Time) error {
	return http.NewResponseController(s.under).SetReadDeadline(at)
}

// SetWriteDeadline is the method that http.ResponseController calls.
func (s *flusher) SetWriteDeadline(at time.Time) error {
	return http.NewResponseController(s.under).SetWriteDeadline(at)
}

// EnableFullDuplex is the method that http.ResponseController calls.
func (s *flusher) EnableFullDuplex() error {
	return http.NewResponseController(s.under).EnableFullDuplex()
}

// Push implements http.Pusher.
func (s pusher) Push(target string, opts *http.PushOptions) error {
	return s.under.(http.Pusher).Push(target, opts)
}

// Hijack implements http.Hijacker.
func (s *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := s.under.(http.Hijacker).Hijack()
	if err == nil && s.code == 0 {
		s.code = http.StatusSwitchingProtocols
	}
	return c, rw, err
}

// ReadFrom implements io.ReaderFrom, and with it sendfile.
func (s *conn) ReadFrom(src io.Reader) (int64, error) {
	s.begin()
	return s.under.(io.ReaderFrom).ReadFrom(src)
}

// CloseNotify implements http.CloseNotifier.
func (s notifyingFlusher) CloseNotify() <-chan bool { return CloseNotify(s.under) }

// CloseNotify implements http.CloseNotifier.
func (s notifyingPusher) CloseNotify() <-chan bool { return CloseNotify(s.under) }

// CloseNotify implements http.CloseNotifier.
func (s notifyingHijacker) CloseNotify() <-chan bool { return CloseNotify(s.under) }

// CloseNotify implements http.CloseNotifier.
func (s notifyingConn) CloseNotify() <-chan bool { return CloseNotify(s.under) }
