package validate

import (
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// Why a header is refused, for the log. The client is told which headers, and
// can see the rest in what it sent.
var (
	errLength        = errors.New("validate: Content-Length is over the limit")
	errTypeMissing   = errors.New("validate: Content-Type is missing")
	errTypeRepeated  = errors.New("validate: Content-Type is repeated")
	errTypeLong      = errors.New("validate: Content-Type is too long")
	errTypeMalformed = errors.New("validate: Content-Type is malformed")
	errTypeOther     = errors.New("validate: Content-Type is not one of those accepted")
	errCharset       = errors.New("validate: charset of Content-Type is not utf-8")
	errEncoding      = errors.New("validate: Content-Encoding is not identity")
)

// bodyLimits are those of the Config on a body before any of it is looked at.
type bodyLimits struct {
	body    int64
	timeout time.Duration
	media   []string
}

// checkHeaders decides by the header alone, in this order: nothing is read of a body
// that is too long or not JSON, and its client, if it waits for 100 Continue,
// never sends it.
func checkHeaders(l *bodyLimits, r *http.Request) error {
	if r.ContentLength > l.body {
		return httperr.ErrBodyTooLarge.With(errLength)
	}
	ct, found, ok := field.One(r.Header, "Content-Type")
	switch {
	case !found:
		return ErrMediaType.With(errTypeMissing)
	case !ok:
		return ErrMediaType.With(errTypeRepeated)
	case len(ct) > plan.MaxType:
		return ErrMediaType.With(errTypeLong)
	}
	if !slices.Contains(l.media, ct) {
		media, params, err := mime.ParseMediaType(ct)
		switch {
		case err != nil, plan.Extended(ct):
			return ErrMediaType.With(errTypeMalformed)
		case !slices.Contains(l.media, media):
			return ErrMediaType.With(errTypeOther)
		}
		if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
			return ErrMediaType.With(errCharset)
		}
	}
	// A decompressor needs a limit of its own; without one, a kilobyte is a
	// gigabyte.
	for _, list := range r.Header["Content-Encoding"] {
		for coding := range strings.SplitSeq(list, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				return ErrMediaType.With(errEncoding)
			}
		}
	}
	return nil
}

const (
	firstRead = 4 << 10
	maxPooled = 64 << 10 // a larger buffer is not kept
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, firstRead); return &b }}

// readBody appends the body to buf. It grows with what arrives and not with what
// Content-Length promises, which costs the client nothing to promise.
func readBody(l *bodyLimits, w http.ResponseWriter, r *http.Request, buf []byte) ([]byte, error) {
	// MaxBytesReader tells the server to close the connection through a method
	// that only the server's own writer has, and does not look for it behind a
	// wrapper: given one, it would let the client go on sending.
	body := http.MaxBytesReader(base(w), r.Body, l.body)
	limited := limitTime(l, w, r)
	for {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, bufferSize(l, int64(len(buf)), r.ContentLength)), buf...)
		}
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			if limited {
				// The server notices by a read that goes on whether the client
				// is still there, and would take our deadline for its end.
				setReadDeadline(w, time.Time{})
			}
			return buf, nil
		}
		if err != nil {
			return buf, readError(r, err)
		}
	}
}

// limitTime limits how long the body may take, if w lets it, and reports whether
// it does. A shorter limit of the server stays.
func limitTime(l *bodyLimits, w http.ResponseWriter, r *http.Request) bool {
	if w == nil {
		return false
	}
	if srv, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && srv.ReadTimeout > 0 && srv.ReadTimeout <= l.timeout {
		return false
	}
	return setReadDeadline(w, time.Now().Add(l.timeout))
}

// setReadDeadline does what http.ResponseController does, without the error
// that it makes where there is nothing to set.
func setReadDeadline(w http.ResponseWriter, at time.Time) bool {
	for {
		switch t := w.(type) {
		case interface{ SetReadDeadline(time.Time) error }:
			return t.SetReadDeadline(at) == nil
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return false
		}
	}
}

// bufferSize returns how large a buffer should be that is full with n bytes, of which
// promised are said to come (-1: unknown). The whole of them only once a
// sixteenth is here, in a buffer of that size; with the smaller ones before it,
// all take an eighth more than the body.
func bufferSize(l *bodyLimits, n, promised int64) int64 {
	switch {
	case promised < n && 2*n < l.body:
		return 2 * n
	case promised < n: // the last, with room to see that there is more
		return l.body + 1
	case promised <= 16*n:
		return promised + 1
	}
	return min(8*n, promised/16+1)
}

func readError(r *http.Request, err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return httperr.ErrBodyTooLarge.With(err)
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		return httperr.ErrRequestTimeout.With(err)
	}
	// The server cancels the context of a request whose connection fails to
	// read, for whatever reason, so this comes second. After an end that came
	// too early the client may still be waiting for an answer.
	if !errors.Is(err, io.ErrUnexpectedEOF) && left(r, err) {
		return context.Canceled
	}
	return ErrIncomplete.With(err)
}

// streamError has the shape of what the server of HTTP/2 returns for a stream
// that was reset, whose method As fills in whatever has it.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e streamError) Error() string { return "validate: the stream was reset" }

// left reports whether the client of a body that failed with err is gone.
func left(r *http.Request, err error) bool {
	_, reset := errors.AsType[streamError](err)
	if r.ProtoMajor > 1 && (reset || r.ContentLength < 0) {
		// It is: without a length there is no other way to end a body early. The
		// server of HTTP/2 fails the body first and cancels the context next,
		// and a client that has left is one whose context is cancelled. The
		// timer is for a context that is not the server's any more.
		timer := time.NewTimer(100 * time.Millisecond)
		defer timer.Stop()
		select {
		case <-r.Context().Done():
		case <-timer.C:
		}
	}
	return errors.Is(r.Context().Err(), context.Canceled)
}

// base returns the writer at the bottom of w.
func base(w http.ResponseWriter) http.ResponseWriter {
	for {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = u.Unwrap()
	}
}

func blank(body []byte) bool {
	for _, c := range body {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
