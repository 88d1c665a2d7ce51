package seal_test

import (
	"bytes"
	"testing"

	"github.com/go-sallyport/sallyport/authn/oauth/internal/seal"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func secret(c byte) []byte { return bytes.Repeat([]byte{c}, seal.KeySize) }

func TestOpen(t *testing.T) {
	keys := func(purpose string, secrets ...[]byte) seal.Keys {
		return mwtest.Must[seal.Keys](t)(seal.NewKeys(secrets, purpose))
	}
	old, next := keys("p", secret(1)), keys("p", secret(2), secret(1))
	sealed := old.Seal([]byte("text"), "name")
	for name, c := range map[string]struct {
		keys   seal.Keys
		sealed []byte
		name   string
		ok     bool
	}{
		"the same keys":      {old, sealed, "name", true},
		"a newer key before": {next, sealed, "name", true},
		"the old key gone":   {next[:1], sealed, "name", false},
		"another name":       {old, sealed, "name2", false},
		"another purpose":    {keys("q", secret(1)), sealed, "name", false},
		"cut off":            {old, sealed[:len(sealed)-1], "name", false},
		"empty":              {old, nil, "name", false},
		"changed":            {old, append([]byte{sealed[0] ^ 1}, sealed[1:]...), "name", false},
	} {
		text, ok := c.keys.Open(c.sealed, c.name)
		if ok != c.ok || ok && string(text) != "text" {
			t.Errorf("%s: %q %v", name, text, ok)
		}
	}
	if bytes.Equal(old.Seal([]byte("text"), "name"), sealed) {
		t.Error("two texts have one nonce")
	}
}

func TestCheck(t *testing.T) {
	var f httperr.ConfigFaults
	seal.Check(&f, "Keys", nil)
	seal.Check(&f, "Keys", [][]byte{secret(1), secret(1)[:31]})
	mwtest.Faults(t, f.Err(), ": Keys: is empty", ": Keys[1]: is shorter than 32 bytes")
}
