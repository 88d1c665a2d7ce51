package keyfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Two files with keys of one kind have the same size, and the time of a file can be set
// back. So a file that looks unchanged is read again after this time.
const rereadInterval = time.Minute

// A stat describes a file at one moment. The info is of the target of a symbolic link.
type stat struct {
	name string
	info os.FileInfo
}

// readChanged returns the texts if they must be parsed. It returns nil for files that are
// unchanged or not yet stable, and a fault for a file that cannot be read. used tells
// whether there are earlier texts to use. early tells that the texts may be half written.
func (f *File) readChanged(now time.Time, used bool) (texts []Text, early bool, fault error) {
	stats, err := f.list()
	if err != nil {
		f.lastStats, f.lastRead = nil, nil
		return nil, false, err
	}
	// A file that is half written may be valid, for example if it ends after a block. So
	// files that were modified within the last second are used only if the next check
	// finds them unchanged. The first read has no previous keys to use, so it does not
	// wait.
	young := func(s stat) bool { return now.Sub(s.info.ModTime()) < checkInterval }
	stable := unchanged(f.lastStats, stats) || !slices.ContainsFunc(stats, young)
	f.lastStats = stats
	ahead := slices.ContainsFunc(stats, func(s stat) bool { return s.info.ModTime().Sub(now) > checkInterval })
	early = f.Whole && f.isLong(now, stable, ahead)
	if unchanged(f.lastRead, stats) && now.Before(f.rereadAt) || !stable && used && !early {
		return nil, false, nil
	}
	read := f.Read
	if read == nil {
		read = ReadOne
	}
	maxSize := cmp.Or(f.MaxSize, MaxSize)
	size, readStats := 0, make([]stat, 0, len(stats))
	for _, s := range stats {
		data, info, err := read(filepath.Join(f.Path, s.name), maxSize)
		if err == nil && data != nil {
			err = f.accept(info) // the file may be another one now
		}
		if err != nil {
			return nil, early, named(s.name, err)
		}
		if data == nil {
			return nil, false, nil // it was modified during the read
		}
		if size += len(data); size > maxSize && len(stats) > 1 {
			return nil, early, fmt.Errorf("its files together are longer than %d MiB", maxSize>>20)
		}
		texts, readStats = append(texts, Text{s.name, data}), append(readStats, stat{s.name, info})
	}
	if used && !unchanged(stats, readStats) {
		return nil, false, nil
	}
	if stable {
		f.lastRead, f.rereadAt = readStats, now.Add(rereadInterval)
	}
	return texts, early, nil
}

// isLong reports whether a file that is not stable has been changing for a second, or perhaps
// has: its time is ahead of the clock of this process, and tells nothing.
func (f *File) isLong(now time.Time, stable, ahead bool) bool {
	switch {
	case stable:
		f.changingAt = time.Time{}
		return false
	case f.changingAt.IsZero():
		f.changingAt = now
	}
	return ahead || now.Sub(f.changingAt) >= checkInterval
}

// list returns the files to read, in the order of their names.
func (f *File) list() ([]stat, error) {
	info, err := os.Stat(f.Path)
	if err != nil {
		return nil, named("", err)
	}
	if !info.IsDir() || len(f.Suffixes) == 0 {
		if err := f.accept(info); err != nil {
			return nil, err
		}
		return []stat{{info: info}}, nil
	}
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return nil, named("", err)
	}
	var stats []stat
	for _, e := range entries { // in the order of their names
		name := e.Name()
		if strings.HasPrefix(name, ".") || !slices.ContainsFunc(f.Suffixes, func(s string) bool { return strings.HasSuffix(name, s) }) {
			continue
		}
		info, err := os.Stat(filepath.Join(f.Path, name))
		if err == nil {
			err = f.accept(info)
		}
		if err != nil {
			return nil, named(name, err)
		}
		stats = append(stats, stat{name, info})
	}
	if len(stats) == 0 {
		return nil, fmt.Errorf("it is a folder without a file whose name ends in %s", strings.Join(f.Suffixes, " or "))
	}
	return stats, nil
}

func (f *File) accept(info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file") // reading a pipe could take forever
	}
	if f.Accept != nil {
		return f.Accept(info)
	}
	return nil
}

// named returns err without the path, and with the name of a file in a folder.
func named(name string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if name == "" {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// unchanged reports whether before and now describe the same files with the same sizes
// and times. It is false if there was no file before.
func unchanged(before, now []stat) bool {
	return len(before) > 0 && slices.EqualFunc(before, now, func(a, b stat) bool { return a.name == b.name && sameFile(a.info, b.info) })
}

func sameFile(before, now os.FileInfo) bool {
	return os.SameFile(before, now) && before.Size() == now.Size() && before.ModTime().Equal(now.ModTime())
}

// ReadOne returns the text of a file, up to one byte more than maxSize. The text is nil if
// the file was modified during the read.
func ReadOne(path string, maxSize int) ([]byte, os.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	before, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(maxSize)+1))
	if err != nil {
		return nil, nil, err
	}
	after, err := f.Stat()
	if err != nil || !sameFile(before, after) {
		return nil, nil, err
	}
	return text, after, nil
}
