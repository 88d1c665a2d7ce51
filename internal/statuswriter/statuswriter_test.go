package statuswriter_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/statuswriter"
)

// abilities returns the names of the interfaces that a type assertion finds.
func abilities(w http.ResponseWriter) (s string) {
	for name, has := range map[string]func() bool{
		"flush":  func() bool { _, ok := w.(http.Flusher); return ok },
		"push":   func() bool { _, ok := w.(http.Pusher); return ok },
		"hijack": func() bool { _, ok := w.(http.Hijacker); return ok },
		"from":   func() bool { _, ok := w.(io.ReaderFrom); return ok },
		"notify": func() bool { _, ok := w.(http.CloseNotifier); return ok }, //nolint:staticcheck // gin calls it
	} {
		if has() {
			s += name
		}
	}
	return s
}

func haveSameLetters(a, b string) bool {
	for _, r := range a + b {
		if strings.Count(a, string(r)) != strings.Count(b, string(r)) {
			return false
		}
	}
	return true
}

// The handlers respond, and Code must be the status that the client gets.
func TestCodeIsTheStatusOfTheClient(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"200 nothing": func(http.ResponseWriter, *http.Request) {},
		"201 header":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) },
		"200 write":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a")); w.WriteHeader(404) },
		"200 string":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a") },
		"418 hints":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(418) },
		"200 flush":   func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); w.WriteHeader(404) },
		"200 control": func(w http.ResponseWriter, _ *http.Request) {
			if err := http.NewResponseController(w).Flush(); err != nil {
				panic(err)
			}
			w.WriteHeader(404)
		},
		"200 copy": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("a")) },
	} {
		for _, http2 := range []bool{false, true} {
			codes := make(chan int, 1)
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s, wrapped := statuswriter.Wrap(w)
				if got, want := abilities(wrapped), abilities(w); !haveSameLetters(got, want) {
					t.Errorf("HTTP/%d: a type assertion finds %s, want %s", r.ProtoMajor, got, want)
				}
				h(wrapped, r)
				codes <- s.Code()
			}))
			srv.EnableHTTP2 = http2
			srv.StartTLS()
			res, err := srv.Client().Get(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			code := <-codes
			if begun := name != "200 nothing"; begun && code != res.StatusCode || !begun && code != 0 || !strings.HasPrefix(name, res.Status[:3]) {
				t.Errorf("%s over HTTP/%d: Code %d, but the client got %s", name, res.ProtoMajor, code, res.Status)
			}
			srv.Close()
		}
	}
}

// bare is a writer without further abilities.
type bare struct{ w http.ResponseWriter }

func (b bare) Header() http.Header         { return b.w.Header() }
func (b bare) Write(p []byte) (int, error) { return b.w.Write(p) }
func (b bare) WriteHeader(code int)        { b.w.WriteHeader(code) }

func TestBareWriter(t *testing.T) {
	s, w := statuswriter.Wrap(bare{httptest.NewRecorder()})
	if got := abilities(w); got != "" {
		t.Errorf("a type assertion finds %s", got)
	}
	if err := http.NewResponseController(w).Flush(); err == nil || s.Code() != 0 {
		t.Errorf("a response begins although it cannot be flushed: %v, %d", err, s.Code())
	}
	_, _ = io.WriteString(w, "a")
	if s.Code() != 200 {
		t.Error(s.Code())
	}
}

func TestHijacked(t *testing.T) {
	codes := make(chan int, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s, w := statuswriter.Wrap(w)
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		codes <- s.Code()
		_ = c.Close()
	}))
	defer srv.Close()
	c, err := net.Dial("tcp", strings.TrimPrefix(srv.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	_, _ = bufio.NewReader(c).ReadByte()
	_ = c.Close()
	if code := <-codes; code != 101 {
		t.Errorf("Code %d", code)
	}
}
