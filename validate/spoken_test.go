package validate_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

type namedFile struct {
	File validate.File `form:"file" validate:"required"`
}

// What the comment of File.Name says of it holds, also where it does not
// protect.
func TestWhatIsSaidOfFileNames(t *testing.T) {
	s := mustNew[namedFile](t, validate.Config{})
	for sent, want := range map[string]string{
		"NUL": "NUL", "-rf": "-rf", "~": "~", "../..": "", "a/b\u202ec": "bc", "..a. .": "a", "<>:|?*&%;'`": "", "a\u0085b": "ab",
		strings.Repeat("é", 90): strings.Repeat("é", 50),
	} {
		r := post("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + sent + "\"\r\n\r\nx\r\n--b--\r\n")
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		v, err := s.Decode(nil, r)
		if err != nil || v.File.Name != want {
			t.Errorf("%q: %v, want %q", sent, err, want)
		}
	}
}

// Without content Handle sets no header, and SetHeader none of what there is
// not.
func TestHeadersWithoutContent(t *testing.T) {
	for _, status := range []int{204, 205, 304} {
		w := httptest.NewRecorder()
		paged(page{status: status, set: map[string]string{"Content-Type": "a/b", "Content-Length": "7", "X-Content-Type-Options": "nosniff"}}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if h := w.Header(); w.Code != status || h["Content-Type"] != nil || h["Content-Length"] != nil || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d: %v", w.Code, h)
		}
		w = httptest.NewRecorder()
		paged(page{status: status}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if h := w.Header(); h["X-Content-Type-Options"] != nil {
			t.Errorf("%d: %v", status, h)
		}
	}
}
