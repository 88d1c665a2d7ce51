package dependencies

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const govulncheck = "golang.org/x/vuln/cmd/govulncheck@v1.8.0"

// unreachable reports whether govulncheck failed because it has no database.
func unreachable(err error) bool {
	return strings.Contains(err.Error(), "vuln.go.dev") || strings.Contains(err.Error(), "dial tcp")
}

// called returns the advisories whose code is called, from the JSON of govulncheck.
func called(t *testing.T, output []byte) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for dec := json.NewDecoder(bytes.NewReader(output)); ; {
		var message struct {
			Finding *struct {
				OSV   string
				Trace []struct{ Function string }
			}
		}
		if err := dec.Decode(&message); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		if f := message.Finding; f != nil && len(f.Trace) > 0 && f.Trace[0].Function != "" {
			found[f.OSV] = true
		}
	}
}

// No code with a published vulnerability is called. A database that cannot be reached is
// reported, and fails nothing.
func TestVulnerabilities(t *testing.T) {
	if os.Getenv("GOVULNCHECK") == "" {
		t.Skip("set GOVULNCHECK=1 to run govulncheck, which go run downloads")
	}
	out, err := goCommand(t, root, "run", govulncheck, "-json", "./...")
	if err != nil && unreachable(err) {
		t.Logf("the database cannot be reached: %v", err)
		mwtest.Publish(t, "dependencies.database", 0)
		mwtest.Publish(t, "dependencies.called", 0)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	found := called(t, out)
	mwtest.Publish(t, "dependencies.database", 1)
	mwtest.Publish(t, "dependencies.called", len(found))
	if len(found) > 0 {
		t.Error(found)
	}
}

// The reader of that output detects a vulnerability whose code is called.
func TestVulnerabilitiesDetectMistakes(t *testing.T) {
	const imported = `{"finding":{"osv":"GO-2026-0001","trace":[{"module":"example.com/a"}]}}`
	const inUse = `{"finding":{"osv":"GO-2026-0002","trace":[{"module":"example.com/a","package":"example.com/a","function":"F"}]}}`
	if found := called(t, []byte(imported+"\n"+inUse)); len(found) != 1 || !found["GO-2026-0002"] {
		t.Errorf("%v", found)
	}
}
