package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A module with a test of each kind: only the one that passes proves something.
func TestRun(t *testing.T) {
	root := t.TempDir()
	const source = `package p

import "testing"

func TestGood(t *testing.T) {}
func TestBad(t *testing.T)  { t.Error("a fault") }
func TestSkipped(t *testing.T) { t.Skip("no server") }
func TestPart(t *testing.T) { t.Run("a", func(t *testing.T) { t.Skip("no server") }) }
`
	for name, text := range map[string]string{"go.mod": "module example.com/p\n\ngo 1.26\n", "p/p_test.go": source, "broken/b_test.go": "package b\n\nfunc"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ folder, test, want string }{
		{"p", "TestGood", ""},
		{"p", "TestBad", "p.TestBad failed:"},
		{"p", "TestSkipped", "p.TestSkipped was skipped:"},
		{"p", "TestPart", "p.TestPart has a skipped subtest"},
		{"p", "TestMissing", "p.TestMissing does not exist"},
		{"broken", "TestGood", "broken.TestGood does not exist, or its package does not build"},
		{"nowhere", "TestGood", "nowhere is not a folder"},
	} {
		wrong := strings.Join(run(root, map[string][]string{c.folder: {c.test}}), "\n")
		if c.want == "" && wrong != "" || !strings.Contains(wrong, c.want) {
			t.Errorf("%s.%s: %q, want %q", c.folder, c.test, wrong, c.want)
		}
	}
	if wrong := run(root, map[string][]string{"p": {"TestGood", "TestBad"}}); len(wrong) != 1 || !strings.Contains(wrong[0], "a fault") {
		t.Errorf("%q", wrong)
	}
}
