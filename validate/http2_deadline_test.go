package validate_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/validate"
)

// Over HTTP/2 the time is that of one body: the stream that trickles is refused
// when it is up, and the others on the connection live on, one that has its
// body and takes longer than that, and one that begins later.
func TestSlowBodyOfHTTP2(t *testing.T) {
	const limit = 150 * time.Millisecond
	s := mustNew[period](t, validate.Config{ReadTimeout: limit})
	facts := make(chan carrier.Facts, 10)
	dial := frames(t, ledger(facts, s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Slow") == "" {
			return
		}
		select {
		case <-r.Context().Done():
			_, _ = w.Write([]byte("cancelled"))
		case <-time.After(3 * limit):
			_, _ = w.Write([]byte("slow"))
		}
	}))))
	f := dial()
	good := f.open("content-type", "application/json", "x-slow", "1")
	f.frame(frameData, endStream, good, good17)
	trickle := f.open(isJSON...)
	start := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for time.Since(start) < 2*limit {
			_, _ = f.Write([]byte("\x00\x00\x01\x00\x00\x00\x00\x00" + string(rune(trickle)) + " "))
			time.Sleep(limit / 10)
		}
	}()
	body, _ := f.hear(trickle)
	if took := time.Since(start); !strings.Contains(body, `"code":"request_timeout"`) || took < limit || took > 3*limit {
		t.Errorf("%q after %v", body, took)
	}
	if got := <-facts; got.Code != "request_timeout" || got.Status != 408 {
		t.Errorf("%+v", got)
	}
	if body, _ := f.hear(good); body != "slow" {
		t.Errorf("the other stream: %q", body)
	}
	<-done
	late := f.open(isJSON...)
	f.frame(frameData, endStream, late, good17)
	if _, reset := f.hear(late); reset {
		t.Error("a later stream is reset")
	}
}
