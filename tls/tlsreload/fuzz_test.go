package tlsreload_test

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"testing"
)

// FuzzReload asserts that the certificate in use is the last one that was read whole: the
// pair of the fuzzed files if the strict reader of crypto/tls accepts it with the whole
// chain, and otherwise the one before. It is never a mixture, and its key always fits.
func FuzzReload(f *testing.F) {
	ca := newAuthority(f, "ca")
	good, next := ca.issue(f, "good", year), ca.issue(f, "next", year)
	f.Add(next.chain, next.key)
	f.Add(next.chain, good.key)
	f.Add(next.chain[:len(next.chain)-40], next.key)
	f.Add(append(next.chain[:len(next.chain):len(next.chain)], "-----BEGIN CERTIFICATE-----\n"...), next.key)
	f.Add(append([]byte("text\n"), next.chain...), append(next.key[:len(next.key):len(next.key)], '\n'))
	f.Add([]byte{}, []byte{})
	dir := folder(f.TempDir())
	dir.write(f, good)
	r := mustNew(f, dir.config())
	f.Fuzz(func(t *testing.T, chain, key []byte) {
		dir.write(t, good)
		if err := r.Reload(); err != nil {
			t.Fatal(err)
		}
		before := good.certificate(t)
		dir.write(t, pair{chain, key})
		reloadErr := r.Reload()
		c, err := r.TLS().GetConfigForClient(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, want := c.Certificates[0], before
		if parsed, err := tls.X509KeyPair(chain, key); reloadErr == nil {
			if err != nil {
				t.Fatalf("files were used that crypto/tls refuses: %v", err)
			}
			want = parsed
		}
		if len(got.Certificate) != len(want.Certificate) || !bytes.Equal(bytes.Join(got.Certificate, nil), bytes.Join(want.Certificate, nil)) {
			t.Fatalf("%d certificates in use, want %d; reload: %v", len(got.Certificate), len(want.Certificate), reloadErr)
		}
		if n := bytes.Count(chain, []byte("-----BEGIN ")); reloadErr == nil && len(got.Certificate) > n {
			t.Fatalf("%d certificates of %d blocks", len(got.Certificate), n)
		}
		leaf, _ := got.Leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
		if signer, ok := got.PrivateKey.(crypto.Signer); !ok || !leaf.Equal(signer.Public()) {
			t.Fatal("the key does not fit the certificate")
		}
	})
}
