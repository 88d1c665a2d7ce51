package jwks

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
)

// A new file that replaces the old one between the stat and the read may be half written:
// only the old one was stable.
func TestFileReplacedWhileLooking(t *testing.T) {
	first, second := publicPEM(publicOf("P-256")), publicPEM(publicOf("Ed25519"))
	d := newKeyDir(t)
	synctest.Test(t, func(t *testing.T) {
		d.write(first+second, time.Hour)
		s := newFile(FileConfig{Path: d.path, OnRefresh: func(r Refresh) { d.reports = append(d.reports, r) }})
		between := func() {}
		s.file.Read = func(path string, maxSize int) ([]byte, os.FileInfo, error) {
			between()
			return keyfile.ReadOne(path, maxSize)
		}
		known := func() bool {
			_, err := s.Key(t.Context(), "", jwa.Thumbprint(publicOf("Ed25519")), "EdDSA")
			return err == nil
		}
		d.write(first+second+"\n", time.Hour)
		between = func() { d.replace(first, 0) } // the writer has just begun
		time.Sleep(time.Second)
		if !known() {
			t.Error("a half-written file was used")
		}
		between = func() { d.write(first, 0) } // and still writes, in place
		for range 3 {
			time.Sleep(time.Second)
			if !known() {
				t.Error("a half-written file was used")
			}
		}
		d.wantReports(1, "")
		between = func() {}
		d.write(first, time.Hour)
		time.Sleep(time.Second)
		if known() {
			t.Error("the stable file is not used")
		}
		d.wantReports(2, "")
	})
}

// A file can keep its size and its time while its keys change.
func TestFileOfSameSizeAndTime(t *testing.T) {
	d := newKeyDir(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		d.write(setOfKeys("a"), time.Hour)
		s := d.newSource()
		reads, file := 0, s.(*keyFile)
		file.file.Read = func(path string, maxSize int) ([]byte, os.FileInfo, error) {
			reads++
			return keyfile.ReadOne(path, maxSize)
		}
		for range 59 {
			time.Sleep(time.Second)
			wantKeys(t, s, "a")
		}
		d.write(setOfKeys("b"), time.Hour+time.Since(began))
		time.Sleep(2 * time.Second)
		wantKeys(t, s, "b")
		d.wantReports(2, "")
		for range 600 {
			time.Sleep(time.Second)
			wantKeys(t, s, "b")
		}
		if d.wantReports(2, ""); reads < 10 || reads > 12 {
			t.Errorf("read %d times in 11 min", reads)
		}
	})
}
