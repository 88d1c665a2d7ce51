package jwtissuer_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// pkcs8 returns a private key in PEM.
func pkcs8(private crypto.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return block("PRIVATE KEY", der)
}

func block(typ string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: typ, Bytes: der}))
}

// fileKeys are Ed25519 keys a to h, and nameOf has the name of each by its thumbprint.
var fileKeys, nameOf = func() (keys, names map[string]string) {
	keys, names = map[string]string{}, map[string]string{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		k := edDSA("")
		keys[name] = pkcs8(k.Private)
		names[jwa.Thumbprint(k.Private.(crypto.Signer).Public())] = name
	}
	return keys, names
}()

// A keyFolder is a folder with key files, and the calls of OnRefresh.
type keyFolder struct {
	t       *testing.T
	path    string
	mu      sync.Mutex
	reports []jwks.Refresh
}

func newKeyFolder(t *testing.T) *keyFolder { return &keyFolder{t: t, path: t.TempDir()} }

// write renames a file with the text into the folder, so that it was written age ago.
func (d *keyFolder) write(name, text string, age time.Duration) {
	d.t.Helper()
	hidden, at := filepath.Join(d.path, ".new"), time.Now().Add(-age)
	if err := errors.Join(os.WriteFile(hidden, []byte(text), 0o600), os.Chtimes(hidden, at, at), os.Rename(hidden, filepath.Join(d.path, name))); err != nil {
		d.t.Fatal(err)
	}
}

func (d *keyFolder) remove(name string) {
	d.t.Helper()
	if err := os.Remove(filepath.Join(d.path, name)); err != nil {
		d.t.Fatal(err)
	}
}

// set makes the folder have one file for each letter of names.
func (d *keyFolder) set(names string) {
	d.t.Helper()
	for name, text := range fileKeys {
		_, err := os.Stat(filepath.Join(d.path, name+".pem"))
		switch {
		case strings.Contains(names, name) && err != nil:
			d.write(name+".pem", text, time.Minute)
		case !strings.Contains(names, name) && err == nil:
			d.remove(name + ".pem")
		}
	}
}

func (d *keyFolder) config(name string) jwtissuer.Config {
	cfg := issuerConfig(jwtissuer.SigningKey{})
	cfg.KeyFile = jwtissuer.KeyFile{Path: filepath.Join(d.path, name), OnRefresh: func(r jwks.Refresh) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.reports = append(d.reports, r)
	}}
	return cfg
}

// namesIn returns the names of the key that signs, and of the keys that are published.
func namesIn(t *testing.T, i *jwtissuer.Issuer) (signs, published string) {
	t.Helper()
	signs = nameOf[signedBy(t, i)]
	var all []string
	for _, id := range publishedIDs(t, i) {
		all = append(all, nameOf[id])
	}
	slices.Sort(all)
	return signs, strings.Join(all, "")
}

func TestKeyFileForms(t *testing.T) {
	s := signers()
	ec, err := x509.MarshalECPrivateKey(s[1].private.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(s[0].private.(*rsa.PrivateKey)))
	for name, tc := range map[string]struct {
		text string
		set  jwks.Algorithm
		want jwks.Algorithm
	}{
		"PKCS #8, RSA":                         {pkcs8(s[0].private), "", jwks.RS256},
		"PKCS #8, RSA, PSS":                    {pkcs8(s[0].private), jwks.PS384, jwks.PS384},
		"PKCS #1":                              {pkcs1, "", jwks.RS256},
		"PKCS #8, P-256":                       {pkcs8(s[1].private), jwks.RS512, jwks.ES256},
		"SEC 1":                                {block("EC PRIVATE KEY", ec), "", jwks.ES256},
		"as openssl ecparam -genkey writes it": {block("EC PARAMETERS", []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}) + block("EC PRIVATE KEY", ec), "", jwks.ES256},
		"Ed25519, twice":                       {pkcs8(s[2].private) + "\n" + pkcs8(s[2].private), "", jwks.EdDSA},
	} {
		t.Run(name, func(t *testing.T) {
			d := newKeyFolder(t)
			d.write("tls.key", tc.text, time.Hour)
			d.write("tls.crt", "not a key", time.Hour)
			for _, path := range []string{"", "tls.key"} { // the folder and the file
				cfg := d.config(path)
				cfg.KeyFile.Algorithm = tc.set
				i := newIssuer(t, cfg)
				token := issue(t, i, grant()).Token
				if _, err := verifierOf(t, i).Verify(context.Background(), token); err != nil {
					t.Error(err)
				}
				header, _, _ := strings.Cut(token, ".")
				if !strings.Contains(decode(header), `"alg":"`+string(tc.want)+`"`) {
					t.Errorf("header %s", decode(header))
				}
			}
			if len(d.reports) != 2 || d.reports[0].Keys != 1 || d.reports[0].Err != nil || d.reports[0].Source != d.path+"/" && d.reports[0].Source != d.path {
				t.Errorf("reports %+v", d.reports)
			}
		})
	}
}

func TestKeyFileFaults(t *testing.T) {
	s := signers()
	public, err := x509.MarshalPKIXPublicKey(s[1].public)
	if err != nil {
		t.Fatal(err)
	}
	headers := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"DEK-Info": "AES"}, Bytes: []byte("hunter2")}))
	good := fileKeys["a"]
	var many strings.Builder
	for range 17 {
		many.WriteString(pkcs8(edDSA("").Private))
	}
	for name, tc := range map[string]struct {
		text  string
		wants []string
	}{
		"encrypted":       {block("ENCRYPTED PRIVATE KEY", []byte("hunter2")), []string{"block[0]: is encrypted, or has headers; "}},
		"with headers":    {headers, []string{"block[0]: is encrypted, or has headers; "}},
		"public":          {good + block("PUBLIC KEY", public), []string{"block[1]: is public, and cannot sign; "}},
		"certificate":     {block("CERTIFICATE", public), []string{"block[0]: is public, and cannot sign; "}},
		"another kind":    {block("OPENSSH PRIVATE KEY", public), []string{"block[0]: is not a private key; "}},
		"damaged":         {block("PRIVATE KEY", []byte("hunter2")), []string{"block[0]: cannot be parsed; "}},
		"half":            {good + good[:60], []string{"block[1]: is not a PEM block, or not a whole one; "}},
		"text":            {"hunter2", []string{"block[0]: is not a PEM block, or not a whole one; "}},
		"weak":            {pkcs8(newRSA(1024)), []string{"block[0]: 1024 bits can be broken; "}},
		"empty":           {" \n", []string{"has no private key; "}},
		"parameters":      {block("EC PARAMETERS", []byte{6}), []string{"has no private key; "}},
		"two faults":      {block("PRIVATE KEY", nil) + block("PUBLIC KEY", nil), []string{"block[0]: cannot be parsed; ", "block[1]: is public"}},
		"more than 16":    {many.String(), []string{"has 17 keys, and more than 16 are not published; "}},
		"more than 1 MiB": {good + strings.Repeat(" ", 1<<20), []string{"block[1]: is not a PEM block, or not a whole one; "}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newKeyFolder(t)
			d.write("k.pem", tc.text, time.Hour)
			for _, path := range []string{"k.pem", ""} {
				cfg, in := d.config(path), ""
				if path == "" && !strings.HasPrefix(tc.wants[0], "has") {
					in = "k.pem: "
				}
				var wants []string
				for _, w := range tc.wants {
					wants = append(wants, fmt.Sprintf("jwtissuer: KeyFile.Path: %q: %s%s", cfg.KeyFile.Path, in, w))
				}
				i, err := jwtissuer.New(cfg)
				mwtest.Faults(t, err, wants...)
				if i != nil || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("%v, %v", i, err)
				}
			}
		})
	}
}

func TestKeyFileConfig(t *testing.T) {
	d := newKeyFolder(t)
	_, err := jwtissuer.New(d.config("")) // no file in it
	mwtest.Faults(t, err, fmt.Sprintf("jwtissuer: KeyFile.Path: %q: cannot be used: it is a folder without a file whose name ends in .pem or .key; ", d.path))
	_, err = jwtissuer.New(d.config("none.pem"))
	mwtest.Faults(t, err, fmt.Sprintf("jwtissuer: KeyFile.Path: %q: cannot be used: no such file", filepath.Join(d.path, "none.pem")))
	d.set("a")
	cfg := d.config("a.pem")
	cfg.KeyFile.Algorithm = jwks.ES256
	cfg.Key = edDSA("x")
	_, err = jwtissuer.New(cfg)
	mwtest.Faults(t, err, "jwtissuer: Key: stands beside KeyFile; ", `jwtissuer: KeyFile.Algorithm: "ES256": is not an algorithm for RSA`)
	cfg = issuerConfig(jwtissuer.SigningKey{})
	cfg.KeyFile.OnRefresh = func(jwks.Refresh) {}
	_, err = jwtissuer.New(cfg)
	mwtest.Faults(t, err, "jwtissuer: KeyFile.Path: is empty; ")
	mwtest.Faults(t, newIssuer(t, d.config("")).Rotate(edDSA("x")), "jwtissuer: SigningKey: the keys come from Config.KeyFile; ")
}

// A folderStep states the signing key and the published keys after a wait and a change.
type folderStep struct {
	wait  time.Duration
	do    func(*testing.T, *keyFolder, *jwtissuer.Issuer)
	signs string
	known string
	note  string
}

func TestKeyFileRotation(t *testing.T) {
	to := func(names string) func(*testing.T, *keyFolder, *jwtissuer.Issuer) {
		return func(_ *testing.T, d *keyFolder, _ *jwtissuer.Issuer) { d.set(names) }
	}
	withdraw := func(name string) func(*testing.T, *keyFolder, *jwtissuer.Issuer) {
		return func(t *testing.T, _ *keyFolder, i *jwtissuer.Issuer) {
			for id, n := range nameOf {
				if n == name {
					if err := i.Withdraw(id); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
	const second, ahead, overlap = time.Second, 15 * time.Minute, 16 * time.Minute
	for name, tc := range map[string]struct {
		first string
		plan  []folderStep
	}{
		"add, wait, remove": {"a", []folderStep{
			{0, nil, "a", "a", "the only key signs at once"},
			{time.Hour, to("ab"), "a", "ab", "published at once"},
			{ahead - second, nil, "a", "ab", "not yet"},
			{second, nil, "b", "ab", "the next signs"},
			{time.Hour, nil, "b", "ab", "published while it is in the folder: another process may sign with it"},
			{0, nil, "b", "ab", ""},
			{second, to("b"), "b", "ab", "removed, and checked at most once a second"},
			{overlap - second, nil, "b", "ab", "the last token may live"},
			{2 * second, nil, "b", "b", "out"},
		}},
		"replaced at once": {"a", []folderStep{
			{time.Hour, to("b"), "a", "ab", "the gone key signs until the new one may"},
			{ahead - second, nil, "a", "ab", ""},
			{second, nil, "b", "ab", ""},
			{overlap - second, nil, "b", "ab", ""},
			{second, nil, "b", "b", ""},
		}},
		"taken back": {"a", []folderStep{
			{time.Hour, to("ab"), "a", "ab", ""},
			{time.Hour, to("a"), "a", "ab", "the key that is left signs again"},
			{overlap + second, nil, "a", "a", ""},
		}},
		"taken back before it signs": {"a", []folderStep{
			{time.Hour, to("ab"), "a", "ab", ""},
			{time.Minute, to("a"), "a", "ab", ""},
			{time.Hour, nil, "a", "a", ""},
		}},
		"replaced twice": {"a", []folderStep{
			{time.Hour, to("b"), "a", "ab", ""},
			{5 * time.Minute, to("c"), "a", "abc", "b never signs"},
			{ahead, nil, "c", "abc", ""},
			{2 * overlap, nil, "c", "c", ""},
		}},
		"two at the start": {"ab", []folderStep{
			{0, nil, "a", "ab", "b may have been added just now"},
			{ahead - second, nil, "a", "ab", ""},
			{second, nil, "b", "ab", ""},
		}},
		"removed just after the start": {"ab", []folderStep{
			{5 * time.Minute, to("b"), "b", "ab", "the other processes publish a no longer than this one"},
			{overlap, nil, "b", "b", ""},
		}},
		"many at the start": {"abcd", []folderStep{
			{0, nil, "c", "abcd", ""},
			{ahead, nil, "d", "abcd", ""},
			{time.Hour, to("ab"), "b", "abcd", "older keys may sign at once"},
		}},
		"an older name is added": {"b", []folderStep{
			{time.Hour, to("ab"), "b", "ab", ""},
			{time.Hour, nil, "b", "ab", "the last name signs"},
		}},
		"compromised": {"a", []folderStep{
			{time.Hour, to("ab"), "a", "ab", ""},
			{0, withdraw("a"), "b", "b", "at once"},
			{time.Hour, nil, "b", "b", "although it is in the folder"},
			{0, to("bc"), "b", "b", ""},
			{second, nil, "b", "bc", ""},
			{time.Hour, withdraw("c"), "b", "b", "the older key signs again"},
		}},
		"compromised while pending": {"a", []folderStep{
			{time.Hour, to("b"), "a", "ab", ""},
			{time.Minute, to("bc"), "a", "abc", ""},
			{time.Minute, withdraw("b"), "a", "ac", "a signs until c may"},
			{ahead - 2*time.Minute, nil, "a", "ac", "b would have signed"},
			{time.Minute, nil, "c", "ac", ""},
			{overlap, nil, "c", "c", ""},
		}},
		"compromised when gone": {"a", []folderStep{
			{time.Hour, to("bc"), "a", "abc", ""},
			{0, withdraw("a"), "b", "bc", "as at the start"},
			{ahead, nil, "c", "bc", ""},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newKeyFolder(t)
			synctest.Test(t, func(t *testing.T) {
				d.set(tc.first)
				i := newIssuer(t, d.config(""))
				for n, m := range tc.plan {
					time.Sleep(m.wait)
					if m.do != nil {
						m.do(t, d, i)
					}
					if signs, known := namesIn(t, i); signs != m.signs || known != m.known {
						t.Errorf("%d %s: %s signs, %s are known; want %s and %s", n, m.note, signs, known, m.signs, m.known)
					}
				}
			})
		})
	}
}

// A file that cannot be used, or is still being written, leaves the keys as they are.
func TestKeyFileKeepsTheLastGoodKeys(t *testing.T) {
	d := newKeyFolder(t)
	synctest.Test(t, func(t *testing.T) {
		d.set("a")
		i := newIssuer(t, d.config(""))
		for n, tc := range []struct{ text, report string }{
			{fileKeys["b"][:70], "b.pem: block[0]: is not a PEM block"},
			{block("PUBLIC KEY", nil), "b.pem: block[0]: is public"},
			{"", ""}, // a file without a key beside one with a key is no fault
		} {
			d.write("b.pem", tc.text, time.Minute)
			for range 3 {
				time.Sleep(time.Second)
				if signs, known := namesIn(t, i); signs != "a" || known != "a" {
					t.Errorf("%d: %s signs, %s are known", n, signs, known)
				}
			}
			last := d.reports[len(d.reports)-1]
			if len(d.reports) != n+2 || (last.Err == nil) != (tc.report == "") || last.Err != nil && !strings.Contains(last.Err.Error(), tc.report) || last.Keys != 1 {
				t.Errorf("%d: reports %+v", n, d.reports)
			}
		}
		// A slow writer: the file is complete after its first key, and always young.
		reports := len(d.reports)
		for n := range 20 {
			d.write("b.pem", fileKeys["b"]+fileKeys["c"][:n], 0)
			time.Sleep(999 * time.Millisecond)
			if _, known := namesIn(t, i); known != "a" {
				t.Fatalf("a half-written file was used: %s", known)
			}
		}
		d.write("b.pem", fileKeys["b"]+fileKeys["c"], 0)
		time.Sleep(2 * time.Second)
		if signs, known := namesIn(t, i); signs != "a" || known != "abc" || len(d.reports) != reports+1 {
			t.Errorf("%s signs, %s are known, %d reports", signs, known, len(d.reports)-reports)
		}
		// Without the folder the keys stay, and the fault is reported once.
		for _, name := range []string{"a.pem", "b.pem"} {
			d.remove(name)
		}
		for range 3 {
			time.Sleep(time.Second)
			if signs, known := namesIn(t, i); signs != "a" || known != "abc" || len(d.reports) != reports+2 {
				t.Errorf("%s signs, %s are known, reports %v", signs, known, d.reports[reports:])
			}
		}
	})
}

// Kubernetes mounts a Secret as symbolic links into a folder, and switches the link to that
// folder.
func TestKeyFileKubernetes(t *testing.T) {
	d := newKeyFolder(t)
	mount := func(version string, keys ...string) {
		folder := filepath.Join(d.path, version)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range keys {
			if err := os.WriteFile(filepath.Join(folder, name+".pem"), []byte(fileKeys[name]), 0o600); err != nil {
				t.Fatal(err)
			}
			at := time.Now().Add(-time.Minute)
			if err := os.Chtimes(filepath.Join(folder, name+".pem"), at, at); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(os.Symlink(version, filepath.Join(d.path, "..tmp")), os.Rename(filepath.Join(d.path, "..tmp"), filepath.Join(d.path, "..data"))); err != nil {
			t.Fatal(err)
		}
		for _, name := range keys {
			_ = os.Symlink("..data/"+name+".pem", filepath.Join(d.path, name+".pem")) // it may be there already
		}
	}
	synctest.Test(t, func(t *testing.T) {
		mount("..1", "a")
		i := newIssuer(t, d.config(""))
		mount("..2", "a", "b")
		if err := os.RemoveAll(filepath.Join(d.path, "..1")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if signs, known := namesIn(t, i); signs != "a" || known != "ab" || len(d.reports) != 2 || d.reports[1].Err != nil {
			t.Errorf("%s signs, %s are known, %v", signs, known, d.reports)
		}
	})
}

// Several processes with one folder lose no token, however often a process starts again, if
// the folder keeps the last three keys.
func TestKeyFileOfSeveralProcesses(t *testing.T) {
	d := newKeyFolder(t)
	synctest.Test(t, func(t *testing.T) {
		const names, every = "abcdefgh", 40
		d.set("a")
		var processes [3]*jwtissuer.Issuer
		var verifiers [3]verifier
		begin := func(n int) {
			processes[n] = newIssuer(t, d.config(""))
			verifiers[n] = verifierOf(t, processes[n])
		}
		for n := range processes {
			begin(n)
		}
		var live []jwtissuer.Issued
		signed := map[string]bool{}
		for minute := range len(names) * every {
			if n := minute / every; minute%every == 0 {
				d.set(names[max(n-2, 0) : n+1])
			}
			time.Sleep(time.Minute)
			if minute%7 == 3 { // one process starts again
				begin(minute % 3)
			}
			out := issue(t, processes[minute%3], grant())
			signs, _ := namesIn(t, processes[minute%3])
			signed[signs] = true
			live = append(live, out)
			live = slices.DeleteFunc(live, func(out jwtissuer.Issued) bool { return !time.Now().Before(out.ExpiresAt) })
			for n, v := range verifiers {
				for _, out := range live {
					if _, err := v.Verify(context.Background(), out.Token); err != nil {
						t.Fatalf("minute %d, process %d: %v", minute, n, err)
					}
				}
			}
		}
		if len(signed) != len(names) {
			t.Errorf("only %v signed", signed)
		}
	})
}

// Requests that find a change at the same time use it once.
func TestKeyFileConcurrently(t *testing.T) {
	d := newKeyFolder(t)
	synctest.Test(t, func(t *testing.T) {
		d.set("a")
		i := newIssuer(t, d.config(""))
		v := verifierOf(t, i)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range 20 {
					out, err := i.Issue(grant())
					if err == nil {
						_, err = v.Verify(context.Background(), out.Token)
					}
					if err != nil {
						t.Error(err)
					}
					time.Sleep(400 * time.Millisecond)
				}
			})
		}
		time.Sleep(time.Second)
		d.set("ab")
		wg.Wait()
		if len(d.reports) != 2 || d.reports[1].Keys != 2 {
			t.Errorf("reports %+v", d.reports)
		}
	})
}
