package validate_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// What a frame of HTTP/2 is (RFC 9113, section 6), as far as it is needed here.
const (
	frameData, frameHeaders, frameReset, frameSettings = 0, 1, 3, 4

	endStream, endHeaders, ack = 1, 4, 1
)

// A framer is a connection of HTTP/2, in frames.
type framer struct {
	*talk
	next uint32
}

// frames serves h over HTTP/2 without TLS and returns how to connect to it.
func frames(t *testing.T, h http.Handler) func() *framer {
	dial := listen(t, h, func(srv *httptest.Server) {
		srv.Config.Protocols = new(http.Protocols)
		srv.Config.Protocols.SetUnencryptedHTTP2(true)
	})
	return func() *framer {
		f := &framer{dial("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 1}
		f.frame(frameSettings, 0, 0, "")
		return f
	}
}

func (f *framer) frame(kind, flags byte, stream uint32, payload string) {
	f.t.Helper()
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(b[5:], stream)
	f.say(string(b) + payload)
}

// fields writes a header block: literals that no table keeps (RFC 7541, section 6.2.2).
func fields(pairs ...string) string {
	var b strings.Builder
	for i := range pairs {
		if i%2 == 0 {
			b.WriteByte(0)
		}
		b.WriteByte(byte(len(pairs[i])))
		b.WriteString(pairs[i])
	}
	return b.String()
}

// open begins a request with a body in JSON.
func (f *framer) open(pairs ...string) (stream uint32) {
	f.t.Helper()
	stream = f.next
	f.next += 2
	f.frame(frameHeaders, endHeaders, stream, fields(append([]string{":method", "POST", ":scheme", "http", ":path", "/", ":authority", "x"}, pairs...)...))
	return stream
}

// hear returns the content of the response on the stream, and whether the
// server has reset it.
func (f *framer) hear(stream uint32) (body string, reset bool) {
	f.t.Helper()
	for {
		var head [9]byte
		if _, err := io.ReadFull(f.in, head[:]); err != nil {
			f.t.Fatal(err)
		}
		payload := make([]byte, int(head[0])<<16|int(head[1])<<8|int(head[2]))
		if _, err := io.ReadFull(f.in, payload); err != nil {
			f.t.Fatal(err)
		}
		on := binary.BigEndian.Uint32(head[5:])
		switch kind, flags := head[3], head[4]; {
		case kind == frameSettings && flags&ack == 0:
			f.frame(frameSettings, ack, 0, "")
		case on != stream:
		case kind == frameReset:
			return body, true
		case kind == frameData:
			body += string(payload)
		}
		if k := head[3]; on == stream && (k == frameData || k == frameHeaders) && head[4]&endStream != 0 {
			return body, false
		}
	}
}

// served is what a server of frames tells: the records, and what was decoded.
type served struct {
	facts chan carrier.Facts
	spy   *mwtest.Spy
}

func serveFrames(t *testing.T, h func(http.Handler) http.Handler) (func() *framer, served) {
	s := served{make(chan carrier.Facts, 100), &mwtest.Spy{}}
	return frames(t, ledger(s.facts, h(s.spy))), s
}

// ended returns the record of the next request that has ended.
func (s served) ended(t *testing.T) carrier.Facts {
	t.Helper()
	select {
	case f := <-s.facts:
		return f
	case <-time.After(10 * time.Second):
		t.Fatal("no request has ended")
		panic("unreachable")
	}
}

var isJSON = []string{"content-type", "application/json"}

// A stream that is refused is refused alone: the next one is served by the same
// connection.
func TestFrames(t *testing.T) {
	dial, s := serveFrames(t, mustNew[tried](t, validate.Config{MaxBody: 64}).Handler)
	length := func(n string) []string { return append([]string{"content-length", n}, isJSON...) }
	f := dial()
	for _, tc := range []struct {
		name   string
		fields []string
		data   []string
		code   string // of the record; "" is accepted
		answer bool   // whether the client is told
	}{
		{"good", length("17"), []string{good17}, "", true},
		{"without a length", isJSON, []string{good17[:5], "", good17[5:]}, "", true},
		{"end of its own", isJSON, []string{good17, ""}, "", true},
		{"as long as it may be", isJSON, []string{good17, strings.Repeat(" ", 47)}, "", true},
		{"too long", isJSON, []string{good17, strings.Repeat(" ", 48)}, "body_too_large", true},
		{"much too long", isJSON, []string{good17, strings.Repeat(" ", 16000)}, "body_too_large", true},
		{"said to be too long", length("65"), nil, "body_too_large", true},
		{"shorter than said", length("18"), []string{good17}, "body_incomplete", true},
		{"longer than said", length("16"), []string{good17}, "body_incomplete", false},
		{"another type", []string{"content-type", "text/plain"}, nil, "unsupported_media_type", true},
		{"empty", isJSON, []string{""}, "body_required", true},
		{"empty and said so", length("0"), []string{""}, "body_required", true},
		{"no JSON", isJSON, []string{"{"}, "malformed_json", true},
	} {
		stream := f.open(tc.fields...)
		for i, data := range tc.data {
			var flags byte
			if i == len(tc.data)-1 {
				flags = endStream
			}
			f.frame(frameData, flags, stream, data)
		}
		before := s.spy.Calls()
		body, reset := f.hear(stream)
		switch facts := s.ended(t); {
		case tc.code == "":
			if facts.Code != "" || body != "ok" {
				t.Errorf("%s: %s %s", tc.name, facts.Code, body)
			}
			continue
		case !tc.answer && reset && facts.Code == "client_closed_request": // which of the two was first
		case facts.Code != tc.code || tc.answer != strings.Contains(body, `"code":"`+tc.code+`"`) || facts.Events&carrier.ValidateRejected == 0:
			t.Errorf("%s: %+v, answered %q", tc.name, facts, body)
		}
		if s.spy.Calls() != before {
			t.Errorf("%s: reached the handler", tc.name)
		}
	}
}

// What refused streams leave unread does not use up the window of all.
func TestRefusedStreamsStarveNobody(t *testing.T) {
	dial, s := serveFrames(t, mustNew[period](t, validate.Config{MaxBody: 64}).Handler)
	f := dial()
	for _, media := range []string{"text/plain", "application/json"} {
		for range 100 { // windows are of 64 KiB, or of a mebibyte
			stream := f.open("content-type", media)
			f.frame(frameData, 0, stream, strings.Repeat(" ", 16000))
			if body, _ := f.hear(stream); !strings.Contains(body, `"code":`) {
				t.Fatalf("%s: %q", media, body)
			}
			s.ended(t)
		}
	}
	stream := f.open(isJSON...)
	f.frame(frameData, endStream, stream, good17)
	if body, _ := f.hear(stream); body != "ok" {
		t.Errorf("the next one: %q", body)
	}
}

// A trailer is no header here either.
func TestTrailersOfHTTP2(t *testing.T) {
	got := make(chan tried, 1)
	dial := frames(t, mustNew[tried](t, validate.Config{}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		v, _ := validate.From[tried](r)
		got <- v
	})))
	f := dial()
	stream := f.open(append([]string{"trailer", "x-try"}, isJSON...)...)
	f.frame(frameData, 0, stream, good17)
	f.frame(frameHeaders, endHeaders|endStream, stream, fields("x-try", "7", "x-mark", "x"))
	f.hear(stream)
	if v := <-got; v != (tried{Try: 1, From: 1, To: 2}) {
		t.Errorf("%+v", v)
	}
}

// A client that leaves in the middle of its body is nobody to refuse: its
// request is recorded as what it is, and the next one is served.
func TestClientLeavesInTheMiddle(t *testing.T) {
	dial, s := serveFrames(t, mustNew[period](t, validate.Config{}).Handler)
	for range 50 {
		f := dial()
		stream := f.open(append([]string{"content-length", "17"}, isJSON...)...)
		f.frame(frameData, 0, stream, good17[:9])
		f.frame(frameReset, 0, stream, "\x00\x00\x00\x08") // CANCEL
		if facts := s.ended(t); facts.Code != "client_closed_request" || facts.Status != 499 || facts.Events&carrier.ValidateRejected != 0 {
			t.Fatalf("a stream that is reset: %+v", facts)
		}
		stream = f.open(isJSON...)
		f.frame(frameData, endStream, stream, good17)
		if body, _ := f.hear(stream); body != "ok" {
			t.Fatalf("the next one: %q", body)
		}
		s.ended(t)
		stream = f.open(isJSON...)
		f.frame(frameData, 0, stream, good17[:9])
		_ = f.Close()
		if facts := s.ended(t); facts.Code != "client_closed_request" || facts.Events&carrier.ValidateRejected != 0 {
			t.Fatalf("a connection that ends: %+v", facts)
		}
	}
	if s.spy.Calls() != 50 {
		t.Errorf("%d calls", s.spy.Calls())
	}
}

// Over HTTP/1.1 a connection that breaks is a client that has left, and one
// that is closed on one side may wait for its answer.
func TestConnectionBreaksInTheMiddle(t *testing.T) {
	facts := make(chan carrier.Facts, 10)
	spy := &mwtest.Spy{}
	dial := listen(t, ledger(facts, mustNew[period](t, validate.Config{}).Handler(spy)))
	for _, framed := range []string{"Content-Length: 17\r\n\r\n" + good17[:9], "Transfer-Encoding: chunked\r\n\r\n" + chunked(good17[:9], 9), "Transfer-Encoding: chunked\r\n\r\n11\r\n" + good17[:9]} {
		c := dial(jsonPut + framed)
		_ = c.Conn.(*net.TCPConn).SetLinger(0)
		time.Sleep(20 * time.Millisecond) // until it is read, for a reset discards what is not
		_ = c.Close()
		if f := <-facts; f.Code != "client_closed_request" || f.Status != 499 || f.Events&carrier.ValidateRejected != 0 {
			t.Errorf("reset: %+v", f)
		}
		c = dial(jsonPut + framed)
		_ = c.Conn.(*net.TCPConn).CloseWrite()
		mwtest.Refused(t, c.hear(), 400, "body_incomplete")
		c.ended()
		if f := <-facts; f.Code != "body_incomplete" || f.Status != 400 || f.Events&carrier.ValidateRejected == 0 {
			t.Errorf("half closed: %+v", f)
		}
	}
	if spy.Calls() > 0 {
		t.Error("reached the handler")
	}
}
