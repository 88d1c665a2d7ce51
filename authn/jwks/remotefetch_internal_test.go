package jwks

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/discovery"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// writeSlowly writes text one byte at a time.
func writeSlowly(w http.ResponseWriter, text string, every time.Duration) {
	for i := range len(text) {
		_, _ = io.WriteString(w, text[i:i+1])
		_ = http.NewResponseController(w).Flush()
		time.Sleep(every)
	}
}

func respondWith(status int, header, value, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header().Set(header, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var gzipBomb = sync.OnceValue(func() string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(make([]byte, 4<<20))
	_ = z.Close()
	return b.String()
})

// misbehaviours are responses of a faulty issuer, or of an attacker in its place. No such
// response may become a key, an answer of 401, or an unbounded cost.
func misbehaviours() map[string]struct {
	h    http.HandlerFunc
	want string // a part of the error that the operator gets
	hits int    // the number of requests that arrive; 0 means 1
} {
	good := setOfKeys("a")
	one := jwkObject("a", publicOf("P-256"))
	var many []jwkMembers
	for i := range 65 {
		many = append(many, jwkObject(fmt.Sprint(i), publicOf("Ed25519")))
	}
	wide := jwa.Encode(bytes.Repeat([]byte{0xff}, 300<<10))
	return map[string]struct {
		h    http.HandlerFunc
		want string
		hits int
	}{
		"slow header": {func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Minute)
			respondWith(200, "", "", good)(w, r)
		}, "timeout awaiting response headers", 0},
		"slow body":     {func(w http.ResponseWriter, _ *http.Request) { writeSlowly(w, good, 100*time.Millisecond) }, "context deadline exceeded", 0},
		"half a body":   {func(w http.ResponseWriter, _ *http.Request) { writeSlowly(w, good[:50], 0); time.Sleep(time.Minute) }, "context deadline exceeded", 0},
		"cut off":       {respondWith(200, "Content-Length", "100000", good), "unexpected EOF", 0},
		"10 MiB":        {respondWith(200, "", "", good+strings.Repeat(" ", 10<<20)), "longer than 1 MiB", 0},
		"without end":   {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, endless{}) }, "longer than 1 MiB", 0},
		"long header":   {respondWith(200, "X-Filler", strings.Repeat("x", 1<<20), good), "exceeded", 0},
		"gzip bomb":     {respondWith(200, "Content-Encoding", "gzip", gzipBomb()), "content coding", 0},
		"zstd":          {respondWith(200, "Content-Encoding", "zstd", good), "content coding", 0},
		"500":           {respondWith(500, "", "", good), "the status is 500", 0},
		"404":           {respondWith(404, "", "", good), "the status is 404", 0},
		"401":           {respondWith(401, "WWW-Authenticate", "Basic", good), "the status is 401", 0},
		"201":           {respondWith(201, "", "", good), "the status is 201", 0},
		"204":           {respondWith(204, "", "", ""), "the status is 204", 0},
		"304":           {respondWith(304, "", "", ""), "the status is 304", 0},
		"no such host":  {respondWith(302, "Location", "http://other.example/keys", ""), "a redirect to another", 0},
		"other port":    {respondWith(307, "Location", "http://127.0.0.1:81/keys", ""), "a redirect to another", 0},
		"other address": {respondWith(302, "Location", "http://127.0.0.2/keys", ""), "a redirect to another", 0},
		"to https":      {respondWith(301, "Location", "https://127.0.0.1/keys", ""), "a redirect to another", 0},
		"to a file":     {respondWith(301, "Location", "file:///etc/passwd", ""), "a redirect to another", 0},
		"with password": {respondWith(302, "Location", "http://user:hunter2@127.0.0.1/keys", ""), "a redirect to another", 0},
		"in circles":    {respondWith(302, "Location", "/keys", ""), "more than 3 redirects", 4},
		"to nowhere":    {respondWith(302, "", "", ""), "the status is 302", 0},
		"HTML":          {respondWith(200, "Content-Type", "text/html; charset=utf-8", "\n <!doctype html>"), "HTML page", 0},
		"HTML, unnamed": {respondWith(200, "Content-Type", "application/json", "<!doctype html>"), "HTML page", 0},
		"nothing":       {respondWith(200, "", "", ""), "not an object", 0},
		"half JSON":     {respondWith(200, "", "", good[:len(good)/2]), "JSON: syntax", 0},
		"two sets":      {respondWith(200, "", "", good+good), "data after the object", 0},
		"a string":      {respondWith(200, "", "", `"`+good[:3]), "not an object", 0},
		"empty set":     {respondWith(200, "", "", `{"keys":[]}`), "no key that is fit", 0},
		"no keys":       {respondWith(200, "", "", `{}`), "not an array", 0},
		"UTF-16":        {respondWith(200, "", "", "\xff\xfe{\x00}\x00"), "invalid UTF-8", 0},
		"65 keys":       {respondWith(200, "", "", setOf(many...)), "more than 64 keys", 0},
		"same kid":      {respondWith(200, "", "", setOf(one, jwkObject("a", publicOf("P-256, another")))), "another key has this ID", 0},
		"private":       {respondWith(200, "", "", setOf(one.with("d", `"hunter2"`))), "part of a private key", 0},
		"shared secret": {respondWith(200, "", "", setOf(jwkMembers{{"kty", `"oct"`}, {"k", `"hunter2"`}})), "a shared secret", 0},
		"huge modulus":  {respondWith(200, "", "", setOf(jwkObject("a", publicOf("RSA")).with("n", `"`+wide+`"`))), "cost more to verify", 0},
		"huge exponent": {respondWith(200, "", "", setOf(jwkObject("a", publicOf("RSA")).with("e", `"`+wide+`"`))), "the exponent is not", 0},
		"deep":          {respondWith(200, "", "", `{"keys":`+strings.Repeat("[", 100_000)), "nested too deeply", 0},
		"many members":  {respondWith(200, "", "", `{`+strings.Repeat(`"a":1,`, 100_000)+`"keys":[]}`), "two members of one name", 0},
		"hangs up":      {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF", 0},
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// pipeServer serves h to the transport of the package, at http://127.0.0.1/keys.
func pipeServer(t *testing.T, h http.Handler) (url string, transport *http.Transport) {
	l := newPipeListener()
	server := &http.Server{Handler: h}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	transport = discovery.NewTransport(nil).Loopback
	transport.DialContext = l.dial
	return "http://127.0.0.1/keys", transport
}

func TestRemoteMisbehaviour(t *testing.T) {
	for name, tc := range misbehaviours() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var hits atomic.Int32
				url, transport := pipeServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hits.Add(1); tc.h(w, r) }))
				var reports []Refresh
				r, err := NewRemote(RemoteConfig{URL: url, Transport: transport, OnRefresh: func(r Refresh) { reports = append(reports, r) }})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				for range 20 { // one request, then the backoff
					wantOutcome(t, r, "a", "unavailable", 2*time.Second)
					if time.Since(began) > 2*time.Second {
						break
					}
				}
				_ = r.Ready(context.Background())
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
				synctest.Wait()
				if n := int(hits.Load()); n != max(tc.hits, 1) {
					t.Errorf("%d requests arrived, want %d", n, max(tc.hits, 1))
				}
				if len(reports) != 1 || reports[0].Err == nil || reports[0].Keys != 0 || !strings.Contains(reports[0].Err.Error(), tc.want) || strings.Contains(reports[0].Err.Error(), "hunter2") {
					t.Fatalf("OnRefresh got %+v, want %q", reports, tc.want)
				}
				if err := r.Ready(context.Background()); !errors.Is(err, reports[0].Err) {
					t.Errorf("Ready returned %v", err)
				}
				_ = r.Close()
				time.Sleep(2 * time.Minute) // for the slow handlers to end
			})
		})
	}
}

// A response that is invalid after a valid one changes nothing.
func TestRemoteMisbehaviourAfterSuccess(t *testing.T) {
	for name, tc := range misbehaviours() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var bad atomic.Bool
				url, transport := pipeServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if bad.Load() {
						tc.h(w, r)
						return
					}
					_, _ = io.WriteString(w, setOfKeys("b"))
				}))
				r, err := NewRemote(RemoteConfig{URL: url, Transport: transport})
				if err != nil {
					t.Fatal(err)
				}
				wantOutcome(t, r, "b", "known", 0)
				bad.Store(true)
				for range 4 {
					time.Sleep(15 * time.Minute)
					wantOutcome(t, r, "b", "known", 0)
					wantOutcome(t, r, "a", "unavailable", 2*time.Second)
				}
				time.Sleep(15 * time.Second) // a request may take 5 s of them
				bad.Store(false)
				wantOutcome(t, r, "a", "unknown", 2*time.Second)
				wantOutcome(t, r, "b", "known", 0)
				_ = r.Close()
				time.Sleep(2 * time.Minute)
			})
		})
	}
}

// These responses are unusual but valid.
func TestRemoteUnusualResponses(t *testing.T) {
	good := setOfKeys("a")
	for name, h := range map[string]http.HandlerFunc{
		"no type":      respondWith(200, "Content-Type", "", good),
		"text":         respondWith(200, "Content-Type", "text/plain", good),
		"as HTML":      respondWith(200, "Content-Type", "text/html; charset=UTF-8", good), // the default type of PHP
		"octets":       respondWith(200, "Content-Type", "application/octet-stream", good),
		"jwk-set":      respondWith(200, "Content-Type", "application/jwk-set+json; charset=utf-8", good),
		"identity":     respondWith(200, "Content-Encoding", "identity", good),
		"cookie":       respondWith(200, "Set-Cookie", "a=b", good),
		"slow, enough": func(w http.ResponseWriter, _ *http.Request) { writeSlowly(w, good, time.Millisecond) },
		"3 redirects": func(w http.ResponseWriter, r *http.Request) {
			next, ok := map[string]string{"/keys": "/1", "/1": "http://127.0.0.1:80/2", "/2": "HTTP://127.0.0.1/3?x"}[r.URL.Path]
			switch {
			case r.Header.Get("Cookie")+r.Header.Get("Authorization") != "":
				w.WriteHeader(http.StatusBadRequest)
			case ok:
				http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
				http.Redirect(w, r, next, http.StatusFound)
			default:
				_, _ = io.WriteString(w, good)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				url, transport := pipeServer(t, h)
				r, err := NewRemote(RemoteConfig{URL: url, Transport: transport})
				if err != nil {
					t.Fatal(err)
				}
				wantOutcome(t, r, "a", "known", 2*time.Second)
				_ = r.Close()
			})
		})
	}
}

// A transport that decompresses by itself is bounded by the size of the decompressed
// text.
type inflating struct{ read atomic.Int64 }

func (i *inflating) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: i, Request: r, Uncompressed: true}, nil
}

func (i *inflating) Read(p []byte) (int, error) {
	n, err := endless{}.Read(p)
	i.read.Add(int64(n))
	return n, err
}
func (i *inflating) Close() error { return nil }

func TestRemoteDecompressedSize(t *testing.T) {
	i := &inflating{}
	r, err := NewRemote(RemoteConfig{URL: issuerURL, Transport: i})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Ready(context.Background()); !errors.Is(err, discovery.ErrSize) {
		t.Error(err)
	}
	if n := i.read.Load(); n > maxSetSize+1 {
		t.Errorf("%d bytes were read", n)
	}
	_ = r.Close()
}

// http is accepted for every spelling of a loopback address.
func TestRemoteLoopback(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(setOfKeys("a"))) }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, url := range []string{"http://LOCALHOST:" + port, "http://localhost:" + port, "HTTP://127.0.0.1:" + port, "http://[::ffff:127.0.0.1]:" + port} {
		r := Remote(url)
		if err := r.Ready(t.Context()); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		_ = r.Close()
	}
}

// A host of InsecureHTTPHosts may have any address, and no other host may.
func TestRemoteNamedHost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(setOfKeys("a"))) }))
	defer server.Close()
	r := mwtest.Must[*RemoteKeys](t)(NewRemote(RemoteConfig{URL: "http://keycloak:8080/keys", InsecureHTTPHosts: []string{"keycloak"}}))
	defer r.Close()
	r.client.Transport.(*discovery.Transport).NamedHost.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != "keycloak:8080" {
			t.Errorf("dialled %s", address)
		}
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	if err := r.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// A name server that returns another address for localhost cannot inject keys.
func TestRemoteRebinding(t *testing.T) {
	r := Remote("http://localhost/keys")
	transport := r.client.Transport.(*discovery.Transport).Loopback
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, strings.Replace(address, "localhost", "192.0.2.1", 1)) // the address that the name server returns
	}
	_, err := r.Key(t.Context(), "", "a", "EdDSA")
	if !errors.Is(err, discovery.ErrNotLocal) || strings.Contains(err.Error(), "192.0.2.1/keys") {
		t.Error(err)
	}
	_ = r.Close()
}
