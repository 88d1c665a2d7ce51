package detect

import (
	"os"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// An example is a text with secrets, and the masked text.
type example struct{ name, in, want string }

// rows returns the lines of a file of testdata.
func rows(t testing.TB, file string) []string {
	t.Helper()
	b := mwtest.Must[[]byte](t)(os.ReadFile("testdata/" + file))
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// masked returns texts with secrets. A line of the file has a name, the text and
// the masked text, separated by tabs.
func masked(t testing.TB) []example {
	all := []example{
		{"control character", "a\x1bb", "a[REDACTED]b"},
		{"control character beyond ASCII", "a\u0085b", "a[REDACTED]b"},
		{"direction override", "a\u202eb", "a[REDACTED]b"},
		{"not UTF-8", "a\x9bb", "a[REDACTED]b"},
		{"Basic, very long", "Basic " + strings.Repeat("A", 1500), "Basic [REDACTED]"},
	}
	for _, row := range rows(t, "masked.txt") {
		name, texts, _ := strings.Cut(row, "\t")
		in, want, _ := strings.Cut(texts, "\t")
		all = append(all, example{name, in, want})
	}
	return all
}

// plain returns texts without a secret.
func plain(t testing.TB) []string { return append(rows(t, "plain.txt"), "") }

// scanAll returns the extents of all secrets in s.
func scanAll(d *Detector, s string, open bool) (found [][2]int) {
	sc := d.Scan(s, open)
	for lo, hi := sc.Next(); lo >= 0; lo, hi = sc.Next() {
		found = append(found, [2]int{lo, hi})
	}
	return found
}

// mask returns s with a Mark for each run of adjacent secrets.
func mask(d *Detector, s string) string {
	var b strings.Builder
	at := 0
	for _, span := range scanAll(d, s, false) {
		lo, hi := span[0], span[1]
		if lo > at || at == 0 {
			b.WriteString(s[at:lo] + Mark)
		}
		at = hi
	}
	return b.String() + s[at:]
}
