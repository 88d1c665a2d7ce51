package jwks

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
)

var pemBegin = []byte("-----BEGIN ")

// pem reads public keys in PEM (RFC 7468, section 13; PKCS #1 for RSA), any
// number of blocks with nothing but white space around them. A key's ID is its
// thumbprint (RFC 7638). The file is the operator's own, so a key in it that
// cannot be used is a mistake, and refuses all.
//
// encoding/pem steps over what it cannot read, a damaged block included, so
// here it only ever gets to see a text that begins with a block.
func (r *keyReader) pem(data []byte) {
	if len(data) > maxSetSize {
		r.refused.Add("keys", nil, "is longer than 1 MiB", "write the keys alone")
		return
	}
	data = bytes.TrimSpace(data)
	for i := 0; len(data) > 0; i++ {
		if i == maxSetKeys {
			r.refused.Add("keys", nil, "has more than 64 keys", "keep only those that sign, or soon will, or whose tokens live")
			return
		}
		at := fmt.Sprintf("block[%d]", i)
		block, rest := pem.Decode(data)
		if block == nil || !bytes.HasPrefix(data, pemBegin) || bytes.Count(data[:len(data)-len(rest)], pemBegin) != 1 {
			r.refused.Add(at, nil, "is not a PEM block, or not a whole one", "write blocks from BEGIN to END, with nothing between them")
			return
		}
		data = bytes.TrimSpace(rest)
		r.block(at, block)
	}
}

func (r *keyReader) block(at string, block *pem.Block) {
	if len(block.Headers) > 0 {
		r.refused.Add(at, nil, "has headers", "write the public key, which is not encrypted, without them")
		return
	}
	var public crypto.PublicKey
	var err error
	switch {
	case block.Type == "PUBLIC KEY":
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	case block.Type == "RSA PUBLIC KEY":
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		r.refused.Add(at, nil, "is a private key, and a service that only verifies must not be able to sign", "write what openssl pkey -pubout makes of it, and keep the private key with the issuer")
		return
	case strings.HasSuffix(block.Type, "CERTIFICATE"):
		// Its dates, its uses and its revocation would have to be judged as
		// well, with no rule for what an expired one does to a running service.
		r.refused.Add(at, nil, "is a certificate, whose dates and uses nobody would look at", "write the key alone: openssl x509 -pubkey -noout")
		return
	default:
		r.refused.Add(at, nil, "is not a public key", "write blocks of the type PUBLIC KEY")
		return
	}
	if err != nil {
		r.refused.Add(at, nil, "cannot be parsed", "write what openssl pkey -pubout writes")
		return
	}
	sound, fault := jwa.Copy(public)
	if fault != nil {
		r.refused.Add(at, nil, fault.Reason, fault.Fix)
		return
	}
	k := Key{ID: jwa.Thumbprint(sound), Algorithm: r.rsa, Public: public}
	if _, ok := sound.(*rsa.PublicKey); !ok {
		k.Algorithm = Algorithm(jwa.Suited(sound))
	}
	if r.seen[k.ID] {
		r.refused.Add(at, nil, "has been there already", "write each key once")
	}
	r.seen[k.ID] = true
	r.add(&r.refused, at, k)
}
