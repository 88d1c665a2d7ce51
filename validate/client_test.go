package validate_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// counted is a body that counts what is read of it.
type counted struct {
	io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// The client of net/http, over both versions of HTTP with TLS, sends nothing of
// a body that its header refuses, and all of one that it does not.
func TestClientIsNotAskedInVain(t *testing.T) {
	s := mustNew[period](t, validate.Config{MaxBody: 1 << 10})
	for _, two := range []bool{false, true} {
		srv := httptest.NewUnstartedServer(s.Handler(&mwtest.Spy{}))
		srv.EnableHTTP2 = two
		srv.StartTLS()
		t.Cleanup(srv.Close)
		srv.Client().Transport.(*http.Transport).ExpectContinueTimeout = 20 * time.Second
		for _, tc := range []struct {
			media  string
			length int64
			status int
			code   string
		}{
			{"application/json", 17, 200, ""},
			{"application/json", 1 << 20, 413, "body_too_large"},
			{"text/plain", 17, 415, "unsupported_media_type"},
			{"application/json", 1 << 10, 200, ""},
		} {
			body, asked := &counted{Reader: strings.NewReader(good17 + strings.Repeat(" ", int(tc.length)-17))}, false
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { asked = true }})
			r, err := http.NewRequestWithContext(ctx, "POST", srv.URL, body)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = tc.length
			r.Header.Set("Content-Type", tc.media)
			r.Header.Set("Expect", "100-continue")
			res, err := srv.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if tc.code != "" {
				mwtest.Refused(t, res, tc.status, tc.code)
			}
			_ = res.Body.Close()
			if good := tc.status == 200; res.StatusCode != tc.status || asked != good || (body.n.Load() > 0) != good {
				t.Errorf("HTTP/%d, %s of %d bytes: status %d, asked: %v, %d bytes sent", res.ProtoMajor, tc.media, tc.length, res.StatusCode, asked, body.n.Load())
			}
		}
	}
}

// A body that trickles over TLS is refused in time, and the client goes on.
func TestClientThatTrickles(t *testing.T) {
	const limit = 150 * time.Millisecond
	s := mustNew[period](t, validate.Config{ReadTimeout: limit})
	for _, two := range []bool{false, true} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.Handler(&mwtest.Spy{}).ServeHTTP(wrapped{w}, r)
		}))
		srv.EnableHTTP2 = two
		srv.StartTLS()
		t.Cleanup(srv.Close)
		in, out := io.Pipe()
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(limit / 10):
					if _, err := out.Write([]byte(" ")); err != nil {
						return
					}
				}
			}
		}()
		r, err := http.NewRequestWithContext(t.Context(), "POST", srv.URL, in)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		start := time.Now()
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < limit || took > 10*limit {
			t.Errorf("HTTP/%d: answered after %v", res.ProtoMajor, took)
		}
		mwtest.Refused(t, res, 408, "request_timeout")
		close(stop)
		_ = in.Close()
		res, err = srv.Client().Post(srv.URL, "application/json", strings.NewReader(good17))
		if err != nil || res.StatusCode != 200 {
			t.Errorf("the next one: %v, %v", res, err)
		} else {
			_ = res.Body.Close()
		}
	}
}
