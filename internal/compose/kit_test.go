package compose

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// patience is the time after which a client gives up. Only a failure takes so long.
const patience = 20 * time.Second

// middleware is the form in which the chain and the foreign layers are combined.
type middleware = func(http.Handler) http.Handler

func none(h http.Handler) http.Handler { return h }

// chain returns all layers that a service puts in front of its router.
func chain(t testing.TB) middleware {
	must := func(m interface {
		Handler(http.Handler) http.Handler
	}, err error) middleware {
		if err != nil {
			t.Fatal(err)
		}
		return m.Handler
	}
	errs := must(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
	ip := must(clientip.New(clientip.Direct()))
	hdr := must(headers.New(headers.API()))
	xo := must(cors.New(cors.Config{Origins: []string{"https://app.example"}}))
	limit := must(ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(100_000)}, Key: ratelimit.ByClientIP, RefundIf: ratelimit.Succeeded,
	}))
	return func(next http.Handler) http.Handler { return errs(ip(hdr(xo(limit(next))))) }
}

// protocols are the ways to reach a server.
var protocols = []string{"HTTP/1.1", "HTTP/2", "h2c"}

// serve starts a server of h and returns a client for it, which neither follows
// redirects nor decodes bodies.
func serve(t testing.TB, protocol string, h http.Handler) (string, *http.Client) {
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	var tr *http.Transport
	switch protocol {
	case "HTTP/2":
		srv.EnableHTTP2 = true
		srv.StartTLS()
		tr = srv.Client().Transport.(*http.Transport)
	case "h2c":
		srv.Config.Protocols = new(http.Protocols)
		srv.Config.Protocols.SetUnencryptedHTTP2(true)
		srv.Start()
		tr = &http.Transport{Protocols: srv.Config.Protocols}
	default:
		srv.Start()
		tr = srv.Client().Transport.(*http.Transport)
	}
	tr.DisableCompression = true
	t.Cleanup(func() { tr.CloseIdleConnections(); srv.CloseClientConnections(); srv.Close() })
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return srv.URL, &http.Client{Transport: tr, CheckRedirect: stay, Timeout: patience}
}

// A transcript is what a client sees, a line for each fact.
type transcript []string

func (t *transcript) add(format string, args ...any) { *t = append(*t, fmt.Sprintf(format, args...)) }

// run uses a server and returns the transcript.
type run func(t testing.TB, client *http.Client, url string) transcript

// row is one foreign handler, or one use of it.
type row struct {
	name     string
	protocol string // "" is each of them
	build    func() (http.Handler, run)
}

// request is one request of a row.
type request struct {
	method, path string
	header       string // "Name: value" in lines
	body         string
}

func get(path string, header ...string) request {
	return request{method: "GET", path: path, header: strings.Join(header, "\n")}
}

// requests returns a run that sends the requests one after the other, each with the
// cookies of the responses before.
func requests(all ...request) run {
	return func(t testing.TB, client *http.Client, url string) (out transcript) {
		var cookies []*http.Cookie
		for _, r := range all {
			out.add("%s %s", r.method, r.path)
			var hints []string
			trace := &httptrace.ClientTrace{Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
				hints = append(hints, fmt.Sprintf("informational %d %q", code, h["Link"]))
				return nil
			}}
			var body io.Reader
			if r.body != "" {
				body = strings.NewReader(r.body)
			}
			req, err := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), r.method, url+r.path, body)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.SplitSeq(r.header, "\n") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					req.Header.Add(name, value)
				}
			}
			for _, c := range cookies {
				req.AddCookie(c)
			}
			res, err := client.Do(req)
			out = append(out, hints...)
			if err != nil {
				out.add("aborted before the response")
				continue
			}
			cookies = append(cookies, res.Cookies()...)
			out = append(out, seen(res)...)
		}
		return out
	}
}

// seen reads a response to its end.
func seen(res *http.Response) (out transcript) {
	defer res.Body.Close()
	out.add("status %d", res.StatusCode)
	body, err := io.ReadAll(res.Body)
	if _, params, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); params["boundary"] != "" { // random
		body = bytes.ReplaceAll(body, []byte(params["boundary"]), []byte("boundary"))
		res.Header.Set("Content-Type", strings.ReplaceAll(res.Header.Get("Content-Type"), params["boundary"], "boundary"))
	}
	out = append(out, lines("header", res.Header)...)
	out.add("length %d, %q", res.ContentLength, res.TransferEncoding)
	if res.Close {
		out.add("the connection ends")
	}
	if text := string(body); len(text) > 300 || bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		out.add("body of %d bytes, %x", len(body), sha256.Sum256(body))
	} else {
		out.add("body %q", text)
	}
	out = append(out, lines("trailer", res.Trailer)...)
	if err != nil {
		out.add("aborted in the body")
	}
	return out
}

// lines returns a line for each value of h that does not differ from run to run.
func lines(kind string, h http.Header) (out transcript) {
	for name, values := range h {
		for _, v := range values {
			switch name {
			case "Date":
				continue
			case "Set-Cookie":
				v, _, _ = strings.Cut(v, "=")
			case "X-Correlation-Id":
				v = "…"
			}
			out.add("%s %s: %s", kind, name, v)
		}
	}
	slices.Sort(out)
	return out
}

// chainHeaders are the headers that the chain adds, as the documentation of its
// layers says.
var chainHeaders = []string{
	"X-Correlation-Id", "Ratelimit", "Ratelimit-Policy", "Cache-Control", "Content-Security-Policy", "Cross-Origin-Opener-Policy",
	"Cross-Origin-Resource-Policy", "Referrer-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options",
	"X-Permitted-Cross-Domain-Policies", "X-Dns-Prefetch-Control", "Origin-Agent-Cluster", "X-Xss-Protection", "Permissions-Policy",
	"Cross-Origin-Embedder-Policy", "Vary",
}

// differences returns the lines that only one of the transcripts has, without the
// headers that the chain adds. Each line of a response counts.
func differences(alone, behind transcript) (out []string) {
	for _, line := range alone {
		if i := slices.Index(behind, line); i >= 0 {
			behind = slices.Delete(slices.Clone(behind), i, i+1)
		} else {
			out = append(out, "- "+line)
		}
	}
	for _, line := range behind {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "header "), ": ")
		if !strings.HasPrefix(line, "header ") || !slices.Contains(chainHeaders, name) {
			out = append(out, "+ "+line)
		}
	}
	return out
}

// transcribe runs a row behind the layers.
func transcribe(t testing.TB, protocol string, layers middleware, r row) transcript {
	h, run := r.build()
	url, client := serve(t, protocol, layers(h))
	return run(t, client, url)
}

// compare fails t if the client of a row sees a difference between the layers alone
// and the layers behind the chain.
func compare(t *testing.T, rows []row, alone, behind middleware) {
	for _, r := range rows {
		for _, protocol := range protocols {
			if r.protocol != "" && r.protocol != protocol {
				continue
			}
			t.Run(r.name+", "+protocol, func(t *testing.T) {
				want, got := transcribe(t, protocol, alone, r), transcribe(t, protocol, behind, r)
				for _, d := range undocumented(r.name, differences(want, got)) {
					t.Error(d)
				}
				if len(want) < 2 {
					t.Errorf("a transcript of %d lines", len(want))
				}
			})
		}
	}
}

// documented are the differences that the documentation of the library tells, by the
// prefix of the row.
var documented = map[string][]string{
	// Package headers: a layer inside it can replace its headers, and one in front
	// of it cannot.
	"chi NoCache in front": {"- header Cache-Control: "},
	// Package headers, Handler: a line that is added beside no-store does not count.
	"scs LoadAndSave": {"- header Cache-Control: "},
	// Package httperr, Handler: a panic is answered with 500.
	"panic": {"- aborted before the response", "+ "},
	// Package httperr, "What the caller must do".
	"http.MaxBytesHandler": {"- the connection ends"},
}

func undocumented(name string, all []string) []string {
	for prefix, allowed := range documented {
		if strings.HasPrefix(name, prefix) {
			all = slices.DeleteFunc(all, func(d string) bool {
				return slices.ContainsFunc(allowed, func(p string) bool { return strings.HasPrefix(d, p) })
			})
		}
	}
	return all
}
