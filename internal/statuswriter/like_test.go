package statuswriter_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/statuswriter"
)

// inner returns a writer with exactly these optional methods. reflect.StructOf
// makes no methods, so each combination needs a type.
func inner(methods string) http.ResponseWriter {
	type (
		w = http.ResponseWriter
		f = http.Flusher
		p = http.Pusher
		h = http.Hijacker
		r = io.ReaderFrom
		c = http.CloseNotifier //nolint:staticcheck // gin calls it
	)
	v := w(httptest.NewRecorder())
	switch methods {
	case "f":
		return struct {
			w
			f
		}{w: v}
	case "p":
		return struct {
			w
			p
		}{w: v}
	case "h":
		return struct {
			w
			h
		}{w: v}
	case "r":
		return struct {
			w
			r
		}{w: v}
	case "c":
		return struct {
			w
			c
		}{w: v}
	case "fp":
		return struct {
			w
			f
			p
		}{w: v}
	case "fh":
		return struct {
			w
			f
			h
		}{w: v}
	case "fr":
		return struct {
			w
			f
			r
		}{w: v}
	case "fc":
		return struct {
			w
			f
			c
		}{w: v}
	case "hr":
		return struct {
			w
			h
			r
		}{w: v}
	case "fhr":
		return struct {
			w
			f
			h
			r
		}{w: v}
	case "fhc":
		return struct {
			w
			f
			h
			c
		}{w: v}
	case "fpc":
		return struct {
			w
			f
			p
			c
		}{w: v}
	case "fph":
		return struct {
			w
			f
			p
			h
		}{w: v}
	case "fhrc":
		return struct {
			w
			f
			h
			r
			c
		}{w: v}
	case "fphc":
		return struct {
			w
			f
			p
			h
			c
		}{w: v}
	case "fphrc":
		return struct {
			w
			f
			p
			h
			r
			c
		}{w: v}
	}
	return struct{ w }{v}
}

// views are the combinations that Like chooses from.
var views = []string{"", "f", "fp", "fh", "fhr", "fc", "fpc", "fhc", "fhrc"}

// What is handed on never claims what the inner writer cannot do, whatever that
// is, and in the combinations that there are it can do all of it.
func TestLike(t *testing.T) {
	w := make(map[string]http.ResponseWriter)
	for _, v := range views {
		w[v] = inner(v)
	}
	for name, want := range map[string]string{
		"": "", "f": "f", "p": "", "h": "", "r": "", "c": "", "fp": "fp", "fh": "fh", "fr": "f", "fc": "fc", "hr": "", "fhr": "fhr", "fhc": "fhc",
		"fpc": "fpc", "fph": "fh", "fhrc": "fhrc", "fphc": "fhc", "fphrc": "fhrc",
	} {
		got := statuswriter.Like(inner(name), &statuswriter.Writers{
			Bare: w[""], Flusher: w["f"], Pusher: w["fp"], Hijacker: w["fh"], Conn: w["fhr"],
			NotifyingFlusher: w["fc"], NotifyingPusher: w["fpc"], NotifyingHijacker: w["fhc"], NotifyingConn: w["fhrc"],
		})
		if got != w[want] {
			t.Errorf("%q is wrapped as %q, want %q", name, abilities(got), want)
		}
		_, wrapped := statuswriter.Wrap(inner(name))
		if !haveSameLetters(abilities(wrapped), abilities(w[want])) {
			t.Errorf("%q: Wrap can %s, want %s", name, abilities(wrapped), abilities(w[want]))
		}
	}
}

// Every method of the writers of net/http survives wrapping, whatever later
// versions of Go add.
func TestWrapHasTheMethodsOfTheServersWriters(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, wrapped := statuswriter.Wrap(w)
			mwtest.HasMethodsOf(t, wrapped, w)
		}))
		srv.EnableHTTP2 = http2
		srv.StartTLS()
		res, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		if (res.ProtoMajor == 2) != http2 {
			t.Errorf("HTTP/%d", res.ProtoMajor)
		}
		_ = res.Body.Close()
		srv.Close()
	}
}

// The writers to choose from are parts of one allocation.
func TestWrapAllocs(t *testing.T) {
	for _, name := range views {
		w := inner(name)
		var code int
		mwtest.MaxAllocs(t, "Wrap of "+name, 1, func() {
			s, _ := statuswriter.Wrap(w)
			code += s.Code()
		})
	}
}
