// Package pemfile parses the PEM files of a server: certificate chains with their
// keys, and the authorities of client certificates.
//
// # Use
//
//	cert, err := pemfile.KeyPair(chainPEM, keyPEM)
//	pool, err := pemfile.Authorities(caPEM)
//
// # Threat
//
// crypto/tls and x509.CertPool skip a PEM block that they cannot read. A file that
// was read while another program wrote it then loses an intermediate certificate, or
// an authority, without an error.
//
// # Invariant
//
// Each PEM block that begins is read, or the file is refused. An error contains
// nothing of the file.
//
// # Place in the chain
//
// It is a leaf: tlsconf and tlsreload read their files with it.
package pemfile

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

var (
	dashes        = []byte("-----")
	begin         = []byte("-----BEGIN ")
	errIncomplete = errors.New("a PEM block is incomplete or malformed")
)

// KeyPair returns the certificate of chain, leaf first, with its key.
func KeyPair(chain, key []byte) (tls.Certificate, error) {
	if _, err := blocks(chain); err != nil {
		return tls.Certificate{}, err
	}
	if _, err := blocks(key); err != nil {
		return tls.Certificate{}, fmt.Errorf("key: %w", err)
	}
	return tls.X509KeyPair(chain, key)
}

// Authorities returns the pool of the certificates in text. Each block must be the
// certificate of an authority.
func Authorities(text []byte) (*x509.CertPool, error) {
	all, err := blocks(text)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("no certificate in PEM form")
	}
	pool := x509.NewCertPool()
	for _, b := range all {
		if b.Type != "CERTIFICATE" {
			return nil, errors.New("a PEM block is no certificate")
		}
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, errors.New("a certificate is malformed")
		}
		if !cert.BasicConstraintsValid || !cert.IsCA {
			return nil, fmt.Errorf("%q is not the certificate of an authority", cert.Subject.String())
		}
		pool.AddCert(cert)
	}
	return pool, nil
}

// blocks returns the PEM blocks of text. pem.Decode skips a block that it cannot
// read, so their number must be the number of the lines that begin a block.
func blocks(text []byte) (all []*pem.Block, err error) {
	begun := bytes.Count(text, begin)
	b, rest := pem.Decode(text)
	for ; b != nil; b, rest = pem.Decode(rest) {
		all = append(all, b)
	}
	if len(all) != begun || bytes.Contains(rest, dashes) {
		return nil, errIncomplete
	}
	return all, nil
}
