package jwks

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
)

// readPEM reads public keys in PEM (RFC 7468, section 13; PKCS #1 for RSA): any number of
// blocks with only white space around them. The ID of a key is its thumbprint (RFC 7638).
// The operator wrote the file, so a key that cannot be used is a mistake and the whole
// file is refused. Only a copy of a block is no mistake.
func (r *keyReader) readPEM(data []byte) {
	if len(data) > maxSetSize {
		r.faults.Add("keys", nil, "is longer than 1 MiB", "write the keys alone")
		return
	}
	blocks, whole := keyfile.Blocks(data)
	for i, block := range blocks {
		if i == maxSetKeys {
			r.faults.Add("keys", nil, "has more than 64 keys", "keep only those that sign, or soon will, or whose tokens live")
			return
		}
		r.readPEMBlock(fmt.Sprintf("block[%d]", i), block)
	}
	if !whole {
		r.faults.Add(fmt.Sprintf("block[%d]", len(blocks)), nil, "is not a PEM block, or not a whole one",
			"write blocks from BEGIN to END, with nothing between them")
	}
}

func (r *keyReader) readPEMBlock(fieldName string, block *pem.Block) {
	if len(block.Headers) > 0 {
		r.faults.Add(fieldName, nil, "has headers", "write the public key, which is not encrypted, without them")
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
		r.faults.Add(fieldName, nil, "is a private key, and a service that only verifies must not be able to sign",
			"write what openssl pkey -pubout makes of it, and keep the private key with the issuer")
		return
	case strings.HasSuffix(block.Type, "CERTIFICATE"):
		// A certificate would need checks of its dates, its uses and its revocation, and
		// a rule for a certificate that expires while the service runs.
		r.faults.Add(fieldName, nil, "is a certificate, whose dates and uses nobody would look at",
			"write the key alone: openssl x509 -pubkey -noout")
		return
	default:
		r.faults.Add(fieldName, nil, "is not a public key", "write blocks of the type PUBLIC KEY")
		return
	}
	if err != nil {
		r.faults.Add(fieldName, nil, "cannot be parsed", "write what openssl pkey -pubout writes")
		return
	}
	sound, fault := jwa.Copy(public)
	if fault != nil {
		r.faults.Add(fieldName, nil, fault.Reason, fault.Fix)
		return
	}
	k := foundKey{fieldName: fieldName}
	k.Key = Key{ID: jwa.Thumbprint(sound), Algorithm: r.rsaAlgorithm, Public: public}
	if _, ok := sound.(*rsa.PublicKey); !ok {
		k.Algorithm = Algorithm(jwa.Suited(sound))
	}
	r.addKey(&r.faults, k)
}
