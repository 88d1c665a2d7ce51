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

	"github.com/go-sallyport/sallyport/internal/field"
)

var (
	errLength   = errors.New("Content-Length is over the limit")
	errType     = errors.New("Content-Type is missing, repeated, malformed or not accepted")
	errCharset  = errors.New("charset is not utf-8")
	errEncoding = errors.New("Content-Encoding is not identity")
)

// admit decides by the header alone, in this order: nothing is read of a body
// that is too long or not JSON, and its client, if it waits for 100 Continue,
// never sends it.
func (l *limits) admit(r *http.Request) error {
	if r.ContentLength > l.body {
		return ErrTooLarge.With(errLength)
	}
	ct, found, ok := field.One(r.Header, "Content-Type")
	if !found || !ok {
		return ErrMediaType.With(errType)
	}
	if !slices.Contains(l.media, ct) {
		media, params, err := mime.ParseMediaType(ct)
		if err != nil || !slices.Contains(l.media, media) {
			return ErrMediaType.With(errType)
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

// read appends the body to buf. It grows with what arrives and not with what
// Content-Length promises, which costs the client nothing to promise.
func (l *limits) read(w http.ResponseWriter, r *http.Request, buf []byte) ([]byte, error) {
	// MaxBytesReader tells the server to close the connection through a method
	// that only the server's own writer has, and does not look for it behind a
	// wrapper: given one, it would let the client go on sending.
	body := http.MaxBytesReader(base(w), r.Body, l.body)
	for {
		if len(buf) == cap(buf) {
			size := 2 * int64(cap(buf))
			if r.ContentLength >= 0 {
				size = min(size, max(r.ContentLength+1, int64(len(buf))+1))
			}
			buf = append(make([]byte, 0, min(size, l.body+1)), buf...)
		}
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, readError(r, err)
		}
	}
}

func readError(r *http.Request, err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrTooLarge.With(err)
	}
	if errors.Is(r.Context().Err(), context.Canceled) {
		return context.Canceled // the client has left; nothing is written to it
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrTimeout.With(err)
	}
	return ErrIncomplete.With(err)
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
