package jwks

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/filepoll"
)

// FileConfig configures a source of keys in a file. The zero FileConfig is refused: Path
// has no default.
type FileConfig struct {
	_ [0]func()

	// Path is the path of a file of at most 1 MiB with up to 64 public keys: a JWK, a JWK
	// Set (RFC 7517), or PEM blocks of the types PUBLIC KEY and RSA PUBLIC KEY. The ID of
	// a key in PEM is its thumbprint (RFC 7638, with SHA-256). Required.
	Path string

	// Algorithm is the algorithm of RSA keys in PEM, and of RSA keys in JWKs without alg.
	// Default: RS256. It must be an algorithm for RSA.
	Algorithm Algorithm

	// OnRefresh is called for each change of the file that is now in use, with the number
	// of keys, and once for each change that could not be used. It runs within the
	// request that noticed the change, so it must be quick. Default: no call.
	OnRefresh func(Refresh)
}

// File is NewFile with only a Path. jwtauth.New reports the faults of the path and of the
// file, together with all other faults.
//
// The file is read at once, and again after a change. A request checks the file if the
// last check is more than a second ago. The source takes up a file that is renamed over
// the old one within two seconds. The same holds for a symbolic link that is switched, as
// Kubernetes does for a mounted Secret. A file that is still being written is not read
// until it has not changed for a second. A key that is gone from the file is no longer
// accepted from then on. Some tools write a file in place and restore its size and time,
// for example to make builds reproducible. Such a change is found within a minute.
//
// If the file vanishes or can no longer be read as keys, the previous keys stay in use.
// Set OnRefresh to learn of that.
func File(path string) Source {
	return newFile(FileConfig{Path: path})
}

// NewFile returns the source of the keys in a file, all of one issuer. It returns all
// faults of cfg and of the file at once, joined, each an *httperr.ConfigError. The
// comment of File says when the file is read.
func NewFile(cfg FileConfig) (Source, error) {
	s := newFile(cfg)
	if s.fault != nil {
		return nil, s.fault
	}
	return s, nil
}

// A keyFile checks its file within requests. It has no goroutine to end, so it needs no
// Close.
type keyFile struct {
	cfg     FileConfig
	fault   error                    // of cfg and of the first read
	current atomic.Pointer[fileKeys] // never nil

	mu          sync.Mutex // held during a check
	file        filepoll.Reader
	textSum     [sha256.Size]byte // SHA-256 of the text whose keys are in use
	reportedErr string            // the fault that OnRefresh got last
}

// fileKeys is the state that requests use between two checks of the file.
type fileKeys struct {
	keys      *keySet   // nil before the first success
	err       error     // why there are no keys
	nextCheck time.Time // the time of the next check
}

func newFile(cfg FileConfig) *keyFile {
	cfg.Algorithm = cmp.Or(cfg.Algorithm, RS256)
	s := &keyFile{cfg: cfg, file: filepoll.Reader{Path: cfg.Path, MaxSize: maxSetSize}}
	s.current.Store(&fileKeys{err: s.readFault(errors.New("it is being written"))})
	f := httperr.ConfigFaults{Package: pkg}
	checkRSAAlgorithm(&f, cfg.Algorithm)
	f.AddAll("", s.refresh(time.Now()).err)
	s.fault = f.Err()
	return s
}

// Key implements Source. Nearly all calls are two loads and a comparison.
func (s *keyFile) Key(_ context.Context, issuer, kid, alg string) (Key, error) {
	set := s.current.Load()
	if now := time.Now(); !now.Before(set.nextCheck) {
		set = s.refresh(now)
	}
	if set.keys == nil {
		return Key{}, set.err
	}
	k, err := set.keys.find(issuer, kid, alg)
	if err != nil {
		return Key{}, err
	}
	return *k, nil
}

// SelfCheck is for package jwtauth, which reports the faults.
func (s *keyFile) SelfCheck() jwa.SelfCheck { return selfCheckOf(s.fault) }

// selfCheckOf returns the faults of a Config as faults of the field Keys of a Verifier.
func selfCheckOf(fault error) jwa.SelfCheck {
	f := httperr.ConfigFaults{Package: pkg}
	f.AddAll("Keys.", fault)
	return jwa.NewSelfCheck(f.Err())
}

// checkRSAAlgorithm adds a fault if alg is not an algorithm for RSA keys.
func checkRSAAlgorithm(f *httperr.ConfigFaults, alg Algorithm) {
	if a, ok := jwa.Lookup(string(alg)); !ok || !a.TakesRSA() {
		f.Add("Algorithm", alg, "is not an algorithm for RSA keys, and others have only one", "use RS256 to RS512 or PS256 to PS512")
	}
}
