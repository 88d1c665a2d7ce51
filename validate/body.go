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

// The reasons for which a header is refused, for the log. The answer names only the headers:
// the client knows the values that it sent.
var (
	errLength   = errors.New("validate: Content-Length is over the limit")
	errType     = errors.New("validate: Content-Type is missing, repeated, too long or malformed")
	errNotMedia = errors.New("validate: Content-Type is not one of those accepted")
	errCharset  = errors.New("validate: charset of Content-Type is not utf-8")
	errEncoding = errors.New("validate: Content-Encoding is not identity")
)

// checkHeaders decides by the header alone. So a body that is too long or not JSON is not
// read, and a client that waits for 100 Continue does not send it.
func checkHeaders(cfg *Config, r *http.Request) error {
	if r.ContentLength > cfg.MaxBody {
		return httperr.ErrBodyTooLarge.With(errLength)
	}
	ct, found, ok := field.One(r.Header, "Content-Type")
	if !found || !ok || len(ct) > plan.MaxType {
		return notAccepted(cfg, errType)
	}
	if !slices.Contains(cfg.MediaTypes, ct) {
		media, params, err := mime.ParseMediaType(ct)
		switch {
		case err != nil, plan.Extended(ct):
			return notAccepted(cfg, errType)
		case !slices.Contains(cfg.MediaTypes, media):
			return notAccepted(cfg, errNotMedia)
		}
		if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
			return notAccepted(cfg, errCharset)
		}
	}
	// A decompressor without a limit of its own would make a gigabyte of a kilobyte.
	for _, list := range r.Header["Content-Encoding"] {
		for coding := range strings.SplitSeq(list, ",") {
			if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
				return notAccepted(cfg, errEncoding)
			}
		}
	}
	return nil
}

// notAccepted returns ErrMediaType for a request that has another type than the accepted ones.
func notAccepted(cfg *Config, cause error) error {
	e := ErrMediaType.With(cause).WithHeader("Accept", strings.Join(cfg.MediaTypes, ", ")) // RFC 9110, section 15.5.16
	switch cause {
	case errEncoding:
		e = ErrMediaType.With(cause).WithHeader("Accept-Encoding", "identity")
		e.Message = "The request must not have a Content-Encoding."
	case errCharset:
		e.Message = "The charset of the Content-Type must be utf-8."
	default:
		e.Message = "The Content-Type of the request must be " + strings.Join(cfg.MediaTypes, " or ") + "."
	}
	return e
}

const (
	firstRead = 4 << 10
	maxPooled = 64 << 10 // a larger buffer is not kept
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, firstRead); return &b }}

// readBody appends the body to buf. The buffer grows with the bytes that arrive, and not
// with Content-Length: a large number there costs the client nothing.
func readBody(cfg *Config, w http.ResponseWriter, r *http.Request, buf []byte) ([]byte, error) {
	// MaxBytesReader tells the server to close the connection through a method
	// that only the server's own writer has. It does not look for the method behind a
	// wrapper: with a wrapper here, the client could go on sending.
	body := http.MaxBytesReader(innermost(w), r.Body, cfg.MaxBody)
	limited := limitTime(cfg, w, r)
	for {
		if len(buf) == cap(buf) {
			size := bufferSize(cfg.MaxBody, int64(len(buf)), r.ContentLength)
			buf = append(make([]byte, 0, size), buf...)
		}
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			if limited {
				// The server goes on reading, to notice that the client leaves. It
				// would take the deadline for that.
				setReadDeadline(w, time.Time{})
			}
			return buf, nil
		}
		if err != nil {
			return buf, readError(r, err)
		}
	}
}

// limitTime sets the deadline of the body, and reports whether w has accepted it. A shorter
// limit of the server stays.
func limitTime(cfg *Config, w http.ResponseWriter, r *http.Request) bool {
	if srv, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && srv.ReadTimeout > 0 && srv.ReadTimeout <= cfg.ReadTimeout {
		return false
	}
	return setReadDeadline(w, time.Now().Add(cfg.ReadTimeout))
}

// setReadDeadline sets a deadline as http.ResponseController does. It does not allocate an
// error for a writer without deadlines.
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

// bufferSize returns the size of the next buffer, when one of n bytes is full and the
// Content-Length is promised (-1: unknown). The buffer has room for the whole body only once
// a sixteenth of it has arrived, in a buffer of that size. With the smaller buffers before
// the last one, all take an eighth more than the body.
func bufferSize(maxBody, n, promised int64) int64 {
	switch {
	case promised < n && 2*n < maxBody:
		return 2 * n
	case promised < n: // the last buffer, with room to notice that the body goes on
		return maxBody + 1
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
	// The server cancels the context of a request after every error of its connection, so
	// this check comes after the one for timeouts. If the body has only ended too early,
	// the client may still be waiting for an answer.
	if !errors.Is(err, io.ErrUnexpectedEOF) && clientLeft(r) {
		return context.Canceled
	}
	return httperr.ErrBodyIncomplete.With(err)
}

// clientLeft reports whether the client of a body that could not be read is gone.
func clientLeft(r *http.Request) bool {
	if r.ProtoMajor > 1 {
		// The server of HTTP/2 fails the body first and cancels the context next. The
		// timer is for a body that has another length than its header says, and for a
		// context that does not come from the server.
		timer := time.NewTimer(100 * time.Millisecond)
		defer timer.Stop()
		select {
		case <-r.Context().Done():
		case <-timer.C:
		}
	}
	return errors.Is(r.Context().Err(), context.Canceled)
}

// innermost returns the innermost writer of w.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = u.Unwrap()
	}
}
