package tlsreload_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/tls/tlsreload"
)

const year = 365 * 24 * time.Hour

// Each faulty state of the files leaves the last good certificate in use and is
// reported. The good state that follows is used.
func TestLastGoodStaysInUse(t *testing.T) {
	ca, other := newAuthority(t, "ca"), newAuthority(t, "other")
	next := ca.issue(t, "next", year)
	leafOnly := next.chain[:len(next.chain)-len(ca.pem)]
	for name, row := range map[string]struct {
		chain, key []byte
		want       string
	}{
		"key before certificate": {nil, next.key, "private key does not match public key"},
		"certificate before key": {next.chain, nil, "private key does not match public key"},
		"torn chain":             {next.chain[:len(next.chain)-30], next.key, "incomplete or malformed"},
		"torn leaf":              {next.chain[:40], next.key, "incomplete or malformed"},
		"torn key":               {next.chain, next.key[:len(next.key)/2], "incomplete or malformed"},
		"empty":                  {[]byte{}, []byte{}, "failed to find any PEM data"},
		"expired":                {ca.issue(t, "old", -time.Minute).chain, nil, "private key does not match"},
		"another's issuer":       {append(leafOnly[:len(leafOnly):len(leafOnly)], other.pem...), next.key, "none of the other certificates has issued the first"},
		"too large":              {make([]byte, 1<<20+1), next.key, "larger than 1048576 bytes"},
	} {
		dir := folder(t.TempDir())
		dir.write(t, ca.issue(t, "first", year))
		var seen []tlsreload.Status
		cfg := dir.config()
		cfg.Observe = func(s tlsreload.Status) { seen = append(seen, s) }
		r := mustNew(t, cfg)
		if row.chain != nil {
			write(t, dir.path("tls.crt"), row.chain)
		}
		if row.key != nil {
			write(t, dir.path("tls.key"), row.key)
		}
		err := r.Reload()
		if err == nil || !strings.Contains(err.Error(), row.want) || !strings.HasPrefix(err.Error(), "tlsreload: ") || inUse(t, r.TLS()) != "first" {
			t.Errorf("%s: %s in use, %v", name, inUse(t, r.TLS()), err)
		}
		if len(seen) != 2 || seen[0].Err != nil || seen[1].Err == nil || r.Status() != seen[1] || !seen[1].LoadedAt.Equal(seen[0].LoadedAt) {
			t.Errorf("%s: observed %+v", name, seen)
		}
		dir.write(t, next)
		if err := r.Reload(); err != nil || inUse(t, r.TLS()) != "next" || len(seen) != 3 || seen[2].Err != nil || r.Status().Err != nil {
			t.Errorf("%s, repaired: %s in use, %v, observed %+v", name, inUse(t, r.TLS()), err, seen)
		}
	}
}

// The contents count: a chain with another intermediate certificate is new, although leaf
// and key are the same; a file that was only touched is not.
func TestContentsCount(t *testing.T) {
	dir := folder(t.TempDir())
	ca := newAuthority(t, "ca")
	p := ca.issue(t, "first", year)
	dir.write(t, p)
	loads := 0
	cfg := dir.config()
	cfg.Observe = func(tlsreload.Status) { loads++ }
	r := mustNew(t, cfg)
	if err := os.Chtimes(dir.path("tls.crt"), time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err != nil || loads != 1 {
		t.Errorf("touched: %d loads, %v", loads, err)
	}
	write(t, dir.path("tls.crt"), append(p.chain[:len(p.chain):len(p.chain)], newAuthority(t, "cross").pem...))
	if err := r.Reload(); err != nil || loads != 2 {
		t.Errorf("another chain: %d loads, %v", loads, err)
	}
	if c, _ := r.TLS().GetConfigForClient(nil); len(c.Certificates[0].Certificate) != 3 {
		t.Errorf("%d certificates", len(c.Certificates[0].Certificate))
	}
	write(t, dir.path("tls.crt"), []byte("broken"))
	_ = r.Reload()
	write(t, dir.path("tls.crt"), append(p.chain[:len(p.chain):len(p.chain)], newAuthority(t, "cross 2").pem...))
	if err := r.Reload(); err != nil {
		t.Error(err)
	}
	if err := os.Remove(dir.path("tls.key")); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("absent: %v", err)
	}
}

// Handshakes run through 50 swaps, and none fails.
func TestHandshakesThroughSwaps(t *testing.T) {
	dir := folder(t.TempDir())
	ca := newAuthority(t, "ca")
	swapper := &swapper{t: t, dir: dir, ca: ca}
	swapper.next(0)
	r := mustNew(t, dir.config())
	failures, last := swapper.run(r.TLS(), func(complete bool) {
		if err := r.Reload(); (err == nil) != complete {
			t.Errorf("complete %v: %v", complete, err)
		}
	})
	if len(failures) > 0 || last != "50" {
		t.Errorf("%d handshakes failed, the last certificate is %s: %v", len(failures), last, failures)
	}
}

// The same swaps break a server that reads both files for each handshake.
func TestSwapsBreakANaiveServer(t *testing.T) {
	dir := folder(t.TempDir())
	swapper := &swapper{t: t, dir: dir, ca: newAuthority(t, "ca")}
	swapper.next(0)
	naive := &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		cert, err := tls.LoadX509KeyPair(dir.path("tls.crt"), dir.path("tls.key"))
		return &cert, err
	}}
	if failures, _ := swapper.run(naive, func(bool) {}); len(failures) < 25 {
		t.Errorf("only %d handshakes failed", len(failures))
	}
}

// A swapper replaces the certificate in a folder while clients make handshakes. Half of
// the swaps replace the folder as Kubernetes does, and half write first the key and then
// the certificate.
type swapper struct {
	t   *testing.T
	dir folder
	ca  *authority
}

// next replaces the folder by its state with another number.
func (s *swapper) next(number int) {
	p := s.ca.issue(s.t, fmt.Sprint(number), year)
	s.dir.swap(s.t, fmt.Sprint(number), map[string][]byte{"tls.crt": p.chain, "tls.key": p.key})
}

// run makes 50 swaps below a server with conf, and calls reload after each step; complete
// is false after a key whose certificate is still missing. It returns the errors of the
// handshakes, at least one after each step, and the name in the last certificate.
func (s *swapper) run(conf *tls.Config, reload func(complete bool)) (failures []error, last string) {
	listener, err := tls.Listen("tcp", "127.0.0.1:0", conf)
	if err != nil {
		s.t.Fatal(err)
	}
	var servers, clients sync.WaitGroup
	servers.Go(func() { echo(listener) })
	var mu sync.Mutex
	handshake := func() {
		state, err := exchange(listener.Addr().String(), &tls.Config{RootCAs: s.ca.pool(), ServerName: "example.com"})
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failures = append(failures, err)
			return
		}
		last = state.PeerCertificates[0].Subject.CommonName
	}
	stop := make(chan struct{})
	for range 2 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					handshake()
				}
			}
		})
	}
	for i := 1; i <= 50; i++ {
		if i%2 == 0 {
			s.next(i)
		} else {
			p := s.ca.issue(s.t, fmt.Sprint(i), year)
			write(s.t, s.dir.path("tls.key"), p.key) // through the link
			reload(false)
			handshake()
			write(s.t, s.dir.path("tls.crt"), p.chain)
		}
		reload(true)
		handshake()
	}
	close(stop)
	clients.Wait()
	handshake()
	_ = listener.Close()
	servers.Wait()
	return failures, last
}

// The goroutine finds a change within the interval. It reports a key without its
// certificate only at the second check, and the end of a certificate once.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newAuthority(t, "ca")
		dir := folder(t.TempDir())
		dir.write(t, ca.issue(t, "first", 100*time.Hour))
		var observed recorder
		cfg := dir.config()
		cfg.Interval = 10 * time.Minute
		cfg.Observe = observed.add
		r := mustNew(t, cfg)
		conf := r.TLS()
		seen := observed.all()
		pass := func(d time.Duration) { time.Sleep(d); synctest.Wait(); seen = observed.all() }

		next := ca.issue(t, "next", 100*time.Hour)
		write(t, dir.path("tls.key"), next.key)
		pass(11 * time.Minute)
		if len(seen) != 1 || r.Status().Err != nil {
			t.Errorf("a key without its certificate was reported at once: %+v", seen)
		}
		write(t, dir.path("tls.crt"), next.chain)
		pass(10 * time.Minute)
		if inUse(t, conf) != "next" || len(seen) != 2 || seen[1].Err != nil {
			t.Errorf("%s in use, observed %+v", inUse(t, conf), seen)
		}
		write(t, dir.path("tls.key"), newAuthority(t, "x").issue(t, "x", year).key)
		pass(10 * time.Minute)
		pass(10 * time.Minute)
		if len(seen) != 3 || seen[2].Err == nil || inUse(t, conf) != "next" {
			t.Errorf("a wrong key was not reported at the second check: %+v", seen)
		}
		pass(10 * time.Minute)
		write(t, dir.path("tls.key"), next.key)
		pass(10 * time.Minute)
		if len(seen) != 4 || seen[3].Err != nil || !seen[3].LoadedAt.Equal(seen[1].LoadedAt) {
			t.Errorf("the return of the key: %+v", seen)
		}

		// The certificate was issued for 101 hours, so the warning begins 25.25 hours
		// before its end.
		begin := seen[3].NotAfter.Add(-101 * time.Hour / 4)
		pass(time.Until(begin) - time.Minute)
		if len(seen) != 4 {
			t.Errorf("early: %+v", seen[4:])
		}
		pass(12 * time.Minute)
		if len(seen) != 5 || !seen[4].Expiring || seen[4].Err != nil {
			t.Errorf("the end is near: %+v", seen[4:])
		}
		pass(200 * time.Hour)
		if len(seen) != 5 || inUse(t, conf) != "next" {
			t.Errorf("reported again: %+v", seen[5:])
		}
		dir.write(t, ca.issue(t, "last", year))
		pass(11 * time.Minute)
		if len(seen) != 6 || seen[5].Expiring || inUse(t, conf) != "last" {
			t.Errorf("renewed: %+v", seen[5:])
		}

		if err := r.Close(); err != nil {
			t.Error(err)
		}
		dir.write(t, ca.issue(t, "after", year))
		pass(time.Hour)
		if inUse(t, conf) != "last" {
			t.Error("a check ran after Close")
		}
		if err := r.Reload(); err != nil || inUse(t, r.TLS()) != "after" {
			t.Errorf("Reload after Close: %v", err)
		}
		_ = r.Close()
	})
}

// New starts no goroutine: synctest fails if one is left.
func TestNothingRunsBeforeUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := folder(t.TempDir())
		dir.write(t, newAuthority(t, "ca").issue(t, "first", year))
		cfg := dir.config()
		cfg.ExpiryWarning = 2 * year
		if r, err := tlsreload.New(cfg); err != nil || !r.Status().Expiring {
			t.Errorf("%v", err)
		}
		closed, err := tlsreload.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		_ = closed.Close()
		closed.TLS()
	})
}

// A resumed session whose authority was withdrawn is refused, and one whose authority is
// still there is resumed, also after a reload.
func TestWithdrawnAuthority(t *testing.T) {
	ca, kept, withdrawn := newAuthority(t, "ca"), newAuthority(t, "kept"), newAuthority(t, "withdrawn")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		dir := folder(t.TempDir())
		dir.write(t, ca.issue(t, "first", year))
		write(t, dir.path("ca.crt"), append(kept.pem[:len(kept.pem):len(kept.pem)], withdrawn.pem...))
		cfg := dir.config()
		cfg.ClientCAFile, cfg.TLS.ResumeClientCertificates = dir.path("ca.crt"), true
		r := mustNew(t, cfg)
		listener, err := tls.Listen("tcp", "127.0.0.1:0", r.TLS())
		if err != nil {
			t.Fatal(err)
		}
		var servers sync.WaitGroup
		servers.Go(func() { echo(listener) })
		client := func(a *authority) *tls.Config {
			return &tls.Config{MaxVersion: version, RootCAs: ca.pool(), ServerName: "example.com", ClientSessionCache: tls.NewLRUClientSessionCache(1),
				Certificates: []tls.Certificate{a.issue(t, "client", year).certificate(t)}}
		}
		good, bad := client(kept), client(withdrawn)
		dial := func(name string, c *tls.Config, resumed, ok bool) {
			t.Helper()
			state, err := exchange(listener.Addr().String(), c)
			if (err == nil) != ok || ok && state.DidResume != resumed {
				t.Errorf("%s, %s: resumed %v, %v", tls.VersionName(version), name, state.DidResume, err)
			}
		}
		dial("kept, first", good, false, true)
		dial("withdrawn, first", bad, false, true)
		dial("kept, again", good, true, true)
		dial("withdrawn, again", bad, true, true)
		write(t, dir.path("ca.crt"), kept.pem)
		if err := r.Reload(); err != nil {
			t.Fatal(err)
		}
		dial("kept, after the reload", good, true, true)
		dial("withdrawn, after the reload", bad, false, false)
		bad.ClientSessionCache = nil
		dial("withdrawn, without a session", bad, false, false)

		// An authority that cannot be read changes nothing: neither does it let the
		// withdrawn authority in, nor does it switch client certificates off.
		write(t, dir.path("ca.crt"), []byte("broken"))
		if err := r.Reload(); err == nil || !strings.Contains(err.Error(), "ClientCAFile") {
			t.Errorf("%v", err)
		}
		dial("kept, with a broken file", good, true, true)
		dial("withdrawn, with a broken file", bad, false, false)
		dial("nobody", &tls.Config{MaxVersion: version, RootCAs: ca.pool(), ServerName: "example.com"}, false, false)
		_ = listener.Close()
		servers.Wait()
	}
}

// echo answers each connection with one byte.
func echo(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = conn.Write([]byte("a"))
			_ = conn.Close()
		}()
	}
}

// exchange makes a connection and reads a byte: a client of TLS 1.3 learns only then
// whether the server has accepted its certificate.
func exchange(addr string, c *tls.Config) (tls.ConnectionState, error) {
	conn, err := tls.Dial("tcp", addr, c)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = conn.Close() }()
	if n, err := conn.Read(make([]byte, 1)); n == 0 {
		return conn.ConnectionState(), err
	}
	return conn.ConnectionState(), nil
}

// Two certificates, each for its kind of key, and the self-test of the result.
func TestSelfTest(t *testing.T) {
	ca := newAuthority(t, "ca")
	a, b := folder(t.TempDir()), folder(t.TempDir())
	a.write(t, ca.issue(t, "a", year))
	b.write(t, ca.issue(t, "b", year))
	cfg := a.config()
	cfg.Pairs = append(cfg.Pairs, b.config().Pairs...)
	r := mustNew(t, cfg)
	reports, err := tlsconf.SelfTest(r.TLS(), "example.com")
	if err != nil || len(reports) != 2 {
		t.Errorf("%v, %v", reports, err)
	}
	if c, _ := r.TLS().GetConfigForClient(nil); len(c.Certificates) != 2 {
		t.Errorf("%d certificates", len(c.Certificates))
	}
}
