package detect

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// hostile are parts that are repeated to make the most expensive texts. Each is
// the beginning of a secret without an end, or a near miss that a scanner could
// follow from each position to the end of the text.
var hostile = []string{
	"eyJ", "eyJhbGciOiJI", "eyJhbGciOiJI.", "eyJhbGciOiJI.x ", "eyJhbGciOiJI..", "eyJhbGciOiJI4111111111111111", "@", "a@", "a@b.", "%40", "a%40b", "://", "://@", "a://b:c", "a://b:c/", "://a:b ",
	"1", "1 ", "1-1", "4111 ", "411111 1", "0", "4111111111111111a", "Bearer ", "Bearer%20", "Bearer%4", "Bearer%20\"", "Bearer\u00a0", "Basic ", "Basic A", "Basic%20A", "password=", "password={", `"password":"`, `password=\"`, `\\\`, "=", ":", "pin=[", "token:map[",
	"@tcp(", "a@tcp(", "Cookie: ", "Cookie:x,", "Cookie: [REDACTED] ", "Cookie:\n", "\"Cookie:x", `password=\"Authorization:`, "Cookie: x\n", "Cookie:\n\n  \n", "'Cookie: ", "\n", "pin:x,", "pin:x y ", "pin=a&", "pin=[]", "pin=a[",
	"ghp_", "ghp_a", "SG.", "SG.a", "SG..", "sk-", "sk-proj-", "xoxb-1", ".atlasv1.", "aaaaaaaaaaaaaaa.atlasv1.", ":AA", "12345678:AA", "hooks.slack.com/services/", "AKIA",
	"4111 1111 1111 1111 ", "411111 1111111111111 ", "card 6304000000000000 ", "4.4", "tokens=1 ", "tokens=", "pwd=/srv", "=>", "password=>",
	`\u0070":`, `"pin\u":`, `\npin: `, `'pin: "`, "a:b@", "a:b@c", "a:b@c/", "://a:1/", "://a:b @", "4111.", "4111.1111/", "ewo9.", "ewogICJhbGci0.", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----END", "?key=", "\x00", "\u200b", "\xff", "é", " ", ".",
}

const sizeVariable = "DETECT_HOSTILE_SIZE"

// TestLinear counts the statements that run for hostile texts, and for texts of
// twice the length. The second count may be little more than twice the first.
func TestLinear(t *testing.T) {
	if size := os.Getenv(sizeVariable); size != "" {
		scanHostile(t, size)
		return
	}
	const size = 1 << 15
	one, two := statements(t, size), statements(t, 2*size)
	for file, n := range two {
		if limit := one[file]*22/10 + 1000; n > limit {
			t.Errorf("%s: %d statements for %d bytes, and %d for twice as many", file, one[file], size, n)
		}
	}
	if one["detect.go"] < size {
		t.Errorf("only %d statements counted", one["detect.go"])
	}
}

// scanHostile scans hostile texts of size bytes.
func scanHostile(t *testing.T, size string) {
	n := mustAtoi(t, size)
	d := New(nil, nil)
	for _, part := range hostile {
		for _, end := range []string{"", ".x y\"", `="`} {
			s := strings.Repeat(part, n/len(part)) + end
			sc := d.Scan(s, false)
			for lo, _ := sc.Next(); lo >= 0; lo, _ = sc.Next() {
			}
			for lo, hi := d.NextHeader(s, 0); lo >= 0; lo, hi = d.NextHeader(s, hi) {
			}
			d.SensitiveKey(s)
		}
	}
}

// statements returns, for each file, the number of statements that a run of
// TestLinear executes. The run is a process of its own that counts statements.
func statements(t *testing.T, size int) map[string]int {
	t.Helper()
	profile := filepath.Join(t.TempDir(), "profile")
	cmd := exec.Command("go", "test", "-run", "^TestLinear$", "-count", "1", "-covermode", "count", "-coverprofile", profile, ".")
	cmd.Env = append(os.Environ(), sizeVariable+"="+strconv.Itoa(size))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	f, err := os.Open(profile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	total := make(map[string]int)
	lines := bufio.NewScanner(f)
	for lines.Scan() { // each line is "file:from,to statements count"
		if row := strings.Fields(lines.Text()); len(row) == 3 {
			file, _, _ := strings.Cut(filepath.Base(row[0]), ":")
			total[file] += mustAtoi(t, row[1]) * mustAtoi(t, row[2])
		}
	}
	return total
}

func mustAtoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
