package apikey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// FileConfig configures a FileStore. The zero FileConfig is refused: Path has no default.
type FileConfig struct {
	_ [0]func()

	// Path is the path of a file of at most 16 MiB that FileStore.Put has written, or an
	// operator in the same form: {"keys":[…]}, with the records as Record.MarshalJSON
	// writes them. A file without keys is {"keys":[]}. The file contains no secret, but
	// a process that can write it can make keys: a file that its group or all users can
	// write is refused (except on Windows, where a file has no such mode). The rights of
	// its folder are not checked. Required.
	Path string

	// OnReload is called for each change of the file that is now in use, with the number
	// of records and no error, and once for each change that could not be used, with
	// the error. It runs within the request that noticed the change, so it must be
	// quick. Default: no call.
	OnReload func(records int, err error)
}

const maxFileSize = 16 << 20

// FileStore is a ManagedStore in a file, for keys that are mounted into a container or
// managed by a command on the same machine. It is safe for concurrent use. It has no
// goroutine to end, so it needs no Close.
//
// A request checks the file if the last check is more than a second ago. A file that is
// renamed over the old one, as Put does it, is in use within two seconds, and so is a
// symbolic link that is switched, as Kubernetes does for a mounted Secret or ConfigMap.
// A file that is written in place is in use when it has not changed for a second. One that
// never stops changing is in use as it is when it is read, unless it is half written. A change
// that keeps the size and the time of the file is found within a minute. So a key
// that is deleted from the file is refused after two seconds at most. Where a leaked key
// must be refused at once, use redisstore.APIKeys.
//
// If the file vanishes, can no longer be read, has a fault, or can be written by other
// users, the previous records stay in use, and OnReload gets the error. The end of a key
// is not delayed by that.
type FileStore struct {
	cfg     FileConfig
	file    keyfile.File
	records atomic.Pointer[map[string]Record] // nil before the first success
}

var _ ManagedStore = (*FileStore)(nil)

// NewFile returns the store of the records in a file, and reads the file at once. It
// returns all faults of cfg and of the file at once, joined, each a
// *httperr.ConfigError. A file that does not exist is a fault; CreateFile makes one.
func NewFile(cfg FileConfig) (*FileStore, error) {
	if cfg.Path == "" {
		f := httperr.ConfigFaults{Package: "apikey"}
		f.Add("Path", nil, "is empty", "set it to the path of a file of records")
		return nil, f.Err()
	}
	s := &FileStore{cfg: cfg}
	s.file = keyfile.File{Path: cfg.Path, MaxSize: maxFileSize, Accept: refuseWritable, Use: s.use}
	s.file.Whole = true // no beginning of a JSON object is one
	if err := s.file.Check(time.Now()); err != nil {
		return nil, s.asFault(err)
	}
	s.file.Report = s.report // NewFile has returned the faults before
	return s, nil
}

// Find implements Store. Nearly all calls are two loads and a comparison. It never
// returns an error. Do not change the slices of the record.
func (s *FileStore) Find(_ context.Context, id string) (Record, bool, error) {
	_ = s.file.Check(time.Now()) // Report gets the error, and the previous records stay in use
	r, found := (*s.records.Load())[id]
	return r, found, nil
}

// use puts the records of a text in use.
func (s *FileStore) use(_ time.Time, texts []keyfile.Text) error {
	records, err := s.parse(texts[0].Data)
	if err == nil {
		s.records.Store(&records)
	}
	return err
}

// report calls OnReload for changed records, and for a new fault.
func (s *FileStore) report(err error) {
	if s.cfg.OnReload != nil {
		s.cfg.OnReload(len(*s.records.Load()), s.asFault(err))
	}
}

// asFault returns an error of parse unchanged, and an error of reading as a fault of Path.
func (s *FileStore) asFault(err error) error {
	if _, parsed := errors.AsType[*httperr.ConfigError](err); err == nil || parsed {
		return err
	}
	return s.readFault(err)
}

// parse returns the records of a file. Its errors name the place of a fault, and never
// repeat a value that may be a key.
func (s *FileStore) parse(text []byte) (map[string]Record, error) {
	f := httperr.ConfigFaults{Package: "apikey"}
	fault := func(reason string) (map[string]Record, error) {
		f.Add("Path", s.cfg.Path, reason, `write {"keys":[…]}, or let a command write the file`)
		return nil, f.Err()
	}
	if len(text) > maxFileSize {
		return fault("is longer than 16 MiB")
	}
	var keys []json.RawMessage
	if err := readMembers(text, map[string]any{"keys": &keys}); err != nil {
		return fault(err.Error())
	}
	if keys == nil {
		return fault(`has no member "keys"`)
	}
	all := make([]Record, len(keys))
	for i, key := range keys {
		if err := all[i].UnmarshalJSON(key); err != nil {
			_, _ = fault(fmt.Sprintf("keys[%d]: %v", i, err))
		}
	}
	if f.Len() == 0 {
		addFaults(&f, "keys", all)
	}
	if f.Len() > 0 {
		return nil, f.Err()
	}
	records := make(map[string]Record, len(all))
	for _, r := range all {
		records[r.ID] = r.clone()
	}
	return records, nil
}

func (s *FileStore) readFault(err error) error {
	f := httperr.ConfigFaults{Package: "apikey"}
	if errors.Is(err, errWritable) {
		f.Add("Path", s.cfg.Path, "can be written by other users, who could then make keys", "run chmod go-w on it")
		return f.Err()
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	f.Add("Path", s.cfg.Path, "cannot be read: "+err.Error(), `put a file of records there that this process may read, such as {"keys":[]}`)
	return f.Err()
}

var errWritable = errors.New("others can write it")

// refuseWritable returns an error if other users can write the file.
func refuseWritable(info os.FileInfo) error {
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return errWritable
	}
	return nil
}
