package validate_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// A client that asks before it sends is not asked for a body that its header
// refuses: no 100 comes, and the connection ends, for nobody knows whether the
// client sends it nevertheless: at once if that would be long, and when its
// time is up otherwise.
func TestExpectContinue(t *testing.T) {
	s := mustNew[period](t, validate.Config{MaxBody: 100, ReadTimeout: 100 * time.Millisecond})
	spy := &mwtest.Spy{}
	adaptor := validate.Handle(s, func(context.Context, *period) (*period, error) { spy.ServeHTTP(nil, nil); return nil, nil })
	middleware := s.Handler(spy)
	h, next := routed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Adaptor") != "" {
			adaptor.ServeHTTP(w, r)
			return
		}
		middleware.ServeHTTP(w, r)
	}))
	dial := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(wrapped{wrapped{w}}, r) }))
	const expect = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
	for _, tc := range []struct {
		name, head string
		status     int
		code       string
	}{
		{"too long", "Content-Type: application/json\r\nContent-Length: 101\r\n", 413, "body_too_large"},
		{"too long, and of another type", "Content-Type: text/plain\r\nContent-Length: 1000000000\r\n", 413, "body_too_large"},
		{"another type", "Content-Type: text/plain\r\nContent-Length: 17\r\n", 415, "unsupported_media_type"},
		{"another type, in chunks", "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n", 415, "unsupported_media_type"},
		{"no type", "Content-Length: 17\r\n", 415, "unsupported_media_type"},
		{"another charset", "Content-Type: application/json; charset=utf-16\r\nContent-Length: 17\r\n", 415, "unsupported_media_type"},
		{"compressed", "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 17\r\n", 415, "unsupported_media_type"},
	} {
		for _, sends := range []bool{false, true} {
			head := tc.head
			if sends {
				head += "X-Adaptor: 1\r\n"
			}
			c := dial(expect + head + "\r\n")
			res := c.hear() // the first that comes, so not a 100
			if !res.Close {
				t.Errorf("%s: the connection stays open", tc.name)
			}
			mwtest.Refused(t, res, tc.status, tc.code)
			if sends {
				_, _ = c.Write([]byte(getNext)) // as its body
			}
			c.ended()
		}
	}
	if next.Calls()+spy.Calls() > 0 {
		t.Error("a body was taken for a request")
	}
}

// What the header admits is asked for, once, and the connection stays.
func TestExpectContinueOfAGoodBody(t *testing.T) {
	dial := listen(t, mustNew[period](t, validate.Config{}).Handler(&mwtest.Spy{}))
	c := dial("")
	for body, status := range map[string]int{good17: 200, strings.Replace(good17, "2", "x", 1): 400} {
		c.say(strings.Replace(jsonPut, "\r\n\r\n", "\r\n", 1) + "Expect: 100-continue\r\nContent-Length: 17\r\n\r\n")
		if res := c.hear(); res.StatusCode != 100 {
			t.Fatalf("status %d", res.StatusCode)
		}
		c.say(body)
		if res := c.hear(); res.StatusCode != status || res.Close {
			t.Errorf("%s: status %d, closes: %v", body, res.StatusCode, res.Close)
		}
	}
}

// An operation without a body asks for none.
func TestExpectContinueWithoutABody(t *testing.T) {
	dial := listen(t, mustNew[pageOnly](t, validate.Config{}).Handler(&mwtest.Spy{}))
	c := dial("POST /?page=2 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
	if res := c.hear(); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}
