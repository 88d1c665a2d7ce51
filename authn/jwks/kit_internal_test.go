package jwks

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const issuerURL = "https://issuer.example/keys"

// An issuerStub is the JWKS endpoint of an issuer as an http.RoundTripper. It works
// inside the bubble of synctest.
type issuerStub struct {
	mu       sync.Mutex
	requests []*http.Request
	text     string        // the JWK Set
	status   int           // default 200
	header   http.Header   // of the response
	delay    time.Duration // before the response
	err      error         // returned instead of a response
	reports  []Refresh
}

func (s *issuerStub) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	delay := s.delay
	s.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	res := &http.Response{StatusCode: s.status, Header: s.header.Clone(), Body: io.NopCloser(strings.NewReader(s.text)), Request: r}
	if res.StatusCode == 0 {
		res.StatusCode = 200
	}
	if res.Header == nil {
		res.Header = http.Header{}
	}
	return res, nil
}

// update changes the stub while other goroutines use it.
func (s *issuerStub) update(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *issuerStub) publish(kids string) { s.update(func() { s.text, s.err = setOfKeys(kids), nil }) }
func (s *issuerStub) fail()               { s.update(func() { s.err = errors.New("connection refused") }) }

func (s *issuerStub) fetches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// wantFetches fails t unless there were exactly n requests since its last call.
func (s *issuerStub) wantFetches(t *testing.T, n int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != n {
		t.Errorf("%d fetches, want %d", len(s.requests), n)
	}
	s.requests = nil
}

// newSource returns a source that reads from the stub. It is closed at the end of the
// test.
func (s *issuerStub) newSource(t *testing.T, cfg RemoteConfig) *RemoteKeys {
	t.Helper()
	cfg.URL, cfg.Transport = issuerURL, s
	cfg.OnRefresh = func(r Refresh) { s.update(func() { s.reports = append(s.reports, r) }) }
	r := mwtest.Must[*RemoteKeys](t)(NewRemote(cfg))
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// outcome calls Key and returns its result as a word, and the time that it took.
func outcome(s Source, kid string) (string, time.Duration) {
	began := time.Now()
	k, err := s.Key(context.Background(), "", kid, "EdDSA")
	took := time.Since(began)
	switch {
	case err == nil && k.ID == kid && k.checked != nil:
		return "known", took
	case err == nil:
		return "wrong", took
	case errors.Is(err, ErrUnknownKey):
		return "unknown", took
	}
	return "unavailable", took
}

func wantOutcome(t *testing.T, s Source, kid, result string, most time.Duration) {
	t.Helper()
	if got, took := outcome(s, kid); got != result || took > most {
		t.Errorf("%s is %s after %v, want %s within %v", kid, got, took, result, most)
	}
}

// A pipeListener connects to a server inside the bubble of synctest, where no goroutine
// may wait for a real network.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// jwkMembers is a list of members with raw values, so that a test can write JSON that no
// encoder produces.
type jwkMembers [][2]string

func (o jwkMembers) String() string {
	members := make([]string, len(o))
	for i, m := range o {
		members[i] = `"` + m[0] + `":` + m[1]
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (o jwkMembers) with(name, raw string) jwkMembers {
	return append(o.without(name), [2]string{name, raw})
}

func (o jwkMembers) add(name, raw string) jwkMembers {
	return append(slices.Clone(o), [2]string{name, raw})
}

func (o jwkMembers) without(name string) jwkMembers {
	return slices.DeleteFunc(slices.Clone(o), func(m [2]string) bool { return m[0] == name })
}

func (o jwkMembers) get(name string) string {
	for _, m := range o {
		if m[0] == name {
			return strings.Trim(m[1], `"`)
		}
	}
	return ""
}

func jwkObject(kid string, public crypto.PublicKey) jwkMembers {
	var o jwkMembers
	members := jwa.PublicMembers(public)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		o = append(o, [2]string{name, `"` + members[name] + `"`})
	}
	return o.add("kid", `"`+kid+`"`)
}

func setOf(keys ...jwkMembers) string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = k.String()
	}
	return `{"keys":[` + strings.Join(texts, ",") + `]}`
}

// kinds has a key of each kind. They are made once, because generating RSA keys is slow.
var kinds = sync.OnceValue(func() map[string]crypto.Signer {
	all := map[string]crypto.Signer{}
	put := func(name string, k crypto.Signer, err error) {
		if err != nil {
			panic(err)
		}
		all[name] = k
	}
	for name, bits := range map[string]int{"RSA": 2048, "RSA-1024": 1024} {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		put(name, k, err)
	}
	for _, c := range []elliptic.Curve{elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		put(c.Params().Name, k, err)
	}
	for _, name := range []string{"Ed25519", "Ed25519, another"} {
		_, k, err := ed25519.GenerateKey(rand.Reader)
		put(name, k, err)
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	put("P-256, another", k, err)
	return all
})

// withID returns the first key with an ID, and the zero Key if there is no such key.
func (s *keySet) withID(kid string) Key {
	if s != nil {
		for _, k := range s.all {
			if k.ID == kid {
				return k.Key
			}
		}
	}
	return Key{}
}

func publicOf(kind string) crypto.PublicKey { return kinds()[kind].Public() }
