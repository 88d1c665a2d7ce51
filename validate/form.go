package validate

import (
	"context"
	"mime"
	"net/http"
	"reflect"
)

const (
	mediaForm      = "application/x-www-form-urlencoded"
	mediaMultipart = "multipart/form-data"
)

// form reads a body that is a form. Of it, only a File keeps a part: its body
// is not the pooled buffer.
func (c *core) form(ctx context.Context, in *input, header http.Header, body []byte, v any) error {
	to := reflect.ValueOf(v).Elem()
	media, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return ErrMediaType.With(errTypeMalformed) // admit has parsed it
	}
	var e entries
	var ok bool
	if media == mediaMultipart {
		boundary := params["boundary"]
		if !validBoundary(boundary) {
			return ErrMediaType.With(errBoundary)
		}
		ok = c.multipart(in, body, boundary, &e)
	} else {
		ok = c.flat(in, inForm, string(body), &e)
	}
	if ok {
		c.fill(in, inForm, &e, to)
	}
	return c.finish(ctx, in, nil, v)
}
