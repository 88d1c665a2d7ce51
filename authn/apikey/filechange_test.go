package apikey_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
)

func TestCreateFile(t *testing.T) {
	f := newKeyFile(t)
	if err := apikey.CreateFile(f.path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(f.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if all, err := f.open().Records(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	_, rec := makeKey(t)
	if err := f.open().Put(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o500, 0o700} { // a folder that only others can write, too
		if err := os.Chmod(filepath.Dir(f.path), mode); err != nil {
			t.Fatal(err)
		}
		if err := apikey.CreateFile(f.path); !errors.Is(err, fs.ErrExist) {
			t.Errorf("the file exists: %v", err)
		}
	}
	if all, _ := f.open().Records(t.Context()); len(all) != 1 {
		t.Error("CreateFile has changed an existing file")
	}
}

// Two commands that start at a time both find the file whole.
func TestCreateFileIsNeverHalfMade(t *testing.T) {
	for range 300 {
		path := filepath.Join(t.TempDir(), "keys.json")
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := apikey.CreateFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
					t.Error(err)
				}
				if _, err := apikey.NewFile(apikey.FileConfig{Path: path}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 || t.Failed() {
			t.Fatalf("the folder holds %v", entries)
		}
	}
}

// A change keeps the mode of the file and the link to it, writes no secret and leaves no
// other file behind.
func TestChangeOfTheFile(t *testing.T) {
	f := newKeyFile(t)
	key, rec := makeKey(t)
	folder := filepath.Join(filepath.Dir(f.path), "folder")
	target := filepath.Join(folder, "real.json")
	if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(target, []byte(`{"keys":[]}`), 0o644), os.Symlink(target, f.path)); err != nil {
		t.Fatal(err)
	}
	s := f.open()
	if err := s.Put(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	if _, err := build(t, apikey.Config{Store: s}).Authenticate(request(key)); err != nil {
		t.Errorf("the store that made the change does not know it at once: %v", err)
	}
	info, err := os.Lstat(target)
	text, readErr := os.ReadFile(f.path)
	if err != nil || readErr != nil || info.Mode() != 0o644 || !strings.Contains(string(text), rec.ID) || strings.Contains(string(text), key[len(key)-40:]) {
		t.Errorf("%v, %v, %v\n%s", info.Mode(), err, readErr, text)
	}
	for dir, want := range map[string]int{folder: 1, filepath.Dir(f.path): 2} {
		if entries, _ := os.ReadDir(dir); len(entries) != want {
			t.Errorf("%s holds %v", dir, entries)
		}
	}
	// A change that changes nothing does not touch the file.
	if _, err := s.Delete(t.Context(), "000000000000"); err != nil {
		t.Fatal(err)
	}
	if again, _ := os.Lstat(target); !os.SameFile(info, again) {
		t.Error("the file was written again")
	}
}

// A change of a faulty file fails, and leaves the file as it is.
func TestChangeOfAFaultyFile(t *testing.T) {
	for name := range faultyFiles("{\"keys\":[]}...", apikey.Record{}) {
		f := newKeyFile(t)
		_, rec := makeKey(t)
		_, another := makeKey(t)
		good := textOf(rec)
		tc := faultyFiles(good, rec)[name]
		f.write(good, time.Hour)
		s := f.open()
		if err := tc.change(f.path); err != nil {
			t.Fatal(err)
		}
		before, _ := os.ReadFile(f.path)
		_, deleteErr := s.Delete(t.Context(), rec.ID)
		for _, err := range []error{s.Put(t.Context(), another), s.Replace(t.Context(), rec, another), deleteErr} {
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if after, _ := os.ReadFile(f.path); string(after) != string(before) {
			t.Errorf("%s: the file has changed to %s", name, after)
		}
		if _, err := s.Records(t.Context()); err == nil {
			t.Errorf("%s: Records hides the fault", name)
		}
	}
}

// The lock file of a process that was killed is reported, and never removed.
func TestLockFileIsLeft(t *testing.T) {
	f, later := newKeyFile(t), inAnHour()
	_, rec := makeKey(t)
	f.write(textOf(), time.Hour)
	lock := f.path + ".lock"
	if err := os.WriteFile(lock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		later()
		s := f.open()
		begin := time.Now()
		err := s.Put(t.Context(), rec)
		if err == nil || !strings.Contains(err.Error(), "remove "+lock) || time.Since(begin) < 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if err := os.Remove(lock); err != nil {
			t.Fatal(err)
		}
		if err := s.Put(t.Context(), rec); err != nil {
			t.Error(err)
		}
	})
}
