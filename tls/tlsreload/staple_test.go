package tlsreload_test

import (
	"bytes"
	"crypto/tls"
	"encoding/asn1"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// ocspResponse returns an OCSP response for the serial number of the test certificates.
// Its signature is empty: the server does not verify it.
func ocspResponse(t testing.TB, from, until time.Time) []byte {
	t.Helper()
	marshal := func(v any, params string) asn1.RawValue {
		der, err := asn1.MarshalWithParams(v, params)
		if err != nil {
			t.Fatal(err)
		}
		return asn1.RawValue{FullBytes: der}
	}
	type algorithm struct{ ID asn1.ObjectIdentifier }
	type certID struct {
		Algorithm algorithm
		Name, Key []byte
		Serial    int
	}
	type single struct {
		ID               certID
		Status, From, To asn1.RawValue
	}
	type data struct {
		Responder, ProducedAt asn1.RawValue
		Responses             []single
	}
	type basic struct {
		Data      data
		Algorithm algorithm
		Signature asn1.BitString
	}
	type response struct {
		Type asn1.ObjectIdentifier
		DER  []byte
	}
	type outer struct {
		Status asn1.Enumerated
		Bytes  asn1.RawValue
	}
	sha1, ecdsa := asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	inner := marshal(basic{data{
		Responder:  marshal([]byte("key"), "explicit,tag:2"),
		ProducedAt: marshal(from.UTC(), "generalized"),
		Responses: []single{{certID{algorithm{sha1}, []byte("n"), []byte("k"), 0x1234}, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0},
			marshal(from.UTC(), "generalized"), marshal(until.UTC(), "generalized,explicit,tag:0")}},
	}, algorithm{ecdsa}, asn1.BitString{Bytes: []byte{0}, BitLength: 8}}, "")
	return marshal(outer{0, marshal(response{asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}, inner.FullBytes}, "explicit,tag:0")}, "").FullBytes
}

// The response reaches the client over the wire, and a new one follows it.
func TestStapleOverTheWire(t *testing.T) {
	ca := newAuthority(t, "ca")
	dir := folder(t.TempDir())
	dir.write(t, ca.issue(t, "first", year))
	cfg := dir.config()
	cfg.Pairs[0].OCSPFile = dir.path("ocsp.der")
	r := mustNew(t, cfg) // the file is absent: the server starts without a response
	if err := r.Status().Err; err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("absent: %v", err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", r.TLS())
	if err != nil {
		t.Fatal(err)
	}
	var servers sync.WaitGroup
	servers.Go(func() { echo(listener) })
	defer servers.Wait()
	defer func(l net.Listener) { _ = l.Close() }(listener)
	now := time.Now()
	for name, row := range map[string]struct {
		file []byte
		sent bool
	}{
		"good":        {ocspResponse(t, now.Add(-time.Hour), now.Add(time.Hour)), true},
		"another":     {ocspResponse(t, now.Add(-time.Minute), now.Add(time.Hour)), true},
		"out of date": {ocspResponse(t, now.Add(-2*time.Hour), now.Add(-time.Hour)), false},
		"broken":      {[]byte("broken"), false},
		"too early":   {ocspResponse(t, now.Add(time.Hour), now.Add(2*time.Hour)), false},
	} {
		write(t, dir.path("ocsp.der"), row.file)
		if err := r.Reload(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		state, err := exchange(listener.Addr().String(), &tls.Config{RootCAs: ca.pool(), ServerName: "example.com"})
		if err != nil || row.sent && !bytes.Equal(state.OCSPResponse, row.file) || !row.sent && state.OCSPResponse != nil {
			t.Errorf("%s: %d bytes, %v", name, len(state.OCSPResponse), err)
		}
		if got := r.Status().Err; (got == nil) != row.sent {
			t.Errorf("%s: status %v", name, got)
		}
	}
}

// A response is dropped when it goes out of date, although no file changes, and one that
// is early is used when its time comes.
func TestStapleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := folder(t.TempDir())
		dir.write(t, newAuthority(t, "ca").issue(t, "first", year))
		write(t, dir.path("ocsp.der"), ocspResponse(t, time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)))
		cfg := dir.config()
		cfg.Pairs[0].OCSPFile = dir.path("ocsp.der")
		var observed recorder
		cfg.Observe = observed.add
		r := mustNew(t, cfg)
		conf := r.TLS()
		sent := func() bool {
			synctest.Wait()
			c, _ := conf.GetConfigForClient(nil)
			return c.Certificates[0].OCSPStaple != nil
		}
		if sent() || r.Status().Err == nil {
			t.Error("an early response was sent")
		}
		time.Sleep(62 * time.Minute)
		if !sent() || r.Status().Err != nil {
			t.Errorf("the response was not used in its time: %v", r.Status().Err)
		}
		time.Sleep(time.Hour)
		if sent() || r.Status().Err == nil || len(observed.all()) != 3 {
			t.Errorf("a response is sent after its end: %v, %d calls", r.Status().Err, len(observed.all()))
		}
		if err := os.Remove(dir.path("ocsp.der")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if synctest.Wait(); r.Status().Err == nil || !strings.Contains(r.Status().Err.Error(), "absent") || len(observed.all()) != 4 {
			t.Errorf("absent: %v, %d calls", r.Status().Err, len(observed.all()))
		}
		_ = r.Close()
	})
}
