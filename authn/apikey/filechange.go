package apikey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
)

// CreateFile makes a file without keys, for NewFile. Only its owner can read and write
// it. It never changes an existing file: the error is then fs.ErrExist. Where the file system
// has hard links, no other process sees the file half made.
func CreateFile(path string) error {
	text, err := fileText(nil)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil { // perhaps in a folder that this process cannot write
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".apikeys-*") // with the mode 0600
	if err != nil {
		return err
	}
	whole := f.Name()
	defer func() { _ = os.Remove(whole) }()
	if err := writeAndClose(f, text); err != nil {
		return err
	}
	if err = os.Link(whole, path); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return writeAndClose(f, text)
}

func writeAndClose(f *os.File, text []byte) error {
	_, err := f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// Put implements ManagedStore. Put, Replace and Delete read the file again, change it, and
// rename a new file with the same mode and owner over it. While they run, a file with the suffix
// ".lock" keeps other processes from changing the file. They fail if the file has a
// fault, so they never destroy what an operator has written, or if Path is a link that
// leads to another file afterwards.
func (s *FileStore) Put(_ context.Context, records ...Record) error {
	if err := checkAll(records); err != nil {
		return err
	}
	return s.change(func(stored map[string]Record) error {
		putAll(stored, records)
		return nil
	})
}

// Replace implements ManagedStore, as Put does.
func (s *FileStore) Replace(_ context.Context, old Record, records ...Record) error {
	if err := checkAll(records); err != nil {
		return err
	}
	return s.change(func(stored map[string]Record) error {
		if !canReplace(stored, old, records) {
			return ErrChanged
		}
		putAll(stored, records)
		return nil
	})
}

// Delete implements ManagedStore, as Put does.
func (s *FileStore) Delete(_ context.Context, id string) (found bool, err error) {
	err = s.change(func(stored map[string]Record) error {
		_, found = stored[id]
		delete(stored, id)
		return nil
	})
	return found && err == nil, err
}

// Records implements ManagedStore. It reads the file, and fails if the file has a fault.
func (s *FileStore) Records(context.Context) ([]Record, error) {
	records, _, err := s.read(s.cfg.Path)
	return sortedRecords(records), err
}

// read returns the records in the file, as it is now.
func (s *FileStore) read(path string) (map[string]Record, fs.FileInfo, error) {
	text, info, err := keyfile.ReadOne(path, maxFileSize)
	switch {
	case err == nil && info == nil:
		err = errors.New("it is being written")
	case err == nil:
		err = refuseWritable(info)
	}
	if err != nil {
		return nil, nil, s.readFault(err)
	}
	records, err := s.parse(text)
	return records, info, err
}

func putAll(stored map[string]Record, records []Record) {
	for _, r := range records {
		stored[r.ID] = r.clone()
	}
}

// lockWait is the longest time that a change waits for another change to end. A change
// takes some milliseconds.
const (
	lockWait  = 2 * time.Second
	lockRetry = 5 * time.Millisecond
)

// change applies f to the records in the file, and uses them at once.
func (s *FileStore) change(f func(map[string]Record) error) error {
	target, err := filepath.EvalSymlinks(s.cfg.Path) // rename would replace a link, and not the file
	if err != nil {
		return s.readFault(err)
	}
	unlock, err := lockFile(target + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	return s.file.WithoutChecks(func() error { return s.changeLocked(target, f) })
}

// changeLocked is change for the holder of the lock file, while no request reads the file.
func (s *FileStore) changeLocked(target string, f func(map[string]Record) error) error {
	records, info, err := s.read(target)
	if err != nil {
		return err
	}
	before := maps.Clone(records)
	if err := f(records); err != nil {
		return err
	}
	if !maps.EqualFunc(before, records, equalRecords) {
		text, err := fileText(sortedRecords(records))
		if err != nil {
			return err
		}
		if err := replaceFile(target, text, info); err != nil {
			return err
		}
	}
	if again, err := filepath.EvalSymlinks(s.cfg.Path); err != nil || again != target {
		return errors.New("apikey: the link to the file was switched during the change, so the change is perhaps lost: try again")
	}
	s.records.Store(&records)
	return nil
}

// lockFile makes the lock file, and returns a function that removes it. A lock file that is
// left behind by a process that was killed must be removed by hand: its age does not tell
// whether the process still runs.
func lockFile(path string) (unlock func(), err error) {
	for end := time.Now().Add(lockWait); ; time.Sleep(lockRetry) {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		switch {
		case err == nil:
			return func() { _ = os.Remove(path) }, f.Close()
		case !errors.Is(err, fs.ErrExist):
			return nil, err
		case time.Now().After(end):
			return nil, fmt.Errorf("apikey: another process changes the keys, or was killed while it did: remove %s if there is none", path)
		}
	}
}

// replaceFile renames a new file over path, so that a reader sees the old text or the new
// one. The new file has the mode and the owner of the old one: a service must be able to
// read what an administrator has changed.
func replaceFile(path string, text []byte, old fs.FileInfo) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".apikeys-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, keepOwner(f, old), f.Chmod(old.Mode().Perm()), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// fileText returns the text of a file: one record on a line, so that a difference of two
// versions is easy to read.
func fileText(records []Record) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`{"keys":[`)
	for i, r := range records {
		text, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(text)
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}
