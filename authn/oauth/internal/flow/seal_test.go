package flow_test

import (
	"crypto/rand"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/flow"
	"github.com/go-sallyport/sallyport/authn/oauth/internal/seal"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func sample(now time.Time) *flow.Flow {
	f := flow.New(now)
	f.Provider, f.Verifier, f.Nonce, f.ReturnTo, f.PreviousSID, f.LoginSince, f.ACR = "p", "v", "n", "/r", "sid", 7, []string{"gold"}
	return f
}

func TestSealAndOpen(t *testing.T) {
	now := time.Now()
	keys := newKeys(t, 1)
	f := sample(now)
	name, value, ok := keys.Seal(f)
	got, opened := keys.Open(name, value, now)
	if !ok || !opened || !reflect.DeepEqual(got, f) || !strings.HasPrefix(name, "__Host-") {
		t.Fatalf("%+v, want %+v", got, f)
	}
	if strings.Contains(name+value, f.Secret) || strings.Contains(value, "sid") {
		t.Error("the cookie shows a secret")
	}
	if _, again, _ := keys.Seal(f); again == value {
		t.Error("two cookies with one nonce")
	}
	if f2 := sample(now); f2.ID == f.ID || f2.Secret == f.Secret || len(f.State()) != 21+26 {
		t.Error("two logins share their state")
	}
}

func TestOpenRefuses(t *testing.T) {
	now := time.Now()
	keys := newKeys(t, 1)
	name, value, _ := keys.Seal(sample(now))
	other, _, _ := keys.Seal(sample(now))
	younger := flow.Prefix + flow.New(now.Add(time.Second)).ID[:11] + strings.TrimPrefix(name, flow.Prefix)[11:]
	foreign, foreignValue, _ := newKeys(t, 2).Seal(sample(now))
	for what, c := range map[string]struct {
		name, value string
		at          time.Time
		ok          bool
	}{
		"good":              {name, value, now, true},
		"at its end":        {name, value, now.Add(flow.Life - time.Millisecond), true},
		"after its end":     {name, value, now.Add(flow.Life + time.Millisecond), false},
		"of a fast clock":   {name, value, now.Add(-59 * time.Second), true},
		"of the future":     {name, value, now.Add(-61 * time.Second), false},
		"another name":      {other, value, now, false},
		"no prefix":         {strings.TrimPrefix(name, flow.Prefix), value, now, false},
		"a younger name":    {younger, value, now, false},
		"another key":       {foreign, foreignValue, now, false},
		"empty":             {name, "", now, false},
		"cut off":           {name, value[:len(value)-1], now, false},
		"grown":             {name, value + "A", now, false},
		"not base64url":     {name, "=" + value, now, false},
		"a line end inside": {name, value[:4] + "\n" + value[4:], now, false},
		"5 KiB":             {name, strings.Repeat("A", 5<<10), now, false},
	} {
		if _, ok := keys.Open(c.name, c.value, c.at); ok != c.ok {
			t.Errorf("%s: opened %v", what, ok)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	now := time.Now()
	name, value, _ := newKeys(t, 1).Seal(sample(now))
	if _, ok := newKeys(t, 2, 1).Open(name, value, now); !ok {
		t.Error("the older key does not open")
	}
	if _, ok := newKeys(t, 2).Open(name, value, now); ok {
		t.Error("a removed key opens")
	}
	name, value, _ = newKeys(t, 2, 1).Seal(sample(now))
	if _, ok := newKeys(t, 2).Open(name, value, now); !ok {
		t.Error("the first key does not seal")
	}
}

func TestSealRefusesLongCookies(t *testing.T) {
	f := sample(time.Now())
	f.ReturnTo = strings.Repeat("/a", 2000)
	if _, _, ok := newKeys(t, 1).Seal(f); ok {
		t.Error("a cookie that no browser keeps")
	}
}

// FuzzOpen changes a cookie: only the sealed one opens, under its own name.
func FuzzOpen(f *testing.F) {
	now := time.Now()
	secret := make([]byte, seal.KeySize)
	_, _ = rand.Read(secret) // the processes of a fuzz run must not open each other's cookies
	keys := mwtest.Must[flow.Keys](f)(flow.NewKeys([][]byte{secret}))
	name, value, _ := keys.Seal(sample(now))
	f.Add(name, value, 0)
	f.Add("", "=", len(value))
	f.Add("\x00", "\n", 3)
	f.Add(flow.Prefix, "AAAA", 20)
	f.Fuzz(func(t *testing.T, n, v string, at int) {
		at = min(max(at, 0), len(value))
		spliced := value[:at] + v + value[min(len(value), at+len(v)):]
		for _, c := range [][2]string{{n, v}, {name, v}, {name, spliced}, {name, value[:at] + v + value[at:]}, {name + n, value}, {n, value}} {
			got, ok := keys.Open(c[0], c[1], now)
			if ok != (c[0] == name && c[1] == value) {
				t.Fatalf("%q = %q: opened %v", c[0], c[1], ok)
			}
			if ok && flow.Prefix+got.ID != name {
				t.Fatalf("ID %q", got.ID)
			}
		}
	})
}
