package httpedge

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/allowedhosts"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

var update = flag.Bool("update", false, "write testdata/raw.golden")

// rawRequests are requests as bytes. Each is sent on a connection of its own.
var rawRequests = []struct{ name, text string }{
	{"plain", "GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"Content-Length and Transfer-Encoding", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"},
	{"Transfer-Encoding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"},
	{"bare LF", "GET /a HTTP/1.1\nHost: a.example\n\n"},
	{"folded field", "GET / HTTP/1.1\r\nHost: a.example\r\nX-A: b\r\n c\r\n\r\n"},
	{"equal Content-Length twice", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab"},
	{"different Content-Length", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"},
	{"Content-Length list", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1, 1\r\n\r\na"},
	{"Content-Length with a sign", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: +1\r\n\r\na"},
	{"negative Content-Length", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: -1\r\n\r\na"},
	{"hexadecimal Content-Length", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0x1\r\n\r\na"},
	{"empty Content-Length", "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length:\r\n\r\n"},
	{"unknown Transfer-Encoding", "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: gzip\r\n\r\n"},
	{"two codings", "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
	{"Transfer-Encoding twice", "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
	{"tab before chunked", "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"},
	{"space before the colon", "GET / HTTP/1.1\r\nHost : a.example\r\n\r\n"},
	{"space in a field name", "GET / HTTP/1.1\r\nHost: a.example\r\nX A: b\r\n\r\n"},
	{"field without a colon", "GET / HTTP/1.1\r\nHost: a.example\r\nX-A\r\n\r\n"},
	{"empty field name", "GET / HTTP/1.1\r\nHost: a.example\r\n: b\r\n\r\n"},
	{"underscore in a field name", "GET / HTTP/1.1\r\nHost: a.example\r\nX_A: b\r\n\r\n"},
	{"NUL in a value", "GET / HTTP/1.1\r\nHost: a.example\r\nX-A: a\x00b\r\n\r\n"},
	{"CR in a value", "GET / HTTP/1.1\r\nHost: a.example\r\nX-A: a\rb\r\n\r\n"},
	{"ESC in a value", "GET / HTTP/1.1\r\nHost: a.example\r\nX-A: a\x1bb\r\n\r\n"},
	{"bytes above 0x7F in a value", "GET / HTTP/1.1\r\nHost: a.example\r\nX-A: \xff\x80\r\n\r\n"},
	{"no Host", "GET / HTTP/1.1\r\n\r\n"},
	{"Host twice", "GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n"},
	{"unknown Host", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
	{"Host with a path", "GET / HTTP/1.1\r\nHost: a.example/b\r\n\r\n"},
	{"no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"},
	{"absolute form", "GET http://evil.example/b HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"authority form", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n"},
	{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a.example\r\n\r\n"},
	{"HTTP/0.9", "GET /\r\n\r\n"},
	{"HTTP/2 preface in clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
	{"encoded NUL in the path", "GET /a%00b HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"dots in the path", "GET /a/../b HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"encoded slash", "GET /a%2fb HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"broken escape", "GET /a%zz HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"space in the target", "GET /a b HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"body of GET", "GET / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nab"},
	{"method with lower case", "get / HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"method with a bracket", "G(T / HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"TRACE", "TRACE / HTTP/1.1\r\nHost: a.example\r\n\r\n"},
	{"Expect", "POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 200-ok\r\nContent-Length: 0\r\n\r\n"},
	{"upgrade to h2c", "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"},
	{"two chunk sizes", "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n"},
	{"chunk extension", "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nab\r\n0\r\n\r\n"},
	{"Host in a trailer", "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: evil.example\r\n\r\n"},
}

// show answers with the request as a handler sees it.
func show(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "text/plain")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "broken body")
		return
	}
	seen := fmt.Sprintf("%s %s of %s, %s", r.Method, r.RequestURI, r.Host, r.Proto)
	for _, name := range []string{"X-A", "X_a", "Content-Length", "Transfer-Encoding", "Upgrade"} {
		if values, has := r.Header[name]; has {
			seen += fmt.Sprintf(", %s %q", name, values)
		}
	}
	if len(body) > 0 {
		seen += fmt.Sprintf(", body %q", body)
	}
	_, _ = io.WriteString(w, seen)
}

// chain returns the layers that stand before a router.
func chain(tb testing.TB, next http.Handler) http.Handler {
	logger := slog.New(slog.DiscardHandler)
	errs := mwtest.Must[*httperr.Middleware](tb)(httperr.New(httperr.Config{Logger: logger}))
	ip := mwtest.Must[*clientip.Middleware](tb)(clientip.New(clientip.Direct()))
	hosts := mwtest.Must[*allowedhosts.Middleware](tb)(allowedhosts.New(allowedhosts.Config{Hosts: []string{"a.example"}}))
	hdr := mwtest.Must[*headers.Middleware](tb)(headers.New(headers.API()))
	xo := mwtest.Must[*cors.Middleware](tb)(cors.New(cors.Config{AllowAnyOrigin: true}))
	h := xo.Handler(next)
	for _, layer := range []func(http.Handler) http.Handler{hdr.Handler, hosts.Handler, ip.Handler, errs.Handler} {
		h = layer(h)
	}
	return h
}

var quiet = log.New(io.Discard, "", 0)

// listen returns a listener on a free port of the loopback address.
func listen(tb testing.TB) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// servePlain runs an http.Server with its defaults.
func servePlain(tb testing.TB, l net.Listener, h http.Handler) {
	srv := &http.Server{Handler: h, ErrorLog: quiet} //nolint:gosec // the subject is a server without limits
	served := make(chan struct{})
	go func() { _ = srv.Serve(l); close(served) }()
	tb.Cleanup(func() { _ = srv.Close(); <-served })
}

// serveOurs runs tlsconf.Serve.
func serveOurs(tb testing.TB, cfg tlsconf.ServerConfig, h http.Handler) {
	cfg.ErrorLog, cfg.ShutdownTimeout = quiet, time.Millisecond
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() { _ = tlsconf.Serve(ctx, cfg, h); close(served) }()
	tb.Cleanup(func() { stop(); <-served })
}

// send sends text on a new connection and describes the answer.
func send(tb testing.TB, addr, text string) string {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		return "closed"
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "closed"
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode == http.StatusOK {
		return "200 " + string(body)
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		_, code, _ := strings.Cut(string(body), `"code":"`)
		code, _, _ = strings.Cut(code, `"`)
		return fmt.Sprintf("%d %s", res.StatusCode, code)
	}
	return fmt.Sprint(res.StatusCode)
}

// describe sends each raw request to net/http alone and to the chain, and returns the text
// of the golden file.
func describe(tb testing.TB, behind http.Handler) string {
	bare, guarded := listen(tb), listen(tb)
	servePlain(tb, bare, http.HandlerFunc(show))
	serveOurs(tb, tlsconf.ServerConfig{Listener: guarded, PlainHTTP: true}, behind)
	var all strings.Builder
	for _, r := range rawRequests {
		fmt.Fprintf(&all, "%s\n\tnet/http  %s\n\tchain     %s\n", r.name, send(tb, bare.Addr().String(), r.text), send(tb, guarded.Addr().String(), r.text))
	}
	return all.String()
}

const golden = "testdata/raw.golden"

// The answers to raw requests do not change: the golden file has them.
func TestRawRequests(t *testing.T) {
	got := describe(t, chain(t, http.HandlerFunc(show)))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	changed := differences(got, string(want))
	mwtest.Publish(t, "edge.raw", len(rawRequests))
	mwtest.Publish(t, "edge.changed", len(changed))
	for _, line := range changed {
		t.Error(line)
	}
}

// differences returns the lines of got that want does not have at the same place.
func differences(got, want string) (lines []string) {
	old := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(old) || old[i] != line {
			lines = append(lines, line)
		}
	}
	return lines
}

// The same requests detect a chain without its check of hosts.
func TestRawRequestsDetectMistakes(t *testing.T) {
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if len(differences(describe(t, http.HandlerFunc(show)), string(want))) == 0 {
		t.Error("passes")
	}
}
