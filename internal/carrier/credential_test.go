package carrier_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

func TestNoteCredential(t *testing.T) {
	key := []byte(strings.Repeat("k", 32))
	rec, r := carrier.Ensure(httptest.NewRequest("GET", "/", nil))
	noted := func(credential string) string {
		rec.Update(func(f *carrier.Facts) { f.Credential = "" })
		carrier.NoteCredential(r.Context(), credential)
		return rec.Facts().Credential
	}
	if got := noted("hunter2"); got != "" {
		t.Errorf("%q without a key", got)
	}
	rec.Update(func(f *carrier.Facts) { f.Hash = carrier.NewCredentialHash(key) })
	first, last, middle := strings.Repeat("a", 128), strings.Repeat("z", 128), strings.Repeat("m", 9000)
	for credential, hashed := range map[string]string{
		"hunter2":             "hunter2",
		first + last:          first + last,
		first + "m" + last:    first + last,
		first + middle + last: first + last,
	} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(hashed))
		if got, want := noted(credential), hex.EncodeToString(mac.Sum(nil))[:16]; got != want {
			t.Errorf("%d bytes: %q, want %q", len(credential), got, want)
		}
	}
	if got := noted(""); got != "" {
		t.Errorf("%q of no credential", got)
	}
	carrier.NoteCredential(t.Context(), "hunter2") // outside the chain
}
