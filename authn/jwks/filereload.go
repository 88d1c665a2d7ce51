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

// A look at the file costs one stat, so it is had only once in this time.
const lookInterval = time.Second

// Keys of one kind take the same room, and a time can be set back: what looks
// unchanged is read after this time.
const readInterval = time.Minute

// look returns the keys to use from now on. Only one request at a time looks;
// the others go on with what is there, so that a file system that hangs holds up
// only that one.
func (s *keyFile) look(now time.Time) *fileKeys {
	if !s.mu.TryLock() {
		return s.set.Load()
	}
	defer s.mu.Unlock()
	old := s.set.Load()
	if now.Before(old.next) {
		return old // somebody has looked since
	}
	set := &fileKeys{keys: old.keys, err: old.err, next: now.Add(lookInterval)}
	text, fault := s.news(now)
	if fault == nil && text == nil {
		s.set.Store(set)
		return set
	}
	report, fresh := Refresh{Source: s.cfg.Path, Err: fault}, false
	if sum := sha256.Sum256(text); fault == nil && (set.keys == nil || sum != s.sum) {
		var keys map[string]Key
		if keys, report.Skipped, report.Err = s.parse(text); report.Err == nil {
			carryOver(set.keys, keys)
			set.keys, set.err, s.sum, fresh = keys, nil, sum, true
		}
	}
	if set.keys == nil {
		set.err = report.Err
	}
	s.set.Store(set)
	report.Keys = len(set.keys)
	s.tell(report, fresh)
	return set
}

// tell tells OnRefresh of fresh keys, and of what it has not been told before.
func (s *keyFile) tell(report Refresh, fresh bool) {
	text := ""
	if report.Err != nil {
		text = report.Err.Error()
	}
	if (fresh || text != s.told) && s.cfg.OnRefresh != nil {
		s.cfg.OnRefresh(report)
	}
	s.told = text
}

// news returns the text of the file if it has to be judged, and a fault if
// there is none.
func (s *keyFile) news(now time.Time) (text []byte, fault error) {
	info, err := os.Stat(s.cfg.Path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file") // reading a pipe could take forever
	}
	if err != nil {
		s.seen, s.read = nil, nil
		return nil, s.unreadable(err)
	}
	// Half of a file may be good keys, up to the end of a block, say. So one
	// that was written to within this second is only believed if the next look
	// finds it as it is. The first look has nothing to fall back on.
	first := s.set.Load().keys == nil
	rest := now.Sub(info.ModTime()) >= lookInterval || unchanged(s.seen, info)
	s.seen = info
	if unchanged(s.read, info) && now.Before(s.anew) || !rest && !first {
		return nil, nil
	}
	text, read, err := s.open(s.cfg.Path)
	if err != nil {
		return nil, s.unreadable(err)
	}
	if !first && !unchanged(info, read) {
		return nil, nil
	}
	if rest {
		s.read, s.anew = read, now.Add(readInterval)
	}
	return text, nil
}

// unchanged reports whether a file that was there is still the same.
func unchanged(before, now os.FileInfo) bool {
	return before != nil && os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime())
}

// readKeys returns the text of a file, at most one byte too much of it, or nil
// if somebody wrote to it meanwhile.
func readKeys(path string) ([]byte, os.FileInfo, error) {
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

// parse tells a JWK or a JWK Set from PEM by how it begins.
func (s *keyFile) parse(text []byte) (map[string]Key, []error, error) {
	r := newKeyReader(s.cfg.Algorithm)
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("-")) {
		r.pem(text)
	} else {
		r.json(string(text), true)
	}
	keys, skipped, err := r.done()
	if err == nil {
		return keys, skipped, nil
	}
	f := httperr.ConfigFaults{Package: pkg}
	for _, err := range r.refused.All() {
		e := err.(*httperr.ConfigError)
		f.Add("Path", s.cfg.Path, e.Field+": "+e.Reason, e.Fix)
	}
	return nil, skipped, f.Err()
}

func (s *keyFile) unreadable(err error) error {
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
