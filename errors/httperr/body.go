package httperr

import (
	"errors"
	"io"
	"math"
	"net/http"
	"reflect"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// trackedBody is the body of a request. It stores the first error of reading in
// the record of the request, so that the failure of a handler with that error can
// be told from a failure of the server.
type trackedBody struct {
	io.ReadCloser
	rec *carrier.Record
}

// Read implements io.Reader.
func (b *trackedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	// Reading a closed body is a mistake of the program.
	if err != nil && err != io.EOF && !errors.Is(err, http.ErrBodyReadAfterClose) {
		b.rec.NoteBodyError(err)
	}
	return n, err
}

// maxBytesBody is the type of the result of http.MaxBytesReader.
var maxBytesBody = reflect.TypeOf(http.MaxBytesReader(nil, http.NoBody, 0))

// trackBody makes b the body of r.
func trackBody(r *http.Request, rec *carrier.Record, b *trackedBody) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	limited := reflect.TypeOf(r.Body) == maxBytesBody
	b.ReadCloser, b.rec = r.Body, rec
	r.Body = b
	if limited {
		// http.Request.ParseForm asks for this type, and would otherwise put its
		// own limit of 10 MB in place of a higher one.
		r.Body = http.MaxBytesReader(nil, b, math.MaxInt64)
	}
}
