package apikey

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"math/big"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
)

const head = "notes_live_"

var (
	someID     = "0123456789Az"
	someSecret = strings.Repeat("aZ09", 10) + "xyz"
	someKey    = format(head, someID, someSecret)
)

// slowSum returns the checksum by means of math/big.
func slowSum(body string) string {
	n := big.NewInt(int64(crc32.Checksum([]byte(body), crc32.MakeTable(0xedb88320))))
	swap := func(c rune) rune { // big.Int has the lower case first
		switch {
		case 'a' <= c && c <= 'z':
			return c - 'a' + 'A'
		case 'A' <= c && c <= 'Z':
			return c - 'A' + 'a'
		}
		return c
	}
	return fmt.Sprintf("%06s", strings.Map(swap, n.Text(62)))
}

var slowKey = regexp.MustCompile(`\A(notes_live_([0-9A-Za-z]{12})_([0-9A-Za-z]{43}))([0-9A-Za-z]{6})\z`)

func slowParse(key string) (id, secret string, ok bool) {
	m := slowKey.FindStringSubmatch(key)
	if m == nil || slowSum(m[1]) != m[4] {
		return "", "", false
	}
	return m[2], m[3], true
}

func TestParse(t *testing.T) {
	withSum := func(body string) string { s := checksum(body); return body + string(s[:]) }
	for name, tc := range map[string]struct {
		key  string
		want error // nil: parsed
	}{
		"good":                       {someKey, nil},
		"empty":                      {"", errLength},
		"head only":                  {head, errLength},
		"too short":                  {someKey[1:], errLength},
		"too long":                   {someKey + "0", errLength},
		"a megabyte":                 {strings.Repeat("A", 1<<20), errLength},
		"trailing newline":           {someKey + "\n", errLength},
		"leading blank":              {" " + someKey, errLength},
		"blank for the last":         {someKey[:len(someKey)-1] + " ", errAlphabet},
		"other prefix":               {withSum("notec_live_" + someID + "_" + someSecret), errHead},
		"other environment":          {withSum("notes_test_" + someID + "_" + someSecret), errHead},
		"upper-case prefix":          {withSum("NOTES_live_" + someID + "_" + someSecret), errHead},
		"dash for underscore":        {withSum("notes_live-" + someID + "_" + someSecret), errHead},
		"dash before the secret":     {withSum(head + someID + "-" + someSecret), errAlphabet},
		"underscore in the ID":       {withSum(head + "0123456789_z" + "_" + someSecret), errAlphabet},
		"underscore in the secret":   {withSum(head + someID + "_" + someSecret[:42] + "_"), errAlphabet},
		"base64 in the secret":       {withSum(head + someID + "_" + someSecret[:42] + "+"), errAlphabet},
		"Unicode digit":              {withSum(head + someID + "_" + someSecret[:41] + "²"), errAlphabet},
		"full-width letters":         {withSum(head + someID + "_" + someSecret[:40] + "Ａ"), errAlphabet},
		"NUL":                        {withSum(head + someID + "_" + someSecret[:42] + "\x00"), errAlphabet},
		"byte 0x80":                  {withSum(head + someID + "_" + someSecret[:42] + "\x80"), errAlphabet},
		"checksum of something else": {someKey[:len(someKey)-6] + "000000", errChecksum},
		"checksum in other case":     {someKey[:len(someKey)-6] + "Zzzzzz", errChecksum},
		"one letter of the secret":   {head + someID + "_b" + someKey[len(head)+idLen+2:], errChecksum},
		"two letters swapped":        {head + "1023456789Az" + someKey[len(head)+idLen:], errChecksum},
		"case of the ID":             {head + "0123456789aZ" + someKey[len(head)+idLen:], errChecksum},
	} {
		id, secret, err := parse(head, tc.key)
		if err != tc.want || err == nil && (id != someID || secret != someSecret) || err != nil && id+secret != "" {
			t.Errorf("%s: %q, %q, %v, want %v", name, id, secret, err, tc.want)
		}
		if err != nil && !errors.Is(err, authn.ErrInvalid) {
			t.Errorf("%s: %v is not ErrInvalid", name, err)
		}
	}
}

// The format must not change, because the holders of existing keys keep them.
func TestFormatIsFixed(t *testing.T) {
	if want := "notes_live_0123456789Az_aZ09aZ09aZ09aZ09aZ09aZ09aZ09aZ09aZ09aZ09xyz" + slowSum(someKey[:len(someKey)-6]); someKey != want {
		t.Errorf("got  %s\nwant %s", someKey, want)
	}
	for text, want := range map[string]string{"": "000000", "123456789": "3jZRME"} { // CRC 0 and 0xCBF43926
		if got := checksum(text); string(got[:]) != want {
			t.Errorf("checksum(%q) = %s, want %s", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", head, someKey, someKey + "0", someKey[1:], strings.ToUpper(someKey), strings.Replace(someKey, "live", "test", 1), someKey[:20] + "_" + someKey[21:]} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		id, secret, err := parse(head, key)
		slowID, slowSecret, ok := slowParse(key)
		if (err == nil) != ok || id != slowID || secret != slowSecret {
			t.Fatalf("%q: %q, %q, %v; the reference says %q, %q, %v", key, id, secret, err, slowID, slowSecret, ok)
		}
		if err == nil && format(head, id, secret) != key {
			t.Fatalf("%q has a second spelling", key)
		}
	})
}

// FuzzParse hardly ever finds a valid checksum, so FuzzFormat tests the same relation
// from the parts of a key.
func FuzzFormat(f *testing.F) {
	f.Add(someID, someSecret)
	f.Add("000000000000", strings.Repeat("z", 43))
	f.Add("00000000000_", strings.Repeat("\x00", 43))
	f.Fuzz(func(t *testing.T, id, secret string) {
		key := format(head, id, secret)
		gotID, gotSecret, err := parse(head, key)
		if _, _, ok := slowParse(key); (err == nil) != ok {
			t.Fatalf("%q: %v; the reference says %v", key, err, ok)
		}
		if err == nil && (gotID != id || gotSecret != secret) {
			t.Fatalf("%q: %q, %q", key, gotID, gotSecret)
		}
	})
}

// Over all values of a byte, each character is equally frequent.
func TestAppendRandomHasNoBias(t *testing.T) {
	var all [256]byte
	for i := range all {
		all[i] = byte(i)
	}
	count := map[byte]int{}
	for _, c := range appendRandom(make([]byte, 0, 256), all[:]) {
		count[c]++
	}
	if len(count) != 62 {
		t.Fatalf("%d characters", len(count))
	}
	for c, n := range count {
		if n != 4 || !isBase62(string(c)) {
			t.Errorf("%q occurs %d times", c, n)
		}
	}
}

func TestRandom(t *testing.T) {
	for _, n := range []int{1, idLen, secretLen, 500} {
		if s := random(n); len(s) != n || !isBase62(s) || n > 1 && s == random(n) {
			t.Errorf("random(%d) = %q", n, s)
		}
	}
	// 62^43 >= 2^256
	if new(big.Int).Exp(big.NewInt(62), big.NewInt(secretLen), nil).BitLen() <= 256 {
		t.Error("less than 256 bits")
	}
}

// The same comparison runs once, before all other checks, for an unknown key, for a
// wrong secret and for a valid key.
func TestUnknownAndWrongTakeOnePath(t *testing.T) {
	var m MemoryStore
	a, err := New(Config{Store: &m, Prefix: "notes", Env: "live"})
	if err != nil {
		t.Fatal(err)
	}
	var compared [][2][sha256.Size]byte
	a.equal = func(x, y [sha256.Size]byte) bool {
		compared = append(compared, [2][sha256.Size]byte{x, y})
		return equal(x, y)
	}
	good, rec, err := a.Generate(Record{Subject: "ann", DangerouslyAnyAddress: true, ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Put(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	answers := map[string]bool{}
	for name, tc := range map[string]struct {
		key    string
		stored [sha256.Size]byte
		ok     bool
	}{
		"good":    {good, rec.Hash, true},
		"wrong":   {format(a.head, rec.ID, someSecret), rec.Hash, false},
		"unknown": {format(a.head, someID, someSecret), [sha256.Size]byte{}, false},
	} {
		compared = nil
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-API-Key", tc.key)
		_, err := a.Authenticate(r)
		_, secret, _ := parse(a.head, tc.key)
		want := [2][sha256.Size]byte{sha256.Sum256([]byte(secret)), tc.stored}
		if (err == nil) != tc.ok || len(compared) != 1 || compared[0] != want {
			t.Errorf("%s: %v after %d comparisons", name, err, len(compared))
		}
		if !tc.ok {
			answers[err.Error()] = true
		}
	}
	if len(answers) != 1 {
		t.Errorf("unknown and wrong can be told apart: %v", answers)
	}

	// The same holds for the keys of Legacy.
	a.legacy = func(_ context.Context, key string) (Record, bool, error) {
		return Record{Hash: rec.Hash}, key == "wrong", nil
	}
	for key, stored := range map[string][sha256.Size]byte{"wrong": rec.Hash, "unknown": {}} {
		compared = nil
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-API-Key", key)
		_, err := a.Authenticate(r)
		if want := [2][sha256.Size]byte{sha256.Sum256([]byte(key)), stored}; len(compared) != 1 || compared[0] != want || !answers[err.Error()] {
			t.Errorf("legacy, %s: %v after %d comparisons", key, err, len(compared))
		}
	}

	// An unknown key is refused even if the comparison reports equal hashes.
	a.equal = func(_, _ [sha256.Size]byte) bool { return true }
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-API-Key", format(a.head, someID, someSecret))
	if _, err := a.Authenticate(r); !errors.Is(err, errUnknown) {
		t.Errorf("an unknown key: %v", err)
	}
}
