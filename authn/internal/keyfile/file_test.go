package keyfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
)

var errRefused = errors.New("refused")

// A folder has files, and a File that keeps the texts that do not contain "bad".
type folder struct {
	t       *testing.T
	path    string
	used    []string
	reports []error
}

func (d *folder) write(name, text string, age time.Duration) {
	d.t.Helper()
	path, at := filepath.Join(d.path, name), time.Now().Add(-age)
	if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chtimes(path, at, at)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *folder) file(name string, suffixes ...string) *keyfile.File {
	return &keyfile.File{Path: filepath.Join(d.path, name), Suffixes: suffixes, Use: func(_ time.Time, texts []keyfile.Text) error {
		var all []string
		for _, text := range texts {
			all = append(all, text.Name+"="+string(text.Data))
		}
		if strings.Contains(strings.Join(all, " "), "bad") {
			return errRefused
		}
		d.used = append(d.used, strings.Join(all, " "))
		return nil
	}, Report: func(err error) { d.reports = append(d.reports, err) }}
}

func (d *folder) want(used string, reports int, last error) {
	d.t.Helper()
	if got := strings.Join(d.used, "|"); got != used || len(d.reports) != reports || !errors.Is(d.reports[reports-1], last) {
		d.t.Errorf("used %q, reports %v; want %q, %d, %v", got, d.reports, used, reports, last)
	}
}

func TestFileOfFolder(t *testing.T) {
	d := &folder{t: t, path: t.TempDir()}
	synctest.Test(t, func(t *testing.T) {
		for _, name := range []string{"b.pem", "a.key", ".c.pem", "d.crt"} {
			d.write(name, name[:1], time.Hour)
		}
		f := d.file("", ".pem", ".key")
		check := func(wait time.Duration) {
			t.Helper()
			if time.Sleep(wait); f.Check(time.Now()) != nil {
				t.Error("there are texts, but Check returns an error")
			}
		}
		check(0)
		d.want("a.key=a b.pem=b", 1, nil)
		check(time.Minute)
		d.want("a.key=a b.pem=b", 1, nil)

		d.write("b.pem", "bad", time.Hour)
		check(time.Second)
		check(time.Second)
		d.want("a.key=a b.pem=b", 2, errRefused)
		if err := os.Rename(filepath.Join(d.path, "b.pem"), filepath.Join(d.path, "0.pem")); err != nil {
			t.Fatal(err)
		}
		d.write("0.pem", "0", time.Hour)
		check(time.Second)
		d.want("a.key=a b.pem=b|0.pem=0 a.key=a", 3, nil)

		// A link that leads nowhere is a fault that names the file.
		if err := os.Symlink("nowhere", filepath.Join(d.path, "z.pem")); err != nil {
			t.Fatal(err)
		}
		check(time.Second)
		d.want("a.key=a b.pem=b|0.pem=0 a.key=a", 4, os.ErrNotExist)
		if text := d.reports[3].Error(); !strings.HasPrefix(text, "z.pem: ") || strings.Contains(text, d.path) {
			t.Errorf("the fault is %q", text)
		}
		// Two big files are refused together.
		if err := os.Remove(filepath.Join(d.path, "z.pem")); err != nil {
			t.Fatal(err)
		}
		d.write("0.pem", strings.Repeat("0", keyfile.MaxSize/2), time.Hour)
		d.write("a.key", strings.Repeat("0", keyfile.MaxSize/2+1), time.Hour)
		check(time.Second)
		if len(d.used) != 2 || len(d.reports) != 5 || d.reports[4] == nil || !strings.Contains(d.reports[4].Error(), "1 MiB") {
			t.Errorf("reports %v", d.reports)
		}
	})
}

// Before the first text there is an error, and each request tries again after a second.
func TestFileBeforeTheFirstText(t *testing.T) {
	d := &folder{t: t, path: t.TempDir()}
	synctest.Test(t, func(t *testing.T) {
		f := d.file("keys")
		for range 3 {
			if err := f.Check(time.Now()); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%v", err)
			}
			time.Sleep(time.Second)
		}
		d.want("", 1, os.ErrNotExist)
		d.write("keys", "bad", 0)
		for range 3 {
			if err := f.Check(time.Now()); !errors.Is(err, errRefused) {
				t.Errorf("%v", err)
			}
			time.Sleep(time.Second)
		}
		d.want("", 2, errRefused)
		f.Read = func(path string, maxSize int) ([]byte, os.FileInfo, error) { return nil, nil, nil } // modified during the read
		d.write("keys", "good", 0)
		if err := f.Check(time.Now()); err == nil {
			t.Error("a file that was modified during the read is used")
		}
		f.Read = nil
		time.Sleep(time.Second)
		if err := f.Check(time.Now()); err != nil {
			t.Error(err)
		}
		d.want("=good", 3, nil)
	})
}

// A read that hangs holds up only the request that began it.
func TestFileHangs(t *testing.T) {
	d := &folder{t: t, path: t.TempDir()}
	synctest.Test(t, func(t *testing.T) {
		d.write("keys", "a", time.Hour)
		f := d.file("keys")
		if err := f.Check(time.Now()); err != nil {
			t.Fatal(err)
		}
		release, reads := make(chan struct{}), atomic.Int32{}
		f.Read = func(path string, maxSize int) ([]byte, os.FileInfo, error) {
			reads.Add(1)
			<-release
			return keyfile.ReadOne(path, maxSize)
		}
		d.write("keys", "ab", time.Hour)
		time.Sleep(time.Second)
		var wg sync.WaitGroup
		wg.Go(func() { _ = f.Check(time.Now()) })
		synctest.Wait()
		for range 10 {
			time.Sleep(time.Second)
			if err := f.Check(time.Now()); err != nil { // returns, or the test ends in a deadlock
				t.Error(err)
			}
		}
		close(release)
		wg.Wait()
		if d.want("=a|=ab", 2, nil); reads.Load() != 1 {
			t.Errorf("%d reads", reads.Load())
		}
	})
}

// A text that comes back after WithoutChecks is used again.
func TestWithoutChecks(t *testing.T) {
	d := &folder{t: t, path: t.TempDir()}
	synctest.Test(t, func(t *testing.T) {
		d.write("a.pem", "first", time.Hour)
		f := d.file("a.pem")
		check := func() {
			if err := f.Check(time.Now()); err != nil {
				t.Error(err)
			}
		}
		check()
		if err := f.WithoutChecks(func() error { d.used = append(d.used, "own change"); return errRefused }); err != errRefused {
			t.Error(err)
		}
		d.write("a.pem", "first", 30*time.Minute)
		time.Sleep(time.Second)
		check()
		time.Sleep(time.Second)
		check()
		d.want("=first|own change|=first", 2, nil)
	})
}

// A file that becomes a refused one between the check and the read is not used.
func TestAcceptSeesTheFileThatIsRead(t *testing.T) {
	d := &folder{t: t, path: t.TempDir()}
	d.write("a.pem", "first", time.Hour)
	f := d.file("a.pem")
	f.Accept = func(info os.FileInfo) error {
		if info.Mode().Perm()&0o022 != 0 {
			return errRefused
		}
		return nil
	}
	f.Read = func(path string, maxSize int) ([]byte, os.FileInfo, error) {
		if err := os.Chmod(path, 0o622); err != nil {
			t.Fatal(err)
		}
		return keyfile.ReadOne(path, maxSize)
	}
	if err := f.Check(time.Now()); !errors.Is(err, errRefused) || len(d.used) > 0 {
		t.Errorf("%v, %q is in use", err, d.used)
	}
}
