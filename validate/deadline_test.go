package validate_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// serveSlowly starts a server that reads bodies within d.
func serveSlowly(t *testing.T, d, own time.Duration, next http.Handler) func(first string) *talk {
	t.Helper()
	inner := mustNew[period](t, validate.Config{ReadTimeout: d}).Handler(next)
	return listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(wrapped{wrapped{w}}, r)
	}), func(srv *httptest.Server) { srv.Config.ReadTimeout = own })
}

const slowHead = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "

// A client that sends a byte now and then is refused when the time is up, also
// where the server itself has no limit, and its connection is closed.
func TestSlowBody(t *testing.T) {
	for _, own := range []time.Duration{0, time.Hour, 100 * time.Millisecond} {
		dial := serveSlowly(t, 100*time.Millisecond, own, &mwtest.Spy{})
		c := dial(slowHead + "100\r\n\r\n{")
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 40 {
				time.Sleep(20 * time.Millisecond)
				if _, err := io.WriteString(c, " "); err != nil {
					return
				}
			}
		}()
		start := time.Now()
		res := c.hear()
		if mwtest.Refused(t, res, 408, "request_timeout"); time.Since(start) > 600*time.Millisecond {
			t.Errorf("answered after %v", time.Since(start))
		}
		if !res.Close {
			t.Error("the connection stays open")
		}
		<-done
	}
}

// The server reads what is left of a body that nobody wants before it answers,
// so the time is up for that one too, and the client that waits to be asked for
// it does not keep its connection.
func TestSlowBodyThatIsNotRead(t *testing.T) {
	dial := serveSlowly(t, 100*time.Millisecond, 0, &mwtest.Spy{})
	text := strings.Replace(slowHead, "application/json", "text/plain", 1)
	for _, head := range []string{text, strings.Replace(text, "Host", "Expect: 100-continue\r\nHost", 1)} {
		c := dial(head + "100\r\n\r\n")
		res := c.hear()
		if mwtest.Refused(t, res, 415, "unsupported_media_type"); !res.Close {
			t.Error("the connection stays open")
		}
		c.ended()
	}
}

// The limit is for the body: it does not end a request whose body is here, and
// the connection serves the next one.
func TestDeadlineEndsWithTheBody(t *testing.T) {
	dial := serveSlowly(t, 50*time.Millisecond, 0, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
			w.WriteHeader(http.StatusTeapot)
		case <-time.After(200 * time.Millisecond):
		}
	}))
	c := dial(slowHead + "17\r\n\r\n{\"from\":1,\"to\":2}")
	for range 2 {
		if res := c.hear(); res.StatusCode != 200 {
			t.Errorf("status %d", res.StatusCode)
		}
		c.say(slowHead + "17\r\n\r\n{\"from\":1,\"to\":2}")
	}
}

// Nor does it stay behind on a connection whose request was refused.
func TestDeadlineEndsWithTheRefusal(t *testing.T) {
	dial := serveSlowly(t, 50*time.Millisecond, 0, &mwtest.Spy{})
	c := dial("")
	text := strings.Replace(slowHead, "application/json", "text/plain", 1)
	for _, tc := range []struct {
		raw    string
		status int
	}{{text + "5\r\n\r\nhello", 415}, {slowHead + "2\r\n\r\n[]", 400}, {slowHead + "17\r\n\r\n" + good17, 200}, {text + "5\r\n\r\nhello", 415}} {
		c.say(tc.raw)
		if res := c.hear(); res.StatusCode != tc.status {
			t.Errorf("status %d, want %d", res.StatusCode, tc.status)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// recorder is a writer that keeps the deadlines that it is given.
type recorder struct {
	http.ResponseWriter
	at []time.Time
}

func (w *recorder) SetReadDeadline(at time.Time) error { w.at = append(w.at, at); return nil }

func TestDeadlineIsSetThroughWrappers(t *testing.T) {
	w := &recorder{ResponseWriter: httptest.NewRecorder()}
	start := time.Now()
	if _, err := mustNew[period](t, validate.Config{}).Decode(wrapped{wrapped{w}}, post(`{"from":1,"to":2}`)); err != nil {
		t.Fatal(err)
	}
	if len(w.at) != 2 || w.at[0].Before(start.Add(9*time.Second)) || w.at[0].After(time.Now().Add(10*time.Second)) || !w.at[1].IsZero() {
		t.Errorf("deadlines %v", w.at)
	}
	// Nothing is set for a body that is not read.
	w.at = nil
	r := post(`{}`)
	r.Header.Set("Content-Type", "text/plain")
	if _, err := mustNew[period](t, validate.Config{}).Decode(w, r); err == nil || len(w.at) != 0 {
		t.Errorf("%v, deadlines %v", err, w.at)
	}
}
