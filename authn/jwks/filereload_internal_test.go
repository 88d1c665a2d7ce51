package jwks

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
)

// A file that is put in the place of another between the look and the reading
// may be half of one: what was at rest was the other.
func TestFileReplacedWhileLooking(t *testing.T) {
	first, second := publicPEM(publicOf("P-256")), publicPEM(publicOf("Ed25519"))
	d := newKeyDir(t)
	synctest.Test(t, func(t *testing.T) {
		d.write(first+second, time.Hour)
		s := newFile(FileConfig{Path: d.path, OnRefresh: func(r Refresh) { d.told = append(d.told, r) }})
		between := func() {}
		s.open = func(path string) ([]byte, os.FileInfo, error) {
			between()
			return readKeys(path)
		}
		known := func() bool {
			_, err := s.Key(t.Context(), "", jwa.Thumbprint(publicOf("Ed25519")))
			return err == nil
		}
		d.write(first+second+"\n", time.Hour)
		between = func() { d.replace(first, 0) } // its author has just begun
		time.Sleep(time.Second)
		if !known() {
			t.Error("half of a file was used")
		}
		between = func() { d.write(first, 0) } // and is still at it, in place
		for range 3 {
			time.Sleep(time.Second)
			if !known() {
				t.Error("half of a file was used")
			}
		}
		d.wantTold(1, "")
		between = func() {}
		d.write(first, time.Hour)
		time.Sleep(time.Second)
		if known() {
			t.Error("the file at rest is not used")
		}
		d.wantTold(2, "")
	})
}

// Size and time of a file may be what they were, and the keys not.
func TestFileOfTheSameTime(t *testing.T) {
	d := newKeyDir(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		d.write(keysNamed("a"), time.Hour)
		s := d.open()
		reads, file := 0, s.(*keyFile)
		file.open = func(path string) ([]byte, os.FileInfo, error) { reads++; return readKeys(path) }
		for range 59 {
			time.Sleep(time.Second)
			wants(t, s, "a")
		}
		d.write(keysNamed("b"), time.Hour+time.Since(began))
		time.Sleep(2 * time.Second)
		wants(t, s, "b")
		d.wantTold(2, "")
		for range 600 {
			time.Sleep(time.Second)
			wants(t, s, "b")
		}
		if d.wantTold(2, ""); reads < 10 || reads > 12 {
			t.Errorf("read %d times in 11 min", reads)
		}
	})
}
