package jwks

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io/fs"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/filepoll"
)

// refresh returns the keys to use from now on. Only one request at a time checks the
// file. The others use the current keys, so a file system that hangs blocks only one
// request.
func (s *keyFile) refresh(now time.Time) *fileKeys {
	if !s.mu.TryLock() {
		return s.current.Load()
	}
	defer s.mu.Unlock()
	old := s.current.Load()
	if now.Before(old.nextCheck) {
		return old // another request has checked the file since
	}
	set := &fileKeys{keys: old.keys, err: old.err, nextCheck: now.Add(filepoll.Interval)}
	text, err := s.file.ReadChanged(now, old.keys == nil)
	var fault error
	if err != nil {
		fault = s.readFault(err)
	}
	if fault == nil && text == nil {
		s.current.Store(set)
		return set
	}
	report, changed := Refresh{Source: s.cfg.Path, Err: fault}, false
	if sum := sha256.Sum256(text); fault == nil && (set.keys == nil || sum != s.textSum) {
		var keys *keySet
		if keys, report.Skipped, report.Err = s.parse(text); report.Err == nil {
			keys.keepUnchanged(set.keys)
			set.keys, set.err, s.textSum, changed = keys, nil, sum, true
		}
	}
	if set.keys == nil {
		set.err = report.Err
	}
	s.current.Store(set)
	report.Keys = set.keys.size()
	s.notify(report, changed)
	return set
}

// notify calls OnRefresh for changed keys, and for a fault that differs from the last
// one.
func (s *keyFile) notify(report Refresh, changed bool) {
	text := ""
	if report.Err != nil {
		text = report.Err.Error()
	}
	if (changed || text != s.reportedErr) && s.cfg.OnRefresh != nil {
		s.cfg.OnRefresh(report)
	}
	s.reportedErr = text
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
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	f.Add("Path", s.cfg.Path, "cannot be read: "+err.Error(), "put a file of public keys there that this process may read")
	return f.Err()
}
