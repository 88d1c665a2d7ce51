package mtls

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn"
)

// maxVerified is the number of certificates whose verification a verifier remembers: about
// 20 MiB. A service with more callers at one time verifies some of them again.
const maxVerified = 4096

// A verifier verifies certificates for client authentication. It remembers each success, for
// one certificate under one pool of roots. Everything that can change is checked again: the
// pool, and the validity of each certificate of the chain. The zero value is ready for use.
type verifier struct {
	verified sync.Map // *x509.Certificate, or its text in a header, to *verification
	size     atomic.Int64
}

// A verification is a success that is remembered. It keeps the pool and the certificate alive,
// so that no other one can have the same address.
type verification struct {
	roots       *x509.CertPool
	from, until time.Time         // in which the whole chain is valid
	sum         [sha256.Size]byte // of the certificate
	peer        *Peer
	principal   *authn.Principal
}

// find returns the verification under key that counts for roots now, or nil.
func (v *verifier) find(key any, rootsOf func(*Peer) *x509.CertPool, now time.Time) *verification {
	found, ok := v.verified.Load(key)
	if !ok {
		return nil
	}
	e := found.(*verification)
	if now.Before(e.from) || now.After(e.until) || rootsOf(e.peer) != e.roots {
		return nil
	}
	return e
}

// add verifies the certificate of peer and remembers it under key. Its errors are errors of
// package authn.
func (v *verifier) add(
	key any, peer *Peer, intermediates []*x509.Certificate, roots *x509.CertPool, now time.Time,
) (*verification, error) {
	chain, err := verifyChain(peer.Certificate, intermediates, roots, now)
	if err != nil {
		return nil, err
	}
	leaf := chain[0]
	e := &verification{
		roots: roots, from: leaf.NotBefore, until: leaf.NotAfter,
		sum: sha256.Sum256(leaf.Raw), peer: peer, principal: peer.principal(),
	}
	for _, c := range chain {
		if c.NotBefore.After(e.from) {
			e.from = c.NotBefore
		}
		if c.NotAfter.Before(e.until) {
			e.until = c.NotAfter
		}
	}
	if _, had := v.verified.Swap(key, e); !had && v.size.Add(1) > maxVerified {
		v.shrink()
	}
	return e, nil
}

// shrink forgets some verifications.
func (v *verifier) shrink() {
	forget := maxVerified / 8
	v.verified.Range(func(key, _ any) bool {
		if _, had := v.verified.LoadAndDelete(key); had {
			v.size.Add(-1)
			forget--
		}
		return forget > 0
	})
}

var errNoRoots = errors.New("mtls: no authority may vouch for the issuer of the certificate")

// verifyChain returns a chain from leaf to one of roots.
func verifyChain(
	leaf *x509.Certificate, intermediates []*x509.Certificate, roots *x509.CertPool, now time.Time,
) ([]*x509.Certificate, error) {
	if roots == nil {
		return nil, authn.ErrInvalid.With(errNoRoots)
	}
	options := x509.VerifyOptions{
		Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, c := range intermediates {
		options.Intermediates.AddCert(c)
	}
	chains, err := leaf.Verify(options)
	if err == nil {
		return chains[0], nil
	}
	refused := fmt.Errorf("mtls: the certificate does not verify: %w", err)
	if now.After(leaf.NotAfter) {
		// Only the holder of a certificate that was good learns that it has expired.
		options.CurrentTime = leaf.NotAfter
		if _, err := leaf.Verify(options); err == nil {
			return nil, authn.ErrExpired.With(refused)
		}
	}
	return nil, authn.ErrInvalid.With(refused)
}
