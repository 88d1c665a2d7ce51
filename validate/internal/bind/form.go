package bind

import (
	"mime"
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// Form reads a body that is a form. Of it, only a File keeps a part: its body
// is not the pooled buffer.
func (b *Binder) Form(in *plan.Input, contentType string, body []byte, to reflect.Value) error {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return errBoundary // checkHeaders has parsed it
	}
	var e entries
	var ok bool
	if media == plan.MediaMultipart {
		boundary := params["boundary"]
		if !validBoundary(boundary) {
			return errBoundary
		}
		ok = b.multipart(in, body, boundary, &e)
	} else {
		ok = b.flat(in, plan.InForm, string(body), &e)
	}
	if ok {
		b.fill(in, plan.InForm, &e, to)
	}
	return nil
}
