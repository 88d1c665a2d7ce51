package apikey_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// inAnHour returns a function that moves the clock of a bubble to an hour from now. By
// that clock every file that a test writes is old, and so not half written.
func inAnHour() func() {
	at := time.Now().Round(0).Add(time.Hour)
	return func() { time.Sleep(time.Until(at)) }
}

// A keyFile is a file of records in a folder of its own, and the calls of OnReload.
type keyFile struct {
	*testing.T
	path    string
	reports []string
}

func newKeyFile(t *testing.T) *keyFile {
	return &keyFile{T: t, path: filepath.Join(t.TempDir(), "keys.json")}
}

// textOf returns the text of a file with the records.
func textOf(records ...apikey.Record) string {
	text, err := json.Marshal(map[string]any{"keys": append([]apikey.Record{}, records...)})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// write renames a new file over the old one. The new file looks as old as age.
func (f *keyFile) write(text string, age time.Duration) {
	f.Helper()
	at := time.Now().Add(-age)
	if err := errors.Join(os.WriteFile(f.path+".new", []byte(text), 0o600), os.Chtimes(f.path+".new", at, at), os.Rename(f.path+".new", f.path)); err != nil {
		f.Fatal(err)
	}
}

func (f *keyFile) open() *apikey.FileStore {
	f.Helper()
	return mwtest.Must[*apikey.FileStore](f)(apikey.NewFile(apikey.FileConfig{Path: f.path, OnReload: func(records int, err error) {
		f.reports = append(f.reports, strings.ReplaceAll(fmt.Sprint(records, " ", err), f.path, "PATH"))
	}}))
}

// reported checks that OnReload was called once for each text, which begins its call.
func (f *keyFile) reported(want ...string) {
	f.Helper()
	ok := len(want) == len(f.reports)
	for i := range min(len(want), len(f.reports)) {
		ok = ok && strings.HasPrefix(f.reports[i], want[i])
	}
	if !ok {
		f.Errorf("OnReload got\n%s\nwant\n%s", strings.Join(f.reports, "\n"), strings.Join(want, "\n"))
	}
	f.reports = nil
}

// makeKey returns a key that is not stored yet.
func makeKey(t testing.TB) (string, apikey.Record) {
	t.Helper()
	key, rec, err := build(t, apikey.Config{Store: newStore()}).Generate(grant())
	if err != nil {
		t.Fatal(err)
	}
	return key, rec
}

// faultyFiles are texts and changes of a file that must not be used, each with the
// beginning of its report. good is the text of a file without faults.
func faultyFiles(good string, rec apikey.Record) map[string]struct {
	change func(path string) error
	report string
} {
	write := func(text string) func(string) error {
		return func(path string) error {
			return errors.Join(os.WriteFile(path+".bad", []byte(text), 0o600), os.Rename(path+".bad", path))
		}
	}
	chmod := func(mode os.FileMode) func(string) error {
		return func(path string) error { return os.Chmod(path, mode) }
	}
	noSubject := rec
	noSubject.Subject = ""
	const at = `apikey: Path: "PATH": `
	return map[string]struct {
		change func(path string) error
		report string
	}{
		"truncated":           {write(good[:len(good)-10]), at},
		"truncated at a key":  {write(good[:len(good)-2]), at},
		"empty":               {write(""), at + "is not a JSON object"},
		"no keys":             {write("{}"), at + `has no member "keys"`},
		"keys are null":       {write(`{"keys":null}`), at},
		"keys twice":          {write(`{"keys":[],"keys":[]}`), at + "has an unknown member, or a member twice"},
		"text behind it":      {write(good + good), at + "has text behind"},
		"an unknown member":   {write(strings.Replace(good, `"tenant"`, `"tennant"`, 1)), at + "keys[0]: has an unknown member"},
		"two IDs alike":       {write(textOf(rec, rec)), `apikey: keys[1].ID: "` + rec.ID + `": is also the ID of keys[0]`},
		"a faulty record":     {write(textOf(noSubject)), "apikey: keys[0].Subject: is missing"},
		"removed":             {os.Remove, at + "cannot be read: no such file"},
		"a folder":            {func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }, at + "cannot be read: it is not a regular file"},
		"writable by a group": {chmod(0o620), at + "can be written by other users, who could then make keys; run chmod go-w on it"},
		"writable by all":     {chmod(0o602), at + "can be written by other users"},
		"too long":            {write(good + strings.Repeat(" ", 16<<20)), at + "is longer than 16 MiB"},
	}
}

func TestFaultyFileAtTheStart(t *testing.T) {
	_, rec := makeKey(t)
	good := textOf(rec)
	for name, tc := range faultyFiles(good, rec) {
		f := newKeyFile(t)
		f.write(good, time.Hour)
		if err := tc.change(f.path); err != nil {
			t.Fatal(err)
		}
		s, err := apikey.NewFile(apikey.FileConfig{Path: f.path})
		if s != nil || err == nil || !strings.HasPrefix(strings.ReplaceAll(err.Error(), f.path, "PATH"), tc.report) {
			t.Errorf("%s: %v, want %s", name, err, tc.report)
		}
		allHaveFixes(t, err)
	}
	_, err := apikey.NewFile(apikey.FileConfig{})
	mwtest.Faults(t, err, "apikey: Path: is empty; ")
}

// A fault of the file keeps the last good records, and is reported once. The end of a key
// is not delayed, and a corrected file is used.
func TestFaultyFileKeepsTheLastRecords(t *testing.T) {
	for name := range faultyFiles("{\"keys\":[]}...", apikey.Record{}) {
		t.Run(name, func(t *testing.T) {
			f, later := newKeyFile(t), inAnHour()
			synctest.Test(t, func(t *testing.T) {
				f.T = t
				later()
				key, rec := makeKey(t)
				newKey, newRec := makeKey(t)
				rec.ExpiresAt = time.Now().Add(20 * time.Second)
				good := textOf(rec)
				tc := faultyFiles(good, rec)[name]
				f.write(good, time.Hour)
				a := build(t, apikey.Config{Store: f.open()})
				want := func(key string, want error) {
					t.Helper()
					if _, err := a.Authenticate(request(key)); !errors.Is(err, want) {
						t.Errorf("%v, want %v", err, want)
					}
				}
				if err := tc.change(f.path); err != nil {
					t.Fatal(err)
				}
				for range 10 {
					time.Sleep(time.Second)
					want(key, nil)
				}
				f.reported("1 " + tc.report)
				time.Sleep(10*time.Second - 1)
				want(key, nil)
				time.Sleep(time.Nanosecond)
				want(key, authn.ErrExpired)
				f.reported()
				_ = os.RemoveAll(f.path)
				f.write(textOf(newRec), time.Minute)
				time.Sleep(2 * time.Second)
				want(newKey, nil)
				want(key, authn.ErrInvalid)
				f.reported("1 <nil>")
			})
		})
	}
}

// A mount is a folder as Kubernetes mounts a Secret: the file is a link into a folder
// that is a link too, and Kubernetes switches that link.
type mount struct{ root string }

// publish makes version number n, as a new folder, and switches to it. It removes the
// version before.
func (m mount) publish(n int, text string, at time.Time) error {
	folder := filepath.Join(m.root, fmt.Sprintf("..%d", n))
	file := filepath.Join(folder, "keys.json")
	err := errors.Join(
		os.Mkdir(folder, 0o700), os.WriteFile(file, []byte(text), 0o400), os.Chtimes(file, at, at),
		os.Symlink(filepath.Base(folder), filepath.Join(m.root, "..tmp")), os.Rename(filepath.Join(m.root, "..tmp"), filepath.Join(m.root, "..data")),
		os.RemoveAll(filepath.Join(m.root, fmt.Sprintf("..%d", n-1))))
	if n == 0 {
		err = errors.Join(err, os.Symlink("..data/keys.json", filepath.Join(m.root, "keys.json")))
	}
	return err
}

// 1,000 requests a second for a minute, while Kubernetes switches the file every 3 s. A
// key that stays is never refused, a new key is accepted and a removed key refused two
// seconds after the switch, and no answer goes back to an earlier version.
func TestFileUnderLinkSwitches(t *testing.T) {
	m := mount{t.TempDir()}
	synctest.Test(t, func(t *testing.T) {
		const versions = 20
		stays, staysRec := makeKey(t)
		var keys [versions]string
		var records [versions]apikey.Record
		for i := range versions {
			keys[i], records[i] = makeKey(t)
		}
		publish := func(n int) {
			if err := m.publish(n, textOf(staysRec, records[n]), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		publish(0)
		a := build(t, apikey.Config{Store: mwtest.Must[*apikey.FileStore](t)(apikey.NewFile(apikey.FileConfig{Path: filepath.Join(m.root, "keys.json")}))})
		accepted := func(key string) bool {
			_, err := a.Authenticate(request(key))
			if err != nil && !errors.Is(err, authn.ErrInvalid) {
				t.Fatal(err)
			}
			return err == nil
		}
		requests, wrong, newest := 0, 0, 0
		for n := range versions {
			if n > 0 {
				publish(n)
			}
			for ms := range 3000 {
				time.Sleep(time.Millisecond)
				requests++
				switch ms % 3 {
				case 0:
					if !accepted(stays) {
						wrong++
					}
				case 1:
					ok := accepted(keys[n])
					if !ok && (ms >= 2000 || newest == n) {
						wrong++
					}
					if ok {
						newest = n
					}
				case 2:
					if n > 0 && accepted(keys[n-1]) && (ms >= 2000 || newest == n) {
						wrong++
					}
				}
			}
		}
		if wrong > 0 || requests != 60_000 {
			t.Errorf("%d wrong answers to %d requests", wrong, requests)
		}
	})
}

// Requests by many goroutines while the file changes, by the real clock.
func TestFileRace(t *testing.T) {
	f := newKeyFile(t)
	key, rec := makeKey(t)
	_, other := makeKey(t)
	f.write(textOf(rec), time.Hour)
	s := mwtest.Must[*apikey.FileStore](t)(apikey.NewFile(apikey.FileConfig{Path: f.path}))
	a := build(t, apikey.Config{Store: s})
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := a.Authenticate(request(key)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 40 {
		var err error
		if i%2 == 0 {
			err = s.Put(t.Context(), other)
		} else {
			_, err = s.Delete(t.Context(), other.ID)
		}
		if err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}

// A file that is renamed several times a second, as by a command that rotates all keys, is in
// use all the same: a key that was revoked at the beginning is refused before the end.
func TestFileThatChangesAllTheTime(t *testing.T) {
	f := newKeyFile(t)
	_, gone := makeKey(t)
	_, stays := makeKey(t)
	synctest.Test(t, func(t *testing.T) {
		f.write(textOf(gone, stays), time.Hour)
		s := f.open()
		begin := time.Now()
		for time.Since(begin) < 20*time.Second {
			stays.ExpiresAt = stays.ExpiresAt.Add(time.Second)
			f.write(textOf(stays), 0)
			time.Sleep(300 * time.Millisecond)
			if _, found, _ := s.Find(t.Context(), gone.ID); found && time.Since(begin) > 2*time.Second+300*time.Millisecond {
				t.Fatalf("the revoked key is still good after %v", time.Since(begin))
			}
		}
		// A text that is half written, in such a file, is neither used nor a fault.
		f.reports = nil
		for begin := time.Now(); time.Since(begin) < 5*time.Second; time.Sleep(300 * time.Millisecond) {
			f.write(textOf(stays)[:100], 0)
			if _, found, _ := s.Find(t.Context(), stays.ID); !found || f.reports != nil {
				t.Fatalf("%v, %q", found, f.reports)
			}
		}
	})
}

// The clock of a file server is an hour ahead, so every new file looks younger than now. The
// first request after an idle time must not find a key that was revoked before.
func TestFileFromTheFuture(t *testing.T) {
	f := newKeyFile(t)
	_, gone := makeKey(t)
	synctest.Test(t, func(t *testing.T) {
		f.write(textOf(gone), time.Hour)
		s := f.open()
		f.write(textOf(), -time.Hour)
		time.Sleep(2 * time.Second)
		if _, found, _ := s.Find(t.Context(), gone.ID); found {
			t.Error("the revoked key is still good")
		}
		f.write(`{"keys":[`, -time.Hour)
		_, err := apikey.NewFile(apikey.FileConfig{Path: f.path})
		mwtest.Faults(t, err, `apikey: Path: "`+f.path+`": is not JSON`)
	})
}
