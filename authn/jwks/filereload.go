package jwks

import (
	"bytes"
	"errors"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// check checks the file if it is time to do so. The error is nil if there are keys, also
// those of an earlier text.
func (s *keyFile) check(now time.Time) error { return s.asFault(s.file.Check(now)) }

// asFault returns an error of parse unchanged, and an error of reading as a fault of Path.
func (s *keyFile) asFault(err error) error {
	if err == nil {
		return nil
	}
	if _, parsed := errors.AsType[*httperr.ConfigError](err); parsed {
		return err
	}
	return s.readFault(err)
}

// use puts the keys of a text in use.
func (s *keyFile) use(_ time.Time, texts []keyfile.Text) error {
	keys, skipped, err := s.parse(texts[0].Data)
	if s.skipped = skipped; err != nil {
		return err
	}
	keys.keepUnchanged(s.keys.Load())
	s.keys.Store(keys)
	return nil
}

// report calls OnRefresh for changed keys, and for a fault that differs from the last
// one.
func (s *keyFile) report(err error) {
	r := Refresh{Source: s.cfg.Path, Keys: s.keys.Load().size(), Skipped: s.skipped, Err: s.asFault(err)}
	if r.Err != nil && r.Err != err {
		r.Skipped = nil // no text was parsed
	}
	if s.cfg.OnRefresh != nil {
		s.cfg.OnRefresh(r)
	}
}

// parse reads text as PEM if it begins with a dash, and as a JWK or JWK Set otherwise.
func (s *keyFile) parse(text []byte) (*keySet, []error, error) {
	r := newKeyReader(s.cfg.Algorithm)
	r.ofSecrets = &r.faults // a service that only verifies must not be able to sign
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("-")) {
		r.readPEM(text)
	} else {
		r.readJSON(string(text), true)
	}
	keys, skipped, err := r.result()
	if err == nil {
		return keys, skipped, nil
	}
	f := httperr.ConfigFaults{Package: pkg}
	for _, err := range r.faults.All() {
		e := err.(*httperr.ConfigError)
		f.Add("Path", s.cfg.Path, e.Field+": "+e.Reason, e.Fix)
	}
	return nil, skipped, f.Err()
}

func (s *keyFile) readFault(err error) error {
	f := httperr.ConfigFaults{Package: pkg}
	if s.cfg.Path == "" {
		f.Add("Path", nil, "is empty", "set it to the path of a file of public keys")
		return f.Err()
	}
	f.Add("Path", s.cfg.Path, "cannot be read: "+err.Error(), "put a file of public keys there that this process may read")
	return f.Err()
}
