package validate_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// The limit is exact over the wire, however the length is told, and through
// whatever wraps the writer. What is too long ends the connection: the rest of
// it is not read as a request.
func TestLimitOverTheWire(t *testing.T) {
	s := mustNew[period](t, validate.Config{MaxBody: 64})
	logger, _ := mwtest.Log()
	chain, err := httperr.New(httperr.Config{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"bare":         func(h http.Handler) http.Handler { return h },
		"in the chain": chain.Handler,
		"in two wrappers": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrapped{wrapped{w}}, r) })
		},
		"behind one that hides the server's": func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(struct{ http.ResponseWriter }{w}, r) })
		},
		"below another limit": func(h http.Handler) http.Handler { return http.MaxBytesHandler(h, 1000) },
	} {
		h, next := routed(s.Handler(&mwtest.Spy{}))
		dial := listen(t, wrap(h))
		for _, over := range []int{0, 1, 2, 63, 500} {
			body := good17 + strings.Repeat(" ", 64-17+over)
			for _, size := range []int{0, 1, 7, 64, 1000} {
				framed := fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
				if size > 0 {
					framed = "Transfer-Encoding: chunked\r\n\r\n" + chunked(body, size) + "0\r\n\r\n"
				}
				c := dial(jsonPut + framed + getNext)
				res := c.hear()
				if over == 0 {
					if res.StatusCode != 200 || c.hear().StatusCode != 200 {
						t.Errorf("%s: %d bytes in chunks of %d: %d", name, len(body), size, res.StatusCode)
					}
					continue
				}
				if !res.Close {
					t.Errorf("%s: the connection stays open after %d bytes in chunks of %d", name, len(body), size)
				}
				mwtest.Refused(t, res, 413, "body_too_large")
				c.ended()
			}
		}
		if next.Calls() != 5 {
			t.Errorf("%s: /next was reached %d times", name, next.Calls())
		}
	}
}

// A smaller limit outside of ours is told of as ours is.
func TestLimitOfAnother(t *testing.T) {
	s := mustNew[period](t, validate.Config{ReadTimeout: 100 * time.Millisecond})
	dial := listen(t, http.MaxBytesHandler(s.Handler(&mwtest.Spy{}), 16))
	for _, framed := range []string{"Content-Length: 17\r\n\r\n" + good17, "Transfer-Encoding: chunked\r\n\r\n" + chunked(good17, 17)} {
		c := dial(jsonPut + framed)
		res := c.hear()
		if !res.Close {
			t.Error("the connection stays open")
		}
		mwtest.Refused(t, res, 413, "body_too_large")
		c.ended()
	}
}

// Each message has one length, and what is refused is left behind: the requests
// that follow on the connection are answered as if they were alone.
func TestPipelines(t *testing.T) {
	h, next := routed(mustNew[period](t, validate.Config{}).Handler(&mwtest.Spy{}))
	dial := listen(t, h)
	lines := func(head, body string) string {
		return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
	}
	text := strings.Replace(jsonPut, "application/json", "text/plain", 1)
	for _, tc := range []struct {
		name, raw string
		want      []int
		ends      bool
		next      int // how often /next is asked for
	}{
		{"good ones", lines(jsonPut, good17) + lines(jsonPut, good17), []int{200, 200}, false, 0},
		{"broken rule first", lines(jsonPut, `{"from":2,"to":1}`) + lines(jsonPut, good17), []int{400, 200}, false, 0},
		{"no JSON first", lines(jsonPut, getNext) + lines(jsonPut, good17), []int{400, 200}, false, 0},
		{"another type first", lines(text, getNext) + lines(jsonPut, good17) + getNext, []int{415, 200, 200}, false, 1},
		{"another type in chunks first", text + "Transfer-Encoding: chunked\r\n\r\n" + chunked(getNext+getNext, 9) + "0\r\n\r\n" + lines(jsonPut, good17), []int{415, 200}, false, 0},
		{"empty first", lines(jsonPut, "") + lines(jsonPut, good17), []int{400, 200}, false, 0},
		{"empty in chunks first", jsonPut + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + lines(jsonPut, good17), []int{400, 200}, false, 0},
		{"body of GET", lines(strings.Replace(jsonPut, "POST", "GET", 1), good17) + lines(jsonPut, good17), []int{200, 200}, false, 0},
		{"shorter than it is", jsonPut + "Content-Length: 16\r\n\r\n" + good17 + getNext, []int{400, 400}, true, 0},
		{"two lengths", jsonPut + "Content-Length: 17\r\nContent-Length: 16\r\n\r\n" + good17, []int{400}, true, 0},
		{"length with a sign", jsonPut + "Content-Length: +17\r\n\r\n" + good17, []int{400}, true, 0},
		{"negative length", jsonPut + "Content-Length: -1\r\n\r\n" + good17, []int{400}, true, 0},
		{"other coding", jsonPut + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", []int{501}, true, 0},
		{"negative chunk", jsonPut + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", []int{400}, true, 0},
		{"chunk shorter than it is", jsonPut + "Transfer-Encoding: chunked\r\n\r\n10\r\n" + good17 + "\r\n0\r\n\r\n" + getNext, []int{400}, true, 0},
		{"no length", jsonPut + "\r\n", []int{400}, false, 0},
		{"HTTP/1.0", lines(strings.Replace(jsonPut, "HTTP/1.1", "HTTP/1.0", 1), good17) + getNext, []int{200}, true, 0},
		{"HTTP/1.0 in chunks", strings.Replace(jsonPut, "HTTP/1.1", "HTTP/1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n" + chunked(good17, 9) + "0\r\n\r\n", []int{400}, true, 0},
		{"TE", lines(jsonPut+"TE: trailers, gzip\r\n", good17), []int{200}, false, 0},
		{"length and chunks", jsonPut + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(good17, 9) + "0\r\n\r\n" + getNext, []int{200, 200}, false, 1},
		{"chunks twice", jsonPut + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(good17, 9) + "0\r\n\r\n" + getNext, []int{501}, true, 0},
		{"chunk with an extension", jsonPut + "Transfer-Encoding: chunked\r\n\r\n11;a=b\r\n" + good17 + "\r\n0\r\n\r\n" + getNext, []int{200, 200}, false, 1},
		{"GET with a body without a type", "GET /?page=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 32\r\n\r\n" + getNext + getNext, []int{415, 200}, false, 1},
	} {
		before, c := next.Calls(), dial(tc.raw)
		for i, want := range tc.want {
			if res := c.hear(); res.StatusCode != want {
				t.Errorf("%s: answer %d is %d, want %d", tc.name, i, res.StatusCode, want)
			}
		}
		if tc.ends {
			c.ended()
		}
		if got := next.Calls() - before; got != tc.next {
			t.Errorf("%s: /next was reached %d times, want %d", tc.name, got, tc.next)
		}
	}
}

type tried struct {
	Try  int    `header:"X-Try" default:"1"`
	From int    `json:"from"`
	To   int    `json:"to"`
	Mark string `header:"X-Mark"`
}

// A trailer is no header, whatever it is called, and has an end.
func TestTrailers(t *testing.T) {
	var got tried
	dial := listen(t, mustNew[tried](t, validate.Config{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got, _ = validate.From[tried](r) })))
	body := jsonPut + "Trailer: X-Try, X-Mark\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(good17, 5) + "0\r\n"
	c := dial(body + "X-Try: 7\r\nX-Mark: x\r\nContent-Type: text/plain\r\n\r\n")
	if res := c.hear(); res.StatusCode != 200 || got != (tried{Try: 1, From: 1, To: 2}) {
		t.Errorf("status %d, %+v", res.StatusCode, got)
	}
	c = dial(body + "X-Try: " + strings.Repeat("7", 1<<16) + "\r\n\r\n")
	mwtest.Refused(t, c.hear(), 400, "body_incomplete")
	c.ended()
}

// HEAD is refused like any other request, without saying so in a body.
func TestHead(t *testing.T) {
	dial := listen(t, mustNew[pageOnly](t, validate.Config{}).Handler(&mwtest.Spy{}))
	c := dial("HEAD /?page=0 HTTP/1.1\r\nHost: x\r\n\r\nGET /?page=1 HTTP/1.1\r\nHost: x\r\n\r\n")
	res, err := http.ReadResponse(c.in, &http.Request{Method: "HEAD"})
	if err != nil || res.StatusCode != 400 || res.Header.Get("X-Correlation-ID") == "" {
		t.Errorf("%v, %v", res, err)
	}
	if res := c.hear(); res.StatusCode != 200 {
		t.Errorf("then %d", res.StatusCode)
	}
}

// However its emptiness is told, an operation without members needs no body.
func TestNoBodyOverTheWire(t *testing.T) {
	dial := listen(t, mustNew[pageOnly](t, validate.Config{}).Handler(&mwtest.Spy{}))
	for _, tc := range []struct {
		framed string
		want   int
	}{
		{"Content-Length: 0\r\n\r\n", 200},
		{"\r\n", 200},
		{"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200},
		{"Content-Length: 2\r\n\r\n{}", 200},
		{"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200},
		{"Content-Length: 1\r\n\r\n ", 400},
		{"Content-Length: 7\r\n\r\n{\"a\":1}", 400},
	} {
		c := dial(jsonPut + tc.framed)
		if res := c.hear(); res.StatusCode != tc.want {
			t.Errorf("%q: %d, want %d", tc.framed, res.StatusCode, tc.want)
		}
	}
}
