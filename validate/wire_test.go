package validate_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
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
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// Over HTTP/2 the time limit is for one body. A stream whose body is slow is refused when the
// time is up. Other streams of the connection go on: one whose body has arrived and whose
// handler takes longer, and one that begins later.
func TestSlowBodyOfHTTP2(t *testing.T) {
	const limit = 150 * time.Millisecond
	s := kit.MustNew[period](t, validate.Config{ReadTimeout: limit})
	facts := make(chan carrier.Facts, 10)
	dial := listenHTTP2(t, sendRecords(facts, s.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
	good := f.openStream("content-type", "application/json", "x-slow", "1")
	f.sendFrame(frameData, endStream, good, good17)
	trickle := f.openStream(isJSON...)
	start := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for time.Since(start) < 2*limit {
			_, _ = f.Write([]byte("\x00\x00\x01\x00\x00\x00\x00\x00" + string(rune(trickle)) + " "))
			time.Sleep(limit / 10)
		}
	}()
	body, _ := f.readResponse(trickle)
	if took := time.Since(start); !strings.Contains(body, `"code":"request_timeout"`) || took < limit || took > 3*limit {
		t.Errorf("%q after %v", body, took)
	}
	if got := <-facts; got.Code != "request_timeout" || got.Status != 408 {
		t.Errorf("%+v", got)
	}
	if body, _ := f.readResponse(good); body != "slow" {
		t.Errorf("the other stream: %q", body)
	}
	<-done
	late := f.openStream(isJSON...)
	f.sendFrame(frameData, endStream, late, good17)
	if _, reset := f.readResponse(late); reset {
		t.Error("a later stream is reset")
	}
}

// Types and flags of HTTP/2 frames (RFC 9113, section 6) that are used here.
const (
	frameData, frameHeaders, frameReset, frameSettings = 0, 1, 3, 4

	endStream, endHeaders, ack = 1, 4, 1
)

// A framer is an HTTP/2 connection that sends and receives frames.
type framer struct {
	*conn
	next uint32
}

// listenHTTP2 serves h over HTTP/2 without TLS and returns a function that connects to it.
func listenHTTP2(t *testing.T, h http.Handler) func() *framer {
	dial := listen(t, h, func(srv *httptest.Server) {
		srv.Config.Protocols = new(http.Protocols)
		srv.Config.Protocols.SetUnencryptedHTTP2(true)
	})
	return func() *framer {
		f := &framer{dial("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 1}
		f.sendFrame(frameSettings, 0, 0, "")
		return f
	}
}

func (f *framer) sendFrame(kind, flags byte, stream uint32, payload string) {
	f.t.Helper()
	b := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(b[5:], stream)
	f.send(string(b) + payload)
}

// fields returns a header block of literals without indexing (RFC 7541, section 6.2.2).
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

// openStream begins a POST request with a body and returns its stream.
func (f *framer) openStream(pairs ...string) (stream uint32) {
	f.t.Helper()
	stream = f.next
	f.next += 2
	f.sendFrame(frameHeaders, endHeaders, stream, fields(append([]string{":method", "POST", ":scheme", "http", ":path", "/", ":authority", "x"}, pairs...)...))
	return stream
}

// readResponse returns the content of the response on the stream, and whether the
// server has reset the stream.
func (f *framer) readResponse(stream uint32) (body string, reset bool) {
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
			f.sendFrame(frameSettings, ack, 0, "")
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

// served has the records of the requests of a server, and the calls of its handler.
type served struct {
	facts chan carrier.Facts
	spy   *mwtest.Spy
}

func serveFrames(t *testing.T, h func(http.Handler) http.Handler) (func() *framer, served) {
	s := served{make(chan carrier.Facts, 100), &mwtest.Spy{}}
	return listenHTTP2(t, sendRecords(s.facts, h(s.spy))), s
}

// nextRecord returns the record of the next request that has ended.
func (s served) nextRecord(t *testing.T) carrier.Facts {
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

// Only the refused stream ends: the same connection serves the next one.
func TestFrames(t *testing.T) {
	dial, s := serveFrames(t, kit.MustNew[tried](t, validate.Config{MaxBody: 64}).Middleware)
	length := func(n string) []string { return append([]string{"content-length", n}, isJSON...) }
	f := dial()
	for _, tc := range []struct {
		name   string
		fields []string
		data   []string
		code   string // of the record; "": accepted
		answer bool   // the client gets an answer
	}{
		{"good", length("17"), []string{good17}, "", true},
		{"without a length", isJSON, []string{good17[:5], "", good17[5:]}, "", true},
		{"end of the stream in a frame of its own", isJSON, []string{good17, ""}, "", true},
		{"as long as the limit", isJSON, []string{good17, strings.Repeat(" ", 47)}, "", true},
		{"too long", isJSON, []string{good17, strings.Repeat(" ", 48)}, "body_too_large", true},
		{"much too long", isJSON, []string{good17, strings.Repeat(" ", 16000)}, "body_too_large", true},
		{"declared too long", length("65"), nil, "body_too_large", true},
		{"shorter than declared", length("18"), []string{good17}, "body_incomplete", true},
		{"longer than declared", length("16"), []string{good17}, "body_incomplete", false},
		{"another type", []string{"content-type", "text/plain"}, nil, "unsupported_media_type", true},
		{"empty", isJSON, []string{""}, "body_required", true},
		{"empty, with its length", length("0"), []string{""}, "body_required", true},
		{"no JSON", isJSON, []string{"{"}, "malformed_json", true},
	} {
		stream := f.openStream(tc.fields...)
		for i, data := range tc.data {
			var flags byte
			if i == len(tc.data)-1 {
				flags = endStream
			}
			f.sendFrame(frameData, flags, stream, data)
		}
		before := s.spy.Calls()
		body, reset := f.readResponse(stream)
		switch facts := s.nextRecord(t); {
		case tc.code == "":
			if facts.Code != "" || body != "ok" {
				t.Errorf("%s: %s %s", tc.name, facts.Code, body)
			}
			continue
		case !tc.answer && reset && facts.Code == "client_closed_request": // the reset came before the answer
		case facts.Code != tc.code || tc.answer != strings.Contains(body, `"code":"`+tc.code+`"`) || facts.Events&carrier.ValidateRejected == 0:
			t.Errorf("%s: %+v, answered %q", tc.name, facts, body)
		}
		if s.spy.Calls() != before {
			t.Errorf("%s: reached the handler", tc.name)
		}
	}
}

// The unread bodies of refused streams do not use up the window of the connection.
func TestRefusedStreamsStarveNobody(t *testing.T) {
	dial, s := serveFrames(t, kit.MustNew[period](t, validate.Config{MaxBody: 64}).Middleware)
	f := dial()
	for _, media := range []string{"text/plain", "application/json"} {
		for range 100 { // windows are of 64 KiB, or of a mebibyte
			stream := f.openStream("content-type", media)
			f.sendFrame(frameData, 0, stream, strings.Repeat(" ", 16000))
			if body, _ := f.readResponse(stream); !strings.Contains(body, `"code":`) {
				t.Fatalf("%s: %q", media, body)
			}
			s.nextRecord(t)
		}
	}
	stream := f.openStream(isJSON...)
	f.sendFrame(frameData, endStream, stream, good17)
	if body, _ := f.readResponse(stream); body != "ok" {
		t.Errorf("the next one: %q", body)
	}
}

// A trailer is not a header over HTTP/2 either.
func TestTrailersOfHTTP2(t *testing.T) {
	got := make(chan tried, 1)
	dial := listenHTTP2(t, kit.MustNew[tried](t, validate.Config{}).Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		v, _ := validate.From[tried](r)
		got <- v
	})))
	f := dial()
	stream := f.openStream(append([]string{"trailer", "x-try"}, isJSON...)...)
	f.sendFrame(frameData, 0, stream, good17)
	f.sendFrame(frameHeaders, endHeaders|endStream, stream, fields("x-try", "7", "x-mark", "x"))
	f.readResponse(stream)
	if v := <-got; v != (tried{Try: 1, From: 1, To: 2}) {
		t.Errorf("%+v", v)
	}
}

// A client that leaves in the middle of its body is not refused: its
// request is recorded as 499, and the next one is served.
func TestClientLeavesInTheMiddle(t *testing.T) {
	dial, s := serveFrames(t, kit.MustNew[period](t, validate.Config{}).Middleware)
	for range 50 {
		f := dial()
		stream := f.openStream(append([]string{"content-length", "17"}, isJSON...)...)
		f.sendFrame(frameData, 0, stream, good17[:9])
		f.sendFrame(frameReset, 0, stream, "\x00\x00\x00\x08") // CANCEL
		if facts := s.nextRecord(t); facts.Code != "client_closed_request" || facts.Status != 499 || facts.Events&carrier.ValidateRejected != 0 {
			t.Fatalf("a stream that is reset: %+v", facts)
		}
		stream = f.openStream(isJSON...)
		f.sendFrame(frameData, endStream, stream, good17)
		if body, _ := f.readResponse(stream); body != "ok" {
			t.Fatalf("the next one: %q", body)
		}
		s.nextRecord(t)
		stream = f.openStream(isJSON...)
		f.sendFrame(frameData, 0, stream, good17[:9])
		_ = f.Close()
		if facts := s.nextRecord(t); facts.Code != "client_closed_request" || facts.Events&carrier.ValidateRejected != 0 {
			t.Fatalf("a connection that ends: %+v", facts)
		}
	}
	if s.spy.Calls() != 50 {
		t.Errorf("%d calls", s.spy.Calls())
	}
}

// Over HTTP/1.1, a broken connection means that the client has left. A client that has closed
// only its side may wait for an answer.
func TestConnectionBreaksInTheMiddle(t *testing.T) {
	facts := make(chan carrier.Facts, 10)
	spy := &mwtest.Spy{}
	dial := listen(t, sendRecords(facts, kit.MustNew[period](t, validate.Config{}).Middleware(spy)))
	for _, framed := range []string{"Content-Length: 17\r\n\r\n" + good17[:9], "Transfer-Encoding: chunked\r\n\r\n" + chunked(good17[:9], 9), "Transfer-Encoding: chunked\r\n\r\n11\r\n" + good17[:9]} {
		c := dial(jsonPut + framed)
		_ = c.Conn.(*net.TCPConn).SetLinger(0)
		time.Sleep(20 * time.Millisecond) // until the body is read, because a reset discards unread bytes
		_ = c.Close()
		if f := <-facts; f.Code != "client_closed_request" || f.Status != 499 || f.Events&carrier.ValidateRejected != 0 {
			t.Errorf("reset: %+v", f)
		}
		c = dial(jsonPut + framed)
		_ = c.Conn.(*net.TCPConn).CloseWrite()
		mwtest.Refused(t, c.readResponse(), 400, "body_incomplete")
		c.expectClosed()
		if f := <-facts; f.Code != "body_incomplete" || f.Status != 400 || f.Events&carrier.ValidateRejected == 0 {
			t.Errorf("half closed: %+v", f)
		}
	}
	if spy.Calls() > 0 {
		t.Error("reached the handler")
	}
}

type pageOnly struct {
	Page int `query:"page" default:"1" validate:"min=1"`
}

type pageAndBody struct {
	Page int    `query:"page"`
	Name string `json:"name" validate:"required,max=3"`
}

// overBoth answers a request over HTTP/1.1 and over HTTP/2, whose server has a
// body object also for a request that has no body.
func overBoth(t *testing.T, h http.Handler, method, target, media, body string) [2]int {
	t.Helper()
	var status [2]int
	for i, two := range []bool{false, true} {
		srv := httptest.NewUnstartedServer(h)
		srv.EnableHTTP2 = two
		srv.StartTLS()
		var reader io.Reader
		if body != "" {
			reader = strings.NewReader(body)
		}
		r, err := http.NewRequestWithContext(t.Context(), method, srv.URL+target, reader)
		if err != nil {
			t.Fatal(err)
		}
		if media != "" {
			r.Header.Set("Content-Type", media)
		}
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if want := i + 1; res.ProtoMajor != want {
			t.Fatalf("HTTP/%d, want %d", res.ProtoMajor, want)
		}
		_ = res.Body.Close()
		srv.Close()
		status[i] = res.StatusCode
	}
	return status
}

func TestBothVersionsOfHTTP(t *testing.T) {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	page, both := kit.MustNew[pageOnly](t, validate.Config{}).Middleware(ok), kit.MustNew[pageAndBody](t, validate.Config{}).Middleware(ok)
	const media = "application/json"
	for _, tc := range []struct {
		h                           http.Handler
		method, target, media, body string
		want                        int
	}{
		{page, "GET", "/?page=2", "", "", 200},
		{page, "HEAD", "/?page=2", "", "", 200},
		{page, "DELETE", "/", "", "", 200},
		{page, "POST", "/", "", "", 200},
		{page, "GET", "/?page=0", "", "", 400},
		{page, "POST", "/", "", "{}", 415},
		{page, "POST", "/", media, "{}", 200},
		{page, "POST", "/", media, `{"Page":7}`, 400},
		{both, "POST", "/", media, `{"name":"abc"}`, 200},
		{both, "POST", "/", media, `{"name":"abcd"}`, 400},
		{both, "POST", "/", media, "", 400},
		{both, "GET", "/", "", "", 415},
	} {
		if got := overBoth(t, tc.h, tc.method, tc.target, tc.media, tc.body); got != [2]int{tc.want, tc.want} {
			t.Errorf("%s %s %q %q: %v, want %d twice", tc.method, tc.target, tc.media, tc.body, got, tc.want)
		}
	}
}

// A conn is a connection to a server.
type conn struct {
	net.Conn
	t  *testing.T
	in *bufio.Reader
}

// listen serves h and returns a function that connects to it and sends first.
func listen(t *testing.T, h http.Handler, set ...func(*httptest.Server)) func(first string) *conn {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, f := range set {
		f(srv)
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return func(first string) *conn {
		t.Helper()
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		_ = c.SetDeadline(time.Now().Add(20 * time.Second)) // so that the test ends
		k := &conn{c, t, bufio.NewReader(c)}
		k.send(first)
		return k
	}
}

func (k *conn) send(s string) {
	k.t.Helper()
	if _, err := io.WriteString(k, s); err != nil {
		k.t.Fatal(err)
	}
}

// readResponse returns the next response, with its whole body.
func (k *conn) readResponse() *http.Response {
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

// expectClosed fails the test unless the server closes the connection without sending more.
func (k *conn) expectClosed() {
	k.t.Helper()
	rest, err := io.ReadAll(k.in)
	if len(rest) > 0 {
		k.t.Errorf("the server sends more: %.200q", rest)
	}
	if late, ok := err.(net.Error); ok && late.Timeout() {
		k.t.Error("the connection stays open")
	}
}

// chunked returns a body in chunks of at most n bytes, without the last chunk.
func chunked(body string, n int) string {
	var b strings.Builder
	for ; len(body) > 0; body = body[min(n, len(body)):] {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", min(n, len(body)), body[:min(n, len(body))])
	}
	return b.String()
}

// sendRecords is the outermost layer: it sends the final record of each request to the
// channel.
func sendRecords(to chan<- carrier.Facts, next http.Handler) http.Handler {
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

// withNext serves h, and /next, which the body of another request must not reach.
func withNext(h http.Handler) (http.Handler, *mwtest.Spy) {
	next := &mwtest.Spy{}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.Handle("/next", next)
	return mux, next
}

// A form is read the same, to its last byte, with every size of chunks.
func TestMultipartOverTheWire(t *testing.T) {
	body := part("text", "x\r\n--"+boundary[:5]) + file("file", "a", "\r\n") + end
	s := kit.MustNew[edge](t, validate.Config{MaxBody: int64(len(body))})
	dial := listen(t, s.Middleware(&mwtest.Spy{}))
	head := "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=" + boundary + "\r\n"
	c := dial("")
	for size := 1; size <= len(body); size++ {
		c.send(head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body, size) + "0\r\n\r\n")
		if res := c.readResponse(); res.StatusCode != 200 {
			t.Errorf("chunks of %d: %d", size, res.StatusCode)
		}
	}
	for n := range len(body) - 2 { // the line end after the last boundary may be missing
		c.send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, n, body[:n]))
		e := mwtest.Refused(t, c.readResponse(), 400, "validation_failed")
		if len(e.Errors) != 1 || e.Errors[0].Code != "syntax" && e.Errors[0].Code != "part_header" {
			t.Errorf("%d bytes: %q", n, kit.Sourced(e))
		}
	}
	c.send(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s ", head, len(body)+1, body))
	mwtest.Refused(t, c.readResponse(), 413, "body_too_large")
	c.expectClosed()
}

// The longest query that a server accepts is refused, and the connection stays.
func TestLongQueryOverTheWire(t *testing.T) {
	dial := listen(t, kit.MustNew[manyParams](t, validate.Config{}).Middleware(&mwtest.Spy{}))
	c := dial("")
	const size = 1<<20 - 100
	for query, want := range map[string]string{
		"text=" + strings.Repeat("a", size):       "query text max_length",
		"text=" + strings.Repeat("+", size):       "query text max_length",
		"text=" + strings.Repeat("%41", size/3):   "query text max_length",
		"tag=" + strings.Repeat("a", 64<<10+1):    "query tag max_length",
		"ids=" + strings.Repeat(",", size):        "query ids max_items",
		strings.Repeat("a=&", size/3):             "query  unknown_parameter,query  too_many_parameters",
		strings.Repeat("a", size):                 "query  unknown_parameter",
		"text=1" + strings.Repeat("&text=1", 60):  "query text duplicate",
		"tag[" + strings.Repeat("9", size) + "]=": "query  unknown_parameter",
	} {
		c.send(fmt.Sprintf("GET /?%s HTTP/1.1\r\nHost: x\r\n\r\n", query))
		if got := strings.Join(kit.Sourced(mwtest.Refused(t, c.readResponse(), 400, "validation_failed")), ","); got != want {
			t.Errorf("%.30s: %q, want %q", query, got, want)
		}
	}
	c.send("GET /?text=a HTTP/1.1\r\nHost: x\r\n\r\n")
	if res := c.readResponse(); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
}

// An outer layer learns the route of a ServeMux behind the copy of the request.
func TestRouteBehindTheMiddleware(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(http.ResponseWriter, *http.Request) {})
	h := validate.Middleware[struct {
		Page int `query:"page"`
	}]()(mux)
	r := httptest.NewRequest("GET", "/notes/7?page=1", nil)
	h.ServeHTTP(httptest.NewRecorder(), r)
	if r.Pattern != "GET /notes/{id}" {
		t.Errorf("pattern %q", r.Pattern)
	}
}
