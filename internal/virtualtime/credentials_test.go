package virtualtime

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// A transport answers requests by a handler, without a network.
type transport struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	t.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r
	return res, nil
}

// signing rotates the keys of an issuer every week, and verifies its tokens by the published set. Each
// token is good until its last moment, around a rotation too.
func signing(p *program) {
	const part, week, leeway = "token", 7 * day, 5 * time.Second
	newKey := func() jwtissuer.SigningKey { return must[jwtissuer.SigningKey](p)(jwtissuer.GenerateKey(jwks.ES256)) }
	first := newKey()
	issuer := must[*jwtissuer.Issuer](p)(jwtissuer.New(jwtissuer.Config{
		Issuer: "https://id.example", Audience: []string{service}, Key: first, Lifetime: p.actual.lifetime, Ahead: p.actual.ahead,
	}))
	keys := must[*jwks.RemoteKeys](p)(jwks.NewRemote(jwks.RemoteConfig{
		URL: "https://id.example/keys", Transport: transport{issuer.JWKS()},
	}))
	p.t.Cleanup(func() { _ = keys.Close() })
	verifier := must[*jwtauth.Verifier[jwtauth.NoClaims]](p)(jwtauth.New(jwtauth.Config{Issuer: "https://id.example",
		Audience: []string{service}, Keys: keys}))
	signer := first.ID
	issue := func(step, kid string) {
		issued := must[jwtissuer.Issued](p)(issuer.Issue(jwtissuer.Grant{Subject: "ann"}))
		verify := func(step, want string) {
			_, err := verifier.Verify(p.t.Context(), issued.Token)
			p.want(part, step, err, want)
		}
		if _, err := issuer.Key(p.t.Context(), "https://id.example", kid, string(jwks.ES256)); err != nil {
			p.fail(part, "the key that signs is not published")
		}
		if got := kidOf(issued.Token); got != kid {
			p.fail(part, "%s: the other key signs", step)
		}
		verify(step, accepted)
		whole := issued.ExpiresAt.Sub(p.start).Truncate(time.Second) // exp is in whole seconds
		if whole != (p.now() + promised.lifetime).Truncate(time.Second) {
			p.fail(part, "the token expires after %v", whole-p.now())
		}
		p.in(whole+leeway-p.now()-time.Millisecond, func() { verify("at its last moment", accepted) })
		p.in(whole+leeway-p.now(), func() { verify("after it", expired) })
	}
	var rotate func()
	rotate = func() {
		next, old := newKey(), signer
		p.check(issuer.Rotate(next))
		p.note(part, "rotation", "done")
		p.in(promised.ahead-time.Millisecond, func() { issue("before the new key signs", old) })
		p.in(promised.ahead, func() {
			signer = next.ID
			issue("with the new key", next.ID)
		})
		published := func(step string, want bool) {
			_, err := issuer.Key(p.t.Context(), "https://id.example", old, string(jwks.ES256))
			p.note(part, step, fmt.Sprint(err == nil))
			if (err == nil) != want {
				p.fail(part, "%s: %v", step, err)
			}
		}
		p.in(promised.ahead+promised.lifetime, func() { published("the old key is published", true) })
		p.in(promised.ahead+promised.lifetime+2*time.Minute, func() { published("the old key is published", false) })
		p.in(week, rotate)
	}
	var hourly func()
	hourly = func() {
		issue("a token", signer)
		p.in(p.between(3*time.Hour, 9*time.Hour), hourly)
	}
	p.in(0, hourly)
	p.in(week, rotate)
}

// kidOf returns the kid in the header of a token.
func kidOf(token string) string {
	var header struct {
		Kid string `json:"kid"`
	}
	decode(token, &header)
	return header.Kid
}

// overlapping rotates an API key every month. The old key is good for the overlap.
func overlapping(p *program) {
	const part = "API key"
	store := new(apikey.MemoryStore)
	keys := must[*apikey.Authenticator](p)(apikey.New(apikey.Config{Store: store, Prefix: "notes", Env: "live"}))
	present := func(step, key, want string) {
		r := httptest.NewRequest("GET", service+"/notes", nil)
		r.Header.Set("X-Api-Key", key)
		_, err := keys.Authenticate(r)
		p.want(part, step, err, want)
	}
	key, record, err := keys.Generate(apikey.Record{Subject: "ann", ExpiresAt: time.Now().Add(60 * day), DangerouslyAnyAddress: true})
	p.check(err)
	p.check(store.Put(p.t.Context(), record))
	var rotate func()
	rotate = func() {
		old, oldRecord := key, record
		var previous apikey.Record
		key, record, previous, err = keys.Rotate(oldRecord, time.Now().Add(60*day), p.actual.overlap)
		p.check(err)
		p.check(store.Replace(p.t.Context(), oldRecord, record, previous))
		present("the old key", old, accepted)
		p.in(promised.overlap-time.Millisecond, func() { present("the old key before the end of its overlap", old, accepted) })
		p.in(promised.overlap, func() { present("the old key at that end", old, expired) })
		p.in(28*day, rotate)
	}
	var daily func()
	daily = func() {
		present("the newest key", key, accepted)
		p.in(p.between(6*time.Hour, day), daily)
	}
	p.in(0, daily)
	p.in(day, rotate)
}

// certifying makes a certificate every month. A client accepts it, and New too, until it expires.
func certifying(p *program) {
	const part = "certificate"
	key := must[*ecdsa.PrivateKey](p)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	var renew func()
	renew = func() {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "notes.example"}, DNSNames: []string{"notes.example"},
			NotBefore: time.Now(), NotAfter: time.Now().Add(p.actual.certificate), IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		der := must[[]byte](p)(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
		roots := x509.NewCertPool()
		roots.AddCert(must[*x509.Certificate](p)(x509.ParseCertificate(der)))
		cfg := tlsconf.Modern()
		cfg.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
		server, err := tlsconf.New(cfg)
		p.want(part, "a new certificate", err, accepted)
		p.in(promised.certificate, func() {
			p.want(part, "a connection at its last moment", connect(server, roots), accepted)
			_, err := tlsconf.New(cfg)
			p.want(part, "a start at its last moment", err, accepted)
		})
		p.in(promised.certificate+time.Second, func() {
			p.want(part, "a connection after it", connect(server, roots), "expired")
			if _, err := tlsconf.New(cfg); err == nil {
				p.fail(part, "a server starts with an expired certificate")
			}
			renew()
		})
	}
	p.in(0, renew)
}

// connect makes a TLS connection in memory, and returns the error of the client.
func connect(server *tls.Config, roots *x509.CertPool) error {
	up, down := make(chan []byte, 64), make(chan []byte, 64)
	ours, theirs := &line{in: down, out: up}, &line{in: up, out: down}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Server(theirs, server).Handshake()
	}()
	err := tls.Client(ours, &tls.Config{RootCAs: roots, ServerName: "notes.example"}).Handshake()
	close(up)
	<-done
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return errors.New("expired")
	}
	return err
}

// A line is one end of a connection in memory whose writes do not wait for a reader.
type line struct {
	net.Conn // nil: no other method is called
	in       <-chan []byte
	out      chan<- []byte
	rest     []byte
}

func (l *line) Read(b []byte) (int, error) {
	if len(l.rest) == 0 {
		text, ok := <-l.in
		if !ok {
			return 0, io.EOF
		}
		l.rest = text
	}
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

func (l *line) Write(b []byte) (int, error) {
	l.out <- bytes.Clone(b)
	return len(b), nil
}

func (*line) Close() error                     { return nil }
func (*line) SetWriteDeadline(time.Time) error { return nil }
