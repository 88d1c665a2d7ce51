package validate_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A talk is a connection to a server, in bytes.
type talk struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

// listen serves h and returns how to connect to it.
func listen(t *testing.T, h http.Handler, set ...func(*httptest.Server)) func(first string) *talk {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, f := range set {
		f(srv)
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return func(first string) *talk {
		t.Helper()
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(20 * time.Second)) // a test ends
		k := &talk{c, t, bufio.NewReader(c)}
		k.say(first)
		return k
	}
}

func (k *talk) say(s string) {
	k.t.Helper()
	if _, err := io.WriteString(k, s); err != nil {
		k.t.Fatal(err)
	}
}

// hear returns the next response, with all of its body.
func (k *talk) hear() *http.Response {
	k.t.Helper()
	res, err := http.ReadResponse(k.in, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res
}

// ended fails the test unless the server closes without another word.
func (k *talk) ended() {
	k.t.Helper()
	rest, err := io.ReadAll(k.in)
	if len(rest) > 0 {
		k.t.Errorf("the server says more: %.200q", rest)
	}
	if late, ok := err.(net.Error); ok && late.Timeout() {
		k.t.Error("the connection stays open")
	}
}

// chunked writes a body in chunks of at most n bytes, without its end.
func chunked(body string, n int) string {
	var b strings.Builder
	for ; len(body) > 0; body = body[min(n, len(body)):] {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", min(n, len(body)), body[:min(n, len(body))])
	}
	return b.String()
}

// ledger is the outermost layer: it tells to what the record of each request
// says in the end.
func ledger(to chan<- carrier.Facts, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, r := carrier.Ensure(r)
		defer func() { to <- rec.Facts() }()
		next.ServeHTTP(wrapped{w}, r)
	})
}

const (
	good17  = `{"from":1,"to":2}`
	jsonPut = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	getNext = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n"
)

// routed serves h, and /next, which nobody should reach by the body of another
// request.
func routed(h http.Handler) (http.Handler, *mwtest.Spy) {
	next := &mwtest.Spy{}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.Handle("/next", next)
	return mux, next
}
