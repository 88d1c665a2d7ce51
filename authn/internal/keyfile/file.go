package keyfile

import (
	"crypto/sha256"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// MaxSize is the default of File.MaxSize, in bytes.
const MaxSize = 1 << 20

// A check of the file costs one stat, so it is made at most once in this time.
const checkInterval = time.Second

// A Text is the text of one file.
type Text struct {
	Name string // the name of the file in its folder; "" if Path is the file itself
	Data []byte
}

// A File is one file of keys, or a folder of such files. Set its fields before the first
// Check. It is safe for concurrent use.
type File struct {
	Path string

	// Suffixes are the ends of the names of the files to read if Path is a folder. A file
	// whose name begins with a dot is ignored. Without Suffixes a folder is a fault.
	Suffixes []string

	// MaxSize is the maximal size of a file, and of all files of a folder together, in
	// bytes. A text may be one byte longer, so that Use can refuse it. Default: 1 MiB.
	MaxSize int

	// Accept returns an error for a file that must not be used. Default: every regular
	// file is accepted.
	Accept func(os.FileInfo) error

	// Use parses the texts and, if it returns nil, they are the texts in use. The texts
	// are in the order of their names. Only one call runs at a time.
	Use func(now time.Time, texts []Text) error

	// Whole states that Use refuses each text that is half written. Then a file that never
	// stops changing is used all the same, a second after its first change, and one whose
	// time is in the future at once: otherwise a key that is gone would stay in use. Default: only a file that has not changed for a second
	// is used.
	Whole bool

	// Report receives a nil error for each change that is now in use, and each new fault
	// once. It is called after Use, within the request that noticed the change.
	Report func(err error)

	// Read replaces the function that reads a file, for tests.
	Read func(path string, maxSize int) ([]byte, os.FileInfo, error)

	current atomic.Pointer[state]

	mu          sync.Mutex        // held during a check
	changingAt  time.Time         // the first check of the file since it was stable; zero if it is
	lastStats   []stat            // at the last check; nil if there was no file
	lastRead    []stat            // of the texts that were read last, if the files were stable then
	rereadAt    time.Time         // the time to read them again even if they look unchanged
	sum         [sha256.Size]byte // of the texts in use
	reportedErr string            // the fault that Report got last
}

var errBeingWritten = errors.New("it is being written")

// A state is the result of a check, for the requests until the next one.
type state struct {
	used      bool      // a text is in use
	err       error     // why no text is in use, or why the last one is not
	nextCheck time.Time // the time of the next check
}

// Check looks at the file if the last look is more than a second ago. It returns nil if a
// text is in use, also if a later text could not be used, and else the reason why there is
// none.
func (f *File) Check(now time.Time) error {
	s := f.current.Load()
	if s == nil || !now.Before(s.nextCheck) {
		s = f.refresh(now)
	}
	if s.used {
		return nil
	}
	return s.err
}

// WithoutChecks runs change while no check runs, so that change can write the file and use
// its new text at once. Requests use the current text meanwhile.
func (f *File) WithoutChecks(change func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sum = [sha256.Size]byte{} // the next text is a change, also if it is the one before this change
	return change()
}

// refresh checks the file. Only one request at a time does so. The others use the current
// state, so a file system that hangs blocks only one request.
func (f *File) refresh(now time.Time) *state {
	old := f.current.Load()
	if old == nil {
		f.mu.Lock() // there is nothing to use yet
	} else if !f.mu.TryLock() {
		return old
	}
	defer f.mu.Unlock()
	next := &state{nextCheck: now.Add(checkInterval), err: errBeingWritten}
	if old = f.current.Load(); old != nil {
		if now.Before(old.nextCheck) {
			return old // another request has checked the file since
		}
		next.used, next.err = old.used, old.err
	}
	texts, early, err := f.readChanged(now, next.used)
	if err == nil && texts == nil {
		f.current.Store(next)
		return next
	}
	changed := false
	if sum := sumOf(texts); err == nil && (!next.used || sum != f.sum) {
		if err = f.Use(now, texts); err == nil {
			next.used, f.sum, changed = true, sum, true
		}
	}
	if early && next.used && err != nil { // it may be half written
		f.current.Store(next)
		return next
	}
	next.err = err
	f.current.Store(next)
	f.notify(changed, err)
	return next
}

// notify calls Report for a change, and for a fault that differs from the last one.
func (f *File) notify(changed bool, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if (changed || text != f.reportedErr) && f.Report != nil {
		f.Report(err)
	}
	f.reportedErr = text
}

// sumOf returns the hash of the texts and their names.
func sumOf(texts []Text) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, t := range texts {
		one := sha256.Sum256(t.Data)
		name := sha256.Sum256([]byte(t.Name))
		h.Write(name[:])
		h.Write(one[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}
