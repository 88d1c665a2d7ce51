package jwtissuer

import (
	"cmp"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// KeyFile names the private keys in a file or a folder. They are read again when they
// change: see [jwks.File], which has the same rules for half-written files and for the
// symbolic links of Kubernetes. If a change cannot be used, the previous keys stay in use.
//
// The last key signs: the last block of a file, or the last one of the file whose name is
// last in a folder (2026-11.pem, 2026-12.pem). Every key in the files is published. A new
// key signs after Config.Ahead, counted from the request that noticed it. A key that is
// gone stays published until its last token has expired, and until the new key may sign it
// still signs: its file may be replaced by the file of the next key.
//
// A process that starts does not know how long the last key has been published. If there
// are several keys, the last but one signs for Config.Ahead. So keep the last three keys:
// add the next one, and remove the oldest if there were three. Then no token is lost,
// however many processes share the files, and however often they start. A compromised key
// is for Issuer.Withdraw.
type KeyFile struct {
	_ [0]func()

	// Path is a file, or a folder whose files end in .pem or .key, of together at most 1 MiB
	// with up to 16 private keys in PEM: blocks of the types PRIVATE KEY, EC PRIVATE KEY and
	// RSA PRIVATE KEY, not encrypted. The ID of a key is its thumbprint (RFC 7638, with
	// SHA-256), so it is the same in all processes.
	Path string

	// Algorithm is the algorithm of RSA keys. Default: RS256. It must be an algorithm for
	// RSA. Other keys have only one.
	Algorithm jwks.Algorithm

	// OnRefresh is called for each change that is now in use, with the number of the keys in
	// the files, and once for each change that could not be used. It runs within the
	// request that noticed the change, so it must be quick. Default: no call.
	OnRefresh func(jwks.Refresh)
}

func (k KeyFile) isSet() bool { return k.Path != "" || k.Algorithm != "" || k.OnRefresh != nil }

// open reads the files of k for the first time. It adds the faults.
func (r *keyring) open(f *httperr.ConfigFaults, k KeyFile) {
	k.Algorithm = cmp.Or(k.Algorithm, jwks.RS256)
	if a, ok := jwa.Lookup(string(k.Algorithm)); !ok || !a.TakesRSA() {
		f.Add("KeyFile.Algorithm", k.Algorithm, "is not an algorithm for RSA keys, and others have only one",
			"use RS256 to RS512 or PS256 to PS512")
		return
	}
	count := 0
	r.files = &keyfile.File{Path: k.Path, Suffixes: []string{".pem", ".key"}}
	r.files.Use = func(now time.Time, texts []keyfile.Text) error {
		keys, err := parsePrivateKeys(texts, k, r.typ)
		if err == nil {
			err = r.replace(keys, now)
		}
		if err == nil {
			count = len(keys)
		}
		return err
	}
	r.files.Report = func(err error) {
		if k.OnRefresh != nil {
			k.OnRefresh(jwks.Refresh{Source: k.Path, Keys: count, Err: k.asFault(err)})
		}
	}
	f.AddAll("", k.asFault(r.files.Check(time.Now())))
}

// replace puts keys in use, the keys of the files.
func (r *keyring) replace(keys []*signingKey, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys = slices.DeleteFunc(slices.Clone(keys), func(k *signingKey) bool { return r.withdrawn[k.thumbprint] })
	if len(keys) == 0 {
		return errors.New("all its keys were withdrawn")
	}
	var published keySchedule
	if s := r.schedule.Load(); s != nil {
		published, _ = s.publishedAt(now, r.overlap)
	}
	next := published.replaced(keys, now, r.ahead)
	if len(next) > maxPublished {
		return fmt.Errorf("%d keys would be published, and more than %d are not: rotate less often", len(next), maxPublished)
	}
	r.schedule.Store(&next)
	return nil
}

// asFault returns err as a fault of Path, unless it is one.
func (k KeyFile) asFault(err error) error {
	if _, parsed := errors.AsType[*httperr.ConfigError](err); err == nil || parsed {
		return err
	}
	f := httperr.ConfigFaults{Package: pkg}
	if k.Path == "" {
		f.Add("KeyFile.Path", nil, "is empty", "set it to the path of a file or a folder of private keys")
	} else {
		f.Add("KeyFile.Path", k.Path, "cannot be used: "+err.Error(), "put private keys in PEM there that this process may read")
	}
	return f.Err()
}

// parsePrivateKeys returns the keys of the texts, each once and in their order. A fault
// contains no part of a key.
func parsePrivateKeys(texts []keyfile.Text, k KeyFile, typ string) (keys []*signingKey, err error) {
	f := httperr.ConfigFaults{Package: pkg}
	for _, text := range texts {
		at := func(n int) string {
			if text.Name == "" {
				return fmt.Sprintf("block[%d]: ", n)
			}
			return fmt.Sprintf("%s: block[%d]: ", text.Name, n)
		}
		blocks, whole := keyfile.Blocks(text.Data)
		for n, b := range blocks {
			if b.Type == "EC PARAMETERS" { // openssl ecparam writes it before the key, which says the same
				continue
			}
			key, fault := parsePrivateKey(b, k.Algorithm, typ)
			switch {
			case fault != nil:
				f.Add("KeyFile.Path", k.Path, at(n)+fault.Reason, fault.Fix)
			case !slices.ContainsFunc(keys, func(other *signingKey) bool { return other.thumbprint == key.thumbprint }):
				keys = append(keys, key)
			}
		}
		if !whole || len(text.Data) > keyfile.MaxSize {
			f.Add("KeyFile.Path", k.Path, at(len(blocks))+"is not a PEM block, or not a whole one",
				"write blocks from BEGIN to END, with nothing between them, and at most 1 MiB")
		}
	}
	switch {
	case f.Len() > 0:
	case len(keys) == 0:
		f.Add("KeyFile.Path", k.Path, "has no private key", "write what openssl genpkey writes")
	case len(keys) > maxPublished:
		f.Add("KeyFile.Path", k.Path, fmt.Sprintf("has %d keys, and more than %d are not published", len(keys), maxPublished),
			"keep only those that sign, or soon will, or whose tokens live")
	}
	return keys, f.Err()
}

func parsePrivateKey(b *pem.Block, rsaAlgorithm jwks.Algorithm, typ string) (*signingKey, *jwa.Fault) {
	var private any
	var err error
	switch {
	case b.Type == "ENCRYPTED PRIVATE KEY" || len(b.Headers) > 0:
		return nil, newFault("is encrypted, or has headers",
			"write the key that openssl pkey makes of it, where only this process can read it")
	case b.Type == "PRIVATE KEY":
		private, err = x509.ParsePKCS8PrivateKey(b.Bytes)
	case b.Type == "EC PRIVATE KEY":
		private, err = x509.ParseECPrivateKey(b.Bytes)
	case b.Type == "RSA PRIVATE KEY":
		private, err = x509.ParsePKCS1PrivateKey(b.Bytes)
	case strings.HasSuffix(b.Type, "PUBLIC KEY") || strings.HasSuffix(b.Type, "CERTIFICATE"):
		return nil, newFault("is public, and cannot sign", "write the private key alone")
	default:
		return nil, newFault("is not a private key", "write blocks of the type PRIVATE KEY")
	}
	if err != nil {
		return nil, newFault("cannot be parsed", "write what openssl genpkey writes")
	}
	key := SigningKey{Algorithm: rsaAlgorithm, Private: private}
	if s, ok := private.(crypto.Signer); ok {
		if _, isRSA := s.Public().(*rsa.PublicKey); !isRSA {
			key.Algorithm = jwks.Algorithm(jwa.Suited(s.Public()))
		}
	}
	f := httperr.ConfigFaults{Package: pkg}
	if k := key.prepare(&f, "", typ); k != nil {
		return k, nil
	}
	e, _ := errors.AsType[*httperr.ConfigError](f.All()[f.Len()-1]) // the fault of Private
	return nil, newFault(e.Reason, e.Fix)
}
