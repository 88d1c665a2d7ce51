package validate_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

type smallForm struct {
	Name string        `form:"name"`
	File validate.File `form:"file"`
}

// A parameter with a star (RFC 2231) replaces the one without in Go, and not
// in what stands before it: the two would see two forms in one body.
func TestExtendedParametersOfMediaType(t *testing.T) {
	s := mustNew[smallForm](t, validate.Config{})
	const body = "--inner\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nadmin\r\n--inner--\r\n"
	for media, ok := range map[string]bool{
		"multipart/form-data; boundary=inner":                                true,
		`multipart/form-data; boundary="inner"`:                              true,
		"multipart/form-data; boundary=outer; boundary*=utf-8''inner":        false,
		"multipart/form-data; boundary*=utf-8''inner; boundary=outer":        false,
		"multipart/form-data; boundary=outer; boundary*0=in; boundary*1=ner": false,
		"multipart/form-data; boundary*0=in; boundary*1=ner":                 false,
		"multipart/form-data; boundary=inner; charset*=utf-8''utf-16":        false,
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", media)
		res, spy := send(s, r)
		if ok {
			if res.StatusCode != 200 {
				t.Errorf("%s: %d", media, res.StatusCode)
			}
			continue
		}
		if mwtest.Refused(t, res, 415, "unsupported_media_type"); spy.Calls() != 0 {
			t.Errorf("%s: reached the handler", media)
		}
	}
	part := strings.Replace(body, "\r\n\r\n", "\r\nContent-Type: text/plain; charset=utf-8; charset*=utf-8''utf-16\r\n\r\n", 1)
	r := httptest.NewRequest("POST", "/", strings.NewReader(part))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=inner")
	res, _ := send(s, r)
	mwtest.Refused(t, res, 400, "validation_failed")

	j := mustNew[pageAndBody](t, validate.Config{})
	r = post(`{"name":"abc"}`)
	r.Header.Set("Content-Type", "application/json; charset=utf-16; charset*=utf-8''utf-8")
	res, _ = send(j, r)
	mwtest.Refused(t, res, 415, "unsupported_media_type")
}
