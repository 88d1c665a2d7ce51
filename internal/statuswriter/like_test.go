package statuswriter_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/statuswriter"
)

// allWriters returns writers with all combinations of the four abilities.
func allWriters() map[string]http.ResponseWriter {
	type (
		w = http.ResponseWriter
		f = http.Flusher
		p = http.Pusher
		h = http.Hijacker
		r = io.ReaderFrom
	)
	v := w(httptest.NewRecorder())
	return map[string]w{
		"": struct{ w }{v},
		"f": struct {
			w
			f
		}{w: v},
		"p": struct {
			w
			p
		}{w: v},
		"h": struct {
			w
			h
		}{w: v},
		"r": struct {
			w
			r
		}{w: v},
		"fp": struct {
			w
			f
			p
		}{w: v},
		"fh": struct {
			w
			f
			h
		}{w: v},
		"fr": struct {
			w
			f
			r
		}{w: v},
		"ph": struct {
			w
			p
			h
		}{w: v},
		"pr": struct {
			w
			p
			r
		}{w: v},
		"hr": struct {
			w
			h
			r
		}{w: v},
		"fph": struct {
			w
			f
			p
			h
		}{w: v},
		"fpr": struct {
			w
			f
			p
			r
		}{w: v},
		"fhr": struct {
			w
			f
			h
			r
		}{w: v},
		"phr": struct {
			w
			p
			h
			r
		}{w: v},
		"fphr": struct {
			w
			f
			p
			h
			r
		}{w: v},
	}
}

// The chosen writer never claims an ability that the inner writer lacks. In the known
// combinations it has all abilities of the inner writer.
func TestLike(t *testing.T) {
	all := allWriters()
	for name, w := range all {
		got := ""
		for _, candidate := range []string{"", "f", "fp", "fh", "fhr"} {
			if statuswriter.Like(w, all[""], all["f"], all["fp"], all["fh"], all["fhr"]) == all[candidate] {
				got = candidate
			}
		}
		want := map[string]string{"f": "f", "fr": "f", "fp": "fp", "fpr": "fp", "fh": "fh", "fph": "fh", "fhr": "fhr", "fphr": "fhr"}[name]
		if got != want {
			t.Errorf("%q is wrapped as %q, want %q", name, got, want)
		}
		_, wrapped := statuswriter.Wrap(w)
		if !haveSameLetters(abilities(wrapped), abilities(all[want])) {
			t.Errorf("%q: Wrap can %s, want %s", name, abilities(wrapped), abilities(all[want]))
		}
	}
}

// Wrap makes all its writers in one allocation.
func TestWrapAllocs(t *testing.T) {
	for name, w := range allWriters() {
		var code int
		mwtest.MaxAllocs(t, "Wrap of "+name, 1, func() {
			s, _ := statuswriter.Wrap(w)
			code += s.Code()
		})
	}
}
