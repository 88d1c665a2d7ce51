package jwks

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// A keyDir is a folder with a key file, and the calls of OnRefresh for that file.
type keyDir struct {
	t       *testing.T
	path    string
	reports []Refresh
}

func newKeyDir(t *testing.T) *keyDir {
	return &keyDir{t: t, path: filepath.Join(t.TempDir(), "keys")}
}

// write writes the file in place and sets its time to age ago.
func (d *keyDir) write(text string, age time.Duration) {
	d.t.Helper()
	d.writeTo(d.path, text, age)
}

func (d *keyDir) writeTo(path, text string, age time.Duration) {
	d.t.Helper()
	err := os.WriteFile(path, []byte(text), 0o600)
	if at := time.Now().Add(-age); err == nil {
		err = os.Chtimes(path, at, at)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// replace renames a new file over the old one.
func (d *keyDir) replace(text string, age time.Duration) {
	d.t.Helper()
	d.writeTo(d.path+".new", text, age)
	if err := os.Rename(d.path+".new", d.path); err != nil {
		d.t.Fatal(err)
	}
}

func (d *keyDir) newSource() Source {
	d.t.Helper()
	return mwtest.Must[Source](d.t)(NewFile(FileConfig{Path: d.path, OnRefresh: func(r Refresh) { d.reports = append(d.reports, r) }}))
}

// wantKeys fails t unless exactly these of the keys a, b and c are known.
func wantKeys(t *testing.T, s Source, kids string) {
	t.Helper()
	got := ""
	for _, kid := range []string{"a", "b", "c"} {
		k, err := s.Key(context.Background(), "", kid, "EdDSA")
		switch {
		case err == nil && k.ID == kid:
			got += kid
		case !errors.Is(err, ErrUnknownKey):
			t.Fatal(err)
		}
	}
	if got != kids {
		t.Errorf("the keys are %q, want %q", got, kids)
	}
}

func (d *keyDir) wantReports(n int, last string) {
	d.t.Helper()
	switch {
	case len(d.reports) != n:
		d.t.Errorf("OnRefresh was called %d times, want %d: %v", len(d.reports), n, d.reports)
	case n == 0:
	case last == "" && d.reports[n-1].Err != nil, last != "" && (d.reports[n-1].Err == nil || !strings.Contains(d.reports[n-1].Err.Error(), last)), d.reports[n-1].Source != d.path:
		d.t.Errorf("OnRefresh got %+v, want %q", d.reports[n-1], last)
	}
}

// setOfKeys returns a JWK Set of Ed25519 keys. Each letter of kids is an ID.
func setOfKeys(kids string) string {
	var all []jwkMembers
	for _, kid := range strings.Split(kids, "") {
		all = append(all, jwkObject(kid, publicOf("Ed25519")))
	}
	return setOf(all...)
}

func TestFileForms(t *testing.T) {
	for name, tc := range map[string]struct{ text, kid string }{
		"set":            {setOfKeys("a"), "a"},
		"key":            {jwkObject("a", publicOf("RSA")).String(), "a"},
		"key, indented":  {"\n  " + jwkObject("a", publicOf("P-256")).String() + "\n", "a"},
		"PEM":            {publicPEM(publicOf("P-384")), jwa.Thumbprint(publicOf("P-384"))},
		"PEM and space":  {"\r\n" + publicPEM(publicOf("RSA")), jwa.Thumbprint(publicOf("RSA"))},
		"no kid":         {jwkObject("", publicOf("Ed25519")).without("kid").String(), ""},
		"set and others": {setOf(jwkObject("b", publicOf("RSA")).with("use", `"enc"`), jwkObject("a", publicOf("RSA"))), "a"},
	} {
		d := newKeyDir(t)
		d.write(tc.text, time.Hour)
		k, err := d.newSource().Key(context.Background(), "", tc.kid, "EdDSA")
		if err != nil || k.ID != tc.kid || k.checked == nil {
			t.Errorf("%s: %+v, %v", name, k, err)
		}
		d.wantReports(1, "")
	}
}

func TestFileFaults(t *testing.T) {
	one := jwkObject("a", publicOf("P-256"))
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"empty":          {"", []string{"keys: JSON: not an object"}},
		"text":           {"hunter2", []string{"keys: JSON: not an object"}},
		"array":          {"[" + one.String() + "]", []string{"keys: JSON: not an object"}},
		"both":           {one.with("keys", "["+one.String()+"]").String(), []string{"keys: stands beside kty"}},
		"neither":        {one.without("kty").String(), []string{"keys: is not an array"}},
		"private":        {one.with("d", `"hunter2"`).with("p", "1").String(), []string{"key.d: is part of a private key", "key.p: "}},
		"kid no string":  {one.with("kid", "7").String(), []string{"keys: has no key", "key.kid: is not a string"}},
		"private in PEM": {pemOf("PRIVATE KEY", []byte("hunter2"), nil) + publicPEM(publicOf("P-256")) + "x", []string{"block[0]: is a private key", "block[2]: is not a PEM block"}},
		"half":           {setOfKeys("ab")[:100], []string{"keys: JSON: "}},
		"1 MiB":          {setOfKeys("a") + strings.Repeat(" ", maxSetSize), []string{"keys: is longer than 1 MiB"}},
	} {
		d := newKeyDir(t)
		d.write(tc.text, time.Hour)
		var want []string
		for _, w := range tc.want {
			want = append(want, `jwks: Path: "`+d.path+`": `+w)
		}
		s, err := NewFile(FileConfig{Path: d.path})
		mwtest.Faults(t, err, want...)
		if s != nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
		// Without a Verifier that reports the fault, the source is unavailable.
		if k, err := File(d.path).Key(context.Background(), "", "a", "EdDSA"); err == nil || errors.Is(err, ErrUnknownKey) || k.checked != nil {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

func TestFileConfig(t *testing.T) {
	_, err := NewFile(FileConfig{})
	mwtest.Faults(t, err, "jwks: Path: is empty; ")
	d := newKeyDir(t)
	_, err = NewFile(FileConfig{Path: d.path, Algorithm: ES256})
	mwtest.Faults(t, err, `jwks: Path: "`+d.path+`": cannot be read: no such file`, `jwks: Algorithm: "ES256": is not an algorithm for RSA`)
	for _, alg := range []Algorithm{EdDSA, "HS256", "rs256", "none"} {
		d.write(setOfKeys("a"), time.Hour)
		_, err = NewFile(FileConfig{Path: d.path, Algorithm: alg})
		mwtest.Faults(t, err, `jwks: Algorithm: "`+string(alg)+`": `)
	}
	_, err = NewFile(FileConfig{Path: filepath.Dir(d.path)})
	mwtest.Faults(t, err, `jwks: Path: "`+filepath.Dir(d.path)+`": cannot be read: it is not a regular file`)
}

func TestFileChanges(t *testing.T) {
	second := func() { time.Sleep(time.Second) }
	for name, run := range map[string]func(*testing.T, *keyDir, Source){
		"renamed over": func(t *testing.T, d *keyDir, s Source) {
			d.replace(setOfKeys("bc"), time.Minute)
			wantKeys(t, s, "ab") // the last check is less than a second old
			second()
			wantKeys(t, s, "bc")
			d.wantReports(2, "")
		},
		"renamed over, fresh": func(t *testing.T, d *keyDir, s Source) {
			d.replace(setOfKeys("bc"), 0)
			second()
			wantKeys(t, s, "bc") // the file is now a second old
			d.wantReports(2, "")
		},
		"written in place": func(t *testing.T, d *keyDir, s Source) {
			time.Sleep(1500 * time.Millisecond)
			d.write(setOfKeys("c"), 0)
			wantKeys(t, s, "ab")
			second()
			wantKeys(t, s, "c")
			d.wantReports(2, "")
		},
		"by a clock ahead": func(t *testing.T, d *keyDir, s Source) {
			d.replace(setOfKeys("c"), -time.Hour)
			second()
			wantKeys(t, s, "ab")
			second()
			wantKeys(t, s, "c")
			d.wantReports(2, "")
		},
		"same size and time": func(t *testing.T, d *keyDir, s Source) {
			d.replace(setOfKeys("ac"), time.Hour) // only the inode differs
			second()
			wantKeys(t, s, "ac")
			d.wantReports(2, "")
		},
		"touched": func(t *testing.T, d *keyDir, s Source) {
			d.write(setOfKeys("ab"), time.Minute)
			second()
			wantKeys(t, s, "ab")
			d.wantReports(1, "")
		},
		"vanished": func(t *testing.T, d *keyDir, s Source) {
			if err := os.Remove(d.path); err != nil {
				t.Fatal(err)
			}
			for range 5 {
				second()
				wantKeys(t, s, "ab")
			}
			d.wantReports(2, "no such file")
			if d.reports[1].Keys != 2 {
				t.Errorf("%+v", d.reports[1])
			}
			d.write(setOfKeys("ab"), time.Hour)
			second()
			wantKeys(t, s, "ab")
			d.wantReports(3, "")
		},
		"invalid": func(t *testing.T, d *keyDir, s Source) {
			d.replace(`{"keys":[`, time.Minute)
			for range 5 {
				second()
				wantKeys(t, s, "ab")
			}
			d.wantReports(2, "JSON: syntax")
			d.replace(jwkObject("a", publicOf("P-256")).with("d", "1").String(), time.Minute)
			second()
			wantKeys(t, s, "ab")
			d.wantReports(3, "key.d: is part of a private key")
			d.replace(setOfKeys("c"), time.Minute)
			second()
			wantKeys(t, s, "c")
			d.wantReports(4, "")
		},
		"emptied, then written": func(t *testing.T, d *keyDir, s Source) {
			for i := range 3 {
				d.write(strings.Repeat(" ", i), 0)
				time.Sleep(900 * time.Millisecond)
				wantKeys(t, s, "ab")
			}
			d.wantReports(1, "")
			d.write(setOfKeys("c"), 0)
			second()
			wantKeys(t, s, "c")
			d.wantReports(2, "")
		},
		"turned into a folder": func(t *testing.T, d *keyDir, s Source) {
			if err := errors.Join(os.Remove(d.path), os.Mkdir(d.path, 0o700)); err != nil {
				t.Fatal(err)
			}
			second()
			wantKeys(t, s, "ab")
			d.wantReports(2, "not a regular file")
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newKeyDir(t)
			synctest.Test(t, func(t *testing.T) {
				d.write(setOfKeys("ab"), time.Hour)
				s := d.newSource()
				wantKeys(t, s, "ab")
				run(t, d, s)
			})
		})
	}
}

// A half-written file of PEM blocks is valid if it ends after a block.
func TestFileHalfWritten(t *testing.T) {
	first, second := publicPEM(publicOf("P-256")), publicPEM(publicOf("Ed25519"))
	d := newKeyDir(t)
	synctest.Test(t, func(t *testing.T) {
		d.write(first+second, time.Hour)
		s := d.newSource()
		withdrawn := 0
		for i := range 40 {
			d.write(first+second[:len(second)*(i/2%2)], 0) // a slow writer writes the file ten times
			time.Sleep(999 * time.Millisecond)
			if _, err := s.Key(context.Background(), "", jwa.Thumbprint(publicOf("Ed25519")), "EdDSA"); err != nil {
				withdrawn++
			}
		}
		if withdrawn != 0 {
			t.Errorf("a half-written file was used %d times", withdrawn)
		}
		d.wantReports(1, "")
	})
}

// Kubernetes mounts a Secret as symbolic links into a folder. The folder is a symbolic
// link too, and Kubernetes switches that link.
func TestFileKubernetes(t *testing.T) {
	d := newKeyDir(t)
	root := filepath.Dir(d.path)
	mount := func(version, text string) {
		folder := filepath.Join(root, version)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		d.writeTo(filepath.Join(folder, "keys"), text, time.Minute)
		if err := errors.Join(os.Symlink(version, filepath.Join(root, "..tmp")), os.Rename(filepath.Join(root, "..tmp"), filepath.Join(root, "..data"))); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		mount("..1", setOfKeys("ab"))
		if err := os.Symlink("..data/keys", d.path); err != nil {
			t.Fatal(err)
		}
		s := d.newSource()
		wantKeys(t, s, "ab")
		mount("..2", setOfKeys("bc"))
		if err := os.RemoveAll(filepath.Join(root, "..1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		wantKeys(t, s, "bc")
		d.wantReports(2, "")
	})
}

// A file that was modified just before the first read is read again.
func TestFileModifiedBeforeFirstRead(t *testing.T) {
	d := newKeyDir(t)
	synctest.Test(t, func(t *testing.T) {
		d.write(setOfKeys("a"), 0)
		s := d.newSource()
		d.write(setOfKeys("b"), 0) // the same size, and with a coarse clock the same time
		time.Sleep(time.Second)
		wantKeys(t, s, "b")
	})
}

func TestFileRace(t *testing.T) {
	d := newKeyDir(t)
	d.write(setOfKeys("ab"), time.Hour)
	s := d.newSource()
	file, began := s.(*keyFile), time.Now()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				if k, err := s.Key(context.Background(), "", "a", "EdDSA"); err != nil || k.checked == nil {
					t.Errorf("%v, %v", k, err)
				}
				if i%20 == 0 { // as if some seconds had passed
					if err := file.check(began.Add(time.Duration(i) * time.Second)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for i := range 50 {
		d.replace(setOfKeys([]string{"ab", "a"}[i%2]), time.Minute)
	}
	wg.Wait()
}

// A source that is made for each request leaves no goroutine behind.
func TestFileLeavesNoGoroutine(t *testing.T) {
	d := newKeyDir(t)
	d.write(setOfKeys("a"), time.Hour)
	before := runtime.NumGoroutine()
	for range 100 {
		wantKeys(t, File(d.path), "a")
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
	s := d.newSource()
	mwtest.MaxAllocs(t, "Key", 0, func() {
		if _, err := s.Key(context.Background(), "", "a", "EdDSA"); err != nil {
			t.Fatal(err)
		}
	})
}
