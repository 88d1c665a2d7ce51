package httperr_test

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type encoder struct {
	contentType string
	panics      bool
	saw         *httperr.Refusal
}

func (e encoder) ContentType() string { return e.contentType }

func (e encoder) Append(b []byte, r httperr.Refusal) []byte {
	*e.saw = r
	if e.panics {
		_ = append(b, "half a body"...)
		panic("encoder")
	}
	return append(b, "<error/>"...)
}

func TestEncoderSeesOnlyThePublicView(t *testing.T) {
	var saw httperr.Refusal
	res := refuse(t, quiet(httperr.Config{Encoder: encoder{"application/xml", false, &saw}}), errPrivate)
	want := httperr.Refusal{Status: 500, Code: "internal_error", Message: httperr.ErrInternal.Message, CorrelationID: res.Header.Get("X-Correlation-ID")}
	if !reflect.DeepEqual(saw, want) {
		t.Errorf("saw %+v, want %+v", saw, want)
	}
	if body := readAll(t, res); body != "<error/>" || res.Header.Get("Content-Type") != "application/xml" {
		t.Errorf("%q as %s", body, res.Header.Get("Content-Type"))
	}
}

func TestEncoderThatPanicsIsReplaced(t *testing.T) {
	var saw httperr.Refusal
	mwtest.Refused(t, refuse(t, quiet(httperr.Config{Encoder: encoder{"application/xml", true, &saw}}), errTaken), 409, "name_taken")
}

// For every message the body is JSON that holds exactly the message, and it is
// safe inside an HTML page.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{"", "plain", `quote " back \ slash`, "line\r\n\t\x00\x1b\x7f", "<script>&amp;", "\u2028\u2029", "bad \xff utf-8", "é世🙂"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message string) {
		w := httptest.NewRecorder()
		httperr.Write(w, httptest.NewRequest("GET", "/", nil), &httperr.Error{Status: 400, Code: "a", Message: message})
		var got struct{ Message string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("%q: %v", w.Body, err)
		}
		if want := strings.ToValidUTF8(message, "\uFFFD"); utf8.ValidString(message) && got.Message != want {
			t.Fatalf("got %q, want %q", got.Message, want)
		}
		if strings.ContainsAny(strings.TrimSuffix(w.Body.String(), "\n"), "<>&\x00\x1b\x7f\r\n\u2028\u2029") {
			t.Fatalf("unsafe characters in %q", w.Body)
		}
	})
}
