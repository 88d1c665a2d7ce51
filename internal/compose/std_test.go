package compose

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/http/pprof"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plain returns a row of one handler without state.
func plain(name string, h http.Handler, all ...request) row {
	return row{name: name, build: func() (http.Handler, run) { return h, requests(all...) }}
}

// lockstep returns a row of a handler that sends parts. It sends the next part only
// when the client has read the one before, so a layer that holds a part back is
// noticed however slow the machine is.
func lockstep(name string, send func(w http.ResponseWriter, part string)) row {
	return row{name: name, build: func() (http.Handler, run) {
		read := make(chan struct{}, 1)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for i := range 4 {
				send(w, fmt.Sprintf("data: %d\n\n", i))
				select {
				case <-read:
				case <-r.Context().Done():
					return
				case <-time.After(patience / 2):
					return
				}
			}
		})
		return h, func(t testing.TB, client *http.Client, url string) (out transcript) {
			res, err := client.Get(url)
			if err != nil {
				out.add("no response before the end: %T", err)
				return out
			}
			defer res.Body.Close()
			out = append(out, lines("header", res.Header)...)
			part := make([]byte, len("data: 0\n\n"))
			for {
				_, err := io.ReadFull(res.Body, part)
				if err != nil {
					out.add("end: %v", err)
					return out
				}
				out.add("part %q", part)
				read <- struct{}{}
			}
		}
	}}
}

// optional writes what a handler finds in its writer.
var optional = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	_, flush := w.(http.Flusher)
	_, hijack := w.(http.Hijacker)
	_, push := w.(http.Pusher)
	_, readFrom := w.(io.ReaderFrom)
	_, writeString := w.(io.StringWriter)
	_, notify := w.(http.CloseNotifier) //nolint:staticcheck // gin calls it
	_, direct := w.(interface{ SetWriteDeadline(time.Time) error })
	c := http.NewResponseController(w)
	fmt.Fprintln(w, flush, hijack, push, readFrom, writeString, notify, direct,
		c.SetReadDeadline(time.Now().Add(time.Hour)), c.SetWriteDeadline(time.Now().Add(time.Hour)), c.EnableFullDuplex())
	fmt.Fprintln(w, c.Flush())
})

func trailers(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Trailer", "X-Announced")
	io.WriteString(w, "body")
	w.Header().Set("X-Announced", "1")
	w.Header().Set(http.TrailerPrefix+"X-Late", "2")
}

func hints(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Link", "</a.css>; rel=preload")
	w.WriteHeader(http.StatusEarlyHints)
	w.WriteHeader(http.StatusProcessing)
	io.WriteString(w, "body")
}

// duplex answers each line of the body before the next one is sent.
func duplex() (http.Handler, run) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		_ = c.EnableFullDuplex()
		w.WriteHeader(200)
		_ = c.Flush()
		for in := bufio.NewScanner(r.Body); in.Scan(); {
			fmt.Fprintf(w, "got %s\n", in.Text())
			_ = c.Flush()
		}
	})
	return h, func(t testing.TB, client *http.Client, url string) (out transcript) {
		body, feed := io.Pipe()
		res, err := client.Post(url, "text/plain", body)
		if err != nil {
			out.add("no response: %T", err)
			return out
		}
		defer res.Body.Close()
		answers := bufio.NewScanner(res.Body)
		for i := range 3 {
			fmt.Fprintln(feed, i)
			answers.Scan()
			out.add("%s", answers.Text())
		}
		feed.Close()
		out.add("more: %v", answers.Scan())
		return out
	}
}

// hijacked speaks a protocol of its own.
func hijacked() (http.Handler, run) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotImplemented)
			return
		}
		defer conn.Close()
		fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
		_ = rw.Flush()
		line, _ := rw.ReadString('\n')
		fmt.Fprint(rw, "echo "+line)
		_ = rw.Flush()
	})
	return h, func(t testing.TB, _ *http.Client, url string) (out transcript) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello\n")
		all, err := io.ReadAll(conn)
		out.add("%q", all)
		out.add("%v", err)
		return out
	}
}

// pushed asks for a push, which the client of net/http refuses.
var pushed = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	if p, ok := w.(http.Pusher); ok {
		fmt.Fprintln(w, p.Push("/a.css", nil))
	}
	fmt.Fprintln(w, "done")
})

// proxied returns a row of httputil.ReverseProxy in front of far.
func proxied(name string, far http.Handler, all ...request) row {
	return row{name: "proxy: " + name, build: func() (http.Handler, run) {
		srv := httptest.NewUnstartedServer(far)
		quiet := slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		srv.Config.ErrorLog = quiet
		srv.Start()
		target, err := url.Parse(srv.URL)
		if err != nil {
			panic(err)
		}
		proxy := &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, FlushInterval: -1, ErrorLog: quiet,
		}
		return proxy, func(t testing.TB, client *http.Client, url string) transcript {
			defer srv.Close()
			return requests(all...)(t, client, url)
		}
	}}
}

func standardLibrary(t testing.TB) []row {
	dir := t.TempDir()
	text := strings.Repeat("The quick brown fox jumps over the lazy dog.\n", 20_000)
	file := filepath.Join(dir, "fox.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
	files := []request{
		get("/fox.txt"), {method: "HEAD", path: "/fox.txt"}, get("/fox.txt", "Range: bytes=5-9"), get("/fox.txt", "Range: bytes=0-3,10-12"),
		get("/fox.txt", "Range: bytes=99999999-"), get("/fox.txt", "If-Modified-Since: "+at.Format(http.TimeFormat)),
		get("/fox.txt", "If-Unmodified-Since: "+at.Add(-time.Hour).Format(http.TimeFormat)), get("/nothing"), get("/"), get("/index.html"),
	}
	abort := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	return []row{
		plain("optional methods", optional, get("/")),
		plain("push", pushed, get("/")),
		plain("trailers", http.HandlerFunc(trailers), get("/")),
		plain("early hints", http.HandlerFunc(hints), get("/")),
		plain("aborted", abort, get("/")),
		plain("nothing", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), get("/"), request{method: "HEAD", path: "/"}),
		plain("statuses", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var status int
			fmt.Sscanf(r.URL.Path, "/%d", &status)
			w.WriteHeader(status)
			io.WriteString(w, "body")
		}), get("/200"), get("/204"), get("/206"), get("/304"), get("/404"), get("/418"), get("/500"), get("/599")),
		plain("http.Error", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "999")
			http.Error(w, "no", http.StatusForbidden)
		}), get("/")),
		plain("http.FileServer", http.FileServer(http.Dir(dir)), files...),
		plain("http.TimeoutHandler", http.TimeoutHandler(http.HandlerFunc(trailers), time.Hour, ""), get("/")),
		plain("http.TimeoutHandler, late", http.TimeoutHandler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
		}), time.Millisecond, "late"), get("/")),
		plain("http.MaxBytesHandler", http.MaxBytesHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprintln(w, n, err)
		}), 5), request{method: "POST", path: "/", body: "12345"}, request{method: "POST", path: "/", body: "123456"}),
		plain("http.MaxBytesHandler, 413", http.MaxBytesHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			}
		}), 5), request{method: "POST", path: "/", body: "123456"}),
		plain("panic", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") }), get("/")),
		plain("http.CrossOriginProtection", http.NewCrossOriginProtection().Handler(optional),
			request{method: "POST", path: "/", header: "Sec-Fetch-Site: cross-site"}, request{method: "POST", path: "/", header: "Sec-Fetch-Site: same-origin"}),
		plain("http.RedirectHandler", http.RedirectHandler("/there", http.StatusFound), get("/")),
		plain("pprof", http.HandlerFunc(pprof.Cmdline), get("/")),
		lockstep("flush, http.Flusher", func(w http.ResponseWriter, part string) { io.WriteString(w, part); w.(http.Flusher).Flush() }),
		lockstep("flush, controller", func(w http.ResponseWriter, part string) {
			io.Copy(w, strings.NewReader(part))
			_ = http.NewResponseController(w).Flush()
		}),
		{name: "full duplex", build: duplex},
		{name: "hijack", protocol: "HTTP/1.1", build: hijacked},
		proxied("ok", http.HandlerFunc(hints), get("/")),
		proxied("trailers", http.HandlerFunc(trailers), get("/")),
		proxied("aborted in the body", abort, get("/")),
		proxied("not modified", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }), get("/")),
		proxied("aborted before", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), get("/")),
		proxied("files", http.FileServer(http.Dir(dir)), files...),
	}
}

func TestStandardLibrary(t *testing.T) { compare(t, standardLibrary(t), none, chain(t)) }
