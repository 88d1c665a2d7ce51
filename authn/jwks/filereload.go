package jwks

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A check of the file costs one stat, so it is made at most once in this time.
const checkInterval = time.Second

// Two files with keys of one kind have the same size, and the time of a file can be set
// back. So a file that looks unchanged is read again after this time.
const rereadInterval = time.Minute

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
	set := &fileKeys{keys: old.keys, err: old.err, nextCheck: now.Add(checkInterval)}
	text, fault := s.readChanged(now)
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

// readChanged returns the text of the file if it must be parsed. It returns nil for a
// file that is unchanged or not yet stable, and a fault for a file that cannot be read.
func (s *keyFile) readChanged(now time.Time) (text []byte, fault error) {
	info, err := os.Stat(s.cfg.Path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file") // reading a pipe could take forever
	}
	if err != nil {
		s.lastStat, s.lastRead = nil, nil
		return nil, s.readFault(err)
	}
	// A file that is half written may be valid, for example if it ends after a block. So
	// a file that was modified within the last second is used only if the next check
	// finds it unchanged. The first read has no previous keys to use, so it does not
	// wait.
	noKeys := s.current.Load().keys == nil
	stable := now.Sub(info.ModTime()) >= checkInterval || unchanged(s.lastStat, info)
	s.lastStat = info
	if unchanged(s.lastRead, info) && now.Before(s.rereadAt) || !stable && !noKeys {
		return nil, nil
	}
	text, readInfo, err := s.read(s.cfg.Path)
	if err != nil {
		return nil, s.readFault(err)
	}
	if !noKeys && !unchanged(info, readInfo) {
		return nil, nil
	}
	if stable {
		s.lastRead, s.rereadAt = readInfo, now.Add(rereadInterval)
	}
	return text, nil
}

// unchanged reports whether before and now describe the same file with the same size and
// time. It is false if there was no file before.
func unchanged(before, now os.FileInfo) bool {
	return before != nil && os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime())
}

// readKeyFile returns the text of a file, up to one byte more than the limit. The text is
// nil if the file was modified during the read.
func readKeyFile(path string) ([]byte, os.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	before, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSetSize+1))
	if err != nil {
		return nil, nil, err
	}
	after, err := f.Stat()
	if err != nil || !unchanged(before, after) {
		return nil, nil, err
	}
	return text, after, nil
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
