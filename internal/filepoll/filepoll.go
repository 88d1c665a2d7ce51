// Package filepoll reads a file again after it has changed.
//
// # Use
//
//	file := filepoll.Reader{Path: path, MaxSize: 1 << 20}
//	…
//	text, err := file.ReadChanged(now, false) // once per filepoll.Interval
//	switch {
//	case err != nil: // report it, and keep the previous contents
//	case text != nil: // parse it
//	}
//
// # Threat
//
// A file that is still being written and that is valid up to there; a file whose size
// and time stay the same while its contents change; a pipe that never ends.
//
// # Invariant
//
// A file that was modified within the last second is returned only if the next check
// finds it unchanged. A file that is renamed over the old one, or a symbolic link that is
// switched, as Kubernetes does for a mounted Secret, is returned within two seconds. Any
// other change is returned within a minute. ReadChanged waits for nothing but the file
// system.
package filepoll

import (
	"errors"
	"io"
	"os"
	"time"
)

// Interval is the time between two checks. A check of the file costs one stat.
const Interval = time.Second

// Two files with contents of one kind may have the same size, and the time of a file can be
// set back. So a file that looks unchanged is read again after this time.
const rereadInterval = time.Minute

// A Reader reads one file. It is for one caller at a time.
type Reader struct {
	Path    string
	MaxSize int64 // bytes; of a longer file ReadChanged returns one byte more

	// Accept returns an error for a file that must not be used. Nil accepts every
	// regular file.
	Accept func(os.FileInfo) error

	// Read replaces ReadFile in a test.
	Read func(path string, maxSize int64) ([]byte, os.FileInfo, error)

	lastStat os.FileInfo // at the last check; nil if there was no file
	lastRead os.FileInfo // of the text that was returned last, if the file was stable then
	rereadAt time.Time   // the time to read the file again even if it looks unchanged
}

// ReadChanged returns the text of the file if it has changed since the last call. It
// returns nil for a file that is unchanged or not yet stable, and an error for a file that
// cannot be read. first is true if the caller has no contents yet: then ReadChanged does
// not wait until the file is stable.
func (r *Reader) ReadChanged(now time.Time, first bool) (text []byte, err error) {
	info, err := os.Stat(r.Path)
	if err == nil {
		err = r.accept(info)
	}
	if err != nil {
		r.lastStat, r.lastRead = nil, nil
		return nil, err
	}
	// A file that is half written may be valid. The first read has no previous contents to
	// use, so it does not wait.
	stable := now.Sub(info.ModTime()) >= Interval || unchanged(r.lastStat, info)
	r.lastStat = info
	if unchanged(r.lastRead, info) && now.Before(r.rereadAt) || !stable && !first {
		return nil, nil
	}
	read := r.Read
	if read == nil {
		read = ReadFile
	}
	text, readInfo, err := read(r.Path, r.MaxSize)
	if err == nil && readInfo != nil {
		err = r.accept(readInfo)
	}
	if err != nil {
		return nil, err
	}
	if !first && !unchanged(info, readInfo) {
		return nil, nil
	}
	if stable {
		r.lastRead, r.rereadAt = readInfo, now.Add(rereadInterval)
	}
	return text, nil
}

func (r *Reader) accept(info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file") // reading a pipe could take forever
	}
	if r.Accept != nil {
		return r.Accept(info)
	}
	return nil
}

// unchanged reports whether before and now describe the same file with the same size and
// time. It is false if one of them is nil.
func unchanged(before, now os.FileInfo) bool {
	return before != nil && now != nil &&
		os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime())
}

// ReadFile returns the text of a file, up to one byte more than maxSize. The text is nil if
// the file was modified during the read.
func ReadFile(path string, maxSize int64) ([]byte, os.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	before, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, nil, err
	}
	after, err := f.Stat()
	if err != nil || !unchanged(before, after) {
		return nil, nil, err
	}
	return text, after, nil
}
