package view

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

var (
	errTooLarge = errors.New("view: the response is larger than Config.MaxBody")
	errNotJSON  = errors.New("view: the response is not JSON in UTF-8")
	errEncoded  = errors.New("view: the response has a Content-Encoding")
	errPartial  = errors.New("view: the response is partial")
)

// Handler filters the JSON that next writes as bytes. It keeps the response until next
// returns, so next can neither stream nor flush nor take over the connection. A response
// without a body passes, and so does a refusal of httperr.Write. A redirect loses its body.
//
// Everything else is answered with 500, and nothing of it is sent: a body that is not
// JSON or larger than Config.MaxBody, another media type than application/json or one
// that ends in +json, a Content-Encoding of next, status 206, and a value of another
// shape than T.
//
// The filter has no Go value here: a type with an Owner is never shown as self.
func (v *View[T]) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("view: Handler of a nil http.Handler")
	}
	return wrapped{next: next, HandlerFunc: func(w http.ResponseWriter, r *http.Request) {
		_, r = carrier.Ensure(r)
		b := &buffer{under: w, r: r, max: v.rules.maxBody, before: maps.Clone(w.Header())}
		next.ServeHTTP(b, r)
		if b.status == 0 {
			b.status = http.StatusOK
		}
		if b.refused {
			w.WriteHeader(b.status)
			_, _ = w.Write(b.body)
			return
		}
		res, err := v.filterBuffer(b)
		if err != nil {
			v.rules.fail(w, r, b, err)
			return
		}
		v.rules.send(w, r, res)
	}}
}

// wrapped is the http.Handler of View.Handler and of Input.Handler.
type wrapped struct {
	http.HandlerFunc
	next http.Handler
}

// Unwrap returns the handler inside, so that package validate/openapi finds its description.
func (h wrapped) Unwrap() http.Handler { return h.next }

// fail answers a response that cannot be filtered. The headers of the handler are not
// sent either.
func (c *rules) fail(w http.ResponseWriter, r *http.Request, b *buffer, cause error) {
	h := w.Header()
	clear(h)
	maps.Copy(h, b.before)
	c.deny(w, r, httperr.ErrInternal.With(cause))
}

func (v *View[T]) filterBuffer(b *buffer) (res response, err error) {
	h := b.under.Header()
	res.status, res.used = b.status, public
	switch {
	case b.tooLarge:
		return res, errTooLarge
	case b.status == http.StatusPartialContent || h["Content-Range"] != nil:
		return res, errPartial
	case len(b.body) == 0 || !hasBody(b.status):
		// A HEAD request without a body: its Content-Length and ETag are unknown.
		if who := v.rules.callerOf(b.r); who.granted != public {
			res.used = who.granted
		}
		return res, nil
	case b.status >= 300 && b.status < 400:
		delete(h, "Content-Type")
		return res, nil
	case !slices.Equal(h["Content-Encoding"], b.before["Content-Encoding"]):
		return res, errEncoded
	case !isJSON(h["Content-Type"]) || !utf8.Valid(b.body):
		return res, errNotJSON
	}
	var compact bytes.Buffer
	compact.Grow(len(b.body))
	if json.Compact(&compact, b.body) != nil {
		return res, errNotJSON
	}
	res.body, res.used, err = v.filter(b.r, compact.Bytes(), reflect.Value{})
	return res, err
}

// isJSON reports whether Content-Type is one JSON type in UTF-8.
func isJSON(values []string) bool {
	if len(values) != 1 {
		return false
	}
	typ, params, err := mime.ParseMediaType(values[0])
	charset := params["charset"]
	return err == nil && (typ == "application/json" || strings.HasPrefix(typ, "application/") && strings.HasSuffix(typ, "+json")) &&
		(charset == "" || strings.EqualFold(charset, "utf-8"))
}

// A buffer keeps the response of a handler. It has no Unwrap method, because a handler
// could write around the filter with it.
type buffer struct {
	under  http.ResponseWriter
	r      *http.Request
	max    int
	before http.Header // of the outer layers

	status   int // 0: the response has not begun
	body     []byte
	tooLarge bool
	refused  bool // httperr.Write writes the response
	writes   int
}

// Header implements http.ResponseWriter.
func (b *buffer) Header() http.Header { return b.under.Header() }

// WriteHeader implements http.ResponseWriter. Informational responses are not sent.
func (b *buffer) WriteHeader(status int) {
	if b.status != 0 || status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		return
	}
	b.status = status
	if f := carrier.From(b.r.Context()).Facts(); status >= 400 && f.Code != "" && f.Cause != nil && f.Status == status {
		b.refused = true
	}
}

// Write implements http.ResponseWriter.
func (b *buffer) Write(p []byte) (int, error) {
	b.WriteHeader(http.StatusOK)
	if b.writes++; b.writes > 1 {
		b.refused = false // httperr.Write writes once, so a handler has added something
	}
	if len(p) > b.max-len(b.body) && !b.refused {
		b.tooLarge, b.body = true, nil
		return 0, errTooLarge
	}
	b.body = append(b.body, p...)
	return len(p), nil
}

// SetReadDeadline is the method that http.ResponseController calls.
func (b *buffer) SetReadDeadline(at time.Time) error {
	return http.NewResponseController(b.under).SetReadDeadline(at)
}

// SetWriteDeadline is the method that http.ResponseController calls.
func (b *buffer) SetWriteDeadline(at time.Time) error {
	return http.NewResponseController(b.under).SetWriteDeadline(at)
}
