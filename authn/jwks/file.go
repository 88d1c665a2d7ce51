package jwks

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// FileConfig configures a source of keys that are in a file. The zero
// FileConfig is refused: Path has no default.
type FileConfig struct {
	_ [0]func()

	// Path is that of a file of at most 1 MiB with up to 64 public keys: a JWK,
	// a JWK Set (RFC 7517) or PEM blocks of the types PUBLIC KEY and RSA PUBLIC
	// KEY. A key in PEM goes by its thumbprint (RFC 7638, with SHA-256).
	// Required.
	Path string

	// Algorithm is that of RSA keys in PEM, and of those in JWKs without alg.
	// Default: RS256. It must be one for RSA.
	Algorithm Algorithm

	// OnRefresh is told of each change of the file that was taken up, with the
	// number of keys, and once of each one that could not be. It runs within
	// the request that noticed, so it must be quick. Default: nobody is told.
	OnRefresh func(Refresh)
}

// File is NewFile with nothing but a Path. What is wrong with the path or
// with the file is reported by jwtauth.New, together with all other faults.
//
// The file is read now, and again when it has changed: a request that comes
// more than a second after the last look has one. A file that is renamed over
// the old one, and a symbolic link that is switched as Kubernetes does it for a
// mounted Secret, are taken up within two seconds; one that is still being
// written is left alone until it has been at rest for a second. A key that is
// gone from the file is no longer accepted then. A file that is written in place
// and given the size and the time that it had, as some tools do to make builds
// the same, is found out within a minute.
//
// If the file vanishes or can no longer be read as keys, those from before stay
// in use. Set OnRefresh to learn of that.
func File(path string) Source {
	return newFile(FileConfig{Path: path})
}

// NewFile returns the source of the keys in a file, all of one issuer. It
// returns all faults of cfg and of the file at once, joined, each an
// *httperr.ConfigError. See File for when the file is read.
func NewFile(cfg FileConfig) (Source, error) {
	s := newFile(cfg)
	if s.fault != nil {
		return nil, s.fault
	}
	return s, nil
}

// A keyFile is looked at from within requests. There is no goroutine to end, so
// there is nothing to close.
type keyFile struct {
	cfg   FileConfig
	fault error                    // of cfg and of the first reading
	set   atomic.Pointer[fileKeys] // never nil
	open  func(path string) ([]byte, os.FileInfo, error)

	mu   sync.Mutex        // held by whoever looks
	seen os.FileInfo       // by the last look; nil if there was no file
	read os.FileInfo       // of the text that was judged last, if that was at rest
	anew time.Time         // when to read it again all the same
	sum  [sha256.Size]byte // of the text whose keys are in use
	told string            // the fault that OnRefresh knows of
}

// fileKeys is what the requests between two looks see.
type fileKeys struct {
	keys map[string]Key
	err  error     // why there are no keys
	next time.Time // the time to look again
}

func newFile(cfg FileConfig) *keyFile {
	cfg.Algorithm = cmp.Or(cfg.Algorithm, RS256)
	s := &keyFile{cfg: cfg, open: readKeys}
	s.set.Store(&fileKeys{err: s.unreadable(errors.New("it is being written"))})
	f := httperr.ConfigFaults{Package: pkg}
	checkRSA(&f, cfg.Algorithm)
	f.AddAll("", s.look(time.Now()).err)
	s.fault = f.Err()
	return s
}

// Key implements Source. Nearly all calls are two loads and a comparison.
func (s *keyFile) Key(_ context.Context, _, kid string) (Key, error) {
	set := s.set.Load()
	if now := time.Now(); !now.Before(set.next) {
		set = s.look(now)
	}
	if k, ok := set.keys[kid]; ok {
		return k, nil
	}
	if set.keys == nil {
		return Key{}, set.err
	}
	return Key{}, ErrUnknownKey
}

// SelfCheck is for package jwtauth, which reports the faults.
func (s *keyFile) SelfCheck() jwa.SelfCheck { return ofKeys(s.fault) }

// ofKeys returns the faults of a Config as those of the field Keys of a Verifier.
func ofKeys(fault error) jwa.SelfCheck {
	f := httperr.ConfigFaults{Package: pkg}
	f.AddAll("Keys.", fault)
	return jwa.NewSelfCheck(f.Err(), false)
}

// checkRSA adds what is wrong with the algorithm of RSA keys that name none.
func checkRSA(f *httperr.ConfigFaults, alg Algorithm) {
	if a, ok := jwa.Lookup(string(alg)); !ok || !a.TakesRSA() {
		f.Add("Algorithm", alg, "is not an algorithm for RSA keys, and others have only one", "use RS256 to RS512 or PS256 to PS512")
	}
}
