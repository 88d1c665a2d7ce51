package filepoll_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/filepoll"
)

// The packages with a source in a file test the reloading in full. Here is each answer of
// ReadChanged, with explicit times.
func TestReadChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	start := time.Now()
	write := func(text string, at time.Duration) {
		t.Helper()
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, start.Add(at), start.Add(at))); err != nil {
			t.Fatal(err)
		}
	}
	var refused error
	r := filepoll.Reader{Path: path, MaxSize: 4, Accept: func(os.FileInfo) error { return refused }}
	want := func(after time.Duration, first bool, text, fault string) {
		t.Helper()
		got, err := r.ReadChanged(start.Add(after), first)
		if string(got) != text || (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("after %v: %q, %v, want %q, %q", after, got, err, text, fault)
		}
	}
	want(0, true, "", "no such file")
	write("a", 0)
	want(0, false, "", "")
	want(0, true, "a", "")
	write("b", time.Second)
	want(1500*time.Millisecond, false, "", "") // half a second old
	want(2500*time.Millisecond, false, "b", "")
	want(3500*time.Millisecond, false, "", "")
	write("cccccc", 4*time.Second)
	want(5*time.Second, false, "ccccc", "") // one byte more than MaxSize
	write("dddddd", 4*time.Second)          // the same size and time
	want(64*time.Second, false, "", "")
	want(65*time.Second, false, "ddddd", "")
	refused = errors.New("not mine")
	want(66*time.Second, false, "", "not mine")
	refused = nil
	want(67*time.Second, false, "ddddd", "") // so that the caller learns that the fault is gone
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	want(68*time.Second, false, "", "not a regular file")
}

// A file that is replaced by a refused one between the check and the read is not used.
func TestAcceptSeesTheFileThatIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("a"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := filepoll.Reader{Path: path, MaxSize: 4}
	r.Accept = func(info os.FileInfo) error {
		if info.Mode().Perm() != 0o600 {
			return errors.New("others can write it")
		}
		return nil
	}
	r.Read = func(path string, maxSize int64) ([]byte, os.FileInfo, error) {
		if err := os.Chmod(path, 0o622); err != nil {
			t.Fatal(err)
		}
		return filepoll.ReadFile(path, maxSize)
	}
	if text, err := r.ReadChanged(time.Now(), true); text != nil || err == nil {
		t.Errorf("%q, %v", text, err)
	}
}
