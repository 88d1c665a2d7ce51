package validate

import (
	"mime"
	"reflect"
)

const (
	mediaForm      = "application/x-www-form-urlencoded"
	mediaMultipart = "multipart/form-data"
)

// form reads a body that is a form. Of it, only a File keeps a part: its body
// is not the pooled buffer.
func (b *binder) form(in *input, contentType string, body []byte, to reflect.Value) error {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return errBoundary // checkHeaders has parsed it
	}
	var e entries
	var ok bool
	if media == mediaMultipart {
		boundary := params["boundary"]
		if !validBoundary(boundary) {
			return errBoundary
		}
		ok = b.multipart(in, body, boundary, &e)
	} else {
		ok = b.flat(in, inForm, string(body), &e)
	}
	if ok {
		b.fill(in, inForm, &e, to)
	}
	return nil
}
